//! One step of a computation, as data: rule, input, number before, number after.

use serde::Serialize;

use crate::rule::Fen;
use crate::subsidy::exact::{Exact, Rate};
use crate::subsidy::facts::Value;
use crate::subsidy::model::{
    Cited, Comparison, Condition, OverlapMode, Penalty, Period, PoolMode, RoundingMode, Scope,
};

crate::word! {
    /// Where in the fixed order a step stands.
    pub enum Stage {
        Gate = "condition" / "申报条件",
        Items = "items" / "计入项目",
        Base = "base" / "计算基数",
        Floor = "threshold" / "起点",
        Shape = "calculation" / "计算",
        Item = "item" / "单项计算",
        ItemCap = "item_cap" / "单项上限",
        Project = "project" / "项目上限",
        AddOn = "add_on" / "附加奖励",
        ComponentCap = "component_cap" / "奖项上限",
        Offset = "difference" / "差额补足",
        PaidCap = "paid_cap" / "累计上限",
        Overlap = "overlap" / "不重复支持",
        CrossLevel = "cross_level" / "各级合计上限",
        Officer = "officer" / "核定",
        Round = "round" / "取整",
        Pool = "pool" / "资金总额",
        Finance = "finance" / "财政核减",
    }
}

/// Why an item does not count.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "why", rename_all = "snake_case")]
pub enum Reason {
    Condition {
        condition: Condition,
        found: Vec<(String, Option<Value>)>,
    },
    /// The fact is not stated.
    Unknown {
        name: String,
    },
    BelowFloor {
        measure: String,
        amount: Fen,
        floor: Fen,
        comparison: Comparison,
    },
    /// Another item of the same thing counts.
    OnePer {
        name: String,
        instead: String,
    },
    Overlap {
        mode: OverlapMode,
        with: Vec<String>,
    },
}

/// An item that does not count.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NotCounted {
    pub item: String,
    pub reason: Reason,
}

/// What happened, with the figures that it happened to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Detail {
    Gate {
        condition: Condition,
        found: Vec<(String, Option<Value>)>,
        holds: bool,
    },
    YearsPaid {
        paid: i64,
        most: u32,
    },
    /// `assumed` are facts that nobody stated and that were taken as favourable.
    Items {
        counted: usize,
        given: usize,
        not_counted: Vec<NotCounted>,
        assumed: Vec<(String, String)>,
    },
    Sum {
        measure: String,
        total: Fen,
    },
    Min {
        measures: Vec<(String, Fen)>,
        total: Fen,
    },
    Increment {
        measure: String,
        now: Fen,
        prior: Fen,
        total: Fen,
    },
    Floor {
        base: Fen,
        floor: Fen,
        comparison: Comparison,
        is_reached: bool,
    },
    /// `amount` of the base at `rate`; `from` and `upto` are the bracket's ends.
    Rate {
        from: Fen,
        upto: Option<Fen>,
        amount: Fen,
        rate: Rate,
    },
    Band {
        base: Fen,
        from: Fen,
        upto: Option<Fen>,
        rate: Rate,
    },
    NoBand {
        base: Fen,
    },
    Fixed {
        amount: Fen,
    },
    BelowThreshold {
        base: Fen,
        threshold: Fen,
    },
    Excess {
        threshold: Fen,
        excess: Fen,
        rate: Rate,
    },
    Steps {
        threshold: Fen,
        step: Fen,
        count: i64,
        step_amount: Fen,
    },
    Grade {
        key: String,
        word: Option<String>,
    },
    GradeRate {
        key: String,
        word: String,
        base: Fen,
        rate: Rate,
    },
    Smallest {
        terms: Vec<(String, Fen, Rate, Exact)>,
        chosen: String,
    },
    Decided {
        min: Fen,
        max: Fen,
        reason: String,
    },
    Given {
        amount: Fen,
    },
    Item {
        item: String,
    },
    Project {
        project: String,
    },
    Cap {
        scope: Scope,
        period: Period,
        cap: Fen,
        paid: Fen,
        left: Exact,
    },
    /// What earlier claims of the round and payments that any of them states leave of a cap.
    SharedCap {
        scope: Scope,
        /// The person or beneficiary.
        name: String,
        period: Period,
        cap: Option<Fen>,
        paid: Fen,
        taken: Exact,
        /// The earlier claims that took it.
        by: Vec<String>,
        left: Exact,
    },
    BandCap {
        cap: Fen,
    },
    /// The period of a cap without a figure: something was paid in it already.
    PaidInPeriod {
        period: Period,
        paid: Fen,
    },
    AddOn {
        id: String,
        is_triggered: bool,
    },
    Offset {
        measure: String,
        paid: Fen,
    },
    Overlap {
        mode: OverlapMode,
        with: Vec<String>,
    },
    CrossLevel {
        levels: Vec<String>,
        cap: Fen,
        paid: Fen,
        /// What other claims of the round took of it.
        taken: Exact,
        left: Exact,
    },
    Officer {
        reason: String,
    },
    Finance {
        reason: String,
    },
    Round {
        unit: Fen,
        mode: RoundingMode,
    },
    Pool {
        mode: PoolMode,
        pool: Option<Fen>,
        total: Fen,
        left: Fen,
    },
    Count {
        number: i64,
    },
    Penalty {
        base: Fen,
        rates: Penalty,
    },
}

/// One step. What a step without parts changes is its share of the amount, so the leaves of a tree sum to its root.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Step {
    pub stage: Stage,
    /// Place of the clause in the rule set, such as `seller.calc`.
    pub clause: String,
    pub cited: Cited,
    pub before: Exact,
    pub after: Exact,
    pub detail: Detail,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub parts: Vec<Step>,
}

/// Steps when they are wanted; without, nothing is built.
#[derive(Debug, Clone, Default)]
pub(in crate::subsidy) struct Trace(Option<Vec<Step>>);

impl Trace {
    pub fn new(is_wanted: bool) -> Self {
        Self(is_wanted.then(Vec::new))
    }

    /// A trace for parts of a step, wanted when this one is.
    pub fn inner(&self) -> Self {
        Self::new(self.0.is_some())
    }

    pub fn is_wanted(&self) -> bool {
        self.0.is_some()
    }

    pub fn push(&mut self, make: impl FnOnce() -> Step) {
        if let Some(steps) = &mut self.0 {
            steps.push(make());
        }
    }

    pub fn steps(self) -> Vec<Step> {
        self.0.unwrap_or_default()
    }
}
