//! A book of formulas with examples, as in `subsidy-rules.json`.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::case::case;
use super::facts::Names;
use super::get::Reading;
use super::{finish, set};
use crate::subsidy::document::{Content, Key, Node};
use crate::subsidy::model::{Measure, RuleSet, convention};
use crate::subsidy::problem::{Problem, ProblemKind};

/// What the rulebook says of a formula and the catalogue leaves out; each entry names the SHA-256 of the formula that
/// it completes, so it never touches another one.
pub const SUPPLEMENT: &str = include_str!("../../../data/subsidy/supplement.json");

/// Formulas as rule sets; the cases stand in their sets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Book {
    pub sets: Vec<RuleSet>,
    /// Set and case of each example, in the order of the text.
    pub order: Vec<(usize, usize)>,
    /// What is no problem and still worth saying: facts that no clause uses, formulas that were completed.
    pub remarks: Vec<String>,
}

pub(super) fn book(node: &Node) -> Result<Book, Vec<Problem>> {
    let mut reading = Reading { is_book: true, ..Reading::default() };
    let Some(mut fields) = reading.open(node) else { return finish(None, reading) };
    if let Some(node) = fields.some("meta") {
        meta(node, &mut reading);
    }
    let formulas = fields.items("formulas", &mut reading);
    let examples = [fields.items("examples", &mut reading), fields.items("multi_party_examples", &mut reading)];
    reading.close(&fields);
    let supplement = supplement(&mut reading);
    let mut book = Book { sets: Vec::with_capacity(formulas.len()), order: Vec::new(), remarks: Vec::new() };
    for node in formulas {
        if reading.report.is_full() {
            break;
        }
        let (whole, why) = completed(node, &supplement);
        book.remarks.extend(why);
        if let Some(set) = set::formula(&whole, &mut reading) {
            if book.sets.iter().any(|known| known.id == set.id) {
                reading.add(node.at, ProblemKind::DuplicateKey, format!("formula `{}` stands twice", set.id));
            }
            book.sets.push(set);
        }
    }
    let names: Vec<Names> = book.sets.iter().map(Names::of).collect();
    for node in examples.into_iter().flatten() {
        if reading.report.is_full() {
            break;
        }
        place(&mut book, &names, node, &mut reading);
    }
    book.remarks.append(&mut reading.remarks);
    finish(Some(book), reading)
}

/// Puts an example into the set of its formula.
fn place(book: &mut Book, names: &[Names], node: &Node, reading: &mut Reading) {
    let Some(formula) = node.member("formula").and_then(Node::scalar) else {
        reading.add(node.at, ProblemKind::MissingKey, "`formula` is missing");
        return;
    };
    let Some(at) = book.sets.iter().position(|set| set.id == formula) else {
        reading.add(node.at, ProblemKind::UnknownWord, format!("`{formula}` is no formula of this book"));
        return;
    };
    if let Some(case) = case(node, &names[at], reading) {
        if let Some(component) = &case.component
            && book.sets[at].component(component).is_none()
        {
            let detail = format!("`{component}` is no component of `{formula}`");
            reading.add(node.at, ProblemKind::UnknownWord, detail);
        }
        book.order.push((at, book.sets[at].cases.len()));
        book.sets[at].cases.push(case);
    }
}

/// What a book says about itself is free; only the descriptions of measures are read.
fn meta(node: &Node, reading: &mut Reading) {
    let Content::Map(members) = &node.content else {
        reading.add(node.at, ProblemKind::WrongType, "an object is needed");
        return;
    };
    for (key, node) in members {
        if &*key.name == "measures" {
            described(node, reading);
        }
    }
}

/// Descriptions of measures; their units follow the convention of names.
fn described(node: &Node, reading: &mut Reading) {
    let Content::Map(members) = &node.content else {
        reading.add(node.at, ProblemKind::WrongType, "an object is needed");
        return;
    };
    for (key, node) in members {
        let title = reading.text(node).unwrap_or_default();
        reading.measures.insert(key.name.to_string(), Measure { unit: convention(&key.name), title });
    }
}

/// What is added to a formula, and why.
struct Addition {
    members: Vec<(Key, Node)>,
    why: String,
}

fn supplement(reading: &mut Reading) -> BTreeMap<String, Addition> {
    let node = match Node::parse(SUPPLEMENT) {
        Ok(node) => node,
        Err(problem) => {
            reading.report.problems.push(problem);
            return BTreeMap::new();
        }
    };
    let entries = node.items().unwrap_or_default().iter();
    let read = |entry: &Node| {
        let hash = entry.member("formula_sha256")?.scalar()?.to_owned();
        let why = entry.member("why")?.scalar()?.to_owned();
        let Content::Map(adds) = &entry.member("adds")?.content else { return None };
        Some((hash, Addition { members: adds.to_vec(), why }))
    };
    entries.filter_map(read).collect()
}

fn completed<'n>(node: &'n Node, supplement: &BTreeMap<String, Addition>) -> (Cow<'n, Node>, Option<String>) {
    let (Content::Map(members), Some(addition)) = (&node.content, supplement.get(&node.hash())) else {
        return (Cow::Borrowed(node), None);
    };
    let members = members.iter().chain(&addition.members).cloned().collect();
    let whole = Cow::Owned(Node { at: node.at, content: Content::Map(members) });
    let id = node.member("id").and_then(Node::scalar).unwrap_or_default();
    (whole, Some(format!("{id} is completed: {}", addition.why)))
}
