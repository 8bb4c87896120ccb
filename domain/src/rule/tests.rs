use serde_json::{Value, json};

use super::*;
use crate::calendar::{Period, Unit};
use crate::certification::Level;
use crate::file::{FileFormat, FilePurpose};

fn seed() -> Value {
    serde_json::from_str(GX_BROKER_2026_1).unwrap()
}

fn read(value: &Value) -> Result<RuleSet, Vec<Problem>> {
    RuleSet::read(&value.to_string())
}

fn clause<'a>(set: &'a mut Value, key: &str) -> &'a mut Value {
    set["clauses"].as_array_mut().unwrap().iter_mut().find(|clause| clause["key"] == key).unwrap()
}

#[test]
fn the_seed_is_a_proposal_with_every_period() {
    let set = RuleSet::read(GX_BROKER_2026_1).unwrap();
    assert_eq!((set.id.as_str(), set.version.as_str(), set.status()), ("GX-BROKER", "2026-1", RuleStatus::Proposal));
    for (key, length) in [
        ("employer_review", 10),
        ("employer_lapse", 15),
        ("city_review", 10),
        ("city_notice", 5),
        ("completeness", 5),
        ("correction", 10),
        ("correction_extension", 5),
        ("panel", 5),
        ("assessment", 10),
        ("expert_review", 20),
        ("decision", 10),
        ("overall", 20),
        ("issue", 5),
    ] {
        assert_eq!(set.period(&format!("deadline.{key}")), Some(Period::working_days(length)), "{key}");
    }
    let publicity = set.period("deadline.publicity").unwrap();
    let terms: Vec<_> =
        publicity.terms.iter().map(|term| (term.length, term.unit, term.counts_first_day, term.rolls)).collect();
    assert_eq!(terms, [(7, Unit::CalendarDay, true, true), (5, Unit::WorkingDay, true, false)]);
    assert_eq!(set.period("deadline.draft_idle").unwrap().terms[0].length, 180);
    assert_eq!(set.period("contract.min_fen"), None);
}

#[test]
fn the_view_holds_the_rulebooks_figures() {
    let rules = CertificationRules::read(&RuleSet::read(GX_BROKER_2026_1).unwrap()).unwrap();
    assert_eq!(rules.name, "GX-BROKER-2026-1");
    let weights: Vec<u32> = rules.scoring.weights.iter().map(|(_, weight)| *weight).collect();
    assert_eq!(weights, [15, 20, 20, 15, 30]);
    assert_eq!((rules.scoring.pass_mean, rules.scoring.pass_votes), (70, Ratio { numerator: 2, denominator: 3 }));
    assert_eq!((rules.scoring.min_experts, rules.scoring.panel_is_odd), (3, true));
    assert_eq!((rules.contract.lead_halves, rules.contract.assist_halves), (2, 1));
    assert_eq!(rules.contract.reg_no_digits, [14, 16]);
    let three = rules.level(Level::L3).unwrap();
    assert_eq!((three.contract_halves, three.amount, three.window_years), (30, Fen(500_000_000), 5));
    let files = |purpose, format| rules.files.bytes(purpose, format);
    assert_eq!(files(FilePurpose::Photo, FileFormat::Jpeg), Some(200 * 1024));
    assert_eq!(files(FilePurpose::IdentityDocument, FileFormat::Png), Some(5 * 1024 * 1024));
    assert_eq!(files(FilePurpose::Other, FileFormat::Pdf), Some(10 * 1024 * 1024));
    assert_eq!((files(FilePurpose::Other, FileFormat::Docx), rules.files.total_bytes), (None, Some(100 * 1024 * 1024)));
    assert_eq!((three.method, rules.certificate.months, rules.correction_rounds), (Method::ReviewInterview, 36, 1));
}

#[test]
fn every_problem_is_reported_at_once() {
    let mut set = seed();
    set["colour"] = json!("red");
    set["effective_from"] = json!("2026-02-30");
    clause(&mut set, "panel.odd")["value"] = json!("yes");
    clause(&mut set, "panel.min_experts")["note"] = json!("x");
    clause(&mut set, "training.day_cap")["basis_kind"] = json!("rumour");
    let copy = clause(&mut set, "contract.min_fen").clone();
    set["clauses"].as_array_mut().unwrap().push(copy);
    let found: Vec<_> = read(&set).unwrap_err().into_iter().map(|problem| problem.kind).collect();
    for kind in [ProblemKind::UnknownField, ProblemKind::WrongType, ProblemKind::DuplicateKey] {
        assert!(found.contains(&kind), "{kind}");
    }
    set["effective_from"] = json!("2026-01-01");
    set["effective_to"] = json!("2025-12-31");
    let problems = read(&set).unwrap_err();
    let of = |kind| {
        problems
            .iter()
            .filter(|problem| problem.kind == kind)
            .map(|problem| problem.detail.as_str())
            .collect::<Vec<_>>()
    };
    assert_eq!(of(ProblemKind::MissingKey), ["panel.min_experts"]);
    assert!(of(ProblemKind::WrongType).contains(&"panel.odd"));
    assert_eq!(of(ProblemKind::DuplicateKey), ["contract.min_fen"]);
    assert_eq!(of(ProblemKind::Inconsistent), ["before effective_from"]);
}

#[test]
fn contradictions_and_rubbish_are_named() {
    assert_eq!(RuleSet::read("{").unwrap_err()[0].kind, ProblemKind::NotJson);
    assert_eq!(RuleSet::read("[]").unwrap_err()[0].kind, ProblemKind::WrongType);
    assert_eq!(RuleSet::read("{}").unwrap_err().len(), 8);
    let mut set = seed();
    clause(&mut set, "scoring.dimensions")["value"]["performance"] = json!(31);
    assert_eq!(read(&set).unwrap_err()[0].kind, ProblemKind::Inconsistent);
    for (key, value) in [
        ("deadline.issue", json!({ "terms": [] })),
        ("scoring.pass_votes", json!("3/2")),
        ("contract.reg_no", json!(["\\d+"])),
        ("contract.assist_count", json!("0.25")),
        ("annual.late_until", json!({ "month": 2, "day": 30 })),
        ("level.L3.education", json!([{ "education": "doctor" }])),
        ("contract.min_fen", json!(-1)),
        ("certificate.months", json!(0)),
    ] {
        let mut set = seed();
        clause(&mut set, key)["value"] = value;
        let problems = read(&set).unwrap_err();
        assert_eq!((problems.len(), problems[0].kind, problems[0].detail.as_str()), (1, ProblemKind::WrongType, key));
    }
}

#[test]
fn a_set_of_laws_alone_is_in_force() {
    let mut set = RuleSet::read(GX_BROKER_2026_1).unwrap();
    set.clauses.retain(|clause| clause.basis_kind == BasisKind::Law);
    assert_eq!(set.status(), RuleStatus::InForce);
}

#[test]
fn the_hash_depends_on_content_and_not_on_order() {
    let set = RuleSet::read(GX_BROKER_2026_1).unwrap();
    let mut turned = set.clone();
    turned.clauses.reverse();
    assert_eq!(set.hash(), turned.hash());
    assert_eq!(set.hash().len(), 64);
    turned.clauses[0].value = json!(1);
    assert_ne!(set.hash(), turned.hash());
}
