//! What claims of one person or beneficiary leave each other: again and again from the beginning.

use serde_json::Value;

use super::amount::{by_project, in_period, mine, own, person};
use super::{Claim, Out, Q, component, list, q, some, text, zero};

/// Everything that claims state of payments; what two of them state alike is one payment.
fn all(claims: &[&Claim], counts: &dyn Fn(&Claim, &Value) -> bool) -> Vec<Value> {
    let mut known: Vec<Value> = Vec::new();
    for claim in claims {
        let mut others = known.clone();
        for mut payment in list(&claim.facts, "payments").into_iter().filter(|payment| counts(claim, payment)) {
            let through = some(&payment, "beneficiary")
                .map_or_else(|| text(&claim.facts, "beneficiary"), |name| name.as_str().unwrap());
            payment["beneficiary"] = Value::from(through.to_owned());
            match others.iter().position(|other| same(other, &payment)) {
                Some(at) => drop(others.remove(at)),
                None => known.push(payment),
            }
        }
    }
    known
}

fn same(one: &Value, other: &Value) -> bool {
    let names = ["beneficiary", "component", "level", "project", "person", "year"];
    names.iter().all(|name| one.get(*name) == other.get(*name)) && q(&one["amount"]) == q(&other["amount"])
}

fn paid(payments: &[Value], period: &str, facts: &Value) -> Q {
    payments.iter().filter(|payment| in_period(payment, period, facts)).map(|payment| q(&payment["amount"])).sum()
}

/// By year, then by what comes first, then by submission, then by id.
fn order(claims: &[Claim], first: &dyn Fn(&Claim) -> usize) -> Vec<usize> {
    let mut order: Vec<usize> = (0..claims.len()).collect();
    order.sort_by_key(|at| {
        let claim = &claims[*at];
        (claim.facts.get("year").and_then(Value::as_i64), first(claim), claim.submitted, claim.id.clone())
    });
    order
}

fn year_of(claim: &Claim) -> Value {
    let mut made = serde_json::json!({});
    if let Some(year) = claim.facts.get("year") {
        made["year"] = year.clone();
    }
    made
}

/// Whom a cap is for.
fn name_of(claim: &Claim, cap: &Value) -> String {
    let beneficiary = text(&claim.facts, "beneficiary").to_owned();
    if cap["scope"] == "beneficiary" {
        return beneficiary;
    }
    person(&claim.facts).ok().flatten().unwrap_or_default()
}

pub fn caps(set: &Value, claims: &[Claim], outs: &mut [Out]) {
    let mut got: Vec<(usize, Q)> = Vec::new();
    for me in order(claims, &|_| 0) {
        let Out::Amount(mut amount) = outs[me].clone() else { continue };
        let claim = &claims[me];
        let part = component(set, &claim.component);
        for cap in list(part, "caps").iter().filter(|cap| !by_project(cap)) {
            if cap["scope"] != "person" && cap["scope"] != "beneficiary" {
                continue;
            }
            let name = name_of(claim, cap);
            let is_with = |at: usize| {
                let other = &claims[at];
                let is_amount = matches!(outs[at], Out::Amount(_));
                is_amount && other.component == claim.component && name_of(other, cap) == name
            };
            let group: Vec<usize> = (0..claims.len()).filter(|at| is_with(*at)).collect();
            if group.len() < 2 || name.is_empty() {
                continue;
            }
            let people: Vec<&Claim> = group.iter().map(|at| &claims[*at]).collect();
            let counts = |claim: &Claim, payment: &Value| mine(payment, part, cap, &claim.facts, Some(&name));
            let paid = paid(&all(&people, &counts), text(cap, "period"), &claim.facts);
            let before = got.iter().filter(|(at, _)| group.contains(at));
            let taken: Q = before
                .filter(|(at, _)| in_period(&year_of(&claims[*at]), text(cap, "period"), &claim.facts))
                .map(|(_, amount)| amount)
                .sum();
            amount = match some(cap, "amount") {
                Some(most) => amount.min((q(most) - paid - taken).max(zero())),
                None if paid > zero() || taken > zero() => zero(),
                None => amount,
            };
        }
        outs[me] = Out::Amount(amount.clone());
        got.push((me, amount));
    }
}

pub fn cross_level(set: &Value, claims: &[Claim], outs: &mut [Out]) {
    let Some(cap) = some(set, "cross_level_cap") else { return };
    let ids: Vec<String> = list(set, "components").iter().map(|known| text(known, "id").to_owned()).collect();
    let place = |claim: &Claim| ids.iter().position(|id| *id == claim.component).unwrap();
    let levels = list(cap, "levels");
    let counts = |claim: &Claim, payment: &Value| {
        own(payment, &claim.facts) && some(payment, "level").is_none_or(|level| levels.contains(level))
    };
    let mut got: Vec<(usize, Q)> = Vec::new();
    for me in order(claims, &place) {
        let Out::Amount(amount) = outs[me].clone() else { continue };
        let facts = &claims[me].facts;
        let is_mine = |at: &usize| text(&claims[*at].facts, "beneficiary") == text(facts, "beneficiary");
        let people: Vec<&Claim> = (0..claims.len())
            .filter(|at| is_mine(at) && matches!(outs[*at], Out::Amount(_)))
            .map(|at| &claims[at])
            .collect();
        let taken: Q = got
            .iter()
            .filter(|(at, _)| is_mine(at) && in_period(&year_of(&claims[*at]), text(cap, "period"), facts))
            .map(|(_, amount)| amount)
            .sum();
        let paid = paid(&all(&people, &counts), text(cap, "period"), facts);
        let amount = amount.min((q(&cap["amount"]) - paid - taken).max(zero()));
        outs[me] = Out::Amount(amount.clone());
        got.push((me, amount));
    }
}
