//! Correcting the calendar: a notice was published, or copied wrongly.

use chrono::{DateTime, Utc};
use domain::access::Permission;
use domain::calendar::{Calendar, DocumentFault, YearDocument};
use domain::fault::Fault;
use entity::calendar_version;
use sea_orm::sea_query::OnConflict;
use sea_orm::{ActiveValue::Set, EntityTrait};
use serde_json::json;
use uuid::Uuid;

use super::replan::Replan;
use super::{NAME, load, version};
use crate::audit::Entry;
use crate::caller::{Caller, Outcome};
use crate::context::Context;
use crate::error::{Error, Result};
use crate::transaction::{Tx, Work};

/// One year of one layer as it should be, why, and from where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Correction {
    pub document: YearDocument,
    pub reason: String,
    /// Address or number of the notice.
    pub source: String,
}

/// A correction as made.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize, utoipa::ToSchema)]
pub struct CorrectionView {
    /// The version that the correction made.
    #[schema(example = "GX-2")]
    pub calendar_version: String,
    #[schema(example = 2, minimum = 1)]
    pub number: i32,
    pub year: i32,
    #[schema(example = "自治区人民政府办公厅发布2026年三月三放假通知")]
    pub reason: String,
    pub source: String,
    pub created_at: DateTime<Utc>,
}

/// Bounds of reason and source, in characters.
const REASON: std::ops::RangeInclusive<usize> = 2..=500;

/// Puts a corrected year in force and has every open deadline planned again.
pub async fn correct(context: &Context, caller: &Caller, correction: &Correction) -> Result<Outcome<CorrectionView>> {
    caller.require(Permission::ManageCalendar)?;
    check(correction)?;
    let outcome = context.write_once(caller, "calendar.correct", &Correct { caller, correction }).await?;
    context.cache_calendar(None);
    Ok(outcome)
}

/// All faults at once.
fn check(correction: &Correction) -> Result<()> {
    let mut faults = Vec::new();
    for (pointer, text) in [("/reason", &correction.reason), ("/source", &correction.source)] {
        let length = text.trim().chars().count();
        if length < *REASON.start() {
            faults.push(Fault::new(pointer, "text_short"));
        } else if length > *REASON.end() {
            faults.push(Fault::new(pointer, "text_long"));
        }
    }
    if let Err(fault) = correction.document.check() {
        faults.push(fault_of(&fault));
    }
    if faults.is_empty() { Ok(()) } else { Err(Error::Invalid(faults)) }
}

fn fault_of(fault: &DocumentFault) -> Fault {
    match fault {
        DocumentFault::YearOutOfRange(year) => {
            Fault::with("/document/year", "calendar_year_range", json!({ "year": year }))
        }
        DocumentFault::ForeignDay { year, date } => {
            Fault::with("/document", "calendar_foreign_day", json!({ "year": year, "date": date }))
        }
        DocumentFault::ListedTwice(date) => Fault::with("/document", "calendar_listed_twice", json!({ "date": date })),
        DocumentFault::ForeignRegion(region) => {
            Fault::with("/document/region", "calendar_foreign_region", json!({ "region": region.as_str() }))
        }
        DocumentFault::BadWindow { from, to } => {
            Fault::with("/document/festival_window", "calendar_bad_window", json!({ "from": from, "to": to }))
        }
    }
}

struct Correct<'a> {
    caller: &'a Caller,
    correction: &'a Correction,
}

impl Work for Correct<'_> {
    type Output = CorrectionView;

    async fn run(&self, tx: &Tx) -> Result<CorrectionView> {
        let Correction { document, reason, source } = self.correction;
        let (last, calendar) = load(tx.connection()).await?;
        let number = last + 1;
        let before = same_place(&calendar, document);
        let documents: Vec<YearDocument> = calendar.corrected(document.clone(), version(number)).documents().collect();
        insert(tx, number, &documents, Some((reason, source)), Some(self.caller)).await?;
        tx.audit(
            Entry::new(self.caller, "calendar", NAME, "calendar.correct")
                .states(&version(last), &version(number))
                .before(&before)
                .after(document)
                .reason(format!("{reason}（{source}）")),
        );
        Replan::begin(tx, number)?;
        Ok(CorrectionView {
            calendar_version: version(number),
            number,
            year: document.year(),
            reason: reason.clone(),
            source: source.clone(),
            created_at: tx.at(),
        })
    }
}

/// The document that the correction replaces.
fn same_place(calendar: &Calendar, document: &YearDocument) -> Option<YearDocument> {
    let layer = |other: &YearDocument| matches!(other, YearDocument::National(_));
    calendar.documents().find(|known| known.year() == document.year() && layer(known) == layer(document))
}

/// Stores a version. Two corrections at once cannot both be the next one: the later starts again on the newer.
pub(super) async fn insert(
    tx: &Tx,
    number: i32,
    documents: &[YearDocument],
    why: Option<(&str, &str)>,
    by: Option<&Caller>,
) -> Result<()> {
    let row = calendar_version::ActiveModel {
        id: Set(tx.context().new_id::<Uuid>()),
        name: Set(NAME.to_owned()),
        number: Set(number),
        document: Set(serde_json::to_string(documents)?),
        reason: Set(why.map(|(reason, _)| reason.to_owned())),
        source: Set(why.map(|(_, source)| source.to_owned())),
        created_by: Set(by.and_then(Caller::account)),
        created_at: Set(tx.at()),
    };
    let once =
        OnConflict::columns([calendar_version::Column::Name, calendar_version::Column::Number]).do_nothing().to_owned();
    let inserted =
        calendar_version::Entity::insert(row).on_conflict(once).exec_without_returning(tx.connection()).await?;
    if inserted == 1 { Ok(()) } else { Err(Error::Busy { retry_after: std::time::Duration::from_secs(1) }) }
}
