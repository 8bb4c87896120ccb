//! A cap per person over several employers, and a beneficiary's over several claims: to the fen, in any order.

use domain::rule::Fen;
use domain::subsidy::explain::{Detail, Language, explain};
use domain::subsidy::model::{RuleSet, Status};
use domain::subsidy::read::{Document, facts, read};
use domain::subsidy::record::{Record, RecordedClaim, Replayed};
use domain::subsidy::table::Table;
use domain::subsidy::what_if::compare;
use domain::subsidy::{Claim, Options, Refusal, Settlement, settle};
use serde_json::{Value, json};

use crate::engine::rule_set;

/// Nanjing's broker award (F06) to the fen: 1 % of what was received, 50,000 yuan per person and year.
fn rule(more: &Value) -> RuleSet {
    let mut document = json!({
        "id": "R", "version": "1", "issuer": "test", "status": "draft", "rounding": {"unit": "fen"},
        "measures": {"received_tech_amount": {"unit": "yuan", "title": "到账额"}},
        "components": [{"id": "broker", "base": {"op": "sum", "measure": "received_tech_amount"},
            "calc": {"kind": "flat", "rate": "1%"}, "is_ceiling": true,
            "caps": [{"scope": "person", "period": "year", "amount": "5万元"}]}],
        "golden_cases": [{"id": "g", "given": {"received_tech_amount": 0}, "expect": "0"}],
    });
    document.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    rule_set(&document)
}

fn settled(set: &RuleSet, claims: &[(&str, i64, Value)]) -> Result<Vec<Settlement>, Refusal> {
    let read: Vec<_> = claims.iter().map(|(.., given)| facts(&given.to_string(), set).unwrap()).collect();
    let claims: Vec<_> = claims
        .iter()
        .zip(&read)
        .map(|((id, submitted, _), facts)| Claim { id, component: "broker", facts, submitted: *submitted, rank: None })
        .collect();
    settle(set, &claims, Options::CASE.explained())
}

/// Amounts in fen, in the order given; the same in the other order.
fn fen(set: &RuleSet, claims: &[(&str, i64, Value)]) -> Vec<i64> {
    let amounts = |claims: &[(&str, i64, Value)]| -> Vec<i64> {
        settled(set, claims).unwrap().iter().map(|one| one.outcome.amount().unwrap().0).collect()
    };
    let turned: Vec<_> = claims.iter().cloned().rev().collect();
    let mut back = amounts(&turned);
    back.reverse();
    let found = amounts(claims);
    assert_eq!(found, back, "the order of arrival changes the amounts");
    found
}

fn claim<'a>(id: &'a str, submitted: i64, employer: &str, received: &str) -> (&'a str, i64, Value) {
    let given = json!({"beneficiary": employer, "person": "张某", "year": 2026, "received_tech_amount": received});
    (id, submitted, given)
}

#[test]
fn one_person_through_three_employers_gets_the_cap_once_to_the_fen() {
    let set = rule(&json!({}));
    let first = claim("c1", 1, "甲公司", "3000000");
    // 20,000 are left; one fen to each side of it, and then nothing for the third.
    for (received, second, third) in [("1999999", 1_999_999, 1), ("2000000", 2_000_000, 0), ("2000001", 2_000_000, 0)] {
        let claims = [first.clone(), claim("c2", 2, "乙公司", received), claim("c3", 3, "丙公司", "1000000")];
        assert_eq!(fen(&set, &claims), [3_000_000, second, third], "{received}");
    }
    // Another person of the same employer has a cap of its own.
    let mut other = claim("c2", 2, "甲公司", "6000000");
    other.2["person"] = json!("李某");
    assert_eq!(fen(&set, &[first, other]), [3_000_000, 5_000_000]);
}

#[test]
fn time_of_submission_decides_and_the_id_when_it_is_the_same() {
    let set = rule(&json!({}));
    let two = |first, second| [claim("c1", first, "甲公司", "4000000"), claim("c2", second, "乙公司", "4000000")];
    assert_eq!(fen(&set, &two(1, 2)), [4_000_000, 1_000_000]);
    assert_eq!(fen(&set, &two(2, 1)), [1_000_000, 4_000_000]);
    assert_eq!(fen(&set, &two(1, 1)), [4_000_000, 1_000_000]);
}

