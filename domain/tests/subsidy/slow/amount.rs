//! One component for one claim.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::truth::{gates, passes, reaches, years_paid};
use super::{Claim, Out, Q, component, int, list, q, some, text, zero};

/// Which items are looked at.
pub trait Look {
    fn at(&self, item: &Value, facts: &Value) -> bool;
}

pub struct All;

impl Look for All {
    fn at(&self, _: &Value, _: &Value) -> bool {
        true
    }
}

pub struct By<'a> {
    pub key: &'a str,
    pub values: Vec<String>,
    pub only: bool,
}

impl Look for By<'_> {
    fn at(&self, item: &Value, facts: &Value) -> bool {
        let value = item.get(self.key).or_else(|| facts.get(self.key)).and_then(Value::as_str);
        value.is_some_and(|value| self.values.iter().any(|known| known == value)) == self.only
    }
}

/// Items that count; without items the beneficiary is one.
pub fn counted(part: &Value, facts: &Value, look: &dyn Look) -> Vec<Value> {
    let all = facts.get("items").map_or_else(|| vec![facts.clone()], |_| list(facts, "items"));
    let filter = part.get("item_filter").cloned().unwrap_or(Value::Object(Map::new()));
    let floor_of = |item: &Value| {
        let Some(floor) = some(part, "item_floor") else { return true };
        item.get(text(floor, "measure")).is_some_and(|amount| reaches(floor, &q(amount)))
    };
    let mut kept: Vec<Value> =
        all.into_iter().filter(|item| look.at(item, facts) && passes(&filter, item) && floor_of(item)).collect();
    let per_project = filter.get("one_contract_per_project") == Some(&Value::Bool(true));
    if per_project || part.get("one_per").is_some_and(|name| name == "project") {
        let measure = part["base"]["measure"].as_str().or(part["base"]["measures"][0].as_str()).unwrap_or("");
        let size = |item: &Value| item.get(measure).map_or_else(zero, q);
        let all = kept.clone();
        kept.retain(|item| {
            let Some(project) = item.get("project") else { return true };
            let rivals = all.iter().filter(|other| other.get("project") == Some(project));
            rivals.into_iter().all(|other| {
                size(item) > size(other) || (size(item) == size(other) && text(item, "id") <= text(other, "id"))
            })
        });
    }
    kept
}

/// A measure over items; `None` when nobody states it.
fn total(name: &str, items: &[Value], facts: &Value) -> Option<Q> {
    let all = list(facts, "items");
    if all.iter().any(|item| item.get(name).is_some()) {
        return Some(items.iter().filter_map(|item| item.get(name).map(q)).sum());
    }
    let own = facts.get(name).map(q);
    match facts.get("items") {
        None if items.is_empty() => own.map(|_| zero()),
        Some(given) if own.is_none() && given.as_array().unwrap().is_empty() => Some(zero()),
        _ => own,
    }
}

fn base(part: &Value, items: &[Value], facts: &Value) -> Option<Q> {
    let base = &part["base"];
    match text(base, "op") {
        "sum" => total(text(base, "measure"), items, facts),
        "min" => list(base, "measures").iter().map(|name| total(name.as_str().unwrap(), items, facts)).min().flatten(),
        "increment" => {
            let now = total(text(base, "measure"), items, facts)?;
            let prior = total(text(base, "prior"), items, facts);
            let prior = if text(base, "missing_prior") == "zero" { prior.or_else(|| Some(zero())) } else { prior };
            Some((now - prior?).max(zero()))
        }
        _ => Some(zero()),
    }
}

/// The shape over a base; `None` when a figure or fact is missing.
fn shape(calc: &Value, base: &Q, items: &[Value], facts: &Value) -> Option<Q> {
    let base = base.clone().max(zero());
    let figure = |name: &str| some(calc, name).map(q);
    let word =
        || facts.get(text(calc, "key")).or_else(|| if let [item] = items { item.get(text(calc, "key")) } else { None });
    Some(match text(calc, "kind") {
        "flat" => base * figure("rate")?,
        "match" => base * figure("ratio")?,
        "fixed" => figure("amount")?,
        "given" => total("given_amount", items, facts)?,
        "marginal" => {
            let (mut sum, mut from) = (zero(), zero());
            for bracket in list(calc, "brackets") {
                let upto = some(&bracket, "upto").map_or_else(|| base.clone(), q).min(base.clone());
                if upto > from {
                    sum += (upto.clone() - from) * some(&bracket, "rate").map(q)?;
                    from = upto;
                }
            }
            sum
        }
        "band_whole" => {
            let inside = |band: &Value| {
                some(band, "gte").is_none_or(|from| base >= q(from))
                    && some(band, "gt").is_none_or(|from| base > q(from))
                    && some(band, "lt").is_none_or(|to| base < q(to))
                    && some(band, "lte").is_none_or(|to| base <= q(to))
            };
            let Some(band) = list(calc, "bands").into_iter().find(inside) else { return Some(zero()) };
            let amount = base.clone() * some(&band, "rate").map(q)?;
            some(&band, "cap").map_or(amount.clone(), |cap| amount.min(q(cap)))
        }
        "fixed_plus_excess" | "step" if base < figure("threshold")? => zero(),
        "fixed_plus_excess" => figure("fixed")? + (base - figure("threshold")?) * figure("excess_rate")?,
        "step" => figure("fixed")? + ((base - figure("threshold")?) / figure("step")?).floor() * figure("step_amount")?,
        "grade_table" => match calc["table"].get(word()?.as_str().unwrap()) {
            None => zero(),
            Some(Value::Null) => return None,
            Some(amount) => q(amount),
        },
        "grade_rate" => match calc["table"].get(word()?.as_str().unwrap()) {
            None => zero(),
            Some(Value::Null) => return None,
            Some(rate) => base * q(rate),
        },
        "min_of" => {
            let mut least: Option<Q> = None;
            for term in list(calc, "terms") {
                let product = total(text(&term, "measure"), items, facts)?.max(zero()) * some(&term, "rate").map(q)?;
                least = Some(least.map_or(product.clone(), |least| least.min(product)));
            }
            least?
        }
        other => panic!("the slow evaluator knows no {other}"),
    })
}

