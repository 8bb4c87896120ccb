//! The words of a clause (`text`) against its figures: caps that are named and missing, 超过 beside 以上.
//!
//! Looks only at what the author quotes; a clause without words is not suspected.

use std::collections::{BTreeMap, HashSet};

use crate::rule::Fen;
use crate::subsidy::figure::{Quantity, money};
use crate::subsidy::model::{Cited, Comparison, Component, Condition, Floor, Shape};
use crate::subsidy::problem::{ProblemKind, Report};

const MOST: &[&str] = &["最高", "不超过", "上限", "封顶", "限额"];
const STRICT: &[&str] = &["超过", "大于", "高于", "多于"];
const INCLUSIVE: &[&str] = &["以上", "及以上", "(含)", "（含）"];

/// An amount in a text, with the words around it.
struct Named<'t> {
    before: &'t str,
    amount: Fen,
    after: &'t str,
}

pub(super) fn component(component: &Component, report: &mut Report) {
    let clauses = texts(component);
    let limits = limits(component);
    for text in &clauses {
        for named in amounts(text) {
            contradiction(component, &named, report);
            cap_is_there(component, &named, &limits, report);
        }
    }
    let floors = component.floor.iter().chain(component.item_floor.iter().map(|item| &item.floor));
    floors.for_each(|floor| floor_agrees(component, floor, &clauses, report));
    thresholds_agree(component, &clauses, report);
}

/// Begins of bands and figures of conditions. A figure that the words name in both ways says nothing, and 超过…的部分
/// names a part, not a threshold.
fn thresholds_agree(component: &Component, texts: &[&str], report: &mut Report) {
    let mut thresholds: Vec<(Fen, bool)> = match &component.shape {
        Shape::BandWhole { bands } => bands.iter().map(|band| (band.from, band.from_inclusive)).collect(),
        _ => Vec::new(),
    };
    component.gates.iter().chain(&component.filter).for_each(|condition| least(condition, &mut thresholds));
    if thresholds.is_empty() || texts.is_empty() {
        return;
    }
    let mut said: BTreeMap<Fen, (bool, bool)> = BTreeMap::new();
    for named in texts.iter().flat_map(|text| amounts(text)) {
        let is_part = starts_with_any(named.after, &["的部分", "部分"]);
        let words = said.entry(named.amount).or_default();
        words.0 |= is_strict(&named) && !is_part;
        words.1 |= starts_with_any(named.after, INCLUSIVE) || ends_with_any(named.before, &["达到", "不低于"]);
    }
    for (amount, inclusive) in thresholds {
        let words = said.get(&amount).copied().unwrap_or_default();
        if words == (inclusive, !inclusive) {
            let (word, key) = if inclusive { ("超过", "gte") } else { ("以上", "gt") };
            let detail = format!("`{key}` is not what the text says of {amount} yuan: {word}");
            report.add(component.at, ProblemKind::Threshold, detail);
        }
    }
}

/// Figures of money that must be reached or passed.
fn least(condition: &Condition, found: &mut Vec<(Fen, bool)>) {
    match condition {
        Condition::All(parts) | Condition::Any(parts) => parts.iter().for_each(|part| least(part, found)),
        Condition::Figure { comparison, figure: Some(Quantity::Money(amount)), .. } => match comparison {
            Comparison::AtLeast => found.push((*amount, true)),
            Comparison::Above => found.push((*amount, false)),
            Comparison::AtMost | Comparison::Below | Comparison::Equal => {}
        },
        // What is denied is no threshold of the words.
        Condition::Not(_)
        | Condition::Figure { .. }
        | Condition::Measures { .. }
        | Condition::Words { .. }
        | Condition::Flag { .. }
        | Condition::Window { .. }
        | Condition::Years { .. } => {}
    }
}

