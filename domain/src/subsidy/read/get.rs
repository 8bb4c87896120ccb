//! Taking an object apart, member by member: what is left over at the end is a problem.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use crate::rule::{Basis, Fen};
use crate::subsidy::document::{Content, Key, Node, Position};
use crate::subsidy::exact::Rate;
use crate::subsidy::figure::{self, Quantity, Unit};
use crate::subsidy::model::{Cited, Measure, convention};
use crate::subsidy::problem::{MOST_PROBLEMS, ProblemKind, Report};
use crate::word::Word;

/// What a reader knows so far.
#[derive(Debug, Default)]
pub(super) struct Reading {
    pub report: Report,
    pub measures: BTreeMap<String, Measure>,
    /// A book of formulas: measures are described there, not declared, and examples may state more than is used.
    pub is_book: bool,
    /// What is no problem and still worth saying.
    pub remarks: Vec<String>,
}

impl Reading {
    pub fn add(&mut self, at: Position, kind: ProblemKind, detail: impl Into<String>) {
        self.report.add(at, kind, detail);
    }

    /// Says what is no problem, as often as problems are said.
    pub fn remark(&mut self, remark: impl FnOnce() -> String) {
        if self.remarks.len() < MOST_PROBLEMS {
            self.remarks.push(remark());
        }
    }

    pub fn unit(&self, name: &str) -> Unit {
        self.measures.get(name).map_or_else(|| convention(name), |measure| measure.unit)
    }

    /// Reports a measure that a rule uses and nobody declares.
    pub fn known(&mut self, at: Position, name: &str) {
        if !self.is_book && !self.measures.contains_key(name) && !super::facts::is_standard(name) {
            self.add(at, ProblemKind::UnknownMeasure, format!("`{name}` is not declared under measures"));
        }
    }

    /// Reports a measure that is not counted in `unit`; a book declares no units, so there the use decides.
    pub fn counted_in(&mut self, at: Position, name: &str, unit: Unit) {
        if self.is_book {
            let title = self.measures.get(name).map(|measure| measure.title.clone()).unwrap_or_default();
            self.measures.insert(name.to_owned(), Measure { unit, title });
        }
        let found = self.unit(name);
        if found != unit {
            self.add(at, ProblemKind::WrongUnit, format!("`{name}` is counted in {found}, not in {unit}"));
        }
    }

    pub fn text(&mut self, node: &Node) -> Option<String> {
        let text = node.scalar();
        if text.is_none() {
            self.add(node.at, ProblemKind::WrongType, "a text is needed");
        }
        text.map(str::to_owned)
    }

    pub fn flag(&mut self, node: &Node) -> Option<bool> {
        if let Content::Bool(flag) = node.content {
            return Some(flag);
        }
        self.add(node.at, ProblemKind::WrongType, "true or false is needed");
        None
    }

    pub fn list<'n>(&mut self, node: &'n Node) -> &'n [Node] {
        let items = node.items();
        if items.is_none() {
            self.add(node.at, ProblemKind::WrongType, "a list is needed");
        }
        items.unwrap_or_default()
    }

    /// What is made of each node, in room for exactly these; reading stops when nothing more would be reported.
    pub fn each<T>(&mut self, nodes: &[Node], mut make: impl FnMut(&Node, usize, &mut Self) -> Option<T>) -> Vec<T> {
        let mut made = Vec::with_capacity(nodes.len());
        for (at, node) in nodes.iter().enumerate() {
            if self.report.is_full() {
                break;
            }
            made.extend(make(node, at, self));
        }
        made
    }

    pub fn texts(&mut self, node: &Node) -> Vec<String> {
        if let Some(text) = node.scalar() {
            return vec![text.to_owned()];
        }
        self.list(node).iter().filter_map(|item| self.text(item)).collect()
    }

    pub fn number(&mut self, node: &Node) -> Option<i64> {
        let number = node.scalar().and_then(|text| text.parse().ok());
        if number.is_none() {
            self.add(node.at, ProblemKind::BadFigure, "a whole number is needed");
        }
        number
    }

    pub fn date(&mut self, node: &Node) -> Option<NaiveDate> {
        let day = node.scalar().and_then(|text| NaiveDate::parse_from_str(text, "%Y-%m-%d").ok());
        if day.is_none() {
            let found = node.scalar().unwrap_or("this");
            self.add(node.at, ProblemKind::BadDate, format!("`{found}` is no day such as 2024-02-29"));
        }
        day
    }

    pub fn word<W: Word>(&mut self, node: &Node) -> Option<W> {
        let text = self.text(node)?;
        let word = W::parse(&text);
        if word.is_none() {
            let words: Vec<_> = W::ALL.iter().map(|word| word.as_str()).collect();
            self.add(node.at, ProblemKind::UnknownWord, format!("`{text}` is none of {}", words.join(", ")));
        }
        word
    }

    pub fn quantity(&mut self, node: &Node, unit: Unit) -> Option<Quantity> {
        let text = self.text(node)?;
        match Quantity::read(&text, unit) {
            Ok(quantity) => Some(quantity),
            Err(fault) => {
                self.add(node.at, ProblemKind::BadFigure, fault.to_string());
                None
            }
        }
    }

    /// An amount of a rule, which is never negative.
    pub fn money(&mut self, node: &Node) -> Option<Fen> {
        let text = self.text(node)?;
        let read = figure::money(&text).map_err(|fault| fault.to_string());
        let read = read.and_then(|fen| if fen.0 < 0 { Err(format!("`{text}` is negative")) } else { Ok(fen) });
        read.map_err(|fault| self.add(node.at, ProblemKind::BadFigure, fault)).ok()
    }

    /// A rate of a rule, which is never negative.
    pub fn rate(&mut self, node: &Node) -> Option<Rate> {
        let text = self.text(node)?;
        let read = figure::rate(&text).map_err(|fault| fault.to_string());
        let read =
            read.and_then(|rate| if rate.is_negative() { Err(format!("`{text}` is negative")) } else { Ok(rate) });
        read.map_err(|fault| self.add(node.at, ProblemKind::BadFigure, fault)).ok()
    }

    pub fn open<'n>(&mut self, node: &'n Node) -> Option<Fields<'n>> {
        if let Content::Map(members) = &node.content {
            return Some(Fields { at: node.at, members, taken: vec![false; members.len()] });
        }
        self.add(node.at, ProblemKind::WrongType, "an object is needed");
        None
    }

    /// What is left over is unknown.
    pub fn close(&mut self, fields: &Fields<'_>) {
        for (key, _) in fields.rest() {
            self.add(key.at, ProblemKind::UnknownKey, format!("`{}` is not known here", key.name));
        }
    }
}

