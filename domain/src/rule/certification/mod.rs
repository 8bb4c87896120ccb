//! The typed view of a rule set that certification (认定) works with.

mod get;
mod parts;

use std::collections::BTreeMap;

use super::files::FileRules;
use super::money::Fen;
use super::read::Problem;
use super::set::{Clause, RuleSet, RuleStatus};
use crate::broker::{EducationRank, TitleLevel};
use crate::certification::{Dimension, Level};
use get::Get;

pub use get::PERIODS;

/// Every figure that certification and certificates use, read once from one rule set.
#[derive(Debug, Clone, PartialEq)]
pub struct CertificationRules {
    /// Id and version, such as `GX-BROKER-2026-1`.
    pub name: String,
    /// [`RuleSet::hash`] of the set it was read from.
    pub hash: String,
    pub status: RuleStatus,
    pub person: PersonRules,
    pub contract: ContractRules,
    pub levels: BTreeMap<Level, LevelRules>,
    pub training: TrainingRules,
    pub case: AchievementRules,
    pub annual: AnnualRules,
    pub scoring: ScoringRules,
    pub certificate: CertificateRules,
    pub files: FileRules,
    /// Corrections (补正) that a stage may ask for.
    pub correction_rounds: u32,
    clauses: BTreeMap<String, Clause>,
}

/// Ages in years, gaps in months.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PersonRules {
    pub min_age_years: u32,
    pub min_graduation_age_years: u32,
    pub min_work_age_years: u32,
    pub history_gap_months: u32,
}

/// Which contracts count (可计合同), and how much.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContractRules {
    /// Least contract amount; exactly this amount counts.
    pub min_amount: Fen,
    pub lead_share_pct: u32,
    pub assist_share_pct: u32,
    /// Credit of a lead and of another in half contracts.
    pub lead_halves: u32,
    pub assist_halves: u32,
    /// Most that all brokers' shares of a contract may come to.
    pub share_total_pct: u32,
    /// From this stake in a party on, in percent, the contract is excluded.
    pub party_stake_pct: u32,
    /// Lengths of registration numbers, digits only.
    pub reg_no_digits: Vec<usize>,
}

/// The conditions of one level.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LevelRules {
    /// Rows of which one must be reached.
    pub education: Vec<EducationRow>,
    /// Nothing at the first level.
    pub previous: Option<PreviousLevel>,
    /// Least credited count in half contracts.
    pub contract_halves: u32,
    pub amount: Fen,
    /// Years back from the submission day in which a contract was registered.
    pub window_years: u32,
    /// 破格: replaces count and amount.
    pub alternative: Option<Alternative>,
    pub training_required: bool,
    pub annual_checks_required: bool,
    pub achievements: u32,
    pub method: Method,
}

crate::word! {
    /// How a level is examined.
    pub enum Method {
        Assessment = "assessment" / "考核认定",
        Review = "review" / "专家评审",
        ReviewInterview = "review_interview" / "专家评审加答辩",
    }
}

/// From this education on, this many years in technology transfer, and after the previous level's certificate.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EducationRow {
    pub education: EducationRank,
    pub years: u32,
    #[serde(default)]
    pub years_after_previous: u32,
}

/// The certificate that must have been held, or the direct entry that replaces it.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PreviousLevel {
    pub level: Level,
    pub held_years: u32,
    #[serde(default)]
    pub direct_entry: Option<DirectEntry>,
}

/// Entry at a level without the one before.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DirectEntry {
    pub years: u32,
    pub title: TitleLevel,
}

/// Few contracts with much money arrived (到账), in fen.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Alternative {
    pub contracts: u32,
    pub each_arrived_fen: i64,
    pub total_arrived_fen: i64,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrainingRules {
    pub valid_months: u32,
    pub pass_score: u32,
}

/// Typical cases (典型案例), in characters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AchievementRules {
    pub min_chars: usize,
    pub max_chars: usize,
    pub max_cases: usize,
}

/// A day of every year.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MonthDay {
    pub month: u32,
    pub day: u32,
}

/// Annual check (年度复核) as far as an upgrade asks for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AnnualRules {
    /// A certificate issued after this day has no check for that year.
    pub exempt_after: MonthDay,
    /// Last day, in the next year, on which a report is taken.
    pub late_until: MonthDay,
}

/// Experts' scores and votes (section 3.4).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScoringRules {
    /// Weights in percent; they come to one hundred.
    pub weights: Vec<(Dimension, u32)>,
    /// Highest score of a dimension.
    pub max_score: u32,
    pub pass_mean: u32,
    pub pass_votes: Ratio,
    pub min_experts: u32,
    pub panel_is_odd: bool,
}

/// A fraction of whole numbers, written `2/3`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ratio {
    pub numerator: u32,
    pub denominator: u32,
}

/// Validity (有效期) of certificates; months, and calendar days.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CertificateRules {
    pub months: u32,
    pub renewal_opens_days: u32,
    pub grace_days: u32,
    pub remind_days: Vec<u32>,
}

impl CertificationRules {
    /// Reads the view.
    ///
    /// # Errors
    /// Every clause that is missing, has another type, or contradicts another.
    pub fn read(set: &RuleSet) -> Result<Self, Vec<Problem>> {
        let mut get = Get { set, problems: Vec::new() };
        let rules = get.rules();
        match rules {
            Some(rules) if get.problems.is_empty() => Ok(rules),
            _ => Err(get.problems),
        }
    }

    /// The clause with this key, for explanations.
    pub fn clause(&self, key: &str) -> Option<&Clause> {
        self.clauses.get(key)
    }

    /// The conditions of a level; a view that was read has all three.
    pub fn level(&self, level: Level) -> Option<&LevelRules> {
        self.levels.get(&level)
    }
}
