use super::*;
use crate::broker::Month;
use crate::certification::sample::{rules, sample_context, sample_form, sample_profile, submitted_on};
use crate::certification::{EvidenceKind, PartyRelation};
use crate::rule::Fen;

type Change = fn(&mut Profile, &mut CertificationForm, &mut Context);

/// Pointer and rule of each fault after a change to the sample of a level.
fn faults(level: Level, change: Change) -> Vec<String> {
    let (mut profile, mut form) = (sample_profile(), sample_form(level));
    let mut context = sample_context(level, submitted_on());
    change(&mut profile, &mut form, &mut context);
    let found = form.check(&profile, &rules(), &context);
    found.into_iter().map(|fault| format!("{} {}", fault.pointer, fault.rule)).collect()
}

fn check(level: Level, cases: &[(Change, &[&str])]) {
    for (at, (change, expected)) in cases.iter().enumerate() {
        assert_eq!(faults(level, *change), *expected, "case {at}");
    }
}

#[test]
fn an_empty_form_names_what_it_lacks_and_what_the_profile_lacks() {
    let form: CertificationForm = serde_json::from_str("{}").unwrap();
    let found = form.check(&Profile::default(), &rules(), &sample_context(Level::L1, submitted_on()));
    assert!(found.iter().all(|fault| fault.rule == "required"));
    let own: Vec<_> =
        found.iter().map(|fault| fault.pointer.as_str()).filter(|pointer| !pointer.starts_with("/profile")).collect();
    assert_eq!(
        own,
        ["/kind", "/target_level", "/trainings", "/integrity_declaration", "/crime_declaration", "/privacy_consent"]
    );
    assert_eq!(found.len() - own.len(), 26);
    assert!(serde_json::from_str::<CertificationForm>(r#"{"contracts":[{"reg":"1"}]}"#).is_err());
    assert!(serde_json::from_str::<CertificationForm>(r#"{"contracts":[{"contract_amount":1.5}]}"#).is_err());
}

#[test]
fn a_form_survives_its_json() {
    let form = sample_form(Level::L3);
    let json = serde_json::to_string(&form).unwrap();
    assert!(json.contains(r#""contract_amount":"400000.00""#));
    assert_eq!(serde_json::from_str::<CertificationForm>(&json).unwrap(), form);
}

#[test]
fn levels_are_climbed_one_by_one() {
    check(
        Level::L3,
        &[
            (|_, _, c| c.held = Some(Level::L1), &["/target_level level_skip"]),
            (|_, _, c| c.held = None, &["/target_level level_skip"]),
            (|_, _, c| c.held = Some(Level::L3), &["/target_level level_held_already"]),
            (|_, f, _| f.kind = Some(ApplicationType::Initial), &["/target_level level_skip"]),
            (|_, f, _| f.ce_years.clear(), &["/ce_years required"]),
        ],
    );
    check(
        Level::L2,
        &[
            (
                |p, _, _| (p.title_level, p.title_series, p.title_date) = (None, None, None),
                &["/profile/title_level required"],
            ),
            (|_, f, _| f.contracts.clear(), &["/contracts required"]),
            (|_, f, _| f.achievements.clear(), &["/achievements achievement_count"]),
            (|_, f, _| f.achievements[0].text = Some("短".to_owned()), &["/achievements/0/text text_length"]),
        ],
    );
    check(
        Level::L1,
        &[(|_, f, _| f.kind = Some(ApplicationType::Upgrade), &["/target_level level_skip", "/ce_years required"])],
    );
}

#[test]
fn ages_and_gaps_follow_the_rule_set() {
    check(
        Level::L1,
        &[
            (
                |p, _, _| {
                    p.id_number = Some("459999200501010063".to_owned());
                    p.birth_date = "2005-01-01".parse().ok();
                    p.sex = Some(crate::broker::Sex::Female);
                },
                &["/profile/graduated_on graduated_too_young", "/profile/transfer_since work_too_young"],
            ),
            (
                |p, _, _| p.work_history[1].to = "2015-05".parse::<Month>().ok(),
                &["/profile/work_history/0/gap_reason work_history_gap"],
            ),
            (|p, _, _| p.work_history[1].to = "2015-06".parse::<Month>().ok(), &[]),
            (
                |p, _, _| {
                    p.work_history[1].to = "2015-05".parse::<Month>().ok();
                    p.work_history[0].gap_reason = Some("育儿".to_owned());
                },
                &[],
            ),
        ],
    );
    let mut context = sample_context(Level::L1, submitted_on());
    context.submitted_on = "2006-08-07".parse().unwrap();
    let found = sample_form(Level::L1).check(&sample_profile(), &rules(), &context);
    assert!(found.iter().any(|fault| fault.rule == "age_under_18"));
    context.submitted_on = "2006-08-08".parse().unwrap();
    let found = sample_form(Level::L1).check(&sample_profile(), &rules(), &context);
    assert!(!found.iter().any(|fault| fault.rule == "age_under_18"));
}

#[test]
fn contracts_are_checked_field_by_field() {
    check(
        Level::L2,
        &[
            (|_, f, _| f.contracts[0].reg_no = Some("4501 2026 0000 0999".to_owned()), &[]),
            (
                |_, f, _| f.contracts[1].reg_no = f.contracts[0].reg_no.clone(),
                &["/contracts/1/reg_no contract_duplicate"],
            ),
            (
                |_, f, _| f.contracts[0].reg_no = Some("450120260000010".to_owned()),
                &["/contracts/0/reg_no contract_not_registered"],
            ),
            (|_, f, _| f.contracts[0].share_pct = Some(0), &["/contracts/0/share_pct number_range"]),
            (
                |_, f, _| f.contracts[0].technical_amount = Some(Fen(40_000_001)),
                &["/contracts/0/technical_amount amount_above_contract"],
            ),
            (
                |_, f, _| f.contracts[0].arrived_amount = Some(Fen(1)),
                &["/contracts/0/arrived_on required", "/contracts/0/evidence bank_slip_missing"],
            ),
            (
                |_, f, _| f.contracts[0].commission_amount = Some(Fen(1)),
                &["/contracts/0/invoice_on required", "/contracts/0/invoice_no required"],
            ),
            (
                |_, f, _| f.contracts[0].registered_on = "2026-05-01".parse().ok(),
                &["/contracts/0/registered_on registered_before_signed"],
            ),
            (
                |_, f, _| f.contracts[0].registered_on = "2026-07-07".parse().ok(),
                &["/contracts/0/registered_on date_in_future"],
            ),
            (
                |_, f, _| f.contracts[0].broker_party_relation = Some(PartyRelation::Shareholder),
                &["/contracts/0/party_stake_pct required"],
            ),
            (
                |_, f, _| {
                    f.contracts[0].evidence.retain(|e| e.kind != EvidenceKind::RegistrationProof);
                },
                &["/contracts/0/evidence registration_proof_missing"],
            ),
            (|_, f, _| f.contracts[0].buyer = None, &["/contracts/0/buyer required"]),
            (
                |_, f, _| f.contracts[0].contract_amount = Some(Fen(0)),
                &["/contracts/0/contract_amount number_range", "/contracts/0/technical_amount amount_above_contract"],
            ),
            (
                |p, _, _| p.transfer_since = "2026-06".parse::<Month>().ok(),
                &["/profile/transfer_since transfer_after_contract"],
            ),
        ],
    );
}

#[test]
fn x4_training_ended_in_time_and_after_recognition() {
    check(
        Level::L2,
        &[
            (|_, f, _| f.trainings[0].to = "2026-07-07".parse().ok(), &["/trainings/0/to date_in_future"]),
            (
                |_, f, c| {
                    let base = f.trainings[0].base.clone().unwrap();
                    c.bases.push(BaseRecognition { base, recognised_on: "2026-06-01".parse().unwrap() });
                },
                &["/trainings/0/to training_backdated"],
            ),
            (|_, f, _| f.trainings[0].national_filing_no = None, &["/trainings/0/national_filing_no required"]),
            (|_, f, _| f.trainings[0].exam_score = Some(101), &["/trainings/0/exam_score number_range"]),
        ],
    );
}

#[test]
fn declarations_must_be_true() {
    check(
        Level::L1,
        &[
            (
                |_, f, _| f.integrity_declaration.as_mut().unwrap().accepted = false,
                &["/integrity_declaration/accepted declaration_required"],
            ),
            (|_, f, _| f.crime_declaration = Some(false), &["/crime_declaration declaration_required"]),
            (
                |_, f, _| f.privacy_consent.as_mut().unwrap().publicity_accepted = false,
                &["/privacy_consent/publicity_accepted consent_required"],
            ),
        ],
    );
}

#[test]
fn documents_follow_the_kind_of_application() {
    let mut profile = sample_profile();
    profile.employment_mode = Some(crate::broker::EmploymentMode::PartTime);
    let documents = sample_form(Level::L2).required_documents(&profile);
    assert!(documents.contains(&FilePurpose::ConsentLetter) && documents.contains(&FilePurpose::TitleCertificate));
    assert_eq!(sample_form(Level::L1).required_documents(&sample_profile()).len(), 4);
}
