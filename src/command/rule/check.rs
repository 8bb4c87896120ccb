//! `jiqiao rule check`.

use std::collections::BTreeMap;
use std::path::PathBuf;

use domain::subsidy::check::{Compared, compare};
use domain::subsidy::model::{Case, RuleSet};
use domain::subsidy::read::Document;

use super::{DIFFERS, document};
use crate::output;

pub(super) fn run(files: &[PathBuf]) -> anyhow::Result<u8> {
    let mut worst = 0;
    for file in files {
        let code = match document(file) {
            Ok(document) => lines(&document)?,
            Err(code) => code,
        };
        worst = worst.max(code);
    }
    Ok(worst)
}

fn lines(document: &Document) -> anyhow::Result<u8> {
    let cases: Vec<(&RuleSet, &Case)> = match document {
        Document::Set(set) => set.cases.iter().map(|case| (set.as_ref(), case)).collect(),
        Document::Book(book) => {
            let places = book.order.iter();
            places.map(|(set, case)| (&book.sets[*set], &book.sets[*set].cases[*case])).collect()
        }
    };
    let mut differing = 0;
    for (set, case) in &cases {
        let compared = compare(set, case);
        differing += usize::from(!compared.agrees());
        output::say(&line(set, case, &compared))?;
    }
    if let Document::Book(book) = document {
        for remark in &book.remarks {
            output::say(&format!("note {remark}"))?;
        }
    }
    if let Document::Set(set) = document {
        output::say(&format!("{} {} sha256 {}", set.id, set.version, set.hash()))?;
    }
    output::say(&format!("{} examples, {differing} differ", cases.len()))?;
    Ok(if differing == 0 { 0 } else { DIFFERS })
}

fn line(set: &RuleSet, case: &Case, compared: &Compared) -> String {
    let verdict = if compared.agrees() { "ok  " } else { "DIFF" };
    let place = case.component.as_ref().map_or_else(|| set.id.clone(), |component| format!("{}.{component}", set.id));
    let expected = results(&compared.expected);
    let computed = compared.refusal.clone().unwrap_or_else(|| results(&compared.computed));
    format!("{verdict} {} {place}: expected {expected}; computed {computed}", case.id)
}

fn results(results: &BTreeMap<String, String>) -> String {
    if results.is_empty() {
        return "nothing".to_owned();
    }
    let named = |(name, result): (&String, &String)| {
        if name == Case::AMOUNT { result.clone() } else { format!("{name}={result}") }
    };
    results.iter().map(named).collect::<Vec<_>>().join(" ")
}
