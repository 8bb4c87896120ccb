//! Random rule sets and facts as documents.

use serde_json::{Map, Value, json};

use crate::rng::Rng;
use crate::slow::Claim;

const RATES: &[&str] =
    &["0.02", "0.005", "0.0006", "1.5%", "0.3‰", "0.1", "0.0001", "1", "0.00000001", "0.333333333333"];
const YUAN: &[i64] = &[0, 1, 100, 10_000, 30_000, 100_000, 200_000, 500_000, 1_000_000, 5_000_000, 30_000_000];

/// An amount near a round one, often one fen off.
fn money(rng: &mut Rng) -> String {
    let fen = *rng.pick(YUAN) * 100 + i64::try_from(rng.below(3)).unwrap() - 1;
    let fen = if rng.one_in(3) { fen + i64::try_from(rng.below(100_000_000)).unwrap() } else { fen };
    plain(fen.max(0))
}

fn plain(fen: i64) -> String {
    if fen % 100 == 0 { (fen / 100).to_string() } else { format!("{}.{:02}", fen / 100, fen % 100) }
}

fn rate(rng: &mut Rng) -> Value {
    if rng.one_in(60) { Value::Null } else { json!(rng.pick(RATES)) }
}

fn amount(rng: &mut Rng) -> Value {
    if rng.one_in(80) { Value::Null } else { json!(money(rng)) }
}

/// Rising amounts, none of them zero.
fn rising(rng: &mut Rng, count: usize) -> Vec<i64> {
    let mut all = Vec::new();
    let mut at = 0;
    for _ in 0..count {
        at +=
            (*rng.pick(&YUAN[2..]) + i64::try_from(rng.below(3)).unwrap()) * 100 + i64::try_from(rng.below(2)).unwrap();
        all.push(at);
    }
    all
}

fn calc(rng: &mut Rng, has_base: bool, in_add_on: bool) -> Value {
    let with_base =
        ["flat", "flat", "flat", "marginal", "band_whole", "fixed_plus_excess", "step", "match", "grade_rate"];
    let without = ["fixed", "grade_table", "min_of"];
    let mut kinds: Vec<&str> = if has_base { with_base.to_vec() } else { without.to_vec() };
    if has_base {
        kinds.extend(without);
    }
    if !in_add_on {
        kinds.push(if has_base { "penalty_range" } else { "fixed_range" });
    }
    let kind = *rng.pick(&kinds);
    let mut made = match kind {
        "flat" => json!({"rate": rate(rng)}),
        "match" => json!({"ratio": rate(rng)}),
        "marginal" => marginal(rng),
        "band_whole" => bands(rng),
        "fixed" => json!({"amount": amount(rng)}),
        "fixed_plus_excess" => json!({"threshold": money(rng), "fixed": amount(rng), "excess_rate": rate(rng)}),
        "step" => {
            let step = plain((*rng.pick(&YUAN[2..])) * 100);
            json!({"threshold": money(rng), "fixed": money(rng), "step": step, "step_amount": money(rng)})
        }
        "grade_table" => json!({"key": "grade", "table": {"优秀": money(rng), "良好": amount(rng)}}),
        "grade_rate" => json!({"key": "grade", "table": {"优秀": rate(rng), "良好": rng.pick(RATES)}}),
        "min_of" => {
            json!({"terms": [{"measure": "m1", "rate": rate(rng)}, {"measure": "m2", "rate": rng.pick(RATES)}]})
        }
        "fixed_range" => json!({"min": "300000", "max": "500000"}),
        _ => {
            json!({"recover_rate": "1", "fine_min_rate": "0.1", "fine_max_rate": rng.pick(&["0.3", "0.5", "0.333333333333"]),
                    "person_min": "3000", "person_max": "50000"})
        }
    };
    made["kind"] = json!(kind);
    made
}

fn marginal(rng: &mut Rng) -> Value {
    let count = rng.size(3);
    let mut brackets: Vec<Value> =
        rising(rng, count).into_iter().map(|upto| json!({"upto": plain(upto), "rate": rng.pick(RATES)})).collect();
    brackets.push(json!({"upto": null, "rate": rate(rng)}));
    json!({"brackets": brackets})
}

