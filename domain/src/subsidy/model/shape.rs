//! What is counted, and the shapes (形态) that make an amount of it.
//!
//! A figure is an `Option`: `None` stands for one that the document leaves out, and makes the amount not computable.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{Cited, Condition};
use crate::rule::Fen;
use crate::subsidy::exact::Rate;

crate::word! {
    /// What a missing year before counts as.
    pub enum MissingPrior {
        /// The amount is not computable.
        Refuse = "refuse" / "不予计算",
        Zero = "zero" / "按零计算",
    }
}

/// What an award is counted from (计算基数).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "op", rename_all = "snake_case")]
pub enum Base {
    Sum {
        measure: String,
    },
    /// The smallest of the totals; they may come from different months.
    Min {
        measures: Vec<String>,
        as_measure: String,
    },
    /// This year minus the year before, not below zero.
    Increment {
        measure: String,
        prior: String,
        missing_prior: MissingPrior,
    },
    /// The number of items.
    Count,
    None,
}

impl Base {
    /// The measures that it adds up.
    pub fn measures(&self) -> Vec<&str> {
        match self {
            Self::Sum { measure } => vec![measure],
            Self::Min { measures, .. } => measures.iter().map(String::as_str).collect(),
            Self::Increment { measure, prior, .. } => vec![measure, prior],
            Self::Count | Self::None => Vec::new(),
        }
    }
}

/// One bracket of marginal rates (分段累进).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Bracket {
    /// Its end; `None` is open.
    pub upto: Option<Fen>,
    pub rate: Option<Rate>,
}

/// One band whose rate holds for the whole amount (全额分档).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Band {
    pub from: Fen,
    /// Whether the amount `from` is in the band.
    pub from_inclusive: bool,
    /// Its end; `None` is open.
    pub to: Option<Fen>,
    pub to_inclusive: bool,
    pub rate: Option<Rate>,
    /// Cap of this band alone.
    pub cap: Option<Fen>,
}

impl Band {
    pub fn holds(&self, amount: Fen) -> bool {
        let from = if self.from_inclusive { amount >= self.from } else { amount > self.from };
        from && self.to.is_none_or(|to| if self.to_inclusive { amount <= to } else { amount < to })
    }
}

/// One term of a minimum.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Term {
    pub measure: String,
    pub rate: Option<Rate>,
}

/// What a false claim costs (罚则): ranges in which an officer decides.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Penalty {
    pub recover_rate: Option<Rate>,
    pub fine_min_rate: Option<Rate>,
    pub fine_max_rate: Option<Rate>,
    pub person_min: Option<Fen>,
    pub person_max: Option<Fen>,
}

/// How an amount is made of the base.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Shape {
    Flat {
        rate: Option<Rate>,
    },
    Marginal {
        brackets: Vec<Bracket>,
    },
    BandWhole {
        bands: Vec<Band>,
    },
    Fixed {
        amount: Option<Fen>,
    },
    FixedPlusExcess {
        threshold: Option<Fen>,
        fixed: Option<Fen>,
        excess_rate: Option<Rate>,
    },
    /// `fixed` from the threshold on, and `step_amount` for each whole `step` above it.
    Step {
        threshold: Option<Fen>,
        fixed: Option<Fen>,
        step: Option<Fen>,
        step_amount: Option<Fen>,
    },
    /// An amount by a word, such as grade or title.
    GradeTable {
        key: String,
        table: BTreeMap<String, Option<Fen>>,
    },
    /// A rate by a word: the grade as multiplier.
    GradeRate {
        key: String,
        table: BTreeMap<String, Option<Rate>>,
    },
    /// As much as the claimant spent or earned (等额).
    Match {
        ratio: Option<Rate>,
    },
    MinOf {
        terms: Vec<Term>,
    },
    /// An officer decides within it.
    Range {
        min: Option<Fen>,
        max: Option<Fen>,
    },
    /// Stated by another decision.
    Given,
    /// A number, not money.
    Count,
    Penalty(Penalty),
}

impl Shape {
    /// Its word in documents.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Flat { .. } => "flat",
            Self::Marginal { .. } => "marginal",
            Self::BandWhole { .. } => "band_whole",
            Self::Fixed { .. } => "fixed",
            Self::FixedPlusExcess { .. } => "fixed_plus_excess",
            Self::Step { .. } => "step",
            Self::GradeTable { .. } => "grade_table",
            Self::GradeRate { .. } => "grade_rate",
            Self::Match { .. } => "match",
            Self::MinOf { .. } => "min_of",
            Self::Range { .. } => "fixed_range",
            Self::Given => "given",
            Self::Count => "count",
            Self::Penalty(_) => "penalty_range",
        }
    }

    /// Whether it is computed from the base; the others stand for themselves.
    pub fn needs_base(&self) -> bool {
        match self {
            Self::Flat { .. }
            | Self::Marginal { .. }
            | Self::BandWhole { .. }
            | Self::FixedPlusExcess { .. }
            | Self::Step { .. }
            | Self::GradeRate { .. }
            | Self::Match { .. }
            | Self::Penalty(_) => true,
            Self::Fixed { .. }
            | Self::GradeTable { .. }
            | Self::MinOf { .. }
            | Self::Range { .. }
            | Self::Given
            | Self::Count => false,
        }
    }
}

/// An amount on top with its own trigger, base and cap (附加奖励).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AddOn {
    pub id: String,
    pub when: Option<Condition>,
    /// Its own measure; without one it is counted from the component's base.
    pub measure: Option<String>,
    pub shape: Shape,
    /// Its own cap; `None` means it has none.
    pub cap: Option<Fen>,
    /// Whether the component's cap covers it too.
    pub is_inside: bool,
    pub cited: Cited,
}
