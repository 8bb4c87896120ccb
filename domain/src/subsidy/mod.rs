//! Subsidy rules (绩效奖励性后补助) as data: read, checked, computed exactly, explained, replayed.
//!
//! Nothing in here knows a city or a programme. A rule set is a document ([`read`]) with golden cases; a claim is a set
//! of [`facts`]; [`settle`] goes through one fixed order and records every step; [`explain`] tells them.
//!
//! Sources are sections of the rulebook agency-and-subsidy.md; what it marks as proposed no public source states.
//!
//! **Units** (1.2, 6.3). Money is whole fen ([`Fen`](crate::rule::Fen)); documents write yuan, 万元 or 亿元, with at most
//! fifteen digits. The measures of 1.2 (合同成交额, 技术交易额, 到账额, …) are names that a rule set declares and never
//! stand for each other. Counts, years and rates are types of their own ([`Quantity`]) and never meet money. A [`Rate`]
//! has at most twelve decimal places; 6.3 asks for eight. Before rounding an amount is an [`Exact`], a whole number of
//! `10^-12` fen up to `1.7 × 10^26` fen, so a rate of an amount loses nothing; leaving the range is [`TooLarge`], never a
//! wrap.
//!
//! **Order of evaluation** (6.3): gates → item filter → item floor → rate and cap of each item or project, if something
//! caps those → sum → floor → shape → inside add-ons → component cap → outside add-ons → difference offset → caps of person
//! and beneficiary less what was paid in their period → exclusivity → what other claims of the round leave of these caps
//! → cap of several levels → officer → round → pool with its own rounding and remainder → finance.
//!
//! **Rounding** (6.2 no. 11, 6.3). No source states it. Proposed default: down to whole yuan per beneficiary and component
//! before the pool; after the pool down again, and what is left by largest remainder, ties by time of submission, then by
//! id. A rule set may choose unit, direction, stages and remainder ([`model::Rounding`]). An amount is in whole fen before
//! it enters the pool, whatever a rule set says. Rounding comes after the caps, so one that rounds up may pass a cap that is
//! no whole number of its units. Fines round to the fen in favour of who pays them, least amounts of use up, most amounts
//! down (proposed).
//!
//! **Thresholds** (6.3). 以上, 以下, 以内, 不低于, 达到 include the number, 超过, 不满, 以外 exclude it (民法典第1259条).
//! Windows include both of their days.
//!
//! **Caps** (6.2 no. 6). What was paid counts by its year: `once` always, `year` in the claim's year, `years(n)` in the claim's
//! year and the `n - 1` before it. Years are calendar years of the claim (`year`); a payment without a year, and every
//! payment for a claim without one, counts in every period.
//!
//! **What is missing** (6.1, figures marked unknown). A figure that the source leaves out, or a fact that nobody stated,
//! gives [`Outcome::NotComputable`], never zero. Of facts that only a filter asks for, [`Gaps`] decides.
//!
//! **Limits.** A document has at most 4 MiB, 100,000 values and 48 levels; 1,000 facts of one beneficiary or item; golden
//! cases that ask for 1,000,000 results ([`check::MOST_RESULTS`]); the first 200 problems are reported. Reading one takes
//! less than 64 MiB. A claim is for one person ([`Refusal::SeveralPersons`];
//! [`Facts::by_person`](facts::Facts::by_person) parts an employer's facts). Overlap, and the caps of one person or one
//! beneficiary, are resolved among the claims given together, the earlier year, submission and id first; whoever calls
//! brings all that belong together, and states what was paid in earlier rounds ([`Payment`](facts::Payment)). Caps of
//! component, item and project hold within one claim. What an officer, a pool or finance takes off one claim is not given
//! to another of the same person.

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
