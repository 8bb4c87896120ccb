//! The nearest threshold whose reaching would change the result.

use serde::Serialize;

use crate::rule::Fen;
use crate::subsidy::evaluate::{Options, Outcome, evaluate};
use crate::subsidy::facts::{Attributes, Facts, Value};
use crate::subsidy::figure::Quantity;
use crate::subsidy::model::{Comparison, Component, Condition, RuleSet, Shape};

/// So much more of a measure reaches a threshold, and this would come out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Nearest {
    pub measure: String,
    pub threshold: Fen,
    pub more: Fen,
    /// The item that would have to grow; none when totals are claimed.
    pub item: Option<String>,
    pub amount: Fen,
}

/// An amount of a measure from which another figure holds.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Threshold {
    pub measure: String,
    /// The first amount on the other side.
    pub first: Fen,
}

/// Every threshold of a component on money, in order.
pub fn thresholds(component: &Component) -> Vec<Threshold> {
    let mut all = Vec::new();
    let base = component.base.measures().first().copied().unwrap_or_default();
    let add = |all: &mut Vec<Threshold>, measure: &str, amount: Fen, inclusive: bool| {
        let first = Fen(amount.0.saturating_add(i64::from(!inclusive)));
        all.push(Threshold { measure: measure.to_owned(), first });
    };
    if let Some(floor) = &component.floor
        && let Some(amount) = floor.amount
    {
        add(&mut all, base, amount, floor.inclusive);
    }
    if let Some(item) = &component.item_floor
        && let Some(amount) = item.floor.amount
    {
        add(&mut all, &item.measure, amount, item.floor.inclusive);
    }
    of_shape(&component.shape, &mut |amount, inclusive| add(&mut all, base, amount, inclusive));
    let triggers = component.add_ons.iter().filter_map(|add_on| add_on.when.as_ref());
    for condition in component.gates.iter().chain(&component.filter).chain(triggers) {
        of_condition(condition, &mut |measure, amount, inclusive| add(&mut all, measure, amount, inclusive));
    }
    all.sort();
    all.dedup();
    all
}

fn of_shape(shape: &Shape, add: &mut dyn FnMut(Fen, bool)) {
    match shape {
        Shape::Marginal { brackets } => {
            brackets.iter().filter_map(|bracket| bracket.upto).for_each(|upto| add(upto, false));
        }
        Shape::BandWhole { bands } => bands.iter().for_each(|band| add(band.from, band.from_inclusive)),
        Shape::FixedPlusExcess { threshold: Some(threshold), .. } => add(*threshold, true),
        Shape::Step { threshold: Some(threshold), step, .. } => {
            add(*threshold, true);
            // As many steps as any claim in sight reaches.
            let step = step.map_or(0, |step| step.0);
            let steps = (1..=16).filter_map(|count| step.checked_mul(count)?.checked_add(threshold.0));
            steps.filter(|_| step > 0).for_each(|at| add(Fen(at), true));
        }
        _ => {}
    }
}

fn of_condition(condition: &Condition, add: &mut dyn FnMut(&str, Fen, bool)) {
    match condition {
        Condition::All(parts) | Condition::Any(parts) => parts.iter().for_each(|part| of_condition(part, add)),
        Condition::Not(part) => of_condition(part, add),
        Condition::Figure { name, comparison, figure: Some(Quantity::Money(amount)) } => {
            add(name, *amount, matches!(comparison, Comparison::AtLeast | Comparison::Below | Comparison::Equal));
        }
        Condition::Figure { .. }
        | Condition::Measures { .. }
        | Condition::Words { .. }
        | Condition::Flag { .. }
        | Condition::Window { .. }
        | Condition::Years { .. } => {}
    }
}

/// The nearest threshold above what is claimed whose reaching changes the amount.
pub fn nearest(set: &RuleSet, component: &Component, facts: &Facts, options: Options) -> Option<Nearest> {
    let options = Options { explains: false, ..options };
    let now = evaluate(set, &component.id, facts, options).ok()?.outcome;
    let mut candidates: Vec<(Fen, Threshold, Option<usize>)> = Vec::new();
    for threshold in thresholds(component) {
        for (current, item) in stated(facts, &threshold.measure) {
            if current < threshold.first {
                candidates.push((Fen(threshold.first.0 - current.0), threshold.clone(), item));
            }
        }
    }
    candidates.sort();
    candidates.into_iter().find_map(|(more, threshold, item)| {
        let raised = raised(facts, &threshold.measure, more, item)?;
        let outcome = evaluate(set, &component.id, &raised, options).ok()?.outcome;
        let Outcome::Amount(amount) = outcome else { return None };
        let item = item.and_then(|at| facts.items.as_ref()?.get(at)).map(|item| item.id.clone());
        (now != outcome).then_some(Nearest {
            measure: threshold.measure,
            threshold: threshold.first,
            more,
            item,
            amount,
        })
    })
}

/// What is stated of a measure: in total, or the total over items by way of the largest one.
fn stated(facts: &Facts, measure: &str) -> Vec<(Fen, Option<usize>)> {
    if let Some(Quantity::Money(amount)) = facts.own.figure(measure) {
        return vec![(amount, None)];
    }
    let items = facts.items.iter().flatten().enumerate();
    let amounts: Vec<(Fen, usize)> = items
        .filter_map(|(at, item)| match item.attributes.figure(measure) {
            Some(Quantity::Money(amount)) => Some((amount, at)),
            _ => None,
        })
        .collect();
    let Some((largest, at)) = amounts.iter().max().copied() else { return Vec::new() };
    let total = amounts.iter().try_fold(Fen(0), |sum, (amount, _)| sum.checked_add(*amount));
    // A threshold may be on the item or on the total.
    std::iter::once((largest, Some(at))).chain(total.map(|total| (total, Some(at)))).collect()
}

fn raised(facts: &Facts, measure: &str, more: Fen, item: Option<usize>) -> Option<Facts> {
    let mut raised = facts.clone();
    // A decision was made for what is there, not for what could be.
    (raised.officer, raised.finance) = (None, None);
    let attributes: &mut Attributes = match item {
        None => &mut raised.own,
        Some(at) => &mut raised.items.as_mut()?.get_mut(at)?.attributes,
    };
    let Some(Quantity::Money(amount)) = attributes.figure(measure) else { return None };
    attributes.set(measure.into(), Value::Figure(Quantity::Money(amount.checked_add(more)?)));
    Some(raised)
}
