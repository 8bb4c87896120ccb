//! Subsidy rules (绩效奖励性后补助) as data: read, checked, computed exactly, explained, replayed.
//!
//! Nothing in here knows a city or a programme. A rule set is a document ([`read`]) with golden cases; a claim is a set
//! of [`facts`]; [`settle`] goes through one fixed order and records every step.

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
pub const ENGINE_VERSION: &str = "1";

/// The catalogue of real formulas with their examples: seed data, none of them a rule of Guangxi.
pub const FORMULAS: &str = include_str!("../../data/subsidy/formulas.json");