#[test]
fn who_claims_alone_is_the_person() {
    let set = rule(&json!({}));
    let alone = ("c2", 2, json!({"beneficiary": "张某", "year": 2026, "received_tech_amount": "4000000"}));
    assert_eq!(fen(&set, &[claim("c1", 1, "甲公司", "4000000"), alone]), [4_000_000, 1_000_000]);
}

#[test]
fn what_was_paid_elsewhere_counts_for_the_person_and_not_for_the_employer() {
    let set = rule(&json!({"components": [{"id": "broker", "base": {"op": "sum", "measure": "received_tech_amount"},
        "calc": {"kind": "flat", "rate": "1%"},
        "caps": [{"scope": "person", "period": "year", "amount": "50000"},
                 {"scope": "beneficiary", "period": "year", "amount": "60000"}]}]}));
    let with = |payments: Value| {
        let mut one = claim("c1", 1, "甲公司", "6000000");
        one.2["payments"] = payments;
        fen(&set, &[one])[0]
    };
    assert_eq!(with(json!([])), 5_000_000);
    assert_eq!(with(json!([{"amount": "30000", "beneficiary": "乙公司"}])), 2_000_000);
    assert_eq!(with(json!([{"amount": "49999.99", "beneficiary": "乙公司", "year": 2026}])), 1);
    assert_eq!(with(json!([{"amount": "30000", "beneficiary": "乙公司", "year": 2025}])), 5_000_000);
    // To another person of this employer: counts for the employer alone.
    assert_eq!(with(json!([{"amount": "30000", "person": "李某"}])), 3_000_000);
    // To the employer, of whom nobody says for which person: for both.
    assert_eq!(with(json!([{"amount": "20000"}])), 3_000_000);
    let mut short = claim("c1", 1, "甲公司", "6000000");
    short.2["person_paid_elsewhere"] = json!("12345.67");
    assert_eq!(fen(&set, &[short]), [3_765_433]);
}

#[test]
fn what_two_claims_state_alike_is_one_payment() {
    let set = rule(&json!({}));
    let two = |first: Value, second: Value| {
        let mut claims = [claim("c1", 1, "甲公司", "2000000"), claim("c2", 2, "乙公司", "4000000")];
        claims[0].2["payments"] = first;
        claims[1].2["payments"] = second;
        fen(&set, &claims)
    };
    // The first states it as its own, the second as the other's.
    let own = json!([{"amount": "15000", "year": 2026}]);
    let others = json!([{"amount": "15000", "year": 2026, "beneficiary": "甲公司"}]);
    assert_eq!(two(own.clone(), others), [2_000_000, 1_500_000]);
    // Only one of them states it: it counts for both all the same.
    assert_eq!(two(own.clone(), json!([])), [2_000_000, 1_500_000]);
    assert_eq!(two(json!([]), own.clone()), [2_000_000, 1_500_000]);
    // Each was paid as much: two payments.
    assert_eq!(two(own.clone(), own), [2_000_000, 0]);
}

#[test]
fn years_have_caps_of_their_own() {
    let one_year = rule(&json!({}));
    let claims = |set: &RuleSet| {
        let mut claims = [claim("c1", 1, "甲公司", "4000000"), claim("c2", 2, "乙公司", "4000000")];
        claims[0].2["year"] = json!(2027);
        fen(set, &claims)
    };
    assert_eq!(claims(&one_year), [4_000_000, 4_000_000]);
    let two_years = rule(
        &json!({"components": [{"id": "broker", "base": {"op": "sum", "measure": "received_tech_amount"},
        "calc": {"kind": "flat", "rate": "1%"}, "caps": [{"scope": "person", "period": "years(2)", "amount": "50000"}]}]}),
    );
    // The earlier year is served first.
    assert_eq!(claims(&two_years), [1_000_000, 4_000_000]);
}

