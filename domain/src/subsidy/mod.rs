//! Subsidy rules (绩效奖励性后补助) as data: read, checked, computed exactly, explained, replayed.
//!
//! Nothing in here knows a city or a programme. A rule set is a document ([`read`]) with golden cases; a claim is a set
//! of [`facts`]; [`settle`] goes through one fixed order and records every step; [`explain`] tells them.
//!
//! **Units.** Money is whole fen ([`Fen`](crate::rule::Fen), at most fifteen digits); documents write yuan, 万元 or 亿元.
//! Counts, years and rates are types of their own ([`Quantity`]) and never meet money. A [`Rate`] has at most twelve
//! decimal places. Before rounding an amount is an [`Exact`], a whole number of `10^-12` fen, so a rate of an amount loses
//! nothing; leaving the range is [`TooLarge`], never a wrap.
//!
//! **Order of evaluation** (agency-and-subsidy.md 6.3): gates → item filter → item floor → rate and cap of each item or
//! project, if something caps those → sum → floor → shape → inside add-ons → component cap → outside add-ons →
//! difference offset → caps of person and beneficiary less what was paid in their period → exclusivity → cap of several
//! levels → officer → round → pool with its own rounding and remainder → finance.
//!
//! **Rounding.** No source states it. Proposed default: down to whole yuan per beneficiary and component before the
//! pool; after the pool down again, and what is left by largest remainder, ties by time of submission, then by id. An
//! amount is in whole fen before it enters the pool, whatever a rule set says. Fines round to the fen in favour of who
//! pays them, least amounts of use up, most amounts down.
//!
//! **Thresholds.** 以上, 以下, 以内, 不低于, 达到 include the number, 超过, 不满, 以外 exclude it (民法典第1259条).
//!
//! **What is missing.** A figure that the source leaves out, or a fact that nobody stated, gives
//! [`Outcome::NotComputable`], never zero. Of facts that only a filter asks for, [`Gaps`] decides.
//!
//! **Limits.** A document has at most 4 MiB, 100,000 values and 48 levels. A person's cap counts the person as
//! beneficiary: claims of one person through several employers must state what was paid before. Overlap is resolved
//! among the claims given together; whoever calls brings all that belong together. Years are calendar years of the
//! claim (`year`), and a payment without a year counts in every period.

pub mod check;
mod document;
mod evaluate;
mod exact;
pub mod explain;
pub mod facts;
mod figure;
pub mod model;
mod problem;
pub mod read;
pub mod record;
pub mod table;
#[cfg(test)]
mod tests;
pub mod what_if;

pub use document::Position;
pub use evaluate::{
    Answer, Claim, Fines, Gaps, Missing, Options, Outcome, PoolClaim, Refusal, Settlement, evaluate, run_case, settle,
    share,
};
pub use exact::{Exact, Rate, TooLarge};
pub use figure::{NotAFigure, Quantity, Unit};
pub use problem::{Problem, ProblemKind};

/// Changes when any result or any recorded step may change.
pub const ENGINE_VERSION: &str = "2";

/// The catalogue of real formulas with their examples: seed data, none of them a rule of Guangxi.
pub const FORMULAS: &str = include_str!("../../data/subsidy/formulas.json");
