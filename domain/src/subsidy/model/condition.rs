//! Conditions over named facts: of a beneficiary as gates, of an item as filters.

use chrono::NaiveDate;
use serde::Serialize;

use super::Cited;
use crate::rule::Fen;
use crate::subsidy::figure::Quantity;

crate::word! {
    /// How two figures are compared. 以上, 不低于, 达到 include the number; 超过, 不满 exclude it (民法典第1259条).
    pub enum Comparison {
        AtLeast = "gte" / "不低于",
        Above = "gt" / "超过",
        AtMost = "lte" / "不超过",
        Below = "lt" / "低于",
        Equal = "eq" / "等于",
    }
}

impl Comparison {
    pub fn holds<T: Ord + Copy>(self, left: T, right: T) -> bool {
        match self {
            Self::AtLeast => left >= right,
            Self::Above => left > right,
            Self::AtMost => left <= right,
            Self::Below => left < right,
            Self::Equal => left == right,
        }
    }
}

/// A condition; what it names is a fact of the beneficiary or of the item.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Condition {
    All(Vec<Self>),
    Any(Vec<Self>),
    Not(Box<Self>),
    /// A measure against a figure; `None` is a figure that is not published.
    Figure {
        name: String,
        comparison: Comparison,
        figure: Option<Quantity>,
    },
    /// Two measures of the same unit.
    Measures {
        name: String,
        comparison: Comparison,
        other: String,
    },
    /// A word such as grade, title, legal form, city, contract type.
    Words {
        name: String,
        words: Vec<String>,
    },
    Flag {
        name: String,
        expected: bool,
    },
    /// The date of an event (signed, registered, received, invoiced), both ends included.
    Window {
        event: String,
        from: Option<NaiveDate>,
        to: Option<NaiveDate>,
    },
    /// The calendar year of an event.
    Years {
        event: String,
        years: Vec<i32>,
    },
}

impl Condition {
    /// Every name that it asks for, with events as `…_on`.
    pub fn names(&self, each: &mut dyn FnMut(&str)) {
        match self {
            Self::All(parts) | Self::Any(parts) => parts.iter().for_each(|part| part.names(each)),
            Self::Not(part) => part.names(each),
            Self::Figure { name, .. } | Self::Words { name, .. } | Self::Flag { name, .. } => each(name),
            Self::Measures { name, other, .. } => {
                each(name);
                each(other);
            }
            Self::Window { event, .. } | Self::Years { event, .. } => each(&format!("{event}_on")),
        }
    }

    /// Every measure that it compares.
    pub fn measures(&self, each: &mut dyn FnMut(&str)) {
        match self {
            Self::All(parts) | Self::Any(parts) => parts.iter().for_each(|part| part.measures(each)),
            Self::Not(part) => part.measures(each),
            Self::Figure { name, .. } => each(name),
            Self::Measures { name, other, .. } => {
                each(name);
                each(other);
            }
            Self::Words { .. } | Self::Flag { .. } | Self::Window { .. } | Self::Years { .. } => {}
        }
    }
}

/// A least amount.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Floor {
    /// `None` is a floor whose figure is not published.
    pub amount: Option<Fen>,
    /// Whether the amount itself reaches the floor.
    pub inclusive: bool,
    pub cited: Cited,
}

impl Floor {
    pub fn comparison(&self) -> Comparison {
        if self.inclusive { Comparison::AtLeast } else { Comparison::Above }
    }
}

/// A least amount of each item.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ItemFloor {
    pub measure: String,
    pub floor: Floor,
}
