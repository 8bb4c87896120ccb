//! The worked examples of broker.md section 9 and the edges of every condition.

use super::*;
use crate::broker::{Degree as D, EducationLevel as E, Month, TitleLevel, TransferBreak};
use crate::certification::sample::{rules, sample_context, sample_facts, sample_form, sample_profile, submitted_on};
use crate::certification::{ApplicationType, ContractRole, EvidenceKind, PartyRelation};
use crate::word::Word;

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn sample(level: Level) -> (CertificationForm, Facts) {
    (sample_form(level), sample_facts(level, submitted_on()))
}

fn answer(level: Level, form: &CertificationForm, facts: &Facts) -> Eligibility {
    evaluate(level, &sample_profile(), form, facts, &rules())
}

/// The codes of the conditions that are not met.
fn unmet(answer: &Eligibility) -> Vec<String> {
    answer.faults().into_iter().map(|fault| fault.rule).collect()
}

#[test]
fn the_samples_pass_every_check_and_condition() {
    for level in Level::ALL {
        let (form, facts) = sample(*level);
        let faults = form.check(&sample_profile(), &rules(), &sample_context(*level, submitted_on()));
        assert_eq!(faults, [], "{level}");
        let answer = answer(*level, &form, &facts);
        assert_eq!(unmet(&answer), [""; 0], "{level}");
        assert!(answer.eligible);
        assert_eq!(answer.status, RuleStatus::Proposal);
        assert!(
            answer.conditions.iter().all(|c| !c.text_zh.is_empty() && !c.text_en.is_empty() && !c.basis.is_empty())
        );
    }
}

#[test]
fn example_9_amount_short_by_one_fen() {
    let (mut form, facts) = sample(Level::L3);
    for contract in &mut form.contracts {
        contract.contract_amount = Some(Fen(33_333_333));
    }
    // 15 × 333,333.33 = 4,999,999.95; four fen more are 4,999,999.99.
    form.contracts[0].contract_amount = Some(Fen(33_333_337));
    let short = answer(Level::L3, &form, &facts);
    assert_eq!(short.credited_amount, Fen(499_999_999));
    assert_eq!(unmet(&short), ["amount_short"]);
    form.contracts[0].contract_amount = Some(Fen(33_333_338));
    assert!(answer(Level::L3, &form, &facts).eligible);
}

#[test]
fn example_9_two_assisted_are_one_led() {
    let (mut form, facts) = sample(Level::L3);
    let mut assisted = form.contracts[14].clone();
    assisted.reg_no = Some("4501202600009999".to_owned());
    form.contracts.push(assisted);
    for contract in &mut form.contracts[14..] {
        contract.role = Some(ContractRole::Assist);
        contract.share_pct = Some(30);
    }
    let answer = answer(Level::L3, &form, &facts);
    assert_eq!((answer.credited_halves, answer.eligible), (30, true));
}

#[test]
fn example_9_one_contract_too_small() {
    let (mut form, facts) = sample(Level::L3);
    form.contracts[7].contract_amount = Some(Fen(9_999_900));
    let answer = answer(Level::L3, &form, &facts);
    assert_eq!((answer.credited_halves, unmet(&answer)), (28, vec!["count_short".to_owned()]));
    assert_eq!(answer.contracts[7].excluded, [Exclusion::TooSmall]);
}

#[test]
fn exactly_one_hundred_thousand_yuan_counts() {
    let (mut form, facts) = sample(Level::L2);
    form.contracts[0].contract_amount = Some(Fen(10_000_000));
    assert!(answer(Level::L2, &form, &facts).contracts[0].counted.is_some());
    form.contracts[0].contract_amount = Some(Fen(9_999_999));
    assert_eq!(answer(Level::L2, &form, &facts).contracts[0].excluded, [Exclusion::TooSmall]);
}

