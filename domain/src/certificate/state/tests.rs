//! Worked examples 7, 15, 19 and 21 of broker.md section 9, and the order of acts.

use super::*;
use crate::certification::sample;

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn rules() -> CertificateRules {
    sample::rules().certificate
}

fn facts() -> CertificateFacts {
    CertificateFacts::issued(day("2026-08-25"), day("2029-08-31"))
}

fn state(on: &str, facts: &CertificateFacts) -> (CertificateState, String) {
    let (state, since) = state_on(day(on), facts).unwrap();
    (state, since.to_string())
}

#[test]
fn validity_is_thirty_six_months_to_the_end_of_a_month() {
    for (issued, until) in [
        ("2028-02-29", "2031-02-28"),
        ("2026-08-31", "2029-08-31"),
        ("2026-08-25", "2029-08-31"),
        ("2025-02-01", "2028-02-29"),
    ] {
        assert_eq!(valid_until(day(issued), &rules()), Some(day(until)));
    }
    let next = renewed(day("2029-08-31"), &rules()).unwrap();
    assert_eq!((next.from, next.until), (day("2029-09-01"), day("2032-08-31")));
}

#[test]
fn example_7_days_around_the_end() {
    let until = day("2029-08-31");
    assert_eq!(renewal_opens_on(until, &rules()), Some(day("2029-03-04")));
    assert_eq!(grace_ends_on(until, &rules()), Some(day("2029-11-29")));
    let days: Vec<String> = reminders(until, &rules()).iter().map(ToString::to_string).collect();
    assert_eq!(days, ["2029-06-02", "2029-07-02", "2029-08-01", "2029-08-24", "2029-08-31"]);
}

#[test]
fn expiry_follows_from_the_date() {
    let facts = facts();
    assert_eq!(state_on(day("2026-08-24"), &facts), None);
    assert_eq!(state("2026-08-25", &facts), (CertificateState::Valid, "2026-08-25".to_owned()));
    assert_eq!(state("2029-08-31", &facts), (CertificateState::Valid, "2026-08-25".to_owned()));
    assert_eq!(state("2029-09-01", &facts), (CertificateState::Expired, "2029-09-01".to_owned()));
}

#[test]
fn example_21_expired_while_a_renewal_is_open() {
    let mut facts = facts();
    facts.renewals.push(Renewal { submitted_on: day("2029-08-31"), decided_on: None });
    assert_eq!(state("2029-09-01", &facts), (CertificateState::ExpiredPending, "2029-09-01".to_owned()));
    facts.renewals[0].decided_on = Some(day("2029-09-20"));
    facts.validity.push(renewed(day("2029-08-31"), &rules()).unwrap());
    assert_eq!(state("2029-09-20", &facts).0, CertificateState::Valid);
    facts.validity.pop();
    assert_eq!(state("2029-09-20", &facts), (CertificateState::Expired, "2029-09-01".to_owned()));
    // Submitted in the grace period only: admissible, but not under review at the end.
    facts.renewals[0] = Renewal { submitted_on: day("2029-09-01"), decided_on: None };
    assert_eq!(state("2029-09-02", &facts).0, CertificateState::Expired);
}

#[test]
fn example_15_revoked_from_the_start() {
    let mut facts = facts();
    facts.revoked = Some(Revocation { on: day("2027-06-01"), from_the_start: true });
    facts.cancelled_on = Some(day("2027-05-01"));
    for on in ["2026-12-01", "2027-06-01", "2035-01-01"] {
        assert_eq!(state(on, &facts), (CertificateState::Revoked, "2027-06-01".to_owned()));
    }
    facts.cancelled_on = None;
    facts.revoked = Some(Revocation { on: day("2027-06-01"), from_the_start: false });
    assert_eq!(state("2027-05-31", &facts).0, CertificateState::Valid);
}

#[test]
fn example_19_suspended_and_restored() {
    let mut facts = facts();
    facts.suspensions.push(Suspension { from: day("2027-05-01"), lifted_on: Some(day("2027-09-10")) });
    assert_eq!(state("2027-04-30", &facts).0, CertificateState::Valid);
    assert_eq!(state("2027-05-01", &facts), (CertificateState::Suspended, "2027-05-01".to_owned()));
    assert_eq!(state("2027-09-09", &facts).0, CertificateState::Suspended);
    assert_eq!(state("2027-09-10", &facts), (CertificateState::Valid, "2027-09-10".to_owned()));
}

#[test]
fn a_suspended_certificate_expires_without_renewal() {
    let mut facts = facts();
    facts.suspensions.push(Suspension { from: day("2029-08-01"), lifted_on: None });
    facts.renewals.push(Renewal { submitted_on: day("2029-07-01"), decided_on: None });
    assert_eq!(state("2029-09-01", &facts), (CertificateState::Expired, "2029-09-01".to_owned()));
}

#[test]
fn an_upgrade_supersedes_and_a_cancellation_is_stronger() {
    let mut facts = facts();
    facts.superseded_on = Some(day("2028-09-01"));
    assert_eq!(state("2028-09-01", &facts), (CertificateState::Superseded, "2028-09-01".to_owned()));
    facts.cancelled_on = Some(day("2028-10-01"));
    assert_eq!(state("2028-09-30", &facts).0, CertificateState::Superseded);
    assert_eq!(state("2028-10-01", &facts).0, CertificateState::Cancelled);
}
