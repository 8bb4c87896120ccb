//! Caps, overlap, levels together, pool, rounding.

use super::get::Reading;
use crate::rule::Fen;
use crate::subsidy::document::Node;
use crate::subsidy::model::{
    Cap, CrossLevelCap, Exclusivity, Period, Pool, PoolMode, Remainder, Rounding, RoundingMode, Scope,
};
use crate::subsidy::problem::ProblemKind;

pub(super) fn cap(node: &Node, reading: &mut Reading) -> Option<Cap> {
    let mut fields = reading.open(node)?;
    let scope = fields.need("scope", reading).and_then(|node| reading.word(node))?;
    let period = match fields.take("period") {
        Some(node) => period(node, reading)?,
        None if matches!(scope, Scope::Item | Scope::Project) => Period::Project,
        None => {
            reading.add(fields.at, ProblemKind::MissingKey, "`period` is missing: once, year, project or years(n)");
            return None;
        }
    };
    let amount = fields.money("amount", reading);
    let cited = fields.cited(reading);
    reading.close(&fields);
    Some(Cap { scope, period, amount, cited })
}

/// `once`, `year`, `project`, or `years(3)`.
fn period(node: &Node, reading: &mut Reading) -> Option<Period> {
    let text = reading.text(node)?;
    let years = text.strip_prefix("years(").and_then(|rest| rest.strip_suffix(')'));
    match (text.as_str(), years.and_then(|years| years.parse().ok())) {
        ("once", _) => Some(Period::Once),
        ("year", _) => Some(Period::Year),
        ("project", _) => Some(Period::Project),
        (_, Some(years @ 1..=99)) => Some(Period::Years(years)),
        _ => {
            reading.add(
                node.at,
                ProblemKind::UnknownWord,
                format!("`{text}` is none of once, year, project, years(n)"),
            );
            None
        }
    }
}

pub(super) fn cross_level_cap(node: &Node, reading: &mut Reading) -> Option<CrossLevelCap> {
    let mut fields = reading.open(node)?;
    let levels = fields.need("levels", reading).map(|node| reading.texts(node)).unwrap_or_default();
    let period = fields.need("period", reading).and_then(|node| period(node, reading));
    let amount = fields.money("amount", reading);
    let cited = fields.cited(reading);
    fields.text("note", reading);
    reading.close(&fields);
    Some(CrossLevelCap { levels, period: period?, amount, cited })
}

pub(super) fn exclusivity(node: &Node, components: &[String], reading: &mut Reading) -> Option<Exclusivity> {
    let mut fields = reading.open(node)?;
    let named = fields.need("components", reading)?;
    let names = reading.texts(named);
    for name in names.iter().filter(|name| !components.contains(name)) {
        reading.add(named.at, ProblemKind::UnknownWord, format!("`{name}` is no component of this rule set"));
    }
    let key = fields.need_text("key", reading);
    let mode = fields.need("mode", reading).and_then(|node| reading.word(node));
    let mut cited = fields.cited(reading);
    let note = fields.text("note", reading);
    if cited.text.is_empty() {
        cited.text = note;
    }
    reading.close(&fields);
    Some(Exclusivity { components: names, key, mode: mode?, cited })
}

pub(super) fn pool(node: &Node, reading: &mut Reading) -> Option<Pool> {
    let mut fields = reading.open(node)?;
    let mode = fields.need("mode", reading)?;
    // The catalogue of formulas says in one word that the number is limited too.
    let mode = if mode.scalar() == Some("quantity_limited_rank_and_cut") {
        Some(PoolMode::RankAndCut)
    } else {
        reading.word(mode)
    };
    let amount = fields.some("amount").and_then(|node| reading.money(node));
    let year = fields.some("year").and_then(|node| reading.number(node)).and_then(|year| i32::try_from(year).ok());
    let quantity = fields.some("quantity").and_then(|node| reading.number(node)).and_then(|n| u32::try_from(n).ok());
    let id = fields.text("id", reading);
    let mut cited = fields.cited(reading);
    let words = [fields.text("note", reading), fields.text("formula", reading)];
    if cited.text.is_empty() {
        words.join(" ").trim().clone_into(&mut cited.text);
    }
    reading.close(&fields);
    Some(Pool { id, year, amount, mode: mode?, quantity, cited })
}

pub(super) fn rounding(node: &Node, reading: &mut Reading) -> Option<Rounding> {
    let mut fields = reading.open(node)?;
    let mut made = Rounding::default();
    if let Some(node) = fields.some("unit") {
        made.unit = unit(node, reading).unwrap_or(made.unit);
    }
    if let Some(node) = fields.some("mode") {
        made.mode = reading.word(node).unwrap_or(RoundingMode::Down);
    }
    if let Some(node) = fields.some("stages") {
        let stages = reading.texts(node);
        for stage in stages.iter().filter(|stage| !matches!(stage.as_str(), "after_caps" | "after_pool")) {
            reading.add(node.at, ProblemKind::UnknownWord, format!("`{stage}` is none of after_caps, after_pool"));
        }
        made.after_caps = stages.iter().any(|stage| stage == "after_caps");
        made.after_pool = stages.iter().any(|stage| stage == "after_pool");
    }
    if let Some(node) = fields.some("remainder") {
        made.remainder = reading.word(node).unwrap_or(Remainder::LargestRemainder);
    }
    reading.close(&fields);
    Some(made)
}

/// `fen`, `yuan`, `hundred`, `ten_thousand`, or the amount: 0.01, 1, 100, 1000, 10000.
fn unit(node: &Node, reading: &mut Reading) -> Option<Fen> {
    let named = match node.scalar() {
        Some("fen") => Some(Fen(1)),
        Some("yuan") => Some(Fen(100)),
        Some("hundred") => Some(Fen(10_000)),
        Some("ten_thousand") => Some(Fen(1_000_000)),
        _ => None,
    };
    let unit = named.or_else(|| reading.money(node))?;
    if unit.0 == 0 {
        reading.add(node.at, ProblemKind::BadFigure, "the unit of rounding is at least 0.01 yuan");
        return None;
    }
    Some(unit)
}
