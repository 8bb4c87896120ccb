//! What everybody may ask the calendar: sums, days and years.

use chrono::{DateTime, Datelike, NaiveDate, Utc};
use domain::calendar::{Confidence, MAX_LENGTH, NationalYear, Period, Reason, RegionalYear, Term, Unit, YearDocument};
use domain::fault::Fault;
use serde_json::json;

use super::{NAME, current};
use crate::context::Context;
use crate::error::{Error, Result};

/// A sum to be made: exactly one of the two lengths.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Addition {
    /// The day of the event.
    pub from: NaiveDate,
    pub working_days: Option<u32>,
    /// Calendar days; an end on a rest day moves to the next working day.
    pub calendar_days: Option<u32>,
    /// Whether the day of the event is day one.
    pub counts_first_day: bool,
}

/// Where a period ends.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize, utoipa::ToSchema)]
pub struct AddView {
    pub from: NaiveDate,
    #[schema(example = 10, minimum = 0)]
    pub length: u32,
    pub unit: Unit,
    pub count_first_day: bool,
    /// The last day, in Asia/Shanghai.
    pub last_day: NaiveDate,
    /// The last instant at which an act is still in time.
    pub due_at: DateTime<Utc>,
    /// A notice that is not loaded may still move the date.
    pub provisional: bool,
    #[schema(example = "GX-1")]
    pub calendar_version: String,
}

/// One day.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize, utoipa::ToSchema)]
pub struct DayView {
    pub date: NaiveDate,
    /// Whether offices in Guangxi work.
    pub works: bool,
    /// Which layer decided.
    #[schema(example = "regional")]
    pub reason: String,
    #[schema(example = "壮族三月三")]
    pub name: Option<String>,
    pub provisional: bool,
    pub calendar_version: String,
}

/// How well a regional year is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize, utoipa::ToSchema)]
pub struct RegionalState {
    pub year: i32,
    /// Absent while the year's notice is unknown.
    pub confidence: Option<Confidence>,
}

/// The calendar in force.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize, utoipa::ToSchema)]
pub struct CalendarView {
    #[schema(example = "GX")]
    pub name: String,
    #[schema(example = "GX-1")]
    pub calendar_version: String,
    /// Years with a national notice; any other year answers by weekday, provisionally.
    pub national_years: Vec<i32>,
    pub regional_years: Vec<RegionalState>,
    /// Years of the national list whose regional notice is unknown: days of the festival window are provisional.
    pub unknown_regional_years: Vec<i32>,
}

/// One year in force, both layers.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize, utoipa::ToSchema)]
pub struct YearView {
    pub year: i32,
    pub calendar_version: String,
    /// How many days offices work in this year.
    pub working_days: u32,
    /// Whether any day of it may still change.
    pub provisional: bool,
    pub national: Option<NationalYear>,
    pub regional: Option<RegionalYear>,
}

/// Years that can be asked for; documents can be stored for the same ones.
const YEARS: std::ops::RangeInclusive<i32> = 1949..=2199;

/// Adds a period to a day.
pub async fn add(context: &Context, addition: &Addition) -> Result<AddView> {
    let (length, unit) = checked(addition)?;
    let calendar = current(context, context.database().read()).await?;
    let rolls = unit == Unit::CalendarDay;
    let term = Term { length, unit, counts_first_day: addition.counts_first_day, rolls };
    let due = calendar.due(addition.from, &Period { terms: vec![term], ends_at: None });
    Ok(AddView {
        from: addition.from,
        length,
        unit,
        count_first_day: addition.counts_first_day,
        last_day: due.last_day,
        due_at: due.at,
        provisional: due.provisional,
        calendar_version: due.calendar_version,
    })
}

fn checked(addition: &Addition) -> Result<(u32, Unit)> {
    let mut faults = Vec::new();
    if !YEARS.contains(&addition.from.year()) {
        faults.push(Fault::with("/from", "calendar_year_range", json!({ "year": addition.from.year() })));
    }
    let (pointer, length, unit) = match (addition.working_days, addition.calendar_days) {
        (Some(days), None) => ("/working_days", days, Unit::WorkingDay),
        (None, Some(days)) => ("/calendar_days", days, Unit::CalendarDay),
        (Some(_), Some(_)) | (None, None) => {
            faults.push(Fault::new("/working_days", "one_length"));
            return Err(Error::Invalid(faults));
        }
    };
    if length > MAX_LENGTH {
        faults.push(Fault::with(pointer, "length_range", json!({ "max": MAX_LENGTH, "found": length })));
    }
    if faults.is_empty() { Ok((length, unit)) } else { Err(Error::Invalid(faults)) }
}

/// What a day is, and why.
pub async fn day(context: &Context, date: NaiveDate) -> Result<DayView> {
    if !YEARS.contains(&date.year()) {
        return Err(Error::NotFound);
    }
    let calendar = current(context, context.database().read()).await?;
    let kind = calendar.day_kind(date);
    Ok(DayView {
        date,
        works: kind.works,
        reason: reason(kind.reason).to_owned(),
        name: kind.name.map(str::to_owned),
        provisional: kind.provisional,
        calendar_version: calendar.version().to_owned(),
    })
}

fn reason(reason: Reason) -> &'static str {
    domain::word::Word::as_str(reason)
}

/// The calendar in force: version, years, and what is unknown.
pub async fn show(context: &Context) -> Result<CalendarView> {
    let calendar = current(context, context.database().read()).await?;
    let (mut national_years, mut regional_years) = (Vec::new(), Vec::new());
    for document in calendar.documents() {
        match document {
            YearDocument::National(national) => national_years.push(national.year),
            YearDocument::Regional(regional) => regional_years.push(RegionalState {
                year: regional.year,
                confidence: regional.notice.map(|notice| notice.confidence),
            }),
        }
    }
    let is_known = |year: &i32| regional_years.iter().any(|known| known.year == *year && known.confidence.is_some());
    let unknown_regional_years = national_years.iter().copied().filter(|year| !is_known(year)).collect();
    Ok(CalendarView {
        name: NAME.to_owned(),
        calendar_version: calendar.version().to_owned(),
        national_years,
        regional_years,
        unknown_regional_years,
    })
}

/// One year with its documents; a year without any is not there.
pub async fn year(context: &Context, year: i32) -> Result<YearView> {
    let calendar = current(context, context.database().read()).await?;
    let (mut national, mut regional) = (None, None);
    for document in calendar.documents().filter(|document| document.year() == year) {
        match document {
            YearDocument::National(document) => national = Some(document),
            YearDocument::Regional(document) => regional = Some(document),
        }
    }
    if national.is_none() && regional.is_none() {
        return Err(Error::NotFound);
    }
    Ok(YearView {
        year,
        calendar_version: calendar.version().to_owned(),
        working_days: days(year).map(|day| u32::from(calendar.is_working_day(day))).sum(),
        provisional: days(year).any(|day| calendar.is_provisional(day)),
        national,
        regional,
    })
}

fn days(year: i32) -> impl Iterator<Item = NaiveDate> {
    let first = NaiveDate::from_yo_opt(year, 1);
    first.into_iter().flat_map(|first| first.iter_days()).take_while(move |day| day.year() == year)
}
