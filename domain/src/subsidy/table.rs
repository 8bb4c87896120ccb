//! Facts of many beneficiaries as one table, such as a CSV file.
//!
//! A row without `item` states facts of the beneficiary, a row with `item` an item of it. Columns are named like facts;
//! `beneficiary`, `group`, `item`, `year`, `paid_before` and `person_paid_elsewhere` mean what they say.

use std::collections::BTreeMap;

use super::document::Position;
use super::facts::{Attributes, Facts, Item, Payment};
use super::figure::money;
use super::model::RuleSet;
use super::problem::{MOST_PROBLEMS, Problem, ProblemKind};
use super::read::{Cells, PAID_ELSEWHERE};
use crate::rule::Fen;

/// Whether a column is one of the table's own.
fn is_own(column: &str) -> bool {
    matches!(column, "beneficiary" | "group" | "item" | "year" | "paid_before" | PAID_ELSEWHERE)
}

/// What was paid is never negative.
fn payment(text: &str) -> Result<Fen, ()> {
    money(text).ok().filter(|amount| amount.0 >= 0).ok_or(())
}

/// Collects rows into facts.
#[derive(Debug)]
pub struct Table {
    columns: Vec<String>,
    cells: Cells,
    places: BTreeMap<String, usize>,
    all: Vec<Facts>,
    problems: Vec<Problem>,
}

impl Table {
    /// A table with these column names; units are those of the rule set.
    ///
    /// # Errors
    /// A table that does not say whose facts they are.
    pub fn new(set: &RuleSet, columns: &[&str]) -> Result<Self, Problem> {
        if !columns.contains(&"beneficiary") {
            let at = Position { line: 1, column: 1 };
            return Err(Problem::new(at, ProblemKind::MissingKey, "the column `beneficiary` is missing"));
        }
        Ok(Self {
            columns: columns.iter().map(|name| (*name).to_owned()).collect(),
            cells: Cells::new(set),
            places: BTreeMap::new(),
            all: Vec::new(),
            problems: Vec::new(),
        })
    }

    /// The columns, counted from one, that no clause uses and nothing declares: they change nothing.
    pub fn unused(&self) -> Vec<(u32, &str)> {
        let columns = (1..).zip(&self.columns).map(|(at, name)| (at, name.as_str()));
        columns.filter(|(_, name)| !is_own(name) && !self.cells.knows(name)).collect()
    }

    /// Adds a row; `line` is its place in the file.
    pub fn row(&mut self, line: u32, row: &[&str]) {
        let columns = std::mem::take(&mut self.columns);
        let cell = |name: &str| {
            let at = columns.iter().position(|column| column == name)?;
            row.get(at).map(|text| text.trim()).filter(|text| !text.is_empty())
        };
        let beneficiary = cell("beneficiary").unwrap_or_default();
        if beneficiary.is_empty() {
            self.wrong(line, 1, "no beneficiary");
        }
        let facts = self.facts_of(beneficiary);
        let mut attributes = Attributes::default();
        for (at, (column, text)) in columns.iter().zip(row).enumerate() {
            if !is_own(column) {
                let at = Position { line, column: u32::try_from(at + 1).unwrap_or(u32::MAX) };
                self.cells.put(&mut attributes, column, text, at);
            }
        }
        let year = cell("year").map(str::parse).transpose();
        let paid = cell("paid_before").map(payment).transpose();
        let elsewhere = cell(PAID_ELSEWHERE).map(payment).transpose();
        let known = &mut self.all[facts];
        if let Some(group) = cell("group") {
            group.clone_into(&mut known.group);
        }
        if let Ok(Some(year)) = year {
            known.year = Some(year);
        }
        if let Ok(Some(amount)) = paid {
            known.payments.push(Payment::of(amount));
        }
        if let Ok(Some(amount)) = elsewhere {
            known.payments.push(Payment::elsewhere(amount));
        }
        match cell("item") {
            Some(id) => known.items.get_or_insert_default().push(Item { id: id.to_owned(), attributes }),
            None => attributes.iter().for_each(|(name, value)| known.own.set(name.into(), value.clone())),
        }
        if year.is_err() || paid.is_err() || elsewhere.is_err() {
            self.wrong(line, 1, "`year`, `paid_before` or `person_paid_elsewhere` is no figure");
        }
        self.columns = columns;
    }

    fn facts_of(&mut self, beneficiary: &str) -> usize {
        if let Some(at) = self.places.get(beneficiary) {
            return *at;
        }
        self.all.push(Facts { beneficiary: beneficiary.to_owned(), ..Facts::default() });
        self.places.insert(beneficiary.to_owned(), self.all.len() - 1);
        self.all.len() - 1
    }

    fn wrong(&mut self, line: u32, column: u32, detail: &str) {
        if self.problems.len() < MOST_PROBLEMS {
            self.problems.push(Problem::new(Position { line, column }, ProblemKind::BadFigure, detail));
        }
    }

    /// The facts, in the order in which beneficiaries appear.
    ///
    /// # Errors
    /// All cells that could not be read; columns count from one.
    pub fn finish(self) -> Result<Vec<Facts>, Vec<Problem>> {
        let mut problems = self.problems;
        problems.extend(self.cells.problems());
        if problems.is_empty() { Ok(self.all) } else { Err(problems) }
    }
}
