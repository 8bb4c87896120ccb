//! A rule set as a value: what a document says, with units in the types. Nothing here knows a place or a programme.

mod case;
mod condition;
mod limit;
mod shape;

use std::collections::BTreeMap;

use chrono::NaiveDate;
use serde::Serialize;
use sha2::{Digest, Sha256};

pub use case::{Case, CaseClaim, Given};
pub use condition::{Comparison, Condition, Floor, ItemFloor};
pub use limit::{
    Cap, CrossLevelCap, Exclusivity, OverlapMode, Period, Pool, PoolMode, Remainder, Rounding, RoundingMode, Scope,
};
pub use shape::{AddOn, Band, Base, Bracket, MissingPrior, Penalty, Shape, Term};

use super::document::Position;
use super::exact::Rate;
use super::figure::Unit;
use crate::rule::{Basis, Fen, canonical, hex};

crate::word! {
    /// Where a rule set stands.
    pub enum Status {
        /// Runs in simulation only.
        Draft = "draft" / "草案",
        InForce = "in_force" / "现行",
        Repealed = "repealed" / "废止",
    }
}

/// The document, article and words that a clause rests on.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Cited {
    pub basis: Option<Basis>,
    /// The words of the notice.
    pub text: String,
}

/// A measure (指标) and its unit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Measure {
    pub unit: Unit,
    /// Chinese term or description; may be empty.
    pub title: String,
}

/// At least or at most a share of the award for somebody (使用条件).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct UseCondition {
    /// Whom it is for, such as `team`.
    pub group: String,
    pub is_least: bool,
    pub share: Rate,
}

/// An amount already paid for something lower is taken off (差额补足).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Offset {
    /// The measure that holds what was paid.
    pub measure: String,
    pub cited: Cited,
}

/// One award of a rule set: who gets how much for what.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Component {
    pub id: String,
    pub title: String,
    pub beneficiary: String,
    pub cited: Cited,
    /// What the beneficiary must be and have reached; empty means nothing.
    pub gates: Vec<Condition>,
    /// What each item must be to count.
    pub filter: Vec<Condition>,
    /// At most one item counts for each value of this attribute.
    pub one_per: Option<String>,
    pub item_floor: Option<ItemFloor>,
    pub base: Base,
    pub floor: Option<Floor>,
    pub shape: Shape,
    /// Cap of each item; the inner `None` is a cap whose figure is not published.
    pub item_cap: Option<Option<Fen>>,
    pub add_ons: Vec<AddOn>,
    pub caps: Vec<Cap>,
    /// Most years in which it is paid.
    pub max_years: Option<u32>,
    pub offset: Option<Offset>,
    /// 最高, 不超过: an officer may approve less.
    pub is_ceiling: bool,
    pub use_conditions: Vec<UseCondition>,
    pub reports: Vec<String>,
    /// What the source leaves open, shown to applicants.
    pub notes: Vec<String>,
    #[serde(skip)]
    pub at: Position,
}

/// One version of the rules of a programme.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RuleSet {
    pub id: String,
    pub version: String,
    pub title: String,
    pub doc_no: String,
    pub issuer: String,
    /// Level of government, such as `city`.
    pub level: String,
    pub jurisdiction: String,
    pub status: Status,
    pub sources: Vec<String>,
    pub effective_from: Option<NaiveDate>,
    /// Last day; none while open.
    pub effective_to: Option<NaiveDate>,
    /// The round that it is bound to.
    pub round: Option<String>,
    pub repeals: Vec<String>,
    pub transition: String,
    pub notes: Vec<String>,
    pub measures: BTreeMap<String, Measure>,
    pub components: Vec<Component>,
    pub exclusivity: Vec<Exclusivity>,
    pub cross_level_cap: Option<CrossLevelCap>,
    pub pool: Option<Pool>,
    pub rounding: Rounding,
    pub cases: Vec<Case>,
}

impl RuleSet {
    pub fn component(&self, id: &str) -> Option<&Component> {
        self.components.iter().find(|component| component.id == id)
    }

    /// The unit of a measure: as declared, else by [`convention`].
    pub fn unit(&self, name: &str) -> Unit {
        self.measures.get(name).map_or_else(|| convention(name), |measure| measure.unit)
    }

    /// Members by name, no blanks, figures in their plain unit; equal for every way of writing the same rules.
    pub fn canonical(&self) -> String {
        let mut out = String::new();
        canonical(&serde_json::to_value(self).unwrap_or_default(), &mut out);
        out
    }

    /// SHA-256 over the canonical form in lower-case hex.
    pub fn hash(&self) -> String {
        hex(&Sha256::digest(self.canonical().as_bytes()))
    }

    /// Whether it holds on a day.
    pub fn is_effective_on(&self, day: NaiveDate) -> bool {
        self.effective_from.is_none_or(|first| first <= day) && self.effective_to.is_none_or(|last| day <= last)
    }
}

/// The unit of a measure that no document declares: names of counts and years say so, everything else is money.
pub fn convention(name: &str) -> Unit {
    const ENDINGS: &[(Unit, &[&str])] = &[
        (Unit::Count, &["_projects", "_count", "_contracts", "_items", "_staff", "_number", "_cases", "_companies"]),
        (Unit::Years, &["_years", "_age"]),
        (Unit::Rate, &["_share", "_ratio", "_rate"]),
    ];
    let by_ending = ENDINGS.iter().find(|(_, endings)| endings.iter().any(|ending| name.ends_with(ending)));
    by_ending.map_or(Unit::Yuan, |(unit, _)| *unit)
}
