//! What keeps an award small: caps, overlap, several levels together, pools, and rounding.

use serde::Serialize;

use super::Cited;
use crate::rule::Fen;

crate::word! {
    /// What a cap counts together.
    pub enum Scope {
        Item = "item" / "单项",
        Project = "project" / "项目",
        /// The award without what is added outside of it.
        Component = "component" / "奖项",
        Person = "person" / "个人",
        Beneficiary = "beneficiary" / "单位",
    }
}

/// How long payments count against a cap.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Period {
    Once,
    Year,
    /// The claim's year and the ones before it, together this many.
    Years(u32),
    Project,
}

/// A cap (上限).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Cap {
    pub scope: Scope,
    pub period: Period,
    /// `None`: only the period counts, so that nothing is paid twice within it.
    pub amount: Option<Fen>,
    pub cited: Cited,
}

/// What several levels of government pay together at most.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CrossLevelCap {
    pub levels: Vec<String>,
    pub period: Period,
    pub amount: Option<Fen>,
    pub cited: Cited,
}

crate::word! {
    /// What happens when two awards meet on the same thing.
    pub enum OverlapMode {
        /// Neither is paid until one is withdrawn.
        Forbid = "forbid" / "不得同时申报",
        /// The claimants choose.
        ChooseOne = "choose_one" / "择一",
        HighestOnly = "highest_only" / "从高不重复",
        /// The higher one pays what the lower ones leave.
        TopUpDifference = "top_up_difference" / "差额补足",
    }
}

/// Awards that are not paid beside each other.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Exclusivity {
    pub components: Vec<String>,
    /// The item's attribute on which they meet, or `beneficiary`.
    pub key: String,
    pub mode: OverlapMode,
    pub cited: Cited,
}

crate::word! {
    /// How claims share a pool.
    pub enum PoolMode {
        None = "none" / "不设总额",
        ProRata = "pro_rata" / "按比例",
        /// By rank; the first that does not fit and all after it get nothing.
        RankAndCut = "rank_and_cut" / "排名截止",
        /// By time; the last one gets what is left.
        FirstCome = "first_come" / "先到先得",
    }
}

/// A sum that all claims of a round share.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Pool {
    pub id: String,
    pub year: Option<i32>,
    /// `None`: the sum is not published, and the mode cannot act.
    pub amount: Option<Fen>,
    pub mode: PoolMode,
    /// Most claims that are paid.
    pub quantity: Option<u32>,
    pub cited: Cited,
}

crate::word! {
    /// Which way a part of the unit goes.
    pub enum RoundingMode {
        Down = "down" / "舍去",
        HalfUp = "half_up" / "四舍五入",
        Up = "up" / "进位",
    }
}

crate::word! {
    /// What happens to units that are left after sharing a pool.
    pub enum Remainder {
        /// One unit each by largest remainder; ties by time of submission.
        LargestRemainder = "largest_remainder" / "最大余数法",
        Leave = "leave" / "留存",
    }
}

/// How amounts become whole.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Rounding {
    /// One fen at least.
    pub unit: Fen,
    pub mode: RoundingMode,
    pub after_caps: bool,
    pub after_pool: bool,
    pub remainder: Remainder,
}

impl Default for Rounding {
    /// No source states one. Proposed (agency-and-subsidy.md 6.3): down to whole yuan per component before the pool.
    fn default() -> Self {
        Self {
            unit: Fen(100),
            mode: RoundingMode::Down,
            after_caps: true,
            after_pool: true,
            remainder: Remainder::LargestRemainder,
        }
    }
}
