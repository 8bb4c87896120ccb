//! Rule sets: what a process counts, pays and waits for, as versioned data with its basis; never code.
//!
//! A set is a proposal while any clause rests on less than a rule in force here; whoever shows a figure shows that too.

mod certification;
mod money;
mod read;
mod set;
#[cfg(test)]
mod tests;

pub use certification::{
    AchievementRules, Alternative, AnnualRules, CertificateRules, CertificationRules, ContractRules, DirectEntry,
    EducationRow, LevelRules, Method, MonthDay, PERIODS, PersonRules, PreviousLevel, Ratio, ScoringRules,
    TrainingRules,
};
pub use money::{Fen, NotAnAmount};
pub use read::{Problem, ProblemKind};
pub use set::{Basis, BasisKind, Clause, RuleSet, RuleStatus};
pub(crate) use set::{canonical, hex};

/// The seed rule set of broker certification, `GX-BROKER` version `2026-1`.
pub const GX_BROKER_2026_1: &str = include_str!("../../data/rule/gx-broker-2026-1.json");