fn texts(component: &Component) -> Vec<&str> {
    let cited = std::iter::once(&component.cited)
        .chain(component.floor.iter().map(|floor| &floor.cited))
        .chain(component.item_floor.iter().map(|item| &item.floor.cited))
        .chain(component.caps.iter().map(|cap| &cap.cited))
        .chain(component.add_ons.iter().map(|add_on| &add_on.cited));
    cited.map(|cited: &Cited| cited.text.as_str()).filter(|text| !text.is_empty()).collect()
}

/// Every `<digits>(万|亿)元` of a text.
fn amounts(text: &str) -> Vec<Named<'_>> {
    let mut found = Vec::new();
    let mut from = 0;
    while let Some(start) = text[from..].find(|c: char| c.is_ascii_digit()).map(|at| from + at) {
        let rest = &text[start..];
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
        let tail = &rest[digits..];
        let unit = ["万元", "亿元", "元"].into_iter().find(|unit| tail.starts_with(unit)).unwrap_or("");
        from = start + digits + unit.len();
        if let (false, Ok(amount)) = (unit.is_empty(), money(&text[start..from])) {
            found.push(Named { before: &text[..start], amount, after: &text[from..] });
        }
    }
    found
}

fn ends_with_any(text: &str, words: &[&str]) -> bool {
    words.iter().any(|word| text.trim_end().ends_with(word))
}

fn starts_with_any(text: &str, words: &[&str]) -> bool {
    words.iter().any(|word| text.trim_start().starts_with(word))
}

/// `不超过` ends with `超过` and is no strict floor.
fn is_strict(named: &Named<'_>) -> bool {
    ends_with_any(named.before, STRICT) && !ends_with_any(named.before, MOST)
}

fn contradiction(component: &Component, named: &Named<'_>, report: &mut Report) {
    if is_strict(named) && starts_with_any(named.after, INCLUSIVE) {
        let detail = format!(
            "the text says both 超过 and 以上 of {} yuan: choose one, say so in `inclusive`, and quote the other in `note`",
            named.amount
        );
        report.add(component.at, ProblemKind::Threshold, detail);
    }
}

fn floor_agrees(component: &Component, floor: &Floor, texts: &[&str], report: &mut Report) {
    for named in texts.iter().flat_map(|text| amounts(text)).filter(|named| Some(named.amount) == floor.amount) {
        let says_strict = is_strict(&named) && !starts_with_any(named.after, INCLUSIVE);
        let says_inclusive = !is_strict(&named) && starts_with_any(named.after, INCLUSIVE);
        if (says_strict && floor.inclusive) || (says_inclusive && !floor.inclusive) {
            let detail = format!("`inclusive: {}` is not what the text says of {} yuan", floor.inclusive, named.amount);
            report.add(component.at, ProblemKind::Threshold, detail);
        }
    }
}

fn cap_is_there(component: &Component, named: &Named<'_>, limits: &HashSet<Fen>, report: &mut Report) {
    if ends_with_any(named.before, MOST) && !limits.contains(&named.amount) {
        let detail = format!("the text names a most of {} yuan, and no clause has it", named.amount);
        report.add(component.at, ProblemKind::MissingCap, detail);
    }
}

/// Every figure that limits an amount.
fn limits(component: &Component) -> HashSet<Fen> {
    let caps = component.caps.iter().filter_map(|cap| cap.amount).chain(component.item_cap.flatten());
    let add_ons = component.add_ons.iter().filter_map(|add_on| add_on.cap);
    let of_shape: Vec<Fen> = match &component.shape {
        Shape::BandWhole { bands } => bands.iter().flat_map(|band| [band.cap, band.to]).flatten().collect(),
        Shape::Marginal { brackets } => brackets.iter().filter_map(|bracket| bracket.upto).collect(),
        Shape::Fixed { amount } => amount.iter().copied().collect(),
        Shape::GradeTable { table, .. } => table.values().filter_map(|amount| *amount).collect(),
        Shape::Range { max, .. } => max.iter().copied().collect(),
        _ => Vec::new(),
    };
    caps.chain(add_ons).chain(of_shape).collect()
}