fn bands(rng: &mut Rng) -> Value {
    let count = 1 + rng.size(3);
    let ends = rising(rng, count + 1);
    let is_open = rng.one_in(2);
    let mut bands = Vec::new();
    let mut from_key = if rng.one_in(2) { "gte" } else { "gt" };
    for (at, pair) in ends.windows(2).enumerate() {
        let is_last = at + 2 == ends.len();
        let to_key = if rng.one_in(2) { "lt" } else { "lte" };
        let mut band = Map::new();
        band.insert(from_key.to_owned(), json!(plain(pair[0])));
        band.insert(to_key.to_owned(), if is_last && is_open { Value::Null } else { json!(plain(pair[1])) });
        band.insert("rate".to_owned(), rate(rng));
        if rng.one_in(2) {
            band.insert("cap".to_owned(), json!(money(rng)));
        }
        bands.push(Value::Object(band));
        from_key = if to_key == "lt" { "gte" } else { "gt" };
    }
    json!({"bands": bands})
}

fn base(rng: &mut Rng) -> Value {
    match rng.below(8) {
        0 => json!({"op": "none"}),
        1 => json!({"op": "min", "measures": ["m1", "m2"]}),
        2 => json!({"op": "increment", "measure": "m1", "prior": "m3", "missing_prior": rng.pick(&["zero", "refuse"])}),
        _ => json!({"op": "sum", "measure": "m1"}),
    }
}

fn gate(rng: &mut Rng) -> Value {
    let simple = |rng: &mut Rng| match rng.below(4) {
        0 => json!({"measure": "n1", rng.pick(&["gte", "gt", "lt"]).to_owned(): rng.below(5).to_string()}),
        1 => json!({"measure": "m1", "gte_measure": "m2"}),
        2 => json!({"word": "city", "in": ["南宁", "柳州"]}),
        _ => json!({"measure": "m2", rng.pick(&["gte", "gt", "lte", "lt"]).to_owned(): money(rng)}),
    };
    match rng.below(4) {
        0 => json!([{"any": [simple(rng), simple(rng)]}]),
        1 => json!([{"not": simple(rng)}]),
        _ => json!([simple(rng), simple(rng)]),
    }
}

fn filter(rng: &mut Rng) -> Value {
    let mut keys = Map::new();
    if rng.one_in(2) {
        keys.insert("related_party".to_owned(), json!(false));
    }
    if rng.one_in(3) {
        keys.insert("contract_types".to_owned(), json!(["transfer", "licence"]));
    }
    if rng.one_in(3) {
        keys.insert("min_licence_years".to_owned(), json!(5));
    }
    if rng.one_in(3) {
        keys.insert("received_window".to_owned(), json!({"from": "2025-03-04", "to": "2026-06-05"}));
    }
    if rng.one_in(3) {
        keys.insert("registered_year_in".to_owned(), json!([2024, 2025]));
    }
    if rng.one_in(3) {
        keys.insert("result_not_rewarded_before".to_owned(), json!(true));
    }
    if rng.one_in(3) {
        keys.insert("min_item".to_owned(), json!({"measure": "m1", "amount": money(rng), "inclusive": rng.one_in(2)}));
    }
    if rng.one_in(5) {
        keys.insert("one_contract_per_project".to_owned(), json!(true));
    }
    Value::Object(keys)
}

