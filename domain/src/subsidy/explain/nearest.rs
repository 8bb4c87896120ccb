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
    pub threshold: Quantity,
    pub more: Quantity,
    /// The item that would have to grow; none when totals are claimed.
    pub item: Option<String>,
    pub amount: Fen,
}

/// A figure of a measure from which another one holds.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Threshold {
    pub measure: String,
    /// The first figure on the other side.
    pub first: Quantity,
}

/// The figure, or the next one above it.
fn from(figure: Quantity, inclusive: bool) -> Quantity {
    let more = i64::from(!inclusive);
    match figure {
        Quantity::Money(amount) => Quantity::Money(Fen(amount.0.saturating_add(more))),
        Quantity::Count(number) => Quantity::Count(number.saturating_add(more)),
        Quantity::Years(number) => Quantity::Years(number.saturating_add(more)),
        Quantity::Rate(_) => figure,
    }
}

/// How much is missing; nothing between figures of different units, and of rates.
fn missing(now: Quantity, first: Quantity) -> Option<Quantity> {
    let more = match (now, first) {
        (Quantity::Money(now), Quantity::Money(first)) => Quantity::Money(Fen(first.0.checked_sub(now.0)?)),
        (Quantity::Count(now), Quantity::Count(first)) => Quantity::Count(first.checked_sub(now)?),
        (Quantity::Years(now), Quantity::Years(first)) => Quantity::Years(first.checked_sub(now)?),
        _ => return None,
    };
    (first > now).then_some(more)
}

fn plus(now: Quantity, more: Quantity) -> Option<Quantity> {
    Some(match (now, more) {
        (Quantity::Money(now), Quantity::Money(more)) => Quantity::Money(now.checked_add(more)?),
        (Quantity::Count(now), Quantity::Count(more)) => Quantity::Count(now.checked_add(more)?),
        (Quantity::Years(now), Quantity::Years(more)) => Quantity::Years(now.checked_add(more)?),
        _ => return None,
    })
}

/// Every threshold of a component on money, counts and years, in order.
pub fn thresholds(component: &Component) -> Vec<Threshold> {
    let mut all = Vec::new();
    let base = component.base.measures().first().copied().unwrap_or_default();
    let add = |all: &mut Vec<Threshold>, measure: &str, figure: Quantity, inclusive: bool| {
        all.push(Threshold { measure: measure.to_owned(), first: from(figure, inclusive) });
    };
    if let Some(floor) = &component.floor
        && let Some(amount) = floor.amount
    {
        add(&mut all, base, Quantity::Money(amount), floor.inclusive);
    }
    if let Some(item) = &component.item_floor
        && let Some(amount) = item.floor.amount
    {
        add(&mut all, &item.measure, Quantity::Money(amount), item.floor.inclusive);
    }
    of_shape(&component.shape, &mut |amount, inclusive| add(&mut all, base, Quantity::Money(amount), inclusive));
    for condition in conditions(component) {
        of_condition(condition, &mut |measure, figure, inclusive| add(&mut all, measure, figure, inclusive));
    }
    all.sort();
    all.dedup();
    all
}

fn conditions(component: &Component) -> impl Iterator<Item = &Condition> {
    let triggers = component.add_ons.iter().filter_map(|add_on| add_on.when.as_ref());
    component.gates.iter().chain(&component.filter).chain(triggers)
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

fn of_condition(condition: &Condition, add: &mut dyn FnMut(&str, Quantity, bool)) {
    match condition {
        Condition::All(parts) | Condition::Any(parts) => parts.iter().for_each(|part| of_condition(part, add)),
        Condition::Not(part) => of_condition(part, add),
        Condition::Figure { name, comparison, figure: Some(figure) } => {
            add(name, *figure, matches!(comparison, Comparison::AtLeast | Comparison::Below | Comparison::Equal));
        }
        Condition::Figure { .. }
        | Condition::Measures { .. }
        | Condition::Words { .. }
        | Condition::Flag { .. }
        | Condition::Window { .. }
        | Condition::Years { .. } => {}
    }
}

/// A measure that must reach another one: what is stated of the other is its threshold.
fn of_measures(condition: &Condition, facts: &Facts, add: &mut dyn FnMut(Threshold)) {
    match condition {
        Condition::All(parts) | Condition::Any(parts) => parts.iter().for_each(|part| of_measures(part, facts, add)),
        Condition::Not(part) => of_measures(part, facts, add),
        Condition::Measures { name, comparison, other } => {
            let (low, high, inclusive) = match comparison {
                Comparison::AtLeast | Comparison::Equal => (name, other, true),
                Comparison::Above => (name, other, false),
                Comparison::AtMost => (other, name, true),
                Comparison::Below => (other, name, false),
            };
            if let Some((figure, _)) = stated(facts, high).last() {
                add(Threshold { measure: low.clone(), first: from(*figure, inclusive) });
            }
        }
        Condition::Figure { .. }
        | Condition::Words { .. }
        | Condition::Flag { .. }
        | Condition::Window { .. }
        | Condition::Years { .. } => {}
    }
}

/// The nearest threshold above what is claimed whose reaching changes the amount: money first, then counts, then years.
pub fn nearest(set: &RuleSet, component: &Component, facts: &Facts, options: Options) -> Option<Nearest> {
    let options = Options { explains: false, ..options };
    let now = evaluate(set, &component.id, facts, options).ok()?.outcome;
    let mut all = thresholds(component);
    conditions(component).for_each(|condition| of_measures(condition, facts, &mut |threshold| all.push(threshold)));
    let mut candidates: Vec<(Quantity, Threshold, Option<usize>)> = Vec::new();
    for threshold in all {
        for (current, item) in stated(facts, &threshold.measure) {
            if let Some(more) = missing(current, threshold.first) {
                candidates.push((more, threshold.clone(), item));
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

/// What is stated of a measure: in total, or the largest item and the total over items by way of it.
fn stated(facts: &Facts, measure: &str) -> Vec<(Quantity, Option<usize>)> {
    if let Some(figure) = facts.own.figure(measure) {
        return vec![(figure, None)];
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
    let both = std::iter::once(largest).chain(total);
    both.map(|amount| (Quantity::Money(amount), Some(at))).collect()
}

fn raised(facts: &Facts, measure: &str, more: Quantity, item: Option<usize>) -> Option<Facts> {
    let mut raised = facts.clone();
    // A decision was made for what is there, not for what could be.
    (raised.officer, raised.finance) = (None, None);
    let attributes: &mut Attributes = match item {
        None => &mut raised.own,
        Some(at) => &mut raised.items.as_mut()?.get_mut(at)?.attributes,
    };
    let figure = plus(attributes.figure(measure)?, more)?;
    attributes.set(measure.into(), Value::Figure(figure));
    Some(raised)
}