/// The members of an object, of which some are taken.
pub(super) struct Fields<'n> {
    pub at: Position,
    members: &'n [(Key, Node)],
    taken: Vec<bool>,
}

impl<'n> Fields<'n> {
    /// The member, which may be null.
    pub fn take(&mut self, name: &str) -> Option<&'n Node> {
        let at = self.members.iter().position(|(key, _)| *key.name == *name)?;
        self.taken[at] = true;
        Some(&self.members[at].1)
    }

    /// The member under the first of several names.
    pub fn any(&mut self, names: &[&str]) -> Option<&'n Node> {
        names.iter().find_map(|name| self.take(name))
    }

    /// The member unless it is null.
    pub fn some(&mut self, name: &str) -> Option<&'n Node> {
        self.take(name).filter(|node| !node.is_null())
    }

    pub fn has(&self, name: &str) -> bool {
        self.members.iter().any(|(key, _)| *key.name == *name)
    }

    /// What nobody took.
    pub fn rest(&self) -> impl Iterator<Item = &'n (Key, Node)> + use<'n> {
        let members = self.members;
        let taken = self.taken.clone();
        members.iter().zip(taken).filter(|(_, taken)| !taken).map(|(member, _)| member)
    }

    pub fn need(&mut self, name: &str, reading: &mut Reading) -> Option<&'n Node> {
        let node = self.take(name);
        if node.is_none() {
            reading.add(self.at, ProblemKind::MissingKey, format!("`{name}` is missing"));
        }
        node
    }

    /// A figure that must be stated; null says that the document leaves it out.
    pub fn money(&mut self, name: &str, reading: &mut Reading) -> Option<Fen> {
        self.need(name, reading).filter(|node| !node.is_null()).and_then(|node| reading.money(node))
    }

    pub fn rate(&mut self, name: &str, reading: &mut Reading) -> Option<Rate> {
        self.need(name, reading).filter(|node| !node.is_null()).and_then(|node| reading.rate(node))
    }

    pub fn text(&mut self, name: &str, reading: &mut Reading) -> String {
        self.some(name).and_then(|node| reading.text(node)).unwrap_or_default()
    }

    pub fn need_text(&mut self, name: &str, reading: &mut Reading) -> String {
        self.need(name, reading).and_then(|node| reading.text(node)).unwrap_or_default()
    }

    pub fn flag(&mut self, name: &str, default: bool, reading: &mut Reading) -> bool {
        self.some(name).and_then(|node| reading.flag(node)).unwrap_or(default)
    }

    pub fn date(&mut self, name: &str, reading: &mut Reading) -> Option<NaiveDate> {
        self.some(name).and_then(|node| reading.date(node))
    }

    pub fn items(&mut self, name: &str, reading: &mut Reading) -> &'n [Node] {
        self.some(name).map_or(&[], |node| reading.list(node))
    }

    pub fn texts(&mut self, name: &str, reading: &mut Reading) -> Vec<String> {
        self.some(name).map_or_else(Vec::new, |node| reading.texts(node))
    }

    /// `basis` and the words of the clause (`text`).
    pub fn cited(&mut self, reading: &mut Reading) -> Cited {
        let basis = self.some("basis").and_then(|node| basis(node, reading));
        Cited { basis, text: self.text("text", reading) }
    }
}

/// `{document, article}`, or the document alone as a text.
fn basis(node: &Node, reading: &mut Reading) -> Option<Basis> {
    if let Some(document) = node.scalar() {
        return Some(Basis { document: document.to_owned(), article: String::new() });
    }
    let mut fields = reading.open(node)?;
    let document = fields.need_text("document", reading);
    let article = fields.text("article", reading);
    reading.close(&fields);
    Some(Basis { document, article })
}
