//! Facts that look at every figure of a formula from both sides, made from the document alone.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::slow::{Claim, Out, Q, int, list, q, settle, some, text};

/// One probe: what is given, and the claims that it stands for.
#[derive(Debug, Clone)]
pub struct Probe {
    pub component: Option<String>,
    pub inputs: Value,
    pub claims: Vec<Claim>,
    pub pool: Option<Q>,
}

const FEN: i64 = 1;
/// Far above every threshold and cap, in fen.
const VAST: i64 = 90_000_000_000_000;

fn fen(amount: &Value) -> i64 {
    let fen = q(amount) * int(100);
    i64::try_from(fen.to_integer()).unwrap()
}

pub fn yuan(fen: i64) -> String {
    let sign = if fen < 0 { "-" } else { "" };
    let fen = fen.abs();
    if fen % 100 == 0 { format!("{sign}{}", fen / 100) } else { format!("{sign}{}.{:02}", fen / 100, fen % 100) }
}

/// Amounts at which the component changes its mind about its base.
fn turning_points(part: &Value) -> Vec<i64> {
    let calc = &part["calc"];
    let mut points: Vec<i64> = some(part, "floor").map(|floor| fen(&floor["amount"])).into_iter().collect();
    points.extend(list(calc, "brackets").iter().filter_map(|bracket| some(bracket, "upto")).map(fen));
    for band in list(calc, "bands") {
        points.extend(["gte", "gt", "lt", "lte"].iter().filter_map(|key| some(&band, key)).map(fen));
        points.extend(some(&band, "cap").zip(some(&band, "rate")).map(|(cap, rate)| reach(cap, rate)));
    }
    if let Some(threshold) = some(calc, "threshold") {
        let step = some(calc, "step").map_or(0, fen);
        points.extend((0..5).map(|count| fen(threshold) + count * step));
    }
    if let Some(rate) = some(calc, "rate").or_else(|| some(calc, "ratio")) {
        let caps = list(part, "caps");
        let caps = caps.iter().filter_map(|cap| some(cap, "amount")).chain(some(part, "item_cap"));
        points.extend(caps.map(|cap| reach(cap, rate)));
    }
    points.sort_unstable();
    points.dedup();
    points
}

/// The first base at which a cap is reached.
fn reach(cap: &Value, rate: &Value) -> i64 {
    i64::try_from((q(cap) / q(rate) * int(100)).ceil().to_integer()).unwrap()
}

/// Base amounts to look at: both sides of each turning point, the middles, and the far end.
pub fn amounts(part: &Value) -> Vec<i64> {
    let points = turning_points(part);
    let mut all: Vec<i64> = points.iter().flat_map(|point| [point - FEN, *point, point + FEN]).collect();
    all.extend(points.windows(2).map(|pair| i64::midpoint(pair[0], pair[1]) + 57));
    all.extend([1_234_567_890, 250_000_000, VAST]);
    all.extend(points.last().map(|last| last * 2 + 13));
    all.retain(|amount| *amount >= 0);
    all.sort_unstable();
    all.dedup();
    all
}

/// Facts of an item or a beneficiary that pass everything, with this base.
struct Good<'a> {
    part: &'a Value,
    own: Map<String, Value>,
    item: Map<String, Value>,
}

impl<'a> Good<'a> {
    fn new(part: &'a Value) -> Self {
        let mut good = Self { part, own: Map::new(), item: Map::new() };
        for gate in list(part, "gate") {
            let name = text(&gate, "measure").to_owned();
            for (key, value) in gate.as_object().unwrap() {
                if key == "gte" {
                    good.own.insert(name.clone(), value.clone());
                } else if let Some(other) = key.strip_suffix("_measure").and(value.as_str()) {
                    let same = good.own.get(&name).cloned().unwrap_or_else(|| json!("1000000"));
                    good.own.insert(other.to_owned(), same);
                }
            }
        }
        for term in list(&part["calc"], "terms") {
            good.own.insert(text(&term, "measure").to_owned(), json!("279000.37"));
        }
        if let Some(table) = part["calc"]["table"].as_object() {
            good.own.insert(text(&part["calc"], "key").to_owned(), json!(table.keys().next().unwrap()));
        }
        good.filter();
        good
    }