#[test]
fn example_10_shares_overflow_and_a_small_share_counts_its_amount_only() {
    let (mut form, mut facts) = sample(Level::L2);
    let reg_no = form.contracts[0].registration();
    let mut context = sample_context(Level::L2, submitted_on());
    let other = |share_pct| OtherShare { reg_no: reg_no.clone(), share_pct };
    for (others, share, is_refused) in [([60, 40], 20, true), ([50, 40], 20, true), ([50, 40], 10, false)] {
        form.contracts[0].share_pct = Some(share);
        context.other_shares = others.map(&other).to_vec();
        facts.other_shares.clone_from(&context.other_shares);
        let faults = form.check(&sample_profile(), &rules(), &context);
        let found: Vec<_> = faults.iter().map(|fault| (fault.pointer.as_str(), fault.rule.as_str())).collect();
        let expected = [("/contracts/0/share_pct", "contract_share_overflow")];
        assert_eq!(found, if is_refused { &expected[..] } else { &[] });
        assert_eq!(answer(Level::L2, &form, &facts).contracts[0].counted.is_none(), is_refused);
    }
    let counted = answer(Level::L2, &form, &facts).contracts[0].counted.clone().unwrap();
    assert_eq!((counted.halves, counted.amount_fen_hundredths), (0, 40_000_000 * 10));
}

#[test]
fn example_11_an_upgrade_counts_what_came_after_the_certificate() {
    let (mut form, mut facts) = sample(Level::L3);
    facts.submitted_on = day("2028-08-25");
    facts.held[0].issued_on = day("2026-08-25");
    form.contracts[0].registered_on = Some(day("2026-08-20"));
    form.contracts[1].registered_on = Some(day("2026-08-25"));
    form.contracts[2].registered_on = Some(day("2026-08-26"));
    let on_the_day = answer(Level::L3, &form, &facts);
    assert_eq!(on_the_day.contracts[0].excluded, [Exclusion::BeforeCertificate]);
    assert_eq!(on_the_day.contracts[1].excluded, [Exclusion::BeforeCertificate]);
    assert!(on_the_day.contracts[2].counted.is_some());
    assert!(on_the_day.condition("previous_level").unwrap().met);
    facts.submitted_on = day("2028-08-24");
    let before = answer(Level::L3, &form, &facts);
    assert_eq!(before.condition("previous_level").unwrap().rule, "level_held_too_short");
    assert!(!before.condition("previous_level").unwrap().met);
    // An initial application has no such border (E40).
    form.kind = Some(ApplicationType::Initial);
    assert!(answer(Level::L3, &form, &facts).contracts[0].counted.is_some());
}

#[test]
fn the_window_includes_its_first_day() {
    let (mut form, facts) = sample(Level::L2);
    form.contracts[0].registered_on = Some(day("2023-07-06"));
    form.contracts[1].registered_on = Some(day("2023-07-05"));
    let answer = answer(Level::L2, &form, &facts);
    assert!(answer.contracts[0].counted.is_some());
    assert_eq!(answer.contracts[1].excluded, [Exclusion::OutOfWindow]);
}

#[test]
fn contracts_are_excluded_for_every_reason_at_once() {
    let (mut form, mut facts) = sample(Level::L2);
    form.contracts[1].reg_no = form.contracts[0].reg_no.clone();
    form.contracts[2].evidence.retain(|evidence| evidence.kind != EvidenceKind::IntermediaryContract);
    form.contracts[2].reg_no = Some("123".to_owned());
    form.contracts[3].broker_party_relation = Some(PartyRelation::Shareholder);
    form.contracts[3].party_stake_pct = Some(10);
    facts.deregistered.push(form.contracts[4].registration());
    facts.credited_before.push(form.contracts[4].registration());
    let answer = answer(Level::L2, &form, &facts);
    let excluded: Vec<_> = answer.contracts.iter().map(|contract| contract.excluded.clone()).collect();
    assert_eq!(excluded[0], []);
    assert_eq!(excluded[1], [Exclusion::Duplicate]);
    assert_eq!(excluded[2], [Exclusion::NotRegistered, Exclusion::RoleUnproven]);
    assert_eq!(excluded[3], [Exclusion::RelatedParty]);
    assert_eq!(excluded[4], [Exclusion::Deregistered, Exclusion::CreditedBefore]);
    form.contracts[3].party_stake_pct = Some(9);
    assert!(evaluate(Level::L2, &sample_profile(), &form, &facts, &rules()).contracts[3].counted.is_some());
}