#[test]
fn once_only_is_once_through_whomever() {
    let set = rule(&json!({"components": [{"id": "broker", "base": {"op": "sum", "measure": "received_tech_amount"},
        "calc": {"kind": "flat", "rate": "1%"}, "caps": [{"scope": "person", "period": "once", "amount": null}]}]}));
    assert_eq!(fen(&set, &[claim("c1", 1, "甲公司", "1"), claim("c2", 2, "乙公司", "4000000")]), [1, 0]);
}

#[test]
fn claims_that_name_nobody_share_nothing_and_one_beneficiary_shares_with_itself() {
    let set = rule(&json!({"components": [{"id": "broker", "base": {"op": "sum", "measure": "received_tech_amount"},
        "calc": {"kind": "flat", "rate": "1%"},
        "caps": [{"scope": "beneficiary", "period": "year", "amount": "50000"}]}]}));
    let given = |name: &str| {
        let mut given = json!({"received_tech_amount": "4000000"});
        if !name.is_empty() {
            given["beneficiary"] = json!(name);
        }
        given
    };
    let two = |name: &str| fen(&set, &[("c1", 1, given(name)), ("c2", 2, given(name))]);
    assert_eq!(two(""), [4_000_000, 4_000_000]);
    assert_eq!(two("甲公司"), [4_000_000, 1_000_000]);
}

#[test]
fn what_overlap_takes_away_uses_up_nothing() {
    let broker = json!({"id": "broker", "base": {"op": "sum", "measure": "received_tech_amount"},
        "calc": {"kind": "flat", "rate": "1%"}, "caps": [{"scope": "person", "period": "year", "amount": "50000"}]});
    let mut agency = broker.clone();
    agency["id"] = json!("agency");
    agency["calc"]["rate"] = json!("2%");
    agency["caps"] = json!([]);
    let set = rule(&json!({"components": [broker, agency],
        "exclusivity": [{"components": ["broker", "agency"], "key": "contract_registration_no", "mode": "highest_only"}]}));
    let contract = |number: &str, employer: &str| {
        json!({"beneficiary": employer, "person": "张某", "year": 2026, "items": [
            {"id": "1", "received_tech_amount": "4000000", "contract_registration_no": number}]})
    };
    let given = [contract("k1", "甲公司"), contract("k1", "甲公司"), contract("k2", "乙公司")];
    let given: Vec<_> = given.iter().map(|given| facts(&given.to_string(), &set).unwrap()).collect();
    let claim = |id, component, facts, submitted| Claim { id, component, facts, submitted, rank: None };
    let claims =
        [claim("c1", "broker", &given[0], 1), claim("c2", "agency", &given[1], 2), claim("c3", "broker", &given[2], 3)];
    let settled = settle(&set, &claims, Options::CASE.explained()).unwrap();
    let amounts: Vec<_> = settled.iter().map(|one| one.outcome.amount().unwrap().0).collect();
    // The agency keeps k1, so the broker's 50,000 are free for k2.
    assert_eq!(amounts, [0, 8_000_000, 4_000_000]);
}

#[test]
fn a_claim_for_several_persons_is_refused_with_their_names() {
    let set = rule(&json!({}));
    let both = json!({"beneficiary": "甲公司", "items": [
        {"received_tech_amount": "1", "person": "张某"}, {"received_tech_amount": "1", "person": "李某"}]});
    let refusal = settled(&set, &[("c1", 1, both)]).unwrap_err();
    assert_eq!(refusal, Refusal::SeveralPersons { one: "张某".to_owned(), other: "李某".to_owned() });
    let one = json!({"beneficiary": "甲公司", "items": [
        {"received_tech_amount": "6000000", "person": "张某"}, {"received_tech_amount": "1", "person": "张某"}]});
    assert_eq!(fen(&set, &[("c1", 1, one), claim("c2", 2, "乙公司", "1")]), [5_000_000, 0]);
}