    fn filter(&mut self) {
        let Some(filter) = self.part.get("item_filter").and_then(Value::as_object) else { return };
        for (key, value) in filter {
            if key == "min_item" {
                let name = text(value, "measure").to_owned();
                let above = yuan(fen(&value["amount"]) + i64::from(value["inclusive"] == false));
                self.item.insert(name, json!(above));
            } else if let Some(event) = key.strip_suffix("_year_in") {
                self.item.insert(format!("{event}_year"), value[0].clone());
            } else if let Some(event) = key.strip_suffix("_on_or_after") {
                self.item.insert(format!("{event}_on"), value.clone());
            } else if key == "contract_types" {
                self.item.insert("contract_type".to_owned(), value[0].clone());
            } else if key == "min_licence_years" {
                self.item.insert("licence_years".to_owned(), value.clone());
            } else if let Some(measure) = key.strip_prefix("min_") {
                self.item.insert(measure.to_owned(), value.clone());
            } else if let Some(flag) = value.as_bool().filter(|_| !key.starts_with("one_")) {
                let (name, flag) =
                    key.split_once("_not_").map_or((key.clone(), flag), |(a, b)| (format!("{a}_{b}"), !flag));
                self.item.insert(name, json!(flag));
            }
        }
    }

    fn has_items(&self) -> bool {
        self.part.get("item_filter").is_some()
            || self.part.get("item_cap").is_some()
            || self.part["base"]["op"] == "count"
    }

    /// The facts with this base, and changes to own facts and item.
    fn facts(&self, base: i64, own: &[(&str, Value)], item: &[(&str, Value)]) -> Value {
        let (mut whole, mut one) = (self.own.clone(), self.item.clone());
        let op = &self.part["base"];
        let target = if self.has_items() { &mut one } else { &mut whole };
        let measures = list(op, "measures");
        for name in measures.iter().filter_map(Value::as_str).chain(op["measure"].as_str()) {
            let floor = self.part["item_filter"]["min_item"]["measure"] == *name;
            if !floor || q(&target[name]) < int(base) / int(100) {
                target.insert(name.to_owned(), json!(yuan(base)));
            }
        }
        if let Some(prior) = op["prior"].as_str() {
            target.insert(prior.to_owned(), json!("0"));
        }
        for (name, value) in own {
            whole.insert((*name).to_owned(), value.clone());
        }
        for (name, value) in item {
            one.insert((*name).to_owned(), value.clone());
        }
        if self.has_items() {
            // Own figures of the base would be stated twice.
            for name in one.keys() {
                whole.remove(name);
            }
            whole.insert("items".to_owned(), json!([one]));
        }
        Value::Object(whole)
    }
}

fn alone(part: &Value, inputs: Value) -> Probe {
    let id = text(part, "id").to_owned();
    let claim = Claim { id: "x".to_owned(), component: id.clone(), facts: inputs.clone(), submitted: 0, rank: None };
    Probe { component: Some(id), inputs, claims: vec![claim], pool: None }
}

/// Every probe of one component.
fn of_component(part: &Value) -> Vec<Probe> {
    let good = Good::new(part);
    let mut all: Vec<Value> = amounts(part).into_iter().map(|base| good.facts(base, &[], &[])).collect();
    let usual = 2_500_000_000;
    gates(part, &good, &mut all);
    filters(part, &good, usual, &mut all);
    for word in part["calc"]["table"].as_object().into_iter().flat_map(|table| table.keys()).chain([&"其他".to_owned()])
    {
        if part["calc"]["table"].is_object() {
            all.push(good.facts(usual, &[(text(&part["calc"], "key"), json!(word))], &[]));
        }
    }
    for term in list(&part["calc"], "terms") {
        for amount in ["1000.01", "250000", "9000000000"] {
            all.push(good.facts(usual, &[(text(&term, "measure"), json!(amount))], &[]));
        }
    }
    if !list(&part["calc"], "terms").is_empty() {
        let vast: Vec<(String, Value)> = list(&part["calc"], "terms")
            .iter()
            .map(|term| (text(term, "measure").to_owned(), json!("9000000000")))
            .collect();
        let vast: Vec<(&str, Value)> = vast.iter().map(|(name, value)| (name.as_str(), value.clone())).collect();
        all.push(good.facts(usual, &vast, &[]));
    }
    for add_on in list(part, "add_ons") {
        let trigger = &add_on["when"];
        let point = fen(some(trigger, "gte").or_else(|| some(trigger, "gt")).unwrap());
        for amount in [point - FEN, point, point + FEN, point * 2 + 13, VAST, -point] {
            all.push(good.facts(usual * 100, &[(text(trigger, "measure"), json!(yuan(amount)))], &[]));
        }
    }
    if let Some(years) = some(part, "max_years").and_then(Value::as_i64) {
        all.extend((years - 1..=years).map(|paid| good.facts(usual, &[("years_paid", json!(paid))], &[])));
    }
    if let Some(offset) = some(part, "offset") {
        all.push(good.facts(usual, &[(text(offset, "measure"), json!("50000"))], &[]));
    }
    if let Some(prior) = part["base"]["prior"].as_str() {
        all.push(good.facts(usual, &[(prior, json!("9999999.99"))], &[]));
        all.push(good.facts(usual, &[(prior, json!("90000000"))], &[]));
    }
    for cap in list(part, "caps").iter().filter_map(|cap| some(cap, "amount").map(fen)) {
        for (year, paid) in [(2026, cap / 3), (2025, cap / 3), (2026, cap)] {
            let payments = json!([{"amount": yuan(paid), "year": year}]);
            all.push(good.facts(VAST, &[("payments", payments), ("year", json!(2026))], &[]));
        }
    }
    all.into_iter().map(|inputs| alone(part, inputs)).collect()
}