fn component(rng: &mut Rng, id: &str) -> Value {
    let base = base(rng);
    let mut made = json!({"id": id, "base": base, "calc": calc(rng, base["op"] != "none", false)});
    if rng.one_in(40) {
        made["base"] = json!({"op": "count"});
        made["calc"] = json!({"kind": "count"});
    }
    let money_kinds = !["fixed_range", "penalty_range", "count"].contains(&made["calc"]["kind"].as_str().unwrap());
    if rng.one_in(4) {
        made["gate"] = gate(rng);
    }
    if rng.one_in(2) {
        made["item_filter"] = filter(rng);
    }
    if rng.one_in(3) {
        made["floor"] = json!({"amount": money(rng), "inclusive": rng.one_in(2)});
    }
    if money_kinds && rng.one_in(4) {
        made["item_cap"] = amount(rng);
    }
    if rng.one_in(8) {
        made["max_years"] = json!(3);
    }
    if rng.one_in(6) {
        made["offset"] = json!({"mode": "top_up_difference", "measure": "m4"});
    }
    made["is_ceiling"] = json!(rng.one_in(2));
    made["caps"] = (0..rng.below(4)).map(|_| cap(rng, money_kinds)).collect();
    made["add_ons"] = (0..rng.below(3))
        .map(|at| {
            let mut calc = calc(rng, true, true);
            if rng.one_in(2) && !["fixed", "grade_table", "min_of"].contains(&calc["kind"].as_str().unwrap()) {
                calc["measure"] = json!("m2");
            }
            let mut add_on = json!({"id": format!("a{at}"), "calc": calc, "inside_component_cap": rng.one_in(2)});
            if rng.one_in(2) {
                add_on["when"] = json!({"measure": "m2", "gt": money(rng)});
            }
            if rng.one_in(2) {
                add_on["cap"] = json!(money(rng));
            }
            // A part needs a base to stand on.
            if made["base"]["op"] == "none" || made["base"]["op"] == "count" {
                add_on["calc"] = json!({"kind": "fixed", "amount": money(rng)});
            }
            add_on
        })
        .collect();
    made
}

fn cap(rng: &mut Rng, has_items: bool) -> Value {
    let scopes: &[&str] = if has_items {
        &["item", "project", "component", "person", "beneficiary"]
    } else {
        &["component", "beneficiary"]
    };
    let scope = *rng.pick(scopes);
    let periods: &[&str] = if scope == "item" { &["project"] } else { &["once", "year", "years(2)", "years(3)"] };
    let period = if scope == "project" || (has_items && rng.one_in(12)) { "project" } else { *rng.pick(periods) };
    json!({"scope": scope, "period": period, "amount": if rng.one_in(30) { Value::Null } else { json!(money(rng)) }})
}

/// A rule set with one to three components, and what binds them.
pub fn rule_set(rng: &mut Rng) -> Value {
    let ids = &["a", "b", "c"][..=rng.size(3)];
    let mut set = json!({
        "id": "R", "version": "1", "issuer": "test", "status": "draft",
        "measures": {"m1": "yuan", "m2": "yuan", "m3": "yuan", "m4": "yuan", "n1": "count"},
        "components": ids.iter().map(|id| component(rng, id)).collect::<Vec<_>>(),
        "golden_cases": [{"id": "g", "given": {}, "expect": "0"}],
    });
    if ids.len() > 1 && rng.one_in(2) {
        let mode = rng.pick(&["forbid", "choose_one", "highest_only", "top_up_difference"]);
        let key = rng.pick(&["contract_registration_no", "beneficiary"]);
        set["exclusivity"] = json!([{"components": &ids[..2], "key": key, "mode": mode}]);
    }
    if rng.one_in(4) {
        let period = rng.pick(&["year", "once", "years(2)"]);
        set["cross_level_cap"] = json!({"levels": ["province", "city"], "period": period, "amount": money(rng)});
    }
    if rng.one_in(3) {
        let mode = rng.pick(&["pro_rata", "pro_rata", "rank_and_cut", "first_come", "none"]);
        set["pool"] = json!({"mode": mode, "amount": money(rng)});
        if rng.one_in(3) {
            set["pool"]["quantity"] = json!(rng.below(4));
        }
    }
    if rng.one_in(3) {
        let stages: Vec<&str> = ["after_caps", "after_pool"].into_iter().filter(|_| !rng.one_in(3)).collect();
        set["rounding"] = json!({
            "unit": rng.pick(&["fen", "yuan", "hundred", "ten_thousand", "1000"]),
            "mode": rng.pick(&["down", "half_up", "up"]),
            "stages": stages,
            "remainder": rng.pick(&["largest_remainder", "leave"]),
        });
    }
    set
}