pub fn in_period(payment: &Value, period: &str, facts: &Value) -> bool {
    let (Some(paid), Some(year)) = (payment.get("year").map(q), facts.get("year").map(q)) else { return true };
    match period {
        "year" => paid == year,
        "once" | "project" => true,
        years => {
            let span = q(&Value::from(years.trim_start_matches("years(").trim_end_matches(')')));
            paid <= year && paid > year - span
        }
    }
}

/// Paid to the claim's own beneficiary.
pub fn own(payment: &Value, facts: &Value) -> bool {
    some(payment, "beneficiary").is_none_or(|name| *name == facts["beneficiary"])
}

/// Whether a payment counts for a cap of the component.
pub fn mine(payment: &Value, part: &Value, cap: &Value, facts: &Value, person: Option<&str>) -> bool {
    let is_for = if cap["scope"] == "person" {
        some(payment, "person").is_none_or(|name| name.as_str() == person)
    } else {
        own(payment, facts)
    };
    is_for && some(payment, "level").is_none() && some(payment, "component").is_none_or(|known| *known == part["id"])
}

/// The person of a claim; of several persons there is none.
pub fn person(facts: &Value) -> Result<Option<String>, ()> {
    let items = list(facts, "items");
    let named = std::iter::once(facts).chain(&items).filter_map(|one| some(one, "person")).filter_map(Value::as_str);
    let mut named: Vec<&str> = named.collect();
    named.sort_unstable();
    named.dedup();
    match named.as_slice() {
        [] => Ok(some(facts, "beneficiary").map(|name| name.as_str().unwrap().to_owned())),
        [one] => Ok(Some((*one).to_owned())),
        _ => Err(()),
    }
}

pub fn by_project(cap: &Value) -> bool {
    cap["scope"] == "project" || (cap["period"] == "project" && cap["scope"] != "item")
}

pub fn of(set: &Value, claim: &Claim, look: &dyn Look) -> Out {
    let (part, facts) = (component(set, &claim.component), &claim.facts);
    let mut seen = Vec::new();
    run(part, facts, look, &mut seen).unwrap_or(Out::Missing)
}

fn run(part: &Value, facts: &Value, look: &dyn Look, seen: &mut Vec<Value>) -> Option<Out> {
    let nothing = Some(Out::Amount(zero()));
    if list(part, "caps").iter().any(|cap| cap["scope"] == "person") && person(facts).is_err() {
        return Some(Out::Refused);
    }
    if some(part, "max_years").is_some_and(|most| years_paid(facts) >= q(most)) {
        return nothing;
    }
    if let Some(gate) = some(part, "gate")
        && !gates(gate, facts)?
    {
        return nothing;
    }
    let items = counted(part, facts, look);
    seen.clone_from(&items);
    let calc = &part["calc"];
    if calc["kind"] == "count" {
        return Some(Out::Count(items.len()));
    }
    let had_some = facts.get("items").is_none_or(|items| !items.as_array().unwrap().is_empty());
    if items.is_empty() && (had_some || part["base"]["op"] == "count") && calc["kind"] != "penalty_range" {
        return nothing;
    }
    let sum = base(part, &items, facts)?;
    if let Some(floor) = some(part, "floor")
        && !matches!(text(&part["base"], "op"), "none" | "count")
    {
        some(floor, "amount")?;
        if !reaches(floor, &sum) {
            return nothing;
        }
    }
    if calc["kind"] == "penalty_range" {
        let rate = |name: &str| some(calc, name).map(|rate| q(rate) * &sum);
        let fen = |amount: Q, up: bool| {
            let fen = amount * int(100);
            (if up { fen.ceil() } else { fen.floor() }) / int(100)
        };
        let person = |name: &str| some(calc, name).map(q);
        return Some(Out::Fines([
            fen(rate("recover_rate")?, false),
            fen(rate("fine_min_rate")?, true),
            fen(rate("fine_max_rate")?, false),
            person("person_min")?,
            person("person_max")?,
        ]));
    }
    let amount = if calc["kind"] == "fixed_range" {
        let (min, max) = (some(calc, "min").map(q)?, some(calc, "max").map(q)?);
        let Some(officer) = some(facts, "officer") else { return Some(Out::Range(min, max)) };
        let approved = q(&officer["amount"]);
        if approved < min || approved > max {
            return Some(Out::Refused);
        }
        approved
    } else {
        shaped(part, facts, &items, &sum)?
    };
    finish(part, facts, &items, &sum, amount).map(Out::Amount)
}

