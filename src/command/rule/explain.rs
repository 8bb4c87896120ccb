//! `jiqiao rule explain`.

use std::path::Path;

use domain::subsidy::explain::{Explanation, Language, explain};
use domain::subsidy::model::{Case, RuleSet};
use domain::subsidy::read::Document;
use domain::subsidy::{Options, Settlement, run_case};

use super::{Format, document, unreadable};
use crate::output;

pub(super) fn run(file: &Path, example: &str, language: Language, format: Format) -> anyhow::Result<u8> {
    let document = match document(file) {
        Ok(document) => document,
        Err(code) => return Ok(code),
    };
    let sets = match &document {
        Document::Set(set) => std::slice::from_ref(set.as_ref()),
        Document::Book(book) => book.sets.as_slice(),
    };
    let found = sets.iter().find_map(|set| Some((set, set.cases.iter().find(|case| case.id == example)?)));
    let Some((set, case)) = found else {
        return Ok(unreadable(file, &format!("there is no example `{example}`")));
    };
    let answer = match run_case(set, case, Options::CASE.explained()) {
        Ok(answer) => answer,
        Err(refusal) => return Ok(unreadable(file, &refusal.to_string())),
    };
    let explained: Vec<Explanation> =
        answer.settlements.iter().map(|settled| one(set, case, settled, language)).collect();
    if explained.is_empty() {
        return Ok(unreadable(file, &format!("`{example}` names no component, and its facts are the base of none")));
    }
    if matches!(format, Format::Json) && explained.len() > 1 {
        output::say(&serde_json::to_string_pretty(&explained)?)?;
        return Ok(0);
    }
    for explanation in &explained {
        match format {
            Format::Text => output::say(&explanation.text())?,
            Format::Json => output::say(&serde_json::to_string_pretty(explanation)?)?,
            Format::Html => output::say(&explanation.html())?,
        }
    }
    Ok(0)
}

/// The facts of the claim that was settled, in a case of several claims.
fn one(set: &RuleSet, case: &Case, settled: &Settlement, language: Language) -> Explanation {
    let claim = case.given.claims.iter().find(|claim| claim.id == settled.id);
    let facts = claim.map_or(&case.given.facts, |claim| &claim.facts);
    explain(set, settled, facts, Options::CASE, language)
}
