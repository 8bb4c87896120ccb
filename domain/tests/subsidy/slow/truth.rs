//! Conditions and filters, straight from the document: `Some(true)`, `Some(false)`, or `None` when nobody knows.

use serde_json::Value;

use super::{Q, int, list, q, text};

/// All conditions of a gate or trigger.
pub fn gates(gates: &Value, facts: &Value) -> Option<bool> {
    let all = gates.as_array().cloned().unwrap_or_else(|| vec![gates.clone()]);
    both(&all.iter().map(|gate| one(gate, facts)).collect::<Vec<_>>())
}

fn both(parts: &[Option<bool>]) -> Option<bool> {
    if parts.contains(&Some(false)) {
        Some(false)
    } else if parts.contains(&None) {
        None
    } else {
        Some(true)
    }
}

fn one(gate: &Value, facts: &Value) -> Option<bool> {
    if let Some(parts) = gate.get("all") {
        return gates(parts, facts);
    }
    if let Some(parts) = gate.get("any") {
        let negated = parts.as_array().unwrap().iter().map(|part| one(part, facts).map(|holds| !holds));
        return both(&negated.collect::<Vec<_>>()).map(|holds| !holds);
    }
    if let Some(part) = gate.get("not") {
        return gates(part, facts).map(|holds| !holds);
    }
    if let Some(name) = gate.get("word") {
        let found = facts.get(name.as_str().unwrap())?;
        return Some(list(gate, "in").contains(found));
    }
    let left = figure(facts, text(gate, "measure"));
    let mut parts = Vec::new();
    for (name, holds) in comparisons() {
        if let Some(right) = gate.get(name) {
            parts.push(left.clone().map(|left| holds(&left, &q(right))));
        }
        if let Some(other) = gate.get(format!("{name}_measure")) {
            let right = figure(facts, other.as_str().unwrap());
            parts.push(left.clone().and_then(|left| Some(holds(&left, &right?))));
        }
    }
    both(&parts)
}

type Holds = fn(&Q, &Q) -> bool;

fn comparisons() -> [(&'static str, Holds); 5] {
    [("gte", |a, b| a >= b), ("gt", |a, b| a > b), ("lte", |a, b| a <= b), ("lt", |a, b| a < b), ("eq", |a, b| a == b)]
}

/// The beneficiary's own figure, else the sum over all of its items.
fn figure(facts: &Value, name: &str) -> Option<Q> {
    if let Some(own) = facts.get(name) {
        return Some(q(own));
    }
    let stated: Vec<Q> = list(facts, "items").iter().filter_map(|item| item.get(name).map(q)).collect();
    (!stated.is_empty()).then(|| stated.into_iter().sum())
}

/// Whether an item passes a filter of short keys; what is not stated passes.
pub fn passes(filter: &Value, item: &Value) -> bool {
    let Some(keys) = filter.as_object() else { return true };
    keys.iter().all(|(key, wanted)| key_passes(key, wanted, item, filter))
}

fn year_of(item: &Value, event: &str) -> Option<i64> {
    let by_day = item.get(format!("{event}_on")).and_then(|day| day.as_str()?[..4].parse().ok());
    by_day.or_else(|| item.get(format!("{event}_year"))?.as_i64())
}

fn key_passes(key: &str, wanted: &Value, item: &Value, filter: &Value) -> bool {
    if key == "min_item" {
        let Some(found) = item.get(text(wanted, "measure")).map(q) else { return false };
        let least = q(&wanted["amount"]);
        return found > least || (wanted["inclusive"] == true && found == least);
    }
    if key.starts_with("one_") {
        return true;
    }
    if let Some(event) = key.strip_suffix("_year_in") {
        return year_of(item, event).is_none_or(|year| wanted.as_array().unwrap().contains(&year.into()));
    }
    if let Some(event) = key.strip_suffix("_on_or_after") {
        let Some(day) = item.get(format!("{event}_on")).and_then(Value::as_str) else { return true };
        let special = filter.as_object().unwrap().iter().any(|(other, from)| {
            let field = other.strip_prefix(&format!("{key}_"));
            field.is_some_and(|field| text(item, "field") == field && day >= from.as_str().unwrap())
        });
        return special || day >= wanted.as_str().unwrap();
    }
    if key.contains("_on_or_after_") {
        return true;
    }
    if let Some(event) = key.strip_suffix("_window") {
        let Some(day) = item.get(format!("{event}_on")).and_then(Value::as_str) else { return true };
        return text(wanted, "from") <= day && (wanted.get("to").is_none() || day <= text(wanted, "to"));
    }
    if key == "min_licence_years" {
        let is_licence = item.get("contract_type").map(|kind| kind == "licence");
        let is_long = item.get("licence_years").map(|years| q(years) >= q(wanted));
        return is_licence == Some(false) || is_long == Some(true) || (is_licence.is_none() && is_long.is_none());
    }
    if let Some(measure) = key.strip_prefix("min_") {
        return item.get(measure).is_none_or(|found| q(found) >= q(wanted));
    }
    if let Some(flag) = wanted.as_bool() {
        let (name, wanted) =
            key.split_once("_not_").map_or((key.to_owned(), flag), |(a, b)| (format!("{a}_{b}"), !flag));
        return item.get(&name).is_none_or(|found| *found == wanted);
    }
    let name = key.strip_suffix('s').unwrap();
    item.get(name).is_none_or(|found| wanted.as_array().unwrap().contains(found))
}

/// Whether a total reaches a floor.
pub fn reaches(floor: &Value, total: &Q) -> bool {
    let least = q(&floor["amount"]);
    *total > least || (floor["inclusive"] == true && *total == least)
}

pub fn years_paid(facts: &Value) -> Q {
    facts.get("years_paid").map_or_else(|| int(0), q)
}
