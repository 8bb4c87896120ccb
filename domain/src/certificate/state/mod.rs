//! The state of a certificate on a day, derived whenever it is read (broker.md sections 7.4 and 7.5).
//!
//! One function for every channel: no job writes "expired", so no path can show a stale state.

#[cfg(test)]
mod tests;

use chrono::{Days, NaiveDate};

use super::CertificateState;
use crate::rule::CertificateRules;
use crate::time::last_day_of_month_after;

/// One version's validity, both days included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Validity {
    pub from: NaiveDate,
    pub until: NaiveDate,
}

/// A suspension (暂停).
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Suspension {
    /// First day.
    pub from: NaiveDate,
    /// The day on which it was lifted, no longer suspended; none while it lasts.
    pub lifted_on: Option<NaiveDate>,
}

/// A revocation (撤销).
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Revocation {
    /// The day of the decision.
    pub on: NaiveDate,
    /// Whether the certificate is void from the beginning, so that it was valid on no day.
    pub from_the_start: bool,
}

/// An application for renewal (续期).
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Renewal {
    pub submitted_on: NaiveDate,
    /// None while undecided.
    pub decided_on: Option<NaiveDate>,
}

/// What is on record about a certificate; nothing of it is ever overwritten.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct CertificateFacts {
    pub issued_on: NaiveDate,
    /// One entry per version, oldest first: renewal appends.
    pub validity: Vec<Validity>,
    pub suspensions: Vec<Suspension>,
    pub renewals: Vec<Renewal>,
    pub superseded_on: Option<NaiveDate>,
    pub cancelled_on: Option<NaiveDate>,
    pub revoked: Option<Revocation>,
}

impl CertificateFacts {
    /// A certificate just issued.
    pub fn issued(issued_on: NaiveDate, valid_until: NaiveDate) -> Self {
        Self {
            issued_on,
            validity: vec![Validity { from: issued_on, until: valid_until }],
            suspensions: Vec::new(),
            renewals: Vec::new(),
            superseded_on: None,
            cancelled_on: None,
            revoked: None,
        }
    }

    /// The last day of the newest version.
    pub fn valid_until(&self) -> Option<NaiveDate> {
        self.validity.iter().map(|validity| validity.until).max()
    }
}

/// The last day of a certificate issued on a day: the last day of the month, so many months later.
pub fn valid_until(issued_on: NaiveDate, rules: &CertificateRules) -> Option<NaiveDate> {
    last_day_of_month_after(issued_on, rules.months)
}

/// The validity of the next version: from the day after the old end, so that early renewal loses nothing.
pub fn renewed(old_until: NaiveDate, rules: &CertificateRules) -> Option<Validity> {
    let until = last_day_of_month_after(old_until, rules.months)?;
    Some(Validity { from: old_until.succ_opt()?, until })
}

/// The first day on which a renewal may be submitted.
pub fn renewal_opens_on(valid_until: NaiveDate, rules: &CertificateRules) -> Option<NaiveDate> {
    valid_until.checked_sub_days(Days::new(u64::from(rules.renewal_opens_days)))
}

/// The last day on which a renewal may still be submitted after expiry.
pub fn grace_ends_on(valid_until: NaiveDate, rules: &CertificateRules) -> Option<NaiveDate> {
    valid_until.checked_add_days(Days::new(u64::from(rules.grace_days)))
}

/// The days of the reminders of expiry, earliest first.
pub fn reminders(valid_until: NaiveDate, rules: &CertificateRules) -> Vec<NaiveDate> {
    let mut days: Vec<NaiveDate> =
        rules.remind_days.iter().filter_map(|days| valid_until.checked_sub_days(Days::new(u64::from(*days)))).collect();
    days.sort_unstable();
    days
}

/// The state on a day and since when it is so; none before the day of issue.
///
/// Final acts come first: revoked, cancelled, superseded; then expiry; then suspension. A certificate that is suspended
/// when it expires is plainly expired: no renewal can carry it.
pub fn state_on(day: NaiveDate, facts: &CertificateFacts) -> Option<(CertificateState, NaiveDate)> {
    if day < facts.issued_on {
        return None;
    }
    if let Some(revoked) = facts.revoked
        && (revoked.from_the_start || revoked.on <= day)
    {
        return Some((CertificateState::Revoked, revoked.on));
    }
    let reached = |act: Option<NaiveDate>| act.filter(|on| *on <= day);
    if let Some(on) = reached(facts.cancelled_on) {
        return Some((CertificateState::Cancelled, on));
    }
    if let Some(on) = reached(facts.superseded_on) {
        return Some((CertificateState::Superseded, on));
    }
    let suspension = facts
        .suspensions
        .iter()
        .filter(|pause| pause.from <= day && pause.lifted_on.is_none_or(|lifted| day < lifted))
        .map(|pause| pause.from)
        .min();
    let current = facts.validity.iter().find(|validity| (validity.from..=validity.until).contains(&day));
    let Some(current) = current else {
        // A renewed version may begin later than this day: only what has ended counts.
        let ended = facts.validity.iter().map(|validity| validity.until).filter(|until| *until < day).max()?;
        let is_pending = suspension.is_none()
            && facts
                .renewals
                .iter()
                .any(|renewal| renewal.submitted_on <= ended && renewal.decided_on.is_none_or(|decided| day < decided));
        let state = if is_pending { CertificateState::ExpiredPending } else { CertificateState::Expired };
        return Some((state, ended.succ_opt()?));
    };
    if let Some(from) = suspension {
        return Some((CertificateState::Suspended, from));
    }
    let lifted = facts.suspensions.iter().filter_map(|pause| reached(pause.lifted_on)).max();
    Some((CertificateState::Valid, lifted.map_or(current.from, |lifted| lifted.max(current.from))))
}
