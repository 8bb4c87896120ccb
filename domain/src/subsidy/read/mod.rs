//! Documents to rule sets: everything is read before anything is reported.
//!
//! Two forms with one vocabulary: a **rule set** with its golden cases, and a **book** of formulas with examples, as
//! in `subsidy-rules.json`. Conversion goes by keys alone, never by the id of a formula; docs/rules.md lists the keys.
//! Null where a figure belongs means that the source leaves it out: the amount is then not computable, never zero.

mod book;
mod case;
mod component;
mod condition;
mod facts;
mod get;
mod limit;
mod set;
mod shape;

pub use book::{Book, SUPPLEMENT};
pub(super) use facts::PAID_ELSEWHERE;

use get::Reading;

use super::check;
use super::document::{Content, Node, Position};
use super::facts::Facts;
use super::model::RuleSet;
use super::problem::Problem;

/// A commented rule set to begin with; it passes its own golden cases.
pub const TEMPLATE: &str = include_str!("../../../data/subsidy/template.yaml");
/// The JSON schema of rule sets.
pub const SCHEMA: &str = include_str!("../../../data/subsidy/rule-set.schema.json");

/// A document that was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Document {
    Set(Box<RuleSet>),
    Book(Box<Book>),
}

/// Reads a document of either form, in JSON or YAML.
///
/// # Errors
/// All problems found, in the order of the text. Golden cases that fail are not among them: see
/// `check::golden`.
pub fn read(text: &str) -> Result<Document, Vec<Problem>> {
    let node = Node::parse(text).map_err(|problem| vec![problem])?;
    if node.member("formulas").is_some() {
        return book::book(&node).map(|book| Document::Book(Box::new(book)));
    }
    rule_set_of(&node).map(|set| Document::Set(Box::new(set)))
}

/// Reads one rule set, and refuses it also when a golden case fails.
///
/// # Errors
/// All problems found.
pub fn rule_set(text: &str) -> Result<RuleSet, Vec<Problem>> {
    let node = Node::parse(text).map_err(|problem| vec![problem])?;
    let set = rule_set_of(&node)?;
    let failing = check::failing_cases(&set);
    if failing.is_empty() { Ok(set) } else { Err(failing) }
}

/// The tree of a document as JSON, numbers as texts: what the schema is checked against.
///
/// # Errors
/// A text that is neither JSON nor YAML.
pub fn plain(text: &str) -> Result<serde_json::Value, Problem> {
    Node::parse(text).map(|node| node.plain())
}

fn rule_set_of(node: &Node) -> Result<RuleSet, Vec<Problem>> {
    let mut reading = Reading::default();
    let set = set::rule_set(node, &mut reading);
    finish(set, reading)
}

fn finish<T>(made: Option<T>, reading: Reading) -> Result<T, Vec<Problem>> {
    let mut problems = reading.report.problems;
    problems.sort_by_key(|problem| problem.at);
    match made {
        Some(made) if problems.is_empty() => Ok(made),
        _ => Err(problems),
    }
}

/// Reads the facts of a claim as a golden case writes them.
///
/// # Errors
/// All problems found.
pub fn facts(text: &str, set: &RuleSet) -> Result<Facts, Vec<Problem>> {
    let node = Node::parse(text).map_err(|problem| vec![problem])?;
    let mut reading = Reading { measures: set.measures.clone(), ..Reading::default() };
    let names = facts::Names::of(set);
    let facts = reading.open(&node).map(|mut fields| facts::facts(&mut fields, &names, &mut reading));
    finish(facts, reading)
}

/// Reads facts cell by cell, as a table has them: the names of [`facts()`], without nesting.
#[derive(Debug)]
pub(super) struct Cells {
    reading: Reading,
    names: facts::Names,
}

impl Cells {
    pub fn new(set: &RuleSet) -> Self {
        let reading = Reading { measures: set.measures.clone(), is_book: true, ..Reading::default() };
        Self { reading, names: facts::Names::of(set) }
    }

    /// Whether a clause uses it, or the rule set declares it.
    pub fn knows(&self, name: &str) -> bool {
        facts::is_known(name, &self.names, &self.reading)
    }

    /// Puts one cell; an empty cell states nothing.
    pub fn put(&mut self, into: &mut super::facts::Attributes, name: &str, text: &str, at: Position) {
        let text = text.trim();
        if text.is_empty() {
            return;
        }
        let content = match text {
            "true" | "是" => Content::Bool(true),
            "false" | "否" => Content::Bool(false),
            text => Content::Text(text.into()),
        };
        let key = super::document::Key { at, name: name.into() };
        self.reading.remarks.clear();
        facts::put(into, &key, &Node { at, content }, &self.names, &mut self.reading);
    }

    pub fn problems(self) -> Vec<Problem> {
        self.reading.report.problems
    }
}
