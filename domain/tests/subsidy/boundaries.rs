//! Both sides of every figure of the catalogue, against the slow evaluator and against the file of golden cases.

use domain::subsidy::check::compare;
use domain::subsidy::explain::thresholds;
use domain::subsidy::read::{Book, Document, read};
use domain::subsidy::{FORMULAS, Quantity};
use serde_json::{Value, json};

use crate::probe;
use crate::slow::{int, list, q, text};

/// The catalogue as JSON, completed as the reader completes it.
pub fn formulas() -> Vec<Value> {
    let book: Value = serde_json::from_str(FORMULAS).unwrap();
    list(&book, "formulas")
}

pub fn book(formulas: &[Value], examples: &[Value]) -> Result<Book, Vec<domain::subsidy::Problem>> {
    let document = json!({"formulas": formulas, "examples": examples});
    match read(&document.to_string())? {
        Document::Book(book) => Ok(*book),
        Document::Set(_) => panic!("a book"),
    }
}

/// Golden cases of one formula: every probe with what the slow evaluator says.
pub fn golden(formula: &Value) -> Vec<Value> {
    let of_probe = |(probe, at): (probe::Probe, usize)| {
        let expected = probe::expected(formula, &probe);
        let mut case = json!({
            "id": format!("{}-{at:03}", text(formula, "id")),
            "formula": formula["id"],
            "inputs": probe.inputs,
            "expected_yuan": expected,
        });
        if let Some(component) = &probe.component {
            case["component"] = json!(component);
        }
        case
    };
    let mut cases: Vec<Value> = probe::of(formula).into_iter().zip(1..).map(of_probe).collect();
    cases.extend(uses(formula));
    cases
}

/// Conditions of use, by hand: least up to the fen, most down.
fn uses(formula: &Value) -> Vec<Value> {
    let award = "100001.01";
    let mut cases = Vec::new();
    for part in list(formula, "components") {
        for (key, share) in part.get("use_restriction").and_then(Value::as_object).into_iter().flatten() {
            let fen = q(share) * q(&json!(award)) * int(100);
            let (name, fen) = match key.strip_suffix("_share_max") {
                Some(group) => (format!("max_for_{group}"), fen.floor()),
                None => (format!("min_for_{}", key.trim_end_matches("_share_min")), fen.ceil()),
            };
            let amount = probe::yuan(i64::try_from(fen.to_integer()).unwrap());
            cases.push(json!({"id": format!("{}-use", text(formula, "id")), "formula": formula["id"],
                "component": part["id"], "inputs": {"award": award}, "expected_yuan": {name: amount}}));
        }
    }
    cases
}

#[test]
fn both_sides_of_every_figure_come_out() {
    let formulas = formulas();
    let cases: Vec<Value> = formulas.iter().flat_map(golden).collect();
    let book = book(&formulas, &cases).unwrap_or_else(|problems| panic!("{problems:#?}"));
    let mut wrong = Vec::new();
    for (set, case) in &book.order {
        let (set, case) = (&book.sets[*set], &book.sets[*set].cases[*case]);
        let compared = compare(set, case);
        if !compared.agrees() {
            wrong.push((case.id.clone(), case.component.clone(), compared));
        }
    }
    println!("{} cases at the boundaries of {} formulas", cases.len(), formulas.len());
    assert!(wrong.is_empty(), "{} of {}: {:#?}", wrong.len(), cases.len(), &wrong[..wrong.len().min(5)]);
}

#[test]
fn every_threshold_of_the_engine_is_probed_one_fen_to_each_side() {
    let formulas = formulas();
    let book = book(&formulas, &[]).unwrap();
    let mut number = 0;
    for (set, formula) in book.sets.iter().zip(&formulas) {
        let probes: Vec<String> = probe::of(formula).iter().map(|probe| probe.inputs.to_string()).collect();
        for component in &set.components {
            for threshold in thresholds(component) {
                // The catalogue's steps go on for ever; four are probed.
                let Quantity::Money(first) = threshold.first else { continue };
                if component.shape.kind() == "step" && first.0 > 30_000_000_000 {
                    continue;
                }
                for fen in [first.0 - 1, first.0] {
                    let wanted = format!("\"{}\":\"{}\"", threshold.measure, probe::yuan(fen));
                    let is_there = probes.iter().any(|inputs| inputs.contains(&wanted));
                    assert!(is_there, "{} {}: {wanted}", set.id, component.id);
                }
                number += 1;
            }
        }
    }
    println!("{number} thresholds");
    assert!(number >= 26, "{number}");
}

/// The golden cases that the program ships for the catalogue; `JIQIAO_WRITE=1` writes them anew.
#[test]
fn the_golden_cases_of_the_catalogue_are_those_of_the_slow_evaluator() {
    let cases: Vec<Value> = formulas().iter().flat_map(golden).collect();
    let lines: Vec<String> = cases.iter().map(Value::to_string).collect();
    let written = format!("[\n{}\n]\n", lines.join(",\n"));
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/data/subsidy/golden.json");
    if std::env::var("JIQIAO_WRITE").is_ok() {
        std::fs::write(file, &written).unwrap();
    }
    assert_eq!(std::fs::read_to_string(file).unwrap(), written, "write it anew with JIQIAO_WRITE=1");
}
