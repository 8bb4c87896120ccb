//! Golden cases and examples: what is given, and what is expected.

use std::collections::BTreeMap;

use super::facts::{Names, facts};
use super::get::{Fields, Reading};
use crate::subsidy::document::{Content, Node};
use crate::subsidy::facts::Facts;
use crate::subsidy::model::{Case, CaseClaim, Given};
use crate::subsidy::problem::ProblemKind;

/// One case, in the words of a rule set or of a book of examples.
pub(super) fn case(node: &Node, names: &Names, reading: &mut Reading) -> Option<Case> {
    let mut fields = reading.open(node)?;
    let id = fields.need_text("id", reading);
    let component = fields.some("component").and_then(|node| reading.text(node));
    let given = fields.any(&["given", "inputs"]);
    let expect = fields.any(&["expect", "expected_yuan", "expected"]);
    let note = [fields.text("steps", reading), fields.text("note", reading)].join(" ").trim().to_owned();
    for known in ["formula", "unrounded_yuan", "rounding", "tags", "source_number", "source"] {
        fields.take(known);
    }
    reading.close(&fields);
    let (Some(given_node), Some(expect_node)) = (given, expect) else {
        reading.add(node.at, ProblemKind::MissingKey, "a case says what is given and what is expected");
        return None;
    };
    let given = self::given(given_node, names, reading)?;
    let expect = expected(expect_node, reading);
    if expect.is_empty() {
        reading.add(expect_node.at, ProblemKind::MissingKey, "a case expects at least one result");
    }
    Some(Case { id, component, given, expect, note, at: node.at })
}

fn expected(node: &Node, reading: &mut Reading) -> BTreeMap<String, String> {
    let Content::Map(members) = &node.content else {
        return scalar(node, reading).map(|text| (Case::AMOUNT.to_owned(), text)).into_iter().collect();
    };
    members.iter().filter_map(|(key, node)| Some((key.name.to_string(), scalar(node, reading)?))).collect()
}

fn scalar(node: &Node, reading: &mut Reading) -> Option<String> {
    match node.content {
        Content::Bool(flag) => Some(flag.to_string()),
        // As null in a rule says that the source leaves a figure out.
        Content::Null => Some(Case::NOT_COMPUTABLE.to_owned()),
        Content::Number(_) | Content::Text(_) | Content::List(_) | Content::Map(_) => reading.text(node),
    }
}

fn given(node: &Node, names: &Names, reading: &mut Reading) -> Option<Given> {
    let mut fields = reading.open(node)?;
    let pool = fields.some("pool").and_then(|node| reading.money(node));
    let award = fields.some("award").and_then(|node| reading.money(node));
    let claims = fields.items("claims", reading);
    let claims = reading.each(claims, |node, at, reading| claim(node, number_of(at), names, reading));
    let facts = facts(&mut fields, names, reading);
    Some(Given { facts, claims, pool, award })
}

/// Counted from one.
fn number_of(at: usize) -> i64 {
    i64::try_from(at).map_or(i64::MAX, |at| at.saturating_add(1))
}

/// `[id, amount]`, `[id, amount, submitted]`, or an object.
fn claim(node: &Node, at: i64, names: &Names, reading: &mut Reading) -> Option<CaseClaim> {
    if let Some(items) = node.items() {
        let [id, amount, rest @ ..] = items else {
            reading.add(node.at, ProblemKind::WrongType, "a claim is [id, amount] or an object");
            return None;
        };
        let submitted = rest.first().and_then(|node| reading.number(node)).unwrap_or(at);
        let amount = Some(reading.money(amount)?);
        let id = reading.text(id)?;
        return Some(CaseClaim { id, component: None, amount, facts: Facts::default(), submitted, rank: None });
    }
    let mut fields = reading.open(node)?;
    let id = fields.any(&["id", "claimant", "name"]).and_then(|node| reading.text(node));
    if id.is_none() {
        reading.add(node.at, ProblemKind::MissingKey, "`id` is missing");
    }
    let component = fields.some("component").and_then(|node| reading.text(node));
    let amount = fields.some("amount").and_then(|node| reading.money(node));
    let submitted = number(&mut fields, "submitted", reading).unwrap_or(at);
    let rank = number(&mut fields, "rank", reading);
    let facts = match fields.any(&["given", "inputs"]) {
        None => facts(&mut fields, names, reading),
        Some(node) => {
            reading.close(&fields);
            facts(&mut reading.open(node)?, names, reading)
        }
    };
    Some(CaseClaim { id: id?, component, amount, facts, submitted, rank })
}

fn number(fields: &mut Fields<'_>, name: &str, reading: &mut Reading) -> Option<i64> {
    fields.some(name).and_then(|node| reading.number(node))
}
