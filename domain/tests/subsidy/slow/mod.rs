//! A second evaluator, slow and naive: it reads the document itself as JSON, counts in yuan as big rationals, copies
//! lists, and shares no line with the engine. Where the two differ, one of them is wrong.

mod amount;
mod overlap;
mod pool;
mod shared;
mod truth;

use num_bigint::BigInt;
use num_rational::BigRational;
use serde_json::Value;

pub type Q = BigRational;

/// What comes out; amounts in yuan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Out {
    Amount(Q),
    Count(usize),
    Missing,
    Range(Q, Q),
    Fines([Q; 5]),
    /// An officer's amount outside of the range, or a claim for several persons.
    Refused,
}

/// One claim: component and facts.
#[derive(Debug, Clone)]
pub struct Claim {
    pub id: String,
    pub component: String,
    pub facts: Value,
    pub submitted: i64,
    pub rank: Option<i64>,
}

/// A number in any of the ways of writing it.
pub fn q(value: &Value) -> Q {
    let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    for (suffix, one) in [("亿元", "100000000"), ("万元", "10000"), ("万", "10000"), ("元", "1")] {
        if let Some(rest) = text.strip_suffix(suffix) {
            return decimal(rest) * decimal(one);
        }
    }
    for (suffix, one) in [("%", "100"), ("‰", "1000")] {
        if let Some(rest) = text.strip_suffix(suffix) {
            return decimal(rest) / decimal(one);
        }
    }
    decimal(&text)
}

fn decimal(text: &str) -> Q {
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    let digits: BigInt = format!("{whole}{part}").parse().unwrap_or_else(|_| panic!("`{text}` is no decimal"));
    Q::new(digits, BigInt::from(10).pow(u32::try_from(part.len()).unwrap()))
}

pub fn int(number: i64) -> Q {
    Q::from_integer(number.into())
}

pub fn zero() -> Q {
    int(0)
}

/// A member that is there and not null.
pub fn some<'v>(value: &'v Value, name: &str) -> Option<&'v Value> {
    value.get(name).filter(|value| !value.is_null())
}

pub fn list(value: &Value, name: &str) -> Vec<Value> {
    value.get(name).and_then(Value::as_array).cloned().unwrap_or_default()
}

pub fn text<'v>(value: &'v Value, name: &str) -> &'v str {
    value.get(name).and_then(Value::as_str).unwrap_or_default()
}

/// All claims together, in the order given.
pub fn settle(set: &Value, claims: &[Claim], pool: Option<Q>) -> Result<Vec<Out>, String> {
    let mut outs: Vec<Out> = claims.iter().map(|claim| amount::of(set, claim, &amount::All)).collect();
    if outs.contains(&Out::Refused) {
        return Err("range".to_owned());
    }
    overlap::resolve(set, claims, &mut outs);
    shared::caps(set, claims, &mut outs);
    shared::cross_level(set, claims, &mut outs);
    for (claim, out) in claims.iter().zip(outs.iter_mut()) {
        officer(set, claim, out)?;
    }
    let rounding = set.get("rounding").cloned().unwrap_or(Value::Null);
    for out in &mut outs {
        if let Out::Amount(amount) = out {
            let unit = if stage(&rounding, "after_caps") { unit(&rounding) } else { int(1) / int(100) };
            *amount = rounded(amount, &unit, mode(&rounding));
        }
    }
    pool::share(set, claims, pool, &mut outs);
    Ok(outs)
}

pub fn stage(rounding: &Value, stage: &str) -> bool {
    let Some(stages) = some(rounding, "stages") else { return true };
    stages.as_array().unwrap().iter().any(|known| known == stage)
}

pub fn unit(rounding: &Value) -> Q {
    match some(rounding, "unit").map(|unit| unit.as_str().unwrap()) {
        None | Some("yuan") => int(1),
        Some("fen") => int(1) / int(100),
        Some("hundred") => int(100),
        Some("ten_thousand") => int(10_000),
        Some(other) => decimal(other),
    }
}

pub fn mode(rounding: &Value) -> &str {
    some(rounding, "mode").map_or("down", |mode| mode.as_str().unwrap())
}

pub fn rounded(amount: &Q, unit: &Q, mode: &str) -> Q {
    let parts = amount / unit;
    let whole = match mode {
        "down" => parts.floor(),
        "up" => parts.ceil(),
        _ => (parts + int(1) / int(2)).floor(),
    };
    whole * unit
}

pub fn component<'v>(set: &'v Value, id: &str) -> &'v Value {
    set["components"].as_array().unwrap().iter().find(|component| component["id"] == id).unwrap()
}

fn officer(set: &Value, claim: &Claim, out: &mut Out) -> Result<(), String> {
    let (Some(approval), Out::Amount(amount)) = (some(&claim.facts, "officer"), &mut *out) else { return Ok(()) };
    let component = component(set, &claim.component);
    if component["calc"]["kind"] == "fixed_range" {
        return Ok(());
    }
    let approved = q(&approval["amount"]);
    if component.get("is_ceiling") != Some(&Value::Bool(true)) || approved > *amount {
        return Err("officer".to_owned());
    }
    *amount = approved;
    Ok(())
}
