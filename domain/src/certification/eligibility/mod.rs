//! Whether a person reaches a level (broker.md section 4.2), explained condition by condition.
//!
//! Every figure comes from the rule set, every condition names its clause and what that rests on, and every contract is
//! listed as counted or excluded and why. Counts are in halves and amounts in exact fractions of a fen.

mod condition;
mod contract;
mod performance;
#[cfg(test)]
mod tests;

use chrono::{Datelike, Months, NaiveDate};

use super::{CertificationForm, Level, OtherShare};
use crate::broker::Profile;
use crate::fault::Fault;
use crate::rule::{BasisKind, CertificationRules, Fen, RuleStatus};

pub use contract::{ContractCredit, Counted, Exclusion};

/// What the conditions depend on besides the form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facts {
    /// The day of (the original) submission in Asia/Shanghai.
    pub submitted_on: NaiveDate,
    /// Certificates of the person that are valid on that day.
    pub held: Vec<HeldCertificate>,
    /// Integrity bars, past ones included.
    pub bars: Vec<Bar>,
    pub annual_checks: Vec<AnnualCheck>,
    /// Whether this is asked at the decision: then every annual check that is due must have passed (section 8.2 E11).
    pub is_decision: bool,
    pub other_shares: Vec<OtherShare>,
    /// Registration numbers that the registry has struck off since.
    pub deregistered: Vec<String>,
    /// Registration numbers already credited to this person for this level.
    pub credited_before: Vec<String>,
}

impl Facts {
    /// The facts of a person of whom nothing else is known.
    pub fn on(submitted_on: NaiveDate) -> Self {
        Self {
            submitted_on,
            held: Vec::new(),
            bars: Vec::new(),
            annual_checks: Vec::new(),
            is_decision: false,
            other_shares: Vec::new(),
            deregistered: Vec::new(),
            credited_before: Vec::new(),
        }
    }

    /// The certificate of the highest level.
    pub fn current(&self) -> Option<&HeldCertificate> {
        self.held.iter().max_by_key(|held| (held.level, held.issued_on))
    }
}

/// A certificate of the person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeldCertificate {
    pub level: Level,
    pub issued_on: NaiveDate,
}

/// An integrity bar (诚信限制).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bar {
    /// The last day on which the person is barred.
    pub until: NaiveDate,
}

/// The outcome of an annual check (年度复核).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AnnualCheck {
    /// The year that was reported on.
    pub year: i32,
    /// 合格 or better.
    pub is_qualified: bool,
}

/// The answer, with all its reasons.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Eligibility {
    pub level: Level,
    pub eligible: bool,
    /// Whether the rules applied are in force or a proposal.
    pub status: RuleStatus,
    /// Id and version of the rule set, and its hash.
    pub rule_set: String,
    pub rule_set_hash: String,
    pub conditions: Vec<Condition>,
    pub contracts: Vec<ContractCredit>,
    /// Credited count in half contracts.
    pub credited_halves: u32,
    /// Credited amount, rounded down to the fen for showing; conditions compare the exact sum.
    pub credited_amount: Fen,
}

/// One condition, whether it is met, and what it rests on.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Condition {
    /// Such as `education`; unique within an answer.
    pub key: String,
    pub met: bool,
    /// What the rules ask for.
    pub required: serde_json::Value,
    /// What was found.
    pub found: serde_json::Value,
    /// The error code when it is not met, such as `years_short`.
    pub rule: String,
    /// The clause of the rule set.
    pub clause: String,
    /// The clause by which it is met instead, such as the alternative (破格) or direct entry.
    pub met_by: Option<String>,
    /// Document and article.
    pub basis: String,
    pub basis_kind: BasisKind,
    pub text_zh: String,
    pub text_en: String,
}

impl Eligibility {
    /// The condition with this key.
    pub fn condition(&self, key: &str) -> Option<&Condition> {
        self.conditions.iter().find(|condition| condition.key == key)
    }

    /// The conditions that are not met, as faults of the application as a whole.
    pub fn faults(&self) -> Vec<Fault> {
        self.conditions
            .iter()
            .filter(|condition| !condition.met)
            .map(|condition| {
                let params = serde_json::json!({ "required": condition.required, "found": condition.found });
                Fault::with("", &condition.rule, params)
            })
            .collect()
    }
}

/// Examines every condition of a level. A level that the rules do not know has no conditions and nobody reaches it.
pub fn evaluate(
    level: Level,
    profile: &Profile,
    form: &CertificationForm,
    facts: &Facts,
    rules: &CertificationRules,
) -> Eligibility {
    let credit = contract::count(level, form, facts, rules);
    let conditions = condition::all(level, profile, form, facts, rules, &credit);
    Eligibility {
        level,
        eligible: !conditions.is_empty() && conditions.iter().all(|condition| condition.met),
        status: rules.status,
        rule_set: rules.name.clone(),
        rule_set_hash: rules.hash.clone(),
        conditions,
        credited_halves: credit.halves,
        credited_amount: credit.amount(),
        contracts: credit.contracts,
    }
}

/// The first day of a window of so many years that ends on a day; the same day of the earlier year is inside.
fn years_before(day: NaiveDate, years: u32) -> Option<NaiveDate> {
    day.checked_sub_months(Months::new(years.checked_mul(12)?))
}

/// The day on which so many years have passed.
fn years_after(day: NaiveDate, years: u32) -> Option<NaiveDate> {
    day.checked_add_months(Months::new(years.checked_mul(12)?))
}

/// Years whose annual check a certificate issued on a day must have passed by `day`.
fn annual_years(issued_on: NaiveDate, day: NaiveDate, is_decision: bool, rules: &CertificationRules) -> Vec<i32> {
    let of_year = |year: i32, at: crate::rule::MonthDay| NaiveDate::from_ymd_opt(year, at.month, at.day);
    let issued_in = issued_on.year();
    let is_exempt = of_year(issued_in, rules.annual.exempt_after).is_some_and(|last| issued_on > last);
    let first = if is_exempt { issued_in + 1 } else { issued_in };
    // At the submission a report that can still be filed is not held against anyone; at the decision it is due.
    let is_due = |year: &i32| is_decision || of_year(year + 1, rules.annual.late_until).is_none_or(|late| day > late);
    (first..day.year()).filter(is_due).collect()
}
