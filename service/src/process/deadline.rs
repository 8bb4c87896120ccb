//! Deadline rows: to the kernel's value and back.

use chrono::{DateTime, NaiveDate, Utc};
use domain::calendar::{Due, Period};
use domain::deadline::{Deadline, DeadlineState, Party};
use domain::ids::CaseId;
use domain::time::civil_day;
use entity::deadline;
use sea_orm::sea_query::OnConflict;
use sea_orm::{ActiveValue::Set, EntityTrait, TryIntoModel};

use crate::change::RowChange;
use crate::error::{Error, Result};
use crate::transaction::Tx;

/// A deadline as shown: the date, the length and unit it came from, the calendar version, and whether it may move.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize, utoipa::ToSchema)]
pub struct DeadlineView {
    pub kind: String,
    pub party: Party,
    pub state: DeadlineState,
    pub started_on: NaiveDate,
    /// The date that counts: for an applicant the later of the legal and the communicated one.
    pub due_at: DateTime<Utc>,
    pub period: Period,
    pub calendar_version: String,
    pub provisional: bool,
    pub paused_on: Option<NaiveDate>,
}

/// The deadlines of a case as shown.
pub fn deadline_views(rows: &[deadline::Model]) -> Result<Vec<DeadlineView>> {
    rows.iter()
        .map(|row| {
            Ok(DeadlineView {
                kind: row.kind.clone(),
                party: row.party,
                state: row.state,
                started_on: row.started_on,
                due_at: row.due_at,
                period: period(row)?,
                calendar_version: row.calendar_version.clone(),
                provisional: row.provisional,
                paused_on: row.paused_on,
            })
        })
        .collect()
}

fn period(row: &deadline::Model) -> Result<Period> {
    serde_json::from_str(&row.period).map_err(|_| Error::unreadable("deadline", "period", row.id))
}

/// The kernel's value of a row.
pub(crate) fn value(row: &deadline::Model) -> Result<Deadline> {
    Ok(Deadline {
        kind: row.kind.clone(),
        party: row.party,
        state: row.state,
        started_on: row.started_on,
        period: period(row)?,
        due: Due {
            last_day: civil_day(row.legal_due_at),
            at: row.legal_due_at,
            provisional: row.provisional,
            calendar_version: row.calendar_version.clone(),
        },
        communicated_at: row.communicated_due_at,
        paused_on: row.paused_on,
        used_working_days: u32::try_from(row.used_working_days).unwrap_or(0),
        revision: u32::try_from(row.revision).unwrap_or(0),
    })
}

/// The row of a value, as the next round of its kind or over the open one.
pub(crate) fn active(
    tx: &Tx,
    case_id: CaseId,
    open: Option<&deadline::Model>,
    rounds: i32,
    value: &Deadline,
) -> Result<deadline::ActiveModel> {
    let is_closed = matches!(value.state, DeadlineState::Met | DeadlineState::Missed | DeadlineState::Cancelled);
    Ok(deadline::ActiveModel {
        id: Set(open.map_or_else(|| tx.context().new_id(), |row| row.id)),
        case_id: Set(case_id),
        kind: Set(value.kind.clone()),
        round_no: Set(open.map_or(rounds + 1, |row| row.round_no)),
        party: Set(value.party),
        state: Set(value.state),
        started_on: Set(value.started_on),
        period: Set(serde_json::to_string(&value.period)?),
        legal_due_at: Set(value.due.at),
        communicated_due_at: Set(value.communicated_at),
        due_at: Set(value.effective_due_at()),
        calendar_version: Set(value.due.calendar_version.clone()),
        provisional: Set(value.due.provisional),
        paused_on: Set(value.paused_on),
        used_working_days: Set(i32::try_from(value.used_working_days).unwrap_or(i32::MAX)),
        revision: Set(i32::try_from(value.revision).unwrap_or(i32::MAX)),
        closed_at: Set(is_closed.then(|| tx.at())),
        created_at: Set(open.map_or(tx.at(), |row| row.created_at)),
    })
}

/// Writes the changed deadlines of a case in one statement; gives all of them as they then stand.
pub(crate) async fn upsert(
    tx: &Tx,
    case_id: CaseId,
    existing: &[deadline::Model],
    changed: &[Deadline],
) -> Result<Vec<deadline::Model>> {
    let mut rows: Vec<deadline::ActiveModel> = Vec::with_capacity(changed.len());
    for value in changed {
        let same_kind = || existing.iter().filter(|row| row.kind == value.kind);
        let open = same_kind().find(|row| matches!(row.state, DeadlineState::Running | DeadlineState::Paused));
        let rounds = same_kind().map(|row| row.round_no).max().unwrap_or(0);
        let row = active(tx, case_id, open, rounds, value)?;
        // A row may touch one clock twice; the later value stands.
        rows.retain(|earlier| earlier.kind != row.kind);
        rows.push(row);
    }
    let mut all = existing.to_vec();
    for row in rows.iter().cloned() {
        let row = row.try_into_model()?;
        match all.iter_mut().find(|known| known.id == row.id) {
            Some(known) => *known = row,
            None => all.push(row),
        }
    }
    // As they are read: oldest first.
    all.sort_by_key(|row| (row.created_at, row.id));
    save(tx, rows).await?;
    Ok(all)
}

/// Writes deadline rows in one statement, each over the row of its case, kind and round.
pub(crate) async fn save(tx: &Tx, rows: Vec<deadline::ActiveModel>) -> Result<()> {
    if rows.is_empty() {
        return Ok(());
    }
    let over = OnConflict::columns([deadline::Column::CaseId, deadline::Column::Kind, deadline::Column::RoundNo])
        .update_columns([
            deadline::Column::State,
            deadline::Column::StartedOn,
            deadline::Column::Period,
            deadline::Column::LegalDueAt,
            deadline::Column::CommunicatedDueAt,
            deadline::Column::DueAt,
            deadline::Column::CalendarVersion,
            deadline::Column::Provisional,
            deadline::Column::PausedOn,
            deadline::Column::UsedWorkingDays,
            deadline::Column::Revision,
            deadline::Column::ClosedAt,
        ])
        .to_owned();
    tx.change(RowChange::insert(deadline::Entity::insert_many(rows).on_conflict(over))).await
}