fn gates(part: &Value, good: &Good<'_>, all: &mut Vec<Value>) {
    for gate in list(part, "gate") {
        let name = text(&gate, "measure");
        if let Some(least) = some(&gate, "gte") {
            let is_count = name.ends_with("_projects");
            let below = if is_count { json!((q(least) - int(1)).to_string()) } else { json!(yuan(fen(least) - FEN)) };
            let above = if is_count { json!((q(least) + int(1)).to_string()) } else { json!(yuan(fen(least) * 3)) };
            if part["base"]["measure"] == name {
                let point = fen(least);
                all.extend([point - FEN, point, point + FEN].map(|amount| good.facts(amount, &[], &[])));
                continue;
            }
            all.push(good.facts(9_000_000_000, &[(name, below)], &[]));
            all.push(good.facts(9_000_000_000, &[(name, above)], &[]));
        }
        if let Some(other) = some(&gate, "gte_measure").and_then(Value::as_str) {
            let same = fen(&good.own[name]);
            for amount in [same - FEN, same, same + FEN] {
                all.push(good.facts(9_000_000_000, &[(other, json!(yuan(amount)))], &[]));
            }
        }
    }
}

/// Each key of a filter missed alone.
fn filters(part: &Value, good: &Good<'_>, base: i64, all: &mut Vec<Value>) {
    for (key, value) in part.get("item_filter").and_then(Value::as_object).into_iter().flatten() {
        if key == "min_item" {
            let point = fen(&value["amount"]);
            for amount in [point - FEN, point, point + FEN] {
                all.push(good.facts(base, &[], &[(text(value, "measure"), json!(yuan(amount)))]));
            }
        } else if let Some(event) = key.strip_suffix("_year_in") {
            let years = value.as_array().unwrap().iter().filter_map(Value::as_i64);
            let (first, last) = (years.clone().min().unwrap(), years.max().unwrap());
            all.extend(
                (first - 1..=last + 1).map(|year| good.facts(base, &[], &[(&format!("{event}_year"), json!(year))])),
            );
        } else if let Some(event) = key.strip_suffix("_on_or_after") {
            for day in ["2019-12-31", "2020-01-01", "2021-12-31", "2022-01-01"] {
                for field in ["biomedicine", "other"] {
                    let changes = [(format!("{event}_on"), json!(day)), ("field".to_owned(), json!(field))];
                    let changes: Vec<_> = changes.iter().map(|(name, value)| (name.as_str(), value.clone())).collect();
                    all.push(good.facts(base, &[], &changes));
                }
            }
        } else if key == "contract_types" {
            for kind in ["development", "transfer", "licence", "consulting", "service"] {
                all.push(good.facts(base, &[], &[("contract_type", json!(kind))]));
            }
        } else if key == "min_licence_years" {
            let years = value.as_i64().unwrap();
            for years in years - 1..=years + 1 {
                let changes = [("contract_type", json!("licence")), ("licence_years", json!(years))];
                all.push(good.facts(base, &[], &changes));
            }
        } else if let Some(measure) = key.strip_prefix("min_") {
            let point = fen(value);
            for amount in [point - FEN, point, point + FEN] {
                all.push(good.facts(base, &[], &[(measure, json!(yuan(amount)))]));
            }
        } else if let Some(flag) = value.as_bool().filter(|_| !key.starts_with("one_")) {
            let (name, flag) =
                key.split_once("_not_").map_or((key.clone(), flag), |(a, b)| (format!("{a}_{b}"), !flag));
            all.push(good.facts(base, &[], &[(&name, json!(!flag))]));
        }
    }
}

