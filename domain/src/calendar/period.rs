//! Lengths of time as the rule sets state them, and the dates they lead to.

use chrono::{DateTime, NaiveDate, NaiveTime, Utc};

crate::word! {
    /// What a period is counted in.
    pub enum Unit {
        WorkingDay = "working_day" / "工作日",
        CalendarDay = "calendar_day" / "日",
    }
}

/// One length: so many days of one unit.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Term {
    /// How many.
    pub length: u32,
    pub unit: Unit,
    /// Whether the day of the event is day one (公示 counts its posting day; statutory periods do not).
    #[serde(default)]
    pub counts_first_day: bool,
    /// Whether a last day that is a rest day moves to the next working day (民法典 articles 201–203).
    #[serde(default)]
    pub rolls: bool,
}

/// A period: the latest end of one or more terms, at a time of day.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Period {
    /// At least one; the period ends when the last of them ends.
    pub terms: Vec<Term>,
    /// Local time of day at which it ends; the end of the day (23:59:59) when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ends_at: Option<NaiveTime>,
}

impl Period {
    /// A period of working days that does not count the day of the event.
    pub fn working_days(length: u32) -> Self {
        Self {
            terms: vec![Term { length, unit: Unit::WorkingDay, counts_first_day: false, rolls: false }],
            ends_at: None,
        }
    }

    /// A period of calendar days that does not count the day of the event and rolls off rest days.
    pub fn calendar_days(length: u32) -> Self {
        Self {
            terms: vec![Term { length, unit: Unit::CalendarDay, counts_first_day: false, rolls: true }],
            ends_at: None,
        }
    }
}

/// Where a period ends, and how far that can be trusted.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Due {
    /// The last day, in Asia/Shanghai.
    pub last_day: NaiveDate,
    /// The last instant at which an act is still in time.
    pub at: DateTime<Utc>,
    /// True when the period touches a year without national data, or the festival window of a year whose regional
    /// notice is not loaded.
    pub provisional: bool,
    /// The calendar version it was computed with, such as `GX-3`.
    pub calendar_version: String,
}
