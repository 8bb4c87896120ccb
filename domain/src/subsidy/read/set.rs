//! The head of a rule set, its components, and its golden cases.

use std::collections::BTreeMap;

use super::case::case;
use super::component::{component, use_conditions};
use super::condition::{beside, conditions, window_runs_forward};
use super::facts::Names;
use super::get::{Fields, Reading};
use super::limit::{cross_level_cap, exclusivity, pool, rounding};
use crate::subsidy::check;
use crate::subsidy::document::{Content, Node};
use crate::subsidy::figure::Unit;
use crate::subsidy::model::{Component, Condition, Measure, RuleSet, Status, UseCondition};
use crate::subsidy::problem::ProblemKind;
use crate::word::Word;

/// A rule set in its own form, with its golden cases.
pub(super) fn rule_set(node: &Node, reading: &mut Reading) -> Option<RuleSet> {
    let mut fields = reading.open(node)?;
    if let Some(node) = fields.some("measures") {
        reading.measures = measures(node, reading);
    }
    let status = fields.need("status", reading).and_then(|node| reading.word(node)).unwrap_or(Status::Draft);
    for name in ["version", "issuer"] {
        if !fields.has(name) {
            reading.add(node.at, ProblemKind::MissingKey, format!("`{name}` is missing"));
        }
    }
    let mut set = body(&mut fields, status, reading);
    set.measures = reading.measures.clone();
    let names = Names::of(&set);
    let cases = fields.items("golden_cases", reading);
    set.cases = reading.each(cases, |node, _, reading| case(node, &names, reading));
    reading.close(&fields);
    if set.cases.is_empty() {
        reading.add(node.at, ProblemKind::MissingKey, "a rule set carries golden cases (`golden_cases`)");
    }
    check::set(&set, node.at, &mut reading.report);
    Some(set)
}

/// A formula of a book: the same keys; what it says of itself in `status` and `valid` is a note.
pub(super) fn formula(node: &Node, reading: &mut Reading) -> Option<RuleSet> {
    let mut fields = reading.open(node)?;
    let status = fields.text("status", reading);
    let known = <Status as Word>::parse(&status);
    let valid = fields.text("valid", reading);
    let mut set = body(&mut fields, known.unwrap_or(Status::Draft), reading);
    if known.is_none() {
        set.notes.push(status);
    }
    set.notes.push(valid);
    set.notes.retain(|note| !note.is_empty());
    set.measures = Names::of(&set).measures(&reading.measures);
    reading.close(&fields);
    check::set(&set, node.at, &mut reading.report);
    Some(set)
}

fn body(fields: &mut Fields<'_>, status: Status, reading: &mut Reading) -> RuleSet {
    let id = fields.need_text("id", reading);
    let jurisdiction = fields.text("jurisdiction", reading);
    let level = fields.text("level", reading);
    let level = if level.is_empty() { jurisdiction.split(':').next().unwrap_or_default().to_owned() } else { level };
    let (effective_from, effective_to) = effective(fields, reading);
    let nodes = fields.need("components", reading).map(|node| reading.list(node)).unwrap_or_default();
    let mut components = reading.each(nodes, |node, _, reading| component(node, reading));
    let window = performance_window(fields, reading);
    let shared = use_conditions(fields, reading);
    share(&mut components, window.as_ref(), &shared);
    let ids: Vec<String> = components.iter().map(|component| component.id.clone()).collect();
    for (component, at) in components.iter().zip(0..) {
        if ids[..at].contains(&component.id) {
            reading.add(component.at, ProblemKind::DuplicateKey, format!("component `{}` stands twice", component.id));
        }
    }
    let overlaps = fields.items("exclusivity", reading);
    RuleSet {
        id,
        version: fields.text("version", reading),
        title: fields.text("title", reading),
        doc_no: fields.text("doc_no", reading),
        issuer: fields.text("issuer", reading),
        level,
        jurisdiction,
        status,
        sources: fields.texts("source", reading),
        effective_from,
        effective_to,
        round: fields.any(&["valid_for_round", "round"]).and_then(|node| reading.text(node)),
        repeals: fields.texts("repeals", reading),
        transition: fields.text("transition", reading),
        notes: fields.texts("note", reading),
        measures: BTreeMap::new(),
        components,
        exclusivity: overlaps.iter().filter_map(|node| exclusivity(node, &ids, reading)).collect(),
        cross_level_cap: fields.some("cross_level_cap").and_then(|node| cross_level_cap(node, reading)),
        pool: fields.some("pool").and_then(|node| pool(node, reading)),
        rounding: fields.some("rounding").and_then(|node| rounding(node, reading)).unwrap_or_default(),
        cases: Vec::new(),
    }
}

/// What the set says for all of its components.
fn share(components: &mut [Component], window: Option<&Condition>, shared: &[UseCondition]) {
    for component in components {
        component.filter.extend(window.cloned());
        component.use_conditions.extend(shared.iter().cloned());
    }
}

fn effective(fields: &mut Fields<'_>, reading: &mut Reading) -> (Option<chrono::NaiveDate>, Option<chrono::NaiveDate>) {
    let Some(node) = fields.some("effective") else { return (None, None) };
    let Some(mut fields) = reading.open(node) else { return (None, None) };
    let (from, to) = (fields.date("from", reading), fields.date("to", reading));
    window_runs_forward(&fields, from, to, reading);
    reading.close(&fields);
    (from, to)
}

/// `performance_window` with the `extra_windows` that stand beside it.
fn performance_window(fields: &mut Fields<'_>, reading: &mut Reading) -> Option<Condition> {
    let node = fields.some("performance_window");
    let extra = fields.items("extra_windows", reading);
    let main = node.and_then(|node| window(node, reading))?.1;
    let mut any = vec![(None, main)];
    for node in extra {
        if let Some((when, window)) = window(node, reading) {
            let both = when.into_iter().chain(std::iter::once(window)).collect();
            any.push((None, Condition::All(both)));
        }
    }
    Some(beside(any))
}

fn window(node: &Node, reading: &mut Reading) -> Option<(Vec<Condition>, Condition)> {
    let mut fields = reading.open(node)?;
    let event = fields.need_text("event", reading);
    let (from, to) = (fields.date("from", reading), fields.date("to", reading));
    window_runs_forward(&fields, from, to, reading);
    let when = fields.some("when").map(|node| conditions(node, reading)).unwrap_or_default();
    reading.close(&fields);
    Some((when, Condition::Window { event, from, to }))
}

/// `name: unit`, or `name: {unit, title}`.
fn measures(node: &Node, reading: &mut Reading) -> BTreeMap<String, Measure> {
    let Content::Map(members) = &node.content else {
        reading.add(node.at, ProblemKind::WrongType, "an object is needed");
        return BTreeMap::new();
    };
    members.iter().filter_map(|(key, node)| Some((key.name.to_string(), measure(node, reading)?))).collect()
}

fn measure(node: &Node, reading: &mut Reading) -> Option<Measure> {
    if node.scalar().is_some() {
        return Some(Measure { unit: reading.word(node)?, title: String::new() });
    }
    let mut fields = reading.open(node)?;
    let unit = fields.need("unit", reading).and_then(|node| reading.word(node)).unwrap_or(Unit::Yuan);
    let title = fields.text("title", reading);
    reading.close(&fields);
    Some(Measure { unit, title })
}
