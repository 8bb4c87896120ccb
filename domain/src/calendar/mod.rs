//! Working days of Guangxi: regional notice before national notice before Monday to Friday.
//!
//! A [`Calendar`] is a version of data: one document per year and layer. Nothing about a holiday is code. A year that
//! is not loaded still answers by weekday, but every date that rests on it is provisional, and a regional notice that
//! is unknown makes the days around lunar 3/3 provisional. Corrections make a new version; a calendar never changes.
//!
//! Nothing here loops without bound: lengths above [`MAX_LENGTH`] count as `MAX_LENGTH`, spans above [`MAX_SPAN`] are
//! cut, and the last day that dates can express ends every search.

mod arithmetic;
mod document;
mod period;
mod year;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use chrono::{Datelike, NaiveDate};

pub use document::{
    CalendarError, Confidence, DocumentFault, FestivalWindow, ListedDay, Mark, NationalYear, RegionalNotice,
    RegionalYear, YearDocument, parse_documents,
};
pub use period::{Due, Period, Term, Unit};

use year::{Year, is_weekend};

/// The documents known when the program was built, and their version.
pub const SEED: &str = include_str!("../../data/calendar-gx.json");
/// The version of [`SEED`].
pub const SEED_VERSION: &str = "GX-1";
/// Longest length of a term in days; a longer one counts as this (twenty years of working days).
pub const MAX_LENGTH: u32 = 5_000;
/// Longest span in calendar days within which working days are counted.
pub const MAX_SPAN: u32 = 20_000;

crate::word! {
    /// Which layer decided what a day is.
    pub enum Reason {
        Regional = "regional" / "自治区放假通知",
        National = "national" / "国务院放假通知",
        Weekday = "weekday" / "星期",
    }
}

/// What a day is, and why.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct DayKind<'a> {
    pub works: bool,
    pub reason: Reason,
    /// The holiday; absent when only the weekday decided.
    pub name: Option<&'a str>,
    /// Whether a notice that is not loaded may still change the day.
    pub provisional: bool,
}

/// One version of the calendar. Cloning copies the documents: share it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Calendar {
    version: String,
    national: BTreeMap<i32, NationalYear>,
    regional: BTreeMap<i32, RegionalYear>,
    is_regional: bool,
    years: BTreeMap<i32, Year>,
}

impl Calendar {
    /// A calendar of these documents; of two for the same year and layer the later one counts.
    ///
    /// Documents are taken as they are: [`YearDocument::check`] belongs before storing them.
    pub fn new(version: String, documents: Vec<YearDocument>) -> Self {
        let (mut national, mut regional) = (BTreeMap::new(), BTreeMap::new());
        for document in documents {
            match document {
                YearDocument::National(year) => drop(national.insert(year.year, year)),
                YearDocument::Regional(year) => drop(regional.insert(year.year, year)),
            }
        }
        Self::assemble(version, national, regional, true)
    }

    /// The documents of [`SEED`].
    pub fn seed() -> Result<Vec<YearDocument>, CalendarError> {
        parse_documents(SEED)
    }

    /// A new version in which `document` stands for its year and layer.
    #[must_use]
    pub fn corrected(&self, document: YearDocument, new_version: String) -> Self {
        let documents = self.documents().chain(std::iter::once(document)).collect();
        Self::new(new_version, documents)
    }

    /// The same version without the regional layer, to show what a national calendar would have said.
    #[must_use]
    pub fn national_only(&self) -> Self {
        let version = format!("{}/national", self.version);
        Self::assemble(version, self.national.clone(), BTreeMap::new(), false)
    }

