//! Every rate, comparator and figure of the catalogue is changed, one at a time: a golden case or the reader notices.

use std::collections::BTreeMap;

use domain::subsidy::check::compare;
use serde_json::{Value, json};

use crate::boundaries::{book, formulas, golden};
use crate::probe::yuan;
use crate::slow::{int, q, text};

/// One change: where, what to, and whether it goes up.
struct Mutant {
    place: String,
    document: Value,
    figure: String,
}

/// Members that hold no figure of the rule.
const WORDS: &[&str] = &[
    "id",
    "title",
    "source",
    "jurisdiction",
    "status",
    "beneficiary",
    "note",
    "valid",
    "formula",
    "kind",
    "op",
    "measure",
    "measures",
    "as_measure",
    "prior",
    "key",
    "scope",
    "period",
    "mode",
    "levels",
    "components",
    "ambiguity",
    "year",
    "one_contract_per_project",
    "is_ceiling",
];

fn mutants(formula: &Value) -> Vec<Mutant> {
    let mut places = Vec::new();
    walk(formula, "", "", &mut places);
    places.into_iter().flat_map(|(pointer, key)| of_place(formula, &pointer, &key)).collect()
}

fn walk(value: &Value, pointer: &str, key: &str, places: &mut Vec<(String, String)>) {
    match value {
        Value::Object(members) => {
            for (name, value) in members {
                let here = format!("{pointer}/{name}");
                let is_list = value.is_array() || value.is_object();
                if !WORDS.contains(&name.as_str()) || (name == "components" && is_list && pointer.is_empty()) {
                    if ["gte", "gt", "lt", "lte"].contains(&name.as_str()) && !value.is_null() {
                        places.push((pointer.to_owned(), format!("comparator {name}")));
                    }
                    walk(value, &here, name, places);
                }
            }
        }
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(at, value)| walk(value, &format!("{pointer}/{at}"), key, places));
        }
        Value::Null => {}
        Value::Bool(_) | Value::Number(_) | Value::String(_) => places.push((pointer.to_owned(), key.to_owned())),
    }
}

fn of_place(formula: &Value, pointer: &str, key: &str) -> Vec<Mutant> {
    let changed = |changes: Vec<Value>| {
        let with = |value: Value| {
            let mut document = formula.clone();
            *document.pointer_mut(pointer).unwrap() = value;
            Mutant { place: format!("{pointer} ({key})"), document, figure: format!("{pointer} {key}") }
        };
        changes.into_iter().map(with).collect()
    };
    let old = formula.pointer(pointer).unwrap();
    if let Some(name) = key.strip_prefix("comparator ") {
        let other = match name {
            "gte" => "gt",
            "gt" => "gte",
            "lt" => "lte",
            _ => "lt",
        };
        let mut members = old.as_object().unwrap().clone();
        let figure = members.remove(name).unwrap();
        members.insert(other.to_owned(), figure);
        return changed(vec![Value::Object(members)]);
    }
    match old {
        Value::Bool(flag) => changed(vec![json!(!flag)]),
        Value::Number(number) => {
            changed(vec![json!(number.as_i64().unwrap() + 1), json!(number.as_i64().unwrap() - 1)])
        }
        Value::String(figure) if figure.starts_with("20") && figure.contains('-') => {
            changed(vec![json!(figure.replace("-01-01", "-01-02"))])
        }
        // Words of a list: one type of contract more or less.
        Value::String(word) if !word.starts_with(|c: char| c.is_ascii_digit()) => changed(vec![json!("consulting")]),
        Value::String(_) => changed(figures(key, old)),
        _ => Vec::new(),
    }
}

fn figures(key: &str, old: &Value) -> Vec<Value> {
    let is_rate = key.contains("rate") || key == "ratio" || key.contains("share") || key == "number";
    if is_rate {
        return [11, 9].iter().map(|tenths| json!(decimal(&(q(old) * int(*tenths) / int(10))))).collect();
    }
    let fen = i64::try_from((q(old) * int(100)).to_integer()).unwrap();
    let by = match key {
        // Where marginal rates meet a fen is worth less than the smallest unit that is paid.
        "upto" | "threshold" | "step" => fen / 100,
        "gte" | "gt" | "lt" | "lte" | "amount" if fen % 100 == 0 => 100,
        _ => 100,
    };
    [fen + by, fen - by].iter().map(|fen| json!(yuan(*fen))).collect()
}

fn decimal(rate: &crate::slow::Q) -> String {
    let scaled = (rate * int(1_000_000_000)).to_integer();
    let digits = format!("{:010}", i64::try_from(scaled).unwrap());
    let (whole, part) = digits.split_at(digits.len() - 9);
    format!("{}.{part}", whole.parse::<u64>().unwrap())
}

/// Components in which some figure is not published: nothing of theirs can be seen in an amount.
fn is_blind(formula: &Value, pointer: &str) -> bool {
    let Some(component) = pointer.strip_prefix("/components/").and_then(|rest| rest.split('/').next()) else {
        return false;
    };
    let part = &formula["components"][component.parse::<usize>().unwrap()];
    part.get("item_cap").is_some_and(Value::is_null) || part["calc"].get("rate").is_some_and(Value::is_null)
}

#[test]
fn no_changed_figure_of_the_catalogue_survives() {
    let (mut total, mut by_reader, mut by_case, mut masked) = (0, 0, 0, Vec::new());
    let mut survivors = Vec::new();
    for formula in formulas() {
        let cases = golden(&formula);
        let mut caught: BTreeMap<String, bool> = BTreeMap::new();
        for mutant in mutants(&formula) {
            total += 1;
            let killer = killer(&mutant.document, &cases);
            match &killer {
                Some(killer) => {
                    println!("{}{}: {killer}", text(&formula, "id"), mutant.place);
                    *(if killer == "reader" { &mut by_reader } else { &mut by_case }) += 1;
                }
                None => masked.push(format!("{}{}", text(&formula, "id"), mutant.place)),
            }
            *caught.entry(mutant.figure.clone()).or_default() |= killer.is_some() || is_blind(&formula, &mutant.place);
        }
        let missed = caught.into_iter().filter(|(_, caught)| !caught);
        survivors.extend(missed.map(|(figure, _)| format!("{}{figure}", text(&formula, "id"))));
    }
    println!(
        "{total} mutants: {by_case} caught by golden cases, {by_reader} refused by the reader, {} masked:",
        masked.len()
    );
    for place in masked {
        println!("  {place}");
    }
    assert!(survivors.is_empty(), "{survivors:#?}");
}

/// The first golden case that fails, or `reader`.
fn killer(document: &Value, cases: &[Value]) -> Option<String> {
    let Ok(book) = book(std::slice::from_ref(document), cases) else { return Some("reader".to_owned()) };
    let set = &book.sets[0];
    set.cases.iter().find(|case| !compare(set, case).agrees()).map(|case| case.id.clone())
}