/// Probes that need several claims, or the set as a whole.
fn of_set(set: &Value) -> Vec<Probe> {
    let mut all = Vec::new();
    if let Some(sum) = some(set, "pool").and_then(|pool| some(pool, "amount")) {
        for parts in [vec![1, 9], vec![1, 1, 1], vec![2, 3, 5, 7], vec![1]] {
            let unit = if parts.len() == 1 { fen(sum) } else { fen(sum) / 4 };
            all.push(pooled(set, &parts.iter().map(|part| part * unit + 700).collect::<Vec<_>>()));
        }
        all.push(pooled(set, &[fen(sum) / 3, fen(sum) / 3]));
    }
    if let Some(cap) = some(set, "cross_level_cap") {
        for left in [-FEN, 0, 3_000_000, 3_000_057] {
            let payments = json!([{"level": cap["levels"][0], "amount": yuan((fen(&cap["amount"]) - left).max(0))}]);
            for part in list(set, "components") {
                all.push(alone(&part, Good::new(&part).facts(VAST, &[("payments", payments.clone())], &[])));
            }
        }
    }
    for rule in list(set, "exclusivity") {
        for choice in [None, Some(&rule["components"][0]), Some(&rule["components"][1])] {
            all.push(overlapping(set, &rule, choice));
        }
    }
    all
}

fn pooled(set: &Value, amounts: &[i64]) -> Probe {
    let component = text(&set["components"][0], "id").to_owned();
    let claims: Vec<Claim> = amounts
        .iter()
        .zip(1_i64..)
        .map(|(amount, at)| Claim {
            id: format!("c{at}"),
            component: component.clone(),
            facts: json!({"given_amount": yuan(*amount)}),
            submitted: at,
            rank: None,
        })
        .collect();
    let pairs: Vec<_> = claims.iter().map(|claim| json!([claim.id, claim.facts["given_amount"]])).collect();
    Probe { component: None, inputs: json!({"claims": pairs}), claims, pool: None }
}

fn overlapping(set: &Value, rule: &Value, choice: Option<&Value>) -> Probe {
    let claims: Vec<Claim> = list(rule, "components")
        .iter()
        .zip(1_i64..)
        .map(|(component, at)| {
            let component = component.as_str().unwrap().to_owned();
            let part = crate::slow::component(set, &component);
            let measure = text(&part["base"], "measure");
            let mut shared = json!({"id": "k", text(rule, "key"): "45010020260001", measure: "1000000"});
            if let Some(choice) = choice {
                shared["chosen_component"] = choice.clone();
            }
            let own = json!({"id": "own", text(rule, "key"): format!("own{at}"), measure: "123456.78"});
            Claim {
                id: component.clone(),
                component,
                facts: json!({"items": [shared, own]}),
                submitted: at,
                rank: None,
            }
        })
        .collect();
    let given: Vec<_> = claims
        .iter()
        .map(|claim| json!({"id": claim.id, "component": claim.component, "given": claim.facts}))
        .collect();
    Probe { component: None, inputs: json!({"claims": given}), claims, pool: None }
}

pub fn of(set: &Value) -> Vec<Probe> {
    let parts = list(set, "components");
    parts.iter().flat_map(of_component).chain(of_set(set)).collect()
}

/// What the slow evaluator says of a probe, in the words of a book of examples.
pub fn expected(set: &Value, probe: &Probe) -> Value {
    let outs = settle(set, &probe.claims, probe.pool.clone()).unwrap();
    let mut named: BTreeMap<String, String> = BTreeMap::new();
    for (claim, out) in probe.claims.iter().zip(&outs) {
        let name = if probe.component.is_some() { "amount" } else { claim.id.as_str() };
        let mut put = |name: &str, q: &Q| named.insert(name.to_owned(), plain(q));
        match out {
            Out::Amount(amount) => drop(put(name, amount)),
            Out::Count(number) => drop(put(name, &int(i64::try_from(*number).unwrap()))),
            Out::Range(min, max) => {
                put("min", min);
                put("max", max);
            }
            Out::Fines(fines) => {
                let names = ["recover", "fine_min", "fine_max", "responsible_person_min", "responsible_person_max"];
                names.iter().zip(fines).for_each(|(name, fine)| drop(put(name, fine)));
            }
            Out::Missing => drop(named.insert(name.to_owned(), "not_computable".to_owned())),
            Out::Refused => panic!("a probe has no officer"),
        }
    }
    if named.len() == 1 && named.contains_key("amount") { json!(named["amount"]) } else { json!(named) }
}

fn plain(amount: &Q) -> String {
    let fen = amount * int(100);
    assert!(fen.is_integer(), "{amount}");
    yuan(i64::try_from(fen.to_integer()).unwrap())
}
