//! The figures that a result was made from, each with the item and the proof that state it.

use std::collections::HashSet;

use serde::Serialize;

use super::step::{Detail, Step};
use crate::subsidy::facts::{Attributes, Facts};
use crate::subsidy::figure::Quantity;
use crate::subsidy::model::{Base, Component, Shape};

/// The fact that names the proof of the figures beside it.
const SOURCE: &str = "source";

/// A figure that went in, and where it comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Input {
    pub measure: String,
    pub figure: Quantity,
    /// The item that states it; none when it is stated in total.
    pub item: Option<String>,
    /// The proof that the claim names (`source`), such as a bank receipt.
    pub source: Option<String>,
}

/// The inputs of a component, for the steps that use them first.
#[derive(Debug, Default)]
pub(super) struct Inputs {
    base: Vec<Input>,
    terms: Vec<Input>,
}

impl Inputs {
    pub fn of(component: &Component, facts: &Facts, steps: &[Step]) -> Self {
        let excluded = steps.iter().find_map(|step| match &step.detail {
            Detail::Items { not_counted, .. } => Some(not_counted.as_slice()),
            _ => None,
        });
        let excluded: HashSet<&str> = excluded.unwrap_or_default().iter().map(|item| item.item.as_str()).collect();
        let of = |measures: Vec<&str>| measures.into_iter().flat_map(|name| stated(name, facts, &excluded)).collect();
        let terms = match &component.shape {
            Shape::MinOf { terms } => terms.iter().map(|term| term.measure.as_str()).collect(),
            _ => Vec::new(),
        };
        let base = if component.base == Base::Count { Vec::new() } else { component.base.measures() };
        Self { base: of(base), terms: of(terms) }
    }

    /// The inputs of a step: those of the base where it is added up, those of the terms where the smallest is taken.
    pub fn at(&self, step: &Step) -> Vec<Input> {
        match &step.detail {
            Detail::Sum { .. } | Detail::Min { .. } | Detail::Increment { .. } => self.base.clone(),
            Detail::Smallest { .. } => self.terms.clone(),
            _ => Vec::new(),
        }
    }
}

/// A measure in total, or by every item that counts.
fn stated(name: &str, facts: &Facts, excluded: &HashSet<&str>) -> Vec<Input> {
    let input = |attributes: &Attributes, item: Option<&str>| {
        Some(Input {
            measure: name.to_owned(),
            figure: attributes.figure(name)?,
            item: item.map(str::to_owned),
            source: attributes.word(SOURCE).or_else(|| facts.own.word(SOURCE)).map(str::to_owned),
        })
    };
    let items = facts.items.iter().flatten().filter(|item| !excluded.contains(&item.id.as_str()));
    input(&facts.own, None)
        .into_iter()
        .chain(items.filter_map(|item| input(&item.attributes, Some(&item.id))))
        .collect()
}