    fn assemble(
        version: String,
        national: BTreeMap<i32, NationalYear>,
        regional: BTreeMap<i32, RegionalYear>,
        is_regional: bool,
    ) -> Self {
        let mut calendar = Self { version, national, regional, is_regional, years: BTreeMap::new() };
        let marks = calendar.marks();
        let mut years: BTreeMap<i32, Year> = BTreeMap::new();
        let listed = marks.iter().map(|(day, _)| day.year());
        for year in listed.chain(calendar.national.keys().chain(calendar.regional.keys()).copied()) {
            years.entry(year).or_insert_with(|| Year::of_weekdays(year));
        }
        for (day, mark) in marks {
            if let Some(year) = years.get_mut(&day.year()) {
                year.set_rest(day, mark == Mark::Off);
            }
        }
        for (number, year) in &mut years {
            if !calendar.national.contains_key(number) {
                year.set_all_uncertain();
            } else if let Some(window) = calendar.open_window(*number) {
                let days = window.from.iter_days().take_while(|day| *day <= window.to && day.year() == *number);
                days.for_each(|day| year.set_uncertain(day));
            }
        }
        calendar.years = years;
        calendar
    }

    /// Every day that a notice sets, weakest first: older before newer notices, national before regional ones.
    fn marks(&self) -> Vec<(NaiveDate, Mark)> {
        let national = self.national.values().flat_map(|year| year.days.iter().map(|day| (day.date, day.mark)));
        let notices = self.regional.values().filter_map(|year| year.notice.as_ref());
        let regional = notices.flat_map(|notice| {
            let off = notice.off.iter().map(|day| (*day, Mark::Off));
            off.chain(notice.work.iter().map(|day| (*day, Mark::Work)))
        });
        national.chain(regional).collect()
    }

    /// The days that the unknown notice of a year may change; `None` when it is known, or when only the nation counts.
    fn open_window(&self, year: i32) -> Option<FestivalWindow> {
        if !self.is_regional {
            return None;
        }
        match self.regional.get(&year) {
            Some(RegionalYear { notice: Some(_), .. }) => None,
            Some(RegionalYear { festival_window, .. }) => Some(*festival_window),
            // Lunar 3/3 lies between 22 March and 26 April; swaps reached nine days further (2017).
            None => Some(FestivalWindow {
                from: NaiveDate::from_ymd_opt(year, 3, 12)?,
                to: NaiveDate::from_ymd_opt(year, 5, 6)?,
            }),
        }
    }

    /// The version, such as `GX-3`.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// The documents in force, national ones first, each layer by year.
    pub fn documents(&self) -> impl Iterator<Item = YearDocument> {
        let regional = self.regional.values().cloned().map(YearDocument::Regional);
        self.national.values().cloned().map(YearDocument::National).chain(regional)
    }

    /// Whether offices in Guangxi work on this day.
    pub fn is_working_day(&self, day: NaiveDate) -> bool {
        self.years.get(&day.year()).map_or_else(|| !is_weekend(day), |year| !year.rests(day))
    }

    /// Whether a notice that is not loaded may still change this day.
    pub fn is_provisional(&self, day: NaiveDate) -> bool {
        self.years.get(&day.year()).is_none_or(|year| year.is_uncertain(day))
    }

    /// What the day is, which layer decided it, and the holiday's name.
    pub fn day_kind(&self, day: NaiveDate) -> DayKind<'_> {
        let notice = self.regional.get(&day.year()).and_then(|year| year.notice.as_ref());
        let is_regional = notice.is_some_and(|notice| notice.off.contains(&day) || notice.work.contains(&day));
        let listed = || {
            // The next year's notice is the newer one, and may change December.
            let notices = [day.year().checked_add(1), Some(day.year())].into_iter().flatten();
            let notices = notices.filter_map(|year| self.national.get(&year));
            notices.flat_map(|year| &year.days).find(|listed| listed.date == day)
        };
        let (reason, name) = if is_regional {
            (Reason::Regional, Some("壮族三月三"))
        } else if let Some(listed) = listed() {
            (Reason::National, Some(listed.name.as_str()))
        } else {
            (Reason::Weekday, None)
        };
        DayKind { works: self.is_working_day(day), reason, name, provisional: self.is_provisional(day) }
    }
}