#[test]
fn the_explanation_names_the_person_who_took_what_and_what_is_left() {
    let set = rule(&json!({}));
    let mut claims = [claim("c1", 1, "甲公司", "3000000"), claim("c2", 2, "乙公司", "1200000")];
    claims[1].2["person_paid_elsewhere"] = json!("5000");
    let settled = settled(&set, &claims).unwrap();
    let amounts: Vec<_> = settled.iter().map(|one| one.outcome.amount().unwrap()).collect();
    assert_eq!(amounts, [Fen(3_000_000), Fen(1_200_000)]);
    let shared = settled[1].steps.iter().find(|step| matches!(step.detail, Detail::SharedCap { .. })).unwrap();
    let Detail::SharedCap { paid, by, left, .. } = &shared.detail else { panic!("a shared cap") };
    assert_eq!((*paid, by.as_slice(), left.fen()), (Fen(500_000), ["c1".to_owned()].as_slice(), Some(Fen(300_000))));
    let given = facts(&claims[1].2.to_string(), &set).unwrap();
    let text = |language| explain(&set, &settled[1], &given, Options::CASE, language).text();
    let (zh, en) = (text(Language::Zh), text(Language::En));
    assert!(
        zh.contains("「张某」每人每年度最高 50,000 元（5 万元）：此前已付 5,000 元，本批次在前的申报 c1 已占用 30,000 元（3 万元），之后还剩 3,000 元。"),
        "{zh}"
    );
    assert!(
        en.contains("At most 50,000 yuan (5 wan) per person per year, here for 张某: 5,000 yuan were paid before, earlier claims of this round (c1) took 30,000 yuan (3 wan), 3,000 yuan are left afterwards."),
        "{en}"
    );
}

#[test]
fn golden_cases_and_records_know_of_it() {
    let text = r#"
id: R
version: "1"
issuer: test
status: in_force
measures: {received_tech_amount: yuan}
components:
  - id: broker
    base: {op: sum, measure: received_tech_amount}
    calc: {kind: flat, rate: 1%}
    caps: [{scope: person, period: year, amount: 5万元}]
golden_cases:
  - id: P1
    given:
      claims:
        - {id: c1, submitted: 1, given: {beneficiary: 甲公司, person: 张某, received_tech_amount: 300万元}}
        - {id: c2, submitted: 2, given: {beneficiary: 乙公司, person: 张某, received_tech_amount: 300万元}}
    expect: {c1: 30000, c2: 20000}
"#;
    let set = domain::subsidy::read::rule_set(text).unwrap_or_else(|problems| panic!("{problems:#?}"));
    assert!(matches!(read(&text.replace("c2: 20000", "c2: 30000")), Ok(Document::Set(_))));
    assert!(domain::subsidy::read::rule_set(&text.replace("c2: 20000", "c2: 30000")).is_err());
    let recorded = |id: &str, submitted, employer: &str| RecordedClaim {
        id: id.to_owned(),
        component: "broker".to_owned(),
        facts: facts(&claim(id, submitted, employer, "3000000").2.to_string(), &set).unwrap(),
        submitted,
        rank: None,
    };
    let claims = vec![recorded("c2", 2, "乙公司"), recorded("c1", 1, "甲公司")];
    let record = Record::of(&set, claims, Options::CLAIM, "GX-1").unwrap();
    let read: Record = serde_json::from_str(&serde_json::to_string(&record).unwrap()).unwrap();
    assert_eq!(read.replay(&set).unwrap(), Replayed::Same);
    assert_eq!(set.status, Status::InForce);
}

#[test]
fn a_comparison_parts_an_employers_contracts_by_person() {
    let set = rule(&json!({}));
    let mut table = Table::new(&set, &["beneficiary", "item", "person", "received_tech_amount"]).unwrap();
    table.row(2, &["甲公司", "1", "张某", "6000000"]);
    table.row(3, &["甲公司", "2", "李某", "1000000"]);
    table.row(4, &["乙公司", "1", "张某", "1000000"]);
    let everybody = table.finish().unwrap();
    let mut draft = set.clone();
    draft.components[0].caps[0].amount = Some(Fen(6_500_000));
    let same = compare(&set, &set, &everybody).unwrap();
    assert_eq!((same.total.unchanged, same.total.against_yuan), (2, Fen(6_000_000)));
    let changed = compare(&draft, &set, &everybody).unwrap();
    // 60,000 and 5,000 of 65,000 now: both employers gain, through the same person.
    assert_eq!((changed.total.winners, changed.total.draft_yuan), (2, Fen(7_500_000)));
    assert_eq!((changed.total.against_capped, changed.total.draft_capped), (2, 1));
}