#[test]
fn an_invoice_proves_a_role_with_its_bank_slip_inside_the_window() {
    let (mut form, facts) = sample(Level::L2);
    let contract = &mut form.contracts[0];
    contract.evidence[1].kind = EvidenceKind::CommissionInvoice;
    contract.invoice_on = Some(day("2026-06-20"));
    assert_eq!(answer(Level::L2, &form, &facts).contracts[0].excluded, [Exclusion::RoleUnproven]);
    let mut slip = form.contracts[0].evidence[1].clone();
    slip.kind = EvidenceKind::BankSlip;
    form.contracts[0].evidence.push(slip);
    assert!(answer(Level::L2, &form, &facts).contracts[0].counted.is_some());
    form.contracts[0].invoice_on = Some(day("2023-07-05"));
    assert_eq!(answer(Level::L2, &form, &facts).contracts[0].excluded, [Exclusion::InvoiceOutOfWindow]);
}

#[test]
fn the_alternative_replaces_count_and_amount() {
    let (mut form, facts) = sample(Level::L2);
    form.contracts.truncate(1);
    form.contracts[0].contract_amount = Some(Fen(1_000_000_000));
    form.contracts[0].arrived_amount = Some(Fen(1_000_000_000));
    let reached = answer(Level::L2, &form, &facts);
    assert!(reached.eligible);
    let count = reached.condition("contracts").unwrap();
    assert_eq!(count.met_by.as_deref(), Some("level.L2.alternative"));
    form.contracts[0].arrived_amount = Some(Fen(999_999_999));
    assert_eq!(unmet(&answer(Level::L2, &form, &facts)), ["count_short"]);
}

#[test]
fn level_three_needs_three_contracts_for_the_alternative() {
    let (mut form, facts) = sample(Level::L3);
    form.contracts.truncate(3);
    for contract in &mut form.contracts {
        contract.contract_amount = Some(Fen(1_000_000_000));
        contract.arrived_amount = Some(Fen(1_000_000_000));
    }
    assert!(answer(Level::L3, &form, &facts).eligible);
    form.contracts.truncate(2);
    form.contracts[0].contract_amount = Some(Fen(9_000_000_000));
    form.contracts[0].arrived_amount = Some(Fen(9_000_000_000));
    assert_eq!(unmet(&answer(Level::L3, &form, &facts)), ["count_short"]);
}

#[test]
fn direct_entry_needs_years_and_a_title() {
    let (form, facts) = sample(Level::L2);
    let mut profile = sample_profile();
    let entered = evaluate(Level::L2, &profile, &form, &facts, &rules());
    assert_eq!(entered.condition("previous_level").unwrap().met_by.as_deref(), Some("level.L2.previous.direct_entry"));
    profile.title_level = Some(TitleLevel::Assistant);
    assert_eq!(unmet(&evaluate(Level::L2, &profile, &form, &facts, &rules())), ["level_skip"]);
    profile.title_level = Some(TitleLevel::Senior);
    profile.transfer_since = "2023-08".parse().ok();
    let short = evaluate(Level::L2, &profile, &form, &facts, &rules());
    assert_eq!(unmet(&short), ["level_skip"]);
    profile.transfer_since = "2023-07".parse().ok();
    assert!(evaluate(Level::L2, &profile, &form, &facts, &rules()).eligible);
}

#[test]
fn years_are_whole_and_breaks_are_taken_off() {
    let mut profile = sample_profile();
    profile.transfer_since = "2023-07".parse().ok();
    assert_eq!((profile.transfer_months(submitted_on()), profile.transfer_years(submitted_on())), (36, 3));
    let month = |text: &str| text.parse::<Month>().unwrap();
    for _ in 0..2 {
        let pause = TransferBreak { from: month("2024-01"), to: month("2024-01"), reason: None };
        profile.transfer_breaks.push(pause);
    }
    assert_eq!((profile.transfer_months(submitted_on()), profile.transfer_years(submitted_on())), (35, 2));
}