/// The shape over the whole, or over items and projects with their caps.
fn shaped(part: &Value, facts: &Value, items: &[Value], sum: &Q) -> Option<Q> {
    let (calc, caps) = (&part["calc"], list(part, "caps"));
    let who = person(facts).unwrap_or_default();
    let of_items = part.get("item_cap").is_some() || caps.iter().any(|cap| cap["scope"] == "item");
    let of_projects = caps.iter().any(by_project);
    let of = |items: &[Value]| shape(calc, &base(part, items, facts)?, items, facts);
    let capped_item = |item: &Value| -> Option<Q> {
        let mut amount = of(std::slice::from_ref(item))?;
        if let Some(cap) = part.get("item_cap") {
            amount = if cap.is_null() { return None } else { amount.min(q(cap)) };
        }
        for cap in caps.iter().filter(|cap| cap["scope"] == "item") {
            amount = amount.min(some(cap, "amount").map(q)?);
        }
        Some(amount)
    };
    if !of_items && !of_projects {
        return shape(calc, sum, items, facts);
    }
    if !of_projects {
        return items.iter().map(capped_item).sum();
    }
    let mut projects: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    for (at, item) in items.iter().enumerate() {
        let name = item.get("project").map_or_else(|| format!("#{at}"), |name| format!("p{}", name.as_str().unwrap()));
        projects.entry(name).or_default().push(item.clone());
    }
    let mut whole = zero();
    for (name, items) in projects {
        let mut amount = if of_items { items.iter().map(capped_item).sum::<Option<Q>>()? } else { of(&items)? };
        for cap in caps.iter().filter(|cap| by_project(cap)) {
            let paid: Q = list(facts, "payments")
                .iter()
                .filter(|payment| {
                    mine(payment, part, cap, facts, who.as_deref()) && name == format!("p{}", text(payment, "project"))
                })
                .map(|payment| q(&payment["amount"]))
                .sum();
            amount = amount.min((some(cap, "amount").map(q)? - paid).max(zero()));
        }
        whole += amount;
    }
    Some(whole)
}

fn finish(part: &Value, facts: &Value, items: &[Value], sum: &Q, amount: Q) -> Option<Q> {
    let who = person(facts).unwrap_or_default();
    let add_ons = |inside: bool| -> Option<Q> {
        let mut more = zero();
        for add_on in list(part, "add_ons") {
            let is_inside = add_on.get("inside_component_cap") == Some(&Value::Bool(true));
            let applies = some(&add_on, "when").is_none_or(|when| gates(when, facts) == Some(true));
            if is_inside != inside || !applies {
                continue;
            }
            let own = some(&add_on["calc"], "measure");
            let base = own.map_or_else(|| Some(sum.clone()), |name| total(name.as_str().unwrap(), items, facts))?;
            let extra = shape(&add_on["calc"], &base, items, facts)?;
            more += some(&add_on, "cap").map_or(extra.clone(), |cap| extra.min(q(cap)));
        }
        Some(more)
    };
    let capped = |amount: Q, scopes: &[&str]| -> Option<Q> {
        let mut amount = amount;
        let caps = list(part, "caps");
        for cap in caps.iter().filter(|cap| scopes.contains(&text(cap, "scope")) && !by_project(cap)) {
            let paid: Q = list(facts, "payments")
                .iter()
                .filter(|payment| {
                    mine(payment, part, cap, facts, who.as_deref()) && in_period(payment, text(cap, "period"), facts)
                })
                .map(|payment| q(&payment["amount"]))
                .sum();
            amount = match some(cap, "amount") {
                Some(most) => amount.min((q(most) - paid).max(zero())),
                None if paid > zero() => zero(),
                None => amount,
            };
        }
        Some(amount)
    };
    let amount = capped(amount + add_ons(true)?, &["component"])? + add_ons(false)?;
    let offset = some(part, "offset").and_then(|offset| facts.get(text(offset, "measure"))).map_or_else(zero, q);
    capped((amount - offset).max(zero()), &["person", "beneficiary"])
}

/// The items of a claim that count, for overlap.
pub fn items_of(set: &Value, claim: &Claim) -> Vec<Value> {
    let mut seen = Vec::new();
    run(component(set, &claim.component), &claim.facts, &All, &mut seen);
    seen
}
