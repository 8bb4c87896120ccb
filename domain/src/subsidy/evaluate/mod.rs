//! The evaluator: one fixed order for every rule set.
//!
//! gates → item filter → item floor → (with a cap per item or project: rate and cap of each) → sum → floor → shape →
//! inside add-ons → component cap → outside add-ons → offset → what is left of yearly and once-only caps → overlap →
//! what other claims of the round leave of these caps → cap of several levels → officer → round → pool → finance (agency-and-subsidy.md 6.3).

mod caps;
mod case;
mod component;
mod condition;
mod finish;
mod items;
mod overlap;
mod pool;
mod shape;
mod shared;

pub use case::{Answer, run_case};
pub(super) use case::{results, states_base, use_amount};
pub use pool::{PoolClaim, share};

use serde::Serialize;

use super::exact::{Exact, TooLarge};
use super::explain::Step;
use super::facts::Facts;
use super::figure::Unit;
use super::model::RuleSet;
use crate::rule::Fen;

crate::word! {
    /// What a fact that a filter asks for and nobody states counts as.
    pub enum Gaps {
        /// A plain statement (word, flag, date) is taken as favourable, and the explanation says so: golden cases and
        /// simulations state only what matters.
        Assume = "assume" / "视为符合",
        /// The item does not count: claims.
        Exclude = "exclude" / "视为不符合",
    }
}

/// How to evaluate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Options {
    pub gaps: Gaps,
    /// Whether steps are recorded.
    pub explains: bool,
    /// Another sum than the rule set's pool.
    pub pool: Option<Fen>,
}

impl Options {
    /// For golden cases and simulations.
    pub const CASE: Self = Self { gaps: Gaps::Assume, explains: false, pool: None };
    /// For claims.
    pub const CLAIM: Self = Self { gaps: Gaps::Exclude, explains: true, pool: None };

    pub fn explained(self) -> Self {
        Self { explains: true, ..self }
    }
}

/// One claim: who asks for which component with which facts.
#[derive(Debug, Clone, Copy)]
pub struct Claim<'a> {
    pub id: &'a str,
    pub component: &'a str,
    pub facts: &'a Facts,
    /// Place in the order of submission; breaks ties in the pool.
    pub submitted: i64,
    /// Rank in the competition, best first.
    pub rank: Option<i64>,
}

impl<'a> Claim<'a> {
    /// A claim alone.
    pub fn of(component: &'a str, facts: &'a Facts) -> Self {
        Self { id: "", component, facts, submitted: 0, rank: None }
    }
}

/// What is missing for an amount.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Missing {
    /// A figure that the document leaves out, by the place of its clause.
    Figure(String),
    /// A fact that nobody stated.
    Fact(String),
    /// A decision of the officer within the range.
    Decision,
}

/// What a false claim costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Fines {
    pub recover: Fen,
    pub fine_min: Fen,
    pub fine_max: Fen,
    pub person_min: Fen,
    pub person_max: Fen,
}

/// The result of one claim.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    Amount(Fen),
    Count(i64),
    /// An officer decides within it.
    Range {
        min: Fen,
        max: Fen,
    },
    Penalty(Fines),
    /// Not zero: nobody can know it from these rules and facts.
    NotComputable(Missing),
}

impl Outcome {
    pub fn amount(&self) -> Option<Fen> {
        if let Self::Amount(amount) = self { Some(*amount) } else { None }
    }
}

/// Why nothing can be evaluated: the caller must mend rules or facts.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("the rule set has no component `{0}`")]
    UnknownComponent(String),
    #[error(transparent)]
    TooLarge(#[from] TooLarge),
    #[error("`{name}` is not stated in {unit}")]
    WrongUnit { name: String, unit: Unit },
    #[error("`{0}` is stated both in total and by item")]
    StatedTwice(String),
    #[error("{approved} yuan are approved and only {computed} computed")]
    AboveComputed { approved: Fen, computed: Fen },
    #[error("component `{0}` is no ceiling: an officer cannot approve another amount")]
    NoCeiling(String),
    #[error("{approved} yuan are outside {min} to {max}")]
    OutsideRange { approved: Fen, min: Fen, max: Fen },
    #[error("an amount set by a person needs a reason")]
    NoReason,
    #[error("the claim is for `{one}` and for `{other}`: a cap per person needs one claim for each person")]
    SeveralPersons { one: String, other: String },
    #[error("a draft runs in simulation only: nothing is decided under it")]
    Draft,
}

/// A claim's result with its steps.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Settlement {
    pub id: String,
    pub component: String,
    /// Whether the gates are passed.
    pub is_eligible: bool,
    /// Whether a cap took something off.
    pub is_capped: bool,
    pub outcome: Outcome,
    /// Empty unless asked for.
    pub steps: Vec<Step>,
}

/// Evaluation ends early.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Stop {
    Missing(Missing),
    Refused(Refusal),
}

impl From<TooLarge> for Stop {
    fn from(fault: TooLarge) -> Self {
        Self::Refused(fault.into())
    }
}

impl From<Refusal> for Stop {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

/// How far one component comes before other claims matter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Reached {
    Amount(Exact),
    Count(i64),
    Range { min: Fen, max: Fen },
    Penalty(Fines),
    Missing(Missing),
}

/// Evaluates claims together: overlap, shared caps, levels and pool see all of them, in whatever order they are given.
///
/// # Errors
/// The first claim that cannot be evaluated.
pub fn settle(set: &RuleSet, claims: &[Claim<'_>], options: Options) -> Result<Vec<Settlement>, Refusal> {
    let mut runs = claims
        .iter()
        .map(|claim| component::run(set, claim, options, &items::Only::Everything))
        .collect::<Result<Vec<_>, _>>()?;
    overlap::resolve(set, claims, options, &mut runs)?;
    shared::caps(claims, &mut runs)?;
    finish::cross_level(set, claims, &mut runs)?;
    for (claim, run) in claims.iter().zip(&mut runs) {
        finish::officer(claim, run)?;
        finish::round(set, run)?;
    }
    pool::apply(set, claims, options, &mut runs)?;
    claims.iter().zip(runs).map(|(claim, run)| finish::settlement(claim, run)).collect()
}

/// Evaluates one claim alone.
///
/// # Errors
/// Rules and facts that do not fit.
pub fn evaluate(set: &RuleSet, component: &str, facts: &Facts, options: Options) -> Result<Settlement, Refusal> {
    let settled = settle(set, &[Claim::of(component, facts)], options)?.pop();
    settled.ok_or_else(|| Refusal::UnknownComponent(component.to_owned()))
}