fn item(rng: &mut Rng, at: u64) -> Value {
    let mut item = json!({"id": format!("i{at}"), "m1": money(rng), "m2": money(rng)});
    let mut put = |rng: &mut Rng, name: &str, value: Value| {
        if !rng.one_in(5) {
            item[name] = value;
        }
    };
    let flag = rng.one_in(5);
    put(rng, "related_party", json!(flag));
    let flag = rng.one_in(5);
    put(rng, "result_rewarded_before", json!(flag));
    let kind = *rng.pick(&["transfer", "licence", "development"]);
    put(rng, "contract_type", json!(kind));
    let years = rng.pick(&[3, 5, 8]);
    put(rng, "licence_years", json!(years));
    let day = *rng.pick(&["2025-03-03", "2025-03-04", "2026-06-05", "2026-06-06"]);
    put(rng, "received_on", json!(day));
    let year = rng.pick(&[2023, 2024, 2025]);
    put(rng, "registered_year", json!(year));
    let project = *rng.pick(&["p1", "p2", "p3"]);
    put(rng, "project", json!(project));
    let number = *rng.pick(&["k1", "k2", "k3", "k4"]);
    put(rng, "contract_registration_no", json!(number));
    if rng.one_in(60) {
        item["person"] = json!(rng.pick(&["v1", "v2"]));
    }
    if rng.one_in(3) {
        item["chosen_component"] = json!(rng.pick(&["a", "b"]));
    }
    item
}

fn facts(rng: &mut Rng, beneficiary: &str) -> Value {
    let mut facts = json!({"beneficiary": beneficiary, "n1": rng.below(6)});
    let has_items = rng.one_in(2);
    if has_items {
        facts["items"] = (0..rng.below(6)).map(|at| item(rng, at)).collect();
    } else {
        facts["m1"] = json!(money(rng));
        facts["m2"] = json!(money(rng));
    }
    for (name, of) in [("m3", 3), ("m4", 2)] {
        if !rng.one_in(of) {
            facts[name] = json!(money(rng));
        }
    }
    if rng.one_in(3) {
        facts["person"] = json!(rng.pick(&["v1", "v2"]));
    }
    if !rng.one_in(8) {
        facts["grade"] = json!(rng.pick(&["优秀", "良好", "合格"]));
    }
    if rng.one_in(2) {
        facts["city"] = json!(rng.pick(&["南宁", "桂林"]));
    }
    if rng.one_in(2) {
        facts["year"] = if rng.one_in(4) { json!(2025) } else { json!(2026) };
    }
    if rng.one_in(4) {
        facts["years_paid"] = json!(rng.below(5));
    }
    if rng.one_in(4) {
        facts["chosen_component"] = json!(rng.pick(&["a", "b"]));
    }
    facts["payments"] = (0..rng.below(4)).map(|_| payment(rng)).collect();
    if rng.one_in(12) {
        facts["officer"] = json!({"amount": money(rng), "reason": "材料不全"});
    }
    facts
}

fn payment(rng: &mut Rng) -> Value {
    let mut payment = json!({"amount": money(rng)});
    let names = [
        ("component", ["a", "b"]),
        ("level", ["province", "county"]),
        ("project", ["p1", "p2"]),
        ("beneficiary", ["u1", "u2"]),
        ("person", ["v1", "v2"]),
    ];
    for (name, words) in names {
        if rng.one_in(3) {
            payment[name] = json!(rng.pick(&words));
        }
    }
    if rng.one_in(2) {
        payment["year"] = json!(2023 + rng.below(5));
    }
    payment
}

/// Claims of a few beneficiaries for the components of a set.
pub fn claims(rng: &mut Rng, set: &Value) -> Vec<Claim> {
    let components = set["components"].as_array().unwrap();
    (0..=rng.below(5))
        .map(|at| {
            let component = rng.pick(components)["id"].as_str().unwrap().to_owned();
            let beneficiary = *rng.pick(&["u1", "u2"]);
            let facts = facts(rng, beneficiary);
            let rank = rng.one_in(2).then(|| i64::try_from(rng.below(4)).unwrap());
            let submitted = i64::try_from(rng.below(3)).unwrap();
            Claim { id: format!("c{at}"), component, facts, submitted, rank }
        })
        .collect()
}
