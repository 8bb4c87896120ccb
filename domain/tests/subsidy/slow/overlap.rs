//! Awards that are not paid beside each other.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::amount::{By, items_of, of};
use super::{Claim, Out, Q, list, text, zero};

fn money(out: &Out) -> Q {
    if let Out::Amount(amount) = out { amount.clone() } else { zero() }
}

pub fn resolve(set: &Value, claims: &[Claim], outs: &mut [Out]) {
    for rule in list(set, "exclusivity") {
        let named: Vec<String> = list(&rule, "components").iter().map(|id| id.as_str().unwrap().to_owned()).collect();
        let key = text(&rule, "key");
        let mut met: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        for (at, claim) in claims.iter().enumerate().filter(|(_, claim)| named.contains(&claim.component)) {
            let values: BTreeSet<String> = if key == "beneficiary" {
                let gets = money(&outs[at]) != zero();
                gets.then(|| text(&claim.facts, key).to_owned()).into_iter().collect()
            } else {
                let value = |item: &Value| item.get(key).or_else(|| claim.facts.get(key)).cloned();
                items_of(set, claim).iter().filter_map(value).map(|v| v.as_str().unwrap().to_owned()).collect()
            };
            for value in values {
                met.entry(value).or_default().push(at);
            }
        }
        met.retain(|_, at| at.iter().map(|at| &claims[*at].component).collect::<BTreeSet<_>>().len() > 1);
        if key == "beneficiary" {
            for at in met.values() {
                whole(&rule, &named, claims, at, outs);
            }
        } else {
            by_item(set, &rule, &named, claims, &met, outs);
        }
    }
}

/// The component that keeps its award.
fn winner(
    rule: &Value,
    named: &[String],
    claims: &[Claim],
    at: &[usize],
    chosen: BTreeSet<String>,
    amounts: &[Q],
) -> Option<String> {
    match text(rule, "mode") {
        "forbid" => None,
        "choose_one" => {
            let only = if chosen.len() == 1 { chosen.into_iter().next() } else { None };
            only.filter(|only| at.iter().any(|at| claims[*at].component == *only))
        }
        _ => {
            let most = amounts.iter().max().unwrap();
            let best = named
                .iter()
                .find(|id| at.iter().zip(amounts).any(|(at, amount)| claims[*at].component == **id && amount == most));
            best.cloned()
        }
    }
}

fn whole(rule: &Value, named: &[String], claims: &[Claim], at: &[usize], outs: &mut [Out]) {
    let amounts: Vec<Q> = at.iter().map(|at| money(&outs[*at])).collect();
    let chosen = at.iter().filter_map(|at| claims[*at].facts.get("chosen_component"));
    let chosen = chosen.map(|word| word.as_str().unwrap().to_owned()).collect();
    let winner = winner(rule, named, claims, at, chosen, &amounts);
    let others: Q = at
        .iter()
        .zip(&amounts)
        .filter(|(at, _)| Some(&claims[**at].component) != winner.as_ref())
        .map(|(_, q)| q)
        .sum();
    for (at, amount) in at.iter().zip(&amounts) {
        let wins = Some(&claims[*at].component) == winner.as_ref();
        let is_difference = rule["mode"] == "top_up_difference";
        let after = match (is_difference, wins) {
            (true, true) => (amount - &others).max(zero()),
            (true, false) | (false, true) => amount.clone(),
            (false, false) => zero(),
        };
        if let Out::Amount(amount) = &mut outs[*at] {
            *amount = after;
        }
    }
}

fn by_item(
    set: &Value,
    rule: &Value,
    named: &[String],
    claims: &[Claim],
    met: &BTreeMap<String, Vec<usize>>,
    outs: &mut [Out],
) {
    let key = text(rule, "key");
    let mut lost: BTreeMap<usize, Vec<String>> = BTreeMap::new();
    let mut less: BTreeMap<usize, Q> = BTreeMap::new();
    for (value, at) in met {
        let alone = |at: usize| money(&of(set, &claims[at], &By { key, values: vec![value.clone()], only: true }));
        let amounts: Vec<Q> = at.iter().map(|at| alone(*at)).collect();
        let mut chosen = BTreeSet::new();
        for at in at {
            let facts = &claims[*at].facts;
            let of_value =
                |item: &&Value| item.get(key).or_else(|| facts.get(key)).is_some_and(|v| v == value.as_str());
            let items = list(facts, "items");
            let words = items.iter().filter(of_value).filter_map(|item| item.get("chosen_component"));
            chosen.extend(words.chain(facts.get("chosen_component")).map(|word| word.as_str().unwrap().to_owned()));
        }
        let winner = winner(rule, named, claims, at, chosen, &amounts);
        for (me, _) in at.iter().zip(&amounts) {
            let wins = Some(&claims[*me].component) == winner.as_ref();
            if rule["mode"] == "top_up_difference" {
                if wins {
                    let others =
                        at.iter().zip(&amounts).filter(|(at, _)| claims[**at].component != claims[*me].component);
                    *less.entry(*me).or_insert_with(zero) += others.map(|(_, q)| q).sum::<Q>();
                }
            } else if !wins {
                lost.entry(*me).or_default().push(value.clone());
            }
        }
    }
    for (me, values) in lost {
        outs[me] = of(set, &claims[me], &By { key, values, only: false });
    }
    for (me, others) in less {
        if let Out::Amount(amount) = &mut outs[me] {
            *amount = (amount.clone() - others).max(zero());
        }
    }
}