#[test]
fn the_education_table_is_read_row_by_row() {
    let rules = rules();
    let reaches = |level, education, degree, years: i32| {
        let mut profile = sample_profile();
        (profile.education_level, profile.degree) = (Some(education), Some(degree));
        profile.transfer_since = Some(Month::of(submitted_on()).plus(-12 * years));
        let (form, facts) = sample(level);
        evaluate(level, &profile, &form, &facts, &rules).condition("education").unwrap().met
    };
    for (level, education, degree, years) in [
        (Level::L1, E::College, D::None, 0),
        (Level::L1, E::Secondary, D::None, 3),
        (Level::L2, E::Postgraduate, D::Doctor, 1),
        (Level::L2, E::Postgraduate, D::Master, 2),
        (Level::L2, E::Undergraduate, D::Bachelor, 3),
        (Level::L2, E::College, D::None, 5),
        (Level::L3, E::Undergraduate, D::Bachelor, 5),
    ] {
        assert!(reaches(level, education, degree, years), "{level} {education} {years}");
        assert!(years == 0 || !reaches(level, education, degree, years - 1), "{level} {education} {years}");
    }
    assert!(reaches(Level::L3, E::Postgraduate, D::Doctor, 0));
    assert!(!reaches(Level::L1, E::Other, D::None, 30) && !reaches(Level::L3, E::College, D::None, 30));
}

#[test]
fn guangxi_is_an_employer_an_attachment_or_a_contract() {
    let (form, facts) = sample(Level::L1);
    let mut profile = sample_profile();
    let local = profile.employer_uscc.replace("91350100M000100Y43".to_owned());
    assert_eq!(unmet(&evaluate(Level::L1, &profile, &form, &facts, &rules())), ["not_in_guangxi"]);
    profile.attachment_uscc = local;
    assert!(evaluate(Level::L1, &profile, &form, &facts, &rules()).eligible);
    profile.attachment_uscc = None;
    let (form, facts) = sample(Level::L2);
    assert!(evaluate(Level::L2, &profile, &form, &facts, &rules()).eligible);
}

#[test]
fn a_bar_ends_with_its_last_day() {
    let (form, mut facts) = sample(Level::L1);
    facts.bars.push(Bar { until: submitted_on() });
    assert_eq!(unmet(&answer(Level::L1, &form, &facts)), ["integrity_barred_until"]);
    facts.bars[0].until = submitted_on().pred_opt().unwrap();
    assert!(answer(Level::L1, &form, &facts).eligible);
}

#[test]
fn a_training_is_of_the_level_and_not_expired() {
    let (mut form, facts) = sample(Level::L2);
    form.trainings[0].to = Some(day("2023-07-06"));
    assert!(answer(Level::L2, &form, &facts).eligible);
    form.trainings[0].to = Some(day("2023-07-05"));
    assert_eq!(unmet(&answer(Level::L2, &form, &facts)), ["training_expired"]);
    form.trainings[0].level = Some(Level::L1);
    assert_eq!(unmet(&answer(Level::L2, &form, &facts)), ["training_missing"]);
}

#[test]
fn an_open_report_waits_until_the_decision() {
    let (form, mut facts) = sample(Level::L3);
    facts.submitted_on = day("2026-02-15");
    facts.annual_checks.retain(|check| check.year != 2025);
    let find = |facts: &Facts| answer(Level::L3, &form, facts).condition("annual_checks").unwrap().met;
    assert!(find(&facts));
    facts.is_decision = true;
    assert!(!find(&facts));
    facts.is_decision = false;
    facts.submitted_on = day("2026-05-01");
    assert!(!find(&facts));
    facts.annual_checks.push(AnnualCheck { year: 2025, is_qualified: false });
    facts.submitted_on = day("2026-02-15");
    assert!(!find(&facts));
}

proptest::proptest! {
    #[test]
    fn shares_of_a_contract_lose_nothing(fen in 10_000_000..=999_999_999_999_999_i64, share in 1..=99_u32) {
        let (mut form, facts) = sample(Level::L2);
        form.contracts.truncate(1);
        form.contracts[0].contract_amount = Some(Fen(fen));
        let mut credit = |share| {
            form.contracts[0].share_pct = Some(share);
            answer(Level::L2, &form, &facts).contracts[0].counted.clone().unwrap().amount_fen_hundredths
        };
        proptest::prop_assert_eq!(credit(share) + credit(100 - share), fen * 100);
    }
}
