//! What a calendar is made of: one document per year and layer, as stored, corrected and published.

use std::collections::BTreeSet;

use chrono::{Datelike, NaiveDate};

use crate::region::RegionCode;

crate::word! {
    /// What a notice says of one day.
    pub enum Mark {
        Off = "off" / "放假",
        Work = "work" / "上班",
    }
}

crate::word! {
    /// How well a regional notice is proven.
    pub enum Confidence {
        /// Full text of the notice seen.
        High = "high" / "高",
        /// Copies in the press.
        Medium = "medium" / "中",
        /// No paper named.
        Low = "low" / "低",
    }
}

/// One day of a national notice; a day that no notice names follows Monday to Friday.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct ListedDay {
    pub date: NaiveDate,
    /// The holiday as the notice calls it, such as 春节.
    pub name: String,
    pub mark: Mark,
}

/// The notice of the State Council office (国务院办公厅) for one year.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct NationalYear {
    pub year: i32,
    /// Addresses of the notice and of its changes during the year.
    pub papers: Vec<String>,
    /// Days of the year, and of December of the year before: the notice for 2019 changed 29–31 December 2018.
    pub days: Vec<ListedDay>,
}

/// Days around lunar 3/3 (三月三) that a regional notice may change, both ends included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct FestivalWindow {
    pub from: NaiveDate,
    pub to: NaiveDate,
}

/// A regional notice under 自治区人民政府令第98号: it beats the national list, make-up work days (调休) included.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct RegionalNotice {
    pub off: Vec<NaiveDate>,
    pub work: Vec<NaiveDate>,
    pub confidence: Confidence,
    /// Address or number of the paper.
    pub source: String,
    #[serde(default)]
    pub note: String,
}

/// The Zhuang festival (壮族三月三) of one year.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct RegionalYear {
    pub region: RegionCode,
    pub year: i32,
    pub festival_window: FestivalWindow,
    /// Absent while the year's notice is unknown: days of the window are then provisional.
    pub notice: Option<RegionalNotice>,
}

/// One year of one layer.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(tag = "scope", rename_all = "snake_case")]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub enum YearDocument {
    National(NationalYear),
    Regional(RegionalYear),
}

/// Why a document cannot be part of a calendar.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DocumentFault {
    #[error("year {0} is outside 1949 to 2199")]
    YearOutOfRange(i32),
    #[error("{date} cannot be set by the notice for {year}")]
    ForeignDay { year: i32, date: NaiveDate },
    #[error("{0} is listed twice")]
    ListedTwice(NaiveDate),
    #[error("{0} sets no festival of the autonomous region")]
    ForeignRegion(RegionCode),
    #[error("the festival window from {from} to {to} is empty or outside its year")]
    BadWindow { from: NaiveDate, to: NaiveDate },
}

/// Why a text is no set of calendar documents.
#[derive(Debug, thiserror::Error)]
pub enum CalendarError {
    #[error("not a calendar file")]
    Json(#[from] serde_json::Error),
    #[error(transparent)]
    Fault(#[from] DocumentFault),
}

impl YearDocument {
    /// The year of the notice.
    pub fn year(&self) -> i32 {
        match self {
            Self::National(national) => national.year,
            Self::Regional(regional) => regional.year,
        }
    }

    /// Whether the document may be stored: its days belong to its year and contradict each other nowhere.
    pub fn check(&self) -> Result<(), DocumentFault> {
        let year = self.year();
        if !(1949..=2199).contains(&year) {
            return Err(DocumentFault::YearOutOfRange(year));
        }
        let mut seen = BTreeSet::new();
        let mut once = |date: NaiveDate, belongs: bool| {
            if !belongs {
                return Err(DocumentFault::ForeignDay { year, date });
            }
            if seen.insert(date) { Ok(()) } else { Err(DocumentFault::ListedTwice(date)) }
        };
        match self {
            Self::National(national) => national.days.iter().try_for_each(|day| {
                let december_before = day.date.year() == year - 1 && day.date.month() == 12;
                once(day.date, day.date.year() == year || december_before)
            }),
            Self::Regional(regional) => {
                if !regional.region.is_whole() {
                    return Err(DocumentFault::ForeignRegion(regional.region.clone()));
                }
                let FestivalWindow { from, to } = regional.festival_window;
                if from > to || from.year() != year || to.year() != year {
                    return Err(DocumentFault::BadWindow { from, to });
                }
                regional
                    .notice
                    .iter()
                    .flat_map(|notice| notice.off.iter().chain(&notice.work))
                    .try_for_each(|date| once(*date, date.year() == year))
            }
        }
    }
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default, rename = "about")]
    _about: String,
    documents: Vec<YearDocument>,
}

/// Reads and checks the documents of a calendar file, such as [`super::SEED`].
pub fn parse_documents(json: &str) -> Result<Vec<YearDocument>, CalendarError> {
    let file: File = serde_json::from_str(json)?;
    file.documents.iter().try_for_each(YearDocument::check)?;
    Ok(file.documents)
}
