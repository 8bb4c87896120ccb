//! `jiqiao rule what-if`.

use std::path::Path;

use domain::subsidy::facts::Facts;
use domain::subsidy::model::RuleSet;
use domain::subsidy::read::Document;
use domain::subsidy::table::Table;
use domain::subsidy::what_if::{Comparison, Totals, compare};

use super::{complain_at, document, unreadable, unreadable_at};
use crate::output;

/// Most changes that are listed; the JSON form has all.
const MOST_LISTED: usize = 20;

pub(super) fn run(
    draft: &Path,
    against: &Path,
    facts: &Path,
    formula: Option<&str>,
    is_json: bool,
) -> anyhow::Result<u8> {
    let sets = rule_set(draft, formula).and_then(|draft| Ok((draft, rule_set(against, formula)?)));
    let read = sets.and_then(|(draft, against)| {
        let everybody = table(facts, &both(&draft, &against))?;
        Ok((draft, against, everybody))
    });
    let (draft_set, against_set, everybody) = match read {
        Ok(read) => read,
        Err(code) => return Ok(code),
    };
    let comparison = match compare(&draft_set, &against_set, &everybody) {
        Ok(comparison) => comparison,
        Err(refusal) => return Ok(unreadable(facts, &refusal.to_string())),
    };
    if is_json {
        output::say(&serde_json::to_string_pretty(&comparison)?)?;
    } else {
        output::say(&text(&comparison))?;
    }
    Ok(0)
}

fn rule_set(file: &Path, formula: Option<&str>) -> Result<RuleSet, u8> {
    match document(file)? {
        Document::Set(set) => Ok(*set),
        Document::Book(book) => {
            let mut sets = book.sets;
            let at = match formula {
                Some(id) => sets.iter().position(|set| set.id == id),
                None if sets.len() == 1 => Some(0),
                None => None,
            };
            at.map(|at| sets.swap_remove(at))
                .ok_or_else(|| unreadable(file, "holds several formulas: name one of them with --formula"))
        }
    }
}

/// Everything that either version asks for, so that the table is read alike for both.
fn both(draft: &RuleSet, against: &RuleSet) -> RuleSet {
    let mut both = draft.clone();
    both.components.extend(against.components.iter().cloned());
    both.exclusivity.extend(against.exclusivity.iter().cloned());
    for (name, measure) in &against.measures {
        both.measures.entry(name.clone()).or_insert_with(|| measure.clone());
    }
    both
}

fn table(file: &Path, set: &RuleSet) -> Result<Vec<Facts>, u8> {
    let wrong = |error: csv::Error| {
        let line = error.position().map_or(1, |position| usize::try_from(position.line()).unwrap_or(usize::MAX));
        unreadable_at(file, line, 1, &error.to_string())
    };
    let mut reader = csv::ReaderBuilder::new()
        .flexible(false)
        .from_path(file)
        .map_err(|error| unreadable(file, &error.to_string()))?;
    let header = reader.headers().map_err(wrong)?.clone();
    let columns: Vec<&str> = header.iter().map(|name| name.trim_start_matches('\u{feff}').trim()).collect();
    let mut table = Table::new(set, &columns).map_err(|problem| complain_at(file, &[problem]))?;
    for (column, name) in table.unused() {
        output::complain(&format!("{}:1:{column}: note: `{name}` is used by no clause", file.display()));
    }
    let mut record = csv::StringRecord::new();
    while reader.read_record(&mut record).map_err(wrong)? {
        let line = record.position().map_or(0, |position| u32::try_from(position.line()).unwrap_or(u32::MAX));
        table.row(line, &record.iter().collect::<Vec<_>>());
    }
    table.finish().map_err(|problems| complain_at(file, &problems))
}

fn text(comparison: &Comparison) -> String {
    let mut lines = vec!["total".to_owned(), totals(&comparison.total)];
    for (group, sums) in &comparison.groups {
        let group = if group.is_empty() { "(no group)" } else { group };
        lines.extend([format!("group {group}"), totals(sums)]);
    }
    for change in comparison.changes.iter().take(MOST_LISTED) {
        let (who, what) = (&change.beneficiary, &change.component);
        lines.push(format!("{who} {what}: {} -> {} yuan", change.against_yuan, change.draft_yuan));
    }
    if comparison.changes.is_empty() {
        lines.push("no difference".to_owned());
    } else if comparison.changes.len() > MOST_LISTED {
        lines.push(format!("and {} more; --json lists all", comparison.changes.len() - MOST_LISTED));
    }
    lines.join("\n")
}

fn totals(sums: &Totals) -> String {
    format!(
        "  {} claims: {} winners, {} losers, {} unchanged, {} not computable\n  {} -> {} yuan; capped {} -> {}",
        sums.claims,
        sums.winners,
        sums.losers,
        sums.unchanged,
        sums.not_computable,
        sums.against_yuan,
        sums.draft_yuan,
        sums.against_capped,
        sums.draft_capped
    )
}
