//! The catalogue of real formulas, as it is.

use super::check::compare;
use super::read::{Book, Document, read};
use super::*;

fn book() -> Book {
    match read(FORMULAS) {
        Ok(Document::Book(book)) => *book,
        Ok(Document::Set(_)) => panic!("a book"),
        Err(problems) => panic!("{problems:#?}"),
    }
}

#[test]
fn every_example_of_the_catalogue_is_exact() {
    let book = book();
    assert_eq!((book.sets.len(), book.order.len()), (25, 45));
    let mut wrong = Vec::new();
    for (set, case) in &book.order {
        let (set, case) = (&book.sets[*set], &book.sets[*set].cases[*case]);
        let compared = compare(set, case);
        if !compared.agrees() {
            wrong.push((case.id.clone(), compared));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

fn example(id: &str) -> (model::RuleSet, model::Case) {
    let book = book();
    let found = book.sets.iter().find_map(|set| Some((set, set.cases.iter().find(|case| case.id == id)?)));
    let (set, case) = found.unwrap();
    (set.clone(), case.clone())
}

#[test]
fn the_template_passes_its_own_cases() {
    let set = read::rule_set(read::TEMPLATE).unwrap();
    assert_eq!((set.components.len(), set.cases.len()), (2, 8));
}

#[test]
fn a_figure_that_is_left_out_is_never_zero() {
    let (set, _) = example("M12");
    let facts =
        r#"{"received_tech_amount": "300000", "annual_new_sales": "2000000", "contract_tech_amount": "300000"}"#;
    let facts = read::facts(facts, &model::RuleSet { measures: all_money(&set), ..set.clone() }).unwrap();
    let settled = evaluate(&set, "buyer", &facts, Options::CASE).unwrap();
    assert!(settled.is_eligible);
    assert_eq!(settled.outcome, Outcome::NotComputable(Missing::Figure("buyer.calc.rate".to_owned())));
    let book = book();
    let zhenhai = book.sets.iter().find(|set| set.id == "F19").unwrap();
    let facts = read::facts(r#"{"registered_tech_amount": "1"}"#, zhenhai).unwrap();
    let settled = evaluate(zhenhai, "broker", &facts, Options::CASE).unwrap();
    assert_eq!(settled.outcome, Outcome::NotComputable(Missing::Figure("broker.item_cap.amount".to_owned())));
}

fn all_money(set: &model::RuleSet) -> std::collections::BTreeMap<String, model::Measure> {
    let names = ["received_tech_amount", "annual_new_sales", "contract_tech_amount"];
    let money = || model::Measure { unit: Unit::Yuan, title: String::new() };
    names.into_iter().map(|name| (name.to_owned(), money())).chain(set.measures.clone()).collect()
}

#[test]
fn every_explained_example_sums_to_its_amount() {
    let book = book();
    for (at, case) in &book.order {
        let (set, case) = (&book.sets[*at], &book.sets[*at].cases[*case]);
        let answer = run_case(set, case, Options::CASE.explained()).unwrap();
        for settled in &answer.settlements {
            if let Outcome::Amount(amount) = settled.outcome {
                assert_eq!(explain::leaves(&settled.steps).unwrap(), Exact::of(amount), "{}", case.id);
            }
            for language in [explain::Language::Zh, explain::Language::En] {
                let explanation = explain::explain(set, settled, &case.given.facts, Options::CASE, language);
                assert!(explanation.lines.iter().all(|line| !line.sentence.is_empty()), "{explanation:#?}");
            }
        }
    }
}

#[test]
fn an_explanation_reads_like_the_notice() {
    let (set, case) = example("E19");
    let answer = run_case(&set, &case, Options::CASE.explained()).unwrap();
    let view =
        |language| explain::explain(&set, &answer.settlements[0], &case.given.facts, Options::CASE, language).text();
    insta::assert_snapshot!(format!("{}\n{}", view(explain::Language::Zh), view(explain::Language::En)));
}

#[test]
fn the_nearest_threshold_is_named_with_what_it_would_bring() {
    let (set, case) = example("E32");
    let component = set.component("agency").unwrap();
    let nearest = explain::nearest(&set, component, &case.given.facts, Options::CASE).unwrap();
    assert_eq!((nearest.more, nearest.amount), (Quantity::Money(crate::rule::Fen(1)), crate::rule::Fen(10_000_000)));
    let (set, case) = example("E19");
    let component = set.component("seller").unwrap();
    assert_eq!(explain::nearest(&set, component, &case.given.facts, Options::CASE), None);
}

#[test]
fn a_record_replays_byte_for_byte_and_names_what_differs() {
    let (set, case) = example("E54");
    let claim = record::RecordedClaim {
        id: "c1".to_owned(),
        component: "broker".to_owned(),
        facts: case.given.facts.clone(),
        submitted: 1,
        rank: None,
    };
    let draft = record::Record::of(&set, vec![claim.clone()], Options::CASE, "GX-1");
    assert_eq!(draft.unwrap_err(), Refusal::Draft);
    let set = model::RuleSet { status: model::Status::InForce, ..set };
    let record = record::Record::of(&set, vec![claim], Options::CASE, "GX-1").unwrap();
    let bytes = serde_json::to_string(&record).unwrap();
    let read: record::Record = serde_json::from_str(&bytes).unwrap();
    assert_eq!(read.replay(&set).unwrap(), record::Replayed::Same);
    let mut changed = read.clone();
    changed.result = changed.result.replace("42000", "43000");
    assert!(matches!(changed.replay(&set).unwrap(), record::Replayed::Differs { .. }));
    changed.engine_version = "0".to_owned();
    assert!(matches!(changed.replay(&set).unwrap(), record::Replayed::OtherEngine { recorded, .. } if recorded == "0"));
    let mut same = read.clone();
    same.engine_version = "0".to_owned();
    assert!(matches!(same.replay(&set).unwrap(), record::Replayed::SameWithOtherEngine { .. }));
    let other = model::RuleSet { version: "2".to_owned(), ..set };
    assert!(matches!(read.replay(&other).unwrap(), record::Replayed::OtherRule { .. }));
}

#[test]
fn the_lessons_of_the_handbook_are_rules_that_pass() {
    let handbook = include_str!("../../../docs/rules.md");
    let lessons: Vec<&str> =
        handbook.split("```yaml\n").skip(1).filter_map(|rest| rest.split("\n```").next()).collect();
    assert_eq!(lessons.len(), 2);
    for lesson in lessons {
        let set = read::rule_set(lesson).unwrap_or_else(|problems| panic!("{problems:#?}"));
        assert!(set.cases.len() >= 8);
    }
    let broken = handbook.split("```yaml\n").nth(1).unwrap().split("\n```").next().unwrap();
    assert!(read::rule_set(&broken.replace("0.5%", "0.6%")).is_err());
    assert_eq!(read::rule_set(&broken.replace("upto: null", "upto: 200万元")).unwrap_err()[0].kind, ProblemKind::Bands);
}

#[test]
fn contradictions_of_words_and_figures_are_all_found_at_once() {
    let text = read::TEMPLATE
        .replace("每家每年最高5万元", "每家每年最高8万元")
        .replace("年登记额1亿元以上的奖3万元", "年登记额超过1亿元以上的奖3万元")
        .replace("effective: {from: 2027-01-01", "effective: {from: 2027-02-30")
        .replace("base: {op: sum, measure: registered_amount}", "base: {op: sum, measure: registered}")
        .replace("kind: marginal", "kind: marginal\n      kin: x");
    let kinds: Vec<ProblemKind> = match read::read(&text) {
        Err(problems) => problems.iter().map(|problem| problem.kind).collect(),
        Ok(_) => panic!("a refusal"),
    };
    for kind in [
        ProblemKind::BadDate,
        ProblemKind::UnknownKey,
        ProblemKind::MissingCap,
        ProblemKind::Threshold,
        ProblemKind::UnknownMeasure,
    ] {
        assert!(kinds.contains(&kind), "{kind}: {kinds:?}");
    }
}

#[test]
fn one_rule_has_one_hash_however_it_is_written() {
    let set = read::rule_set(read::TEMPLATE).unwrap();
    let other = read::TEMPLATE.replace("5万元}", "50000.00}").replace("rate: 1%", "rate: \"0.01\"");
    assert_ne!(other, read::TEMPLATE);
    assert_eq!(read::rule_set(&other).unwrap().hash(), set.hash());
    let changed = read::TEMPLATE.replace("issuer: 某市", "issuer: 另一市");
    assert_ne!(read::rule_set(&changed).unwrap().hash(), set.hash());
}

#[test]
fn a_version_against_itself_shows_no_difference() {
    let set = read::rule_set(read::TEMPLATE).unwrap();
    let mut table =
        table::Table::new(&set, &["beneficiary", "group", "item", "received_tech_amount", "received_on"]).unwrap();
    table.row(2, &["甲", "南宁", "1", "500000", "2027-05-01"]);
    table.row(3, &["甲", "南宁", "2", "700000", "2027-05-02"]);
    table.row(4, &["乙", "柳州", "", "60000000", ""]);
    let everybody = table.finish().unwrap();
    let same = what_if::compare(&set, &set, &everybody).unwrap();
    assert_eq!((same.total.claims, same.total.unchanged, same.changes.len()), (2, 2, 0));
    let mut draft = set.clone();
    draft.components[0].caps[0].amount = Some(crate::rule::Fen(4_000_000));
    let changed = what_if::compare(&draft, &set, &everybody).unwrap();
    assert_eq!((changed.total.losers, changed.total.draft_capped, changed.groups["柳州"].losers), (1, 1, 1));
    assert_eq!(changed.changes[0].beneficiary, "乙");
}
