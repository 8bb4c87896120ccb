//! After a correction: every open deadline is brought to the newest calendar, batch by batch.
//!
//! A batch is one transaction, and leaves behind the job of the next one; a batch that runs twice finds nothing left to
//! do. An applicant's date never gets earlier, because the date that was told counts on (`Deadline::replan`).

use std::collections::HashMap;

use chrono::{DateTime, TimeDelta, Utc};
use domain::calendar::Calendar;
use domain::deadline::{Change, DeadlineState, Party};
use domain::ids::{CaseId, DeadlineId};
use domain::process::Recipient;
use entity::{case_file, deadline};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use serde_json::{Value, json};

use super::load;
use crate::audit::Entry;
use crate::caller::Caller;
use crate::context::Context;
use crate::error::{Error, Result};
use crate::notification::{Message, place};
use crate::process::{Address, active, recipients, save, value};
use crate::queue::{Job, Payload};
use crate::transaction::{Tx, Work};

/// Deadlines per transaction.
const BATCH: u64 = 200;
/// Longer than another replica computes with the version before; what it starts meanwhile is still met.
const SETTLING: TimeDelta = TimeDelta::seconds(10);

/// Brings open deadlines to a new version. Harmless when run twice: what stands on it already does not change.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Replan {
    /// The version's number.
    pub number: i32,
    /// Where the batch before ended.
    pub after: Option<DeadlineId>,
}

impl Payload for Replan {
    const NAME: &'static str = "calendar.replan";
}

impl Replan {
    /// The first batch, as a job of the correction's transaction.
    pub(super) fn begin(tx: &Tx, number: i32) -> Result<()> {
        let first = Self { number, after: None };
        tx.enqueue(Job::new(&first)?.once(first.key()).at(tx.at() + SETTLING));
        Ok(())
    }

    fn key(&self) -> String {
        let after = self.after.map(|id| id.to_string()).unwrap_or_default();
        format!("{}:{}:{after}", Self::NAME, self.number)
    }
}

/// Plans one batch again.
pub async fn replan(context: &Context, job: &Replan) -> Result<()> {
    context.write("calendar.replan", &Batch { job }).await
}

struct Batch<'a> {
    job: &'a Replan,
}

impl Work for Batch<'_> {
    type Output = ();

    async fn run(&self, tx: &Tx) -> Result<()> {
        let (number, calendar) = load(tx.connection()).await?;
        if number > self.job.number {
            // The jobs of the newer version walk over everything anyway.
            return Ok(());
        }
        let found = self.next(tx).await?;
        if let (Some((last, _)), BATCH) = (found.last(), found.len() as u64) {
            let next = Replan { number: self.job.number, after: Some(*last) };
            tx.enqueue(Job::new(&next)?.once(next.key()));
        }
        let mut cases: Vec<CaseId> = found.into_iter().map(|(_, case)| case).collect();
        cases.sort_unstable();
        cases.dedup();
        let cases = locked(tx, &cases).await?;
        let moved = move_deadlines(tx, &cases, &calendar).await?;
        tell(tx, &moved).await?;
        crate::deadline::plan_in(tx, &moved.iter().map(|moved| moved.case.id).collect::<Vec<_>>(), &calendar).await
    }
}

impl Batch<'_> {
    /// Open deadlines behind the cursor, by id.
    async fn next(&self, tx: &Tx) -> Result<Vec<(DeadlineId, CaseId)>> {
        let mut query = deadline::Entity::find()
            .select_only()
            .column(deadline::Column::Id)
            .column(deadline::Column::CaseId)
            .filter(deadline::Column::State.is_in([DeadlineState::Running, DeadlineState::Paused]))
            .order_by_asc(deadline::Column::Id)
            .limit(BATCH);
        if let Some(after) = self.job.after {
            query = query.filter(deadline::Column::Id.gt(after));
        }
        Ok(query.into_tuple().all(tx.connection()).await?)
    }
}

/// The cases, locked: a decision on one of them waits, or is waited for.
async fn locked(tx: &Tx, cases: &[CaseId]) -> Result<HashMap<CaseId, case_file::Model>> {
    let rows = case_file::Entity::find()
        .filter(case_file::Column::Id.is_in(cases.iter().copied()))
        .order_by_asc(case_file::Column::Id)
        .lock_exclusive()
        .all(tx.connection())
        .await?;
    Ok(rows.into_iter().map(|row| (row.id, row)).collect())
}

/// The deadlines of one case that changed.
struct Moved<'a> {
    case: &'a case_file::Model,
    changes: Vec<(deadline::Model, Change)>,
}

async fn move_deadlines<'a>(
    tx: &Tx,
    cases: &'a HashMap<CaseId, case_file::Model>,
    calendar: &Calendar,
) -> Result<Vec<Moved<'a>>> {
    // Read behind the lock, so that nobody changes them meanwhile.
    let rows = deadline::Entity::find()
        .filter(deadline::Column::CaseId.is_in(cases.keys().copied()))
        .filter(deadline::Column::State.is_in([DeadlineState::Running, DeadlineState::Paused]))
        .order_by_asc(deadline::Column::Id)
        .all(tx.connection())
        .await?;
    let mut by_case: HashMap<CaseId, Vec<deadline::Model>> = HashMap::new();
    for row in rows {
        by_case.entry(row.case_id).or_default().push(row);
    }
    let (mut moved, mut changed) = (Vec::new(), Vec::new());
    for (id, rows) in by_case {
        let Some(case) = cases.get(&id) else { continue };
        let mut next_due_at: Option<DateTime<Utc>> = None;
        let mut changes = Vec::new();
        for row in rows {
            let Ok(before) = value(&row) else {
                tracing::error!(deadline.id = %row.id, "a deadline cannot be read and keeps its date");
                continue;
            };
            let change = before.replan(calendar);
            let now = change.as_ref().map_or(&before, |change| &change.deadline);
            if now.state == DeadlineState::Running {
                let due_at = now.effective_due_at();
                next_due_at = Some(next_due_at.map_or(due_at, |nearest| nearest.min(due_at)));
            }
            if let Some(change) = change {
                changed.push(active(tx, id, Some(&row), row.round_no, &change.deadline)?);
                changes.push((row, change));
            }
        }
        if !changes.is_empty() {
            move_case(tx, case, next_due_at).await?;
            audit(tx, case, &changes);
            moved.push(Moved { case, changes });
        }
    }
    save(tx, changed).await?;
    // The reminders are planned from what is written.
    tx.flush().await?;
    Ok(moved)
}

async fn move_case(tx: &Tx, case: &case_file::Model, next_due_at: Option<DateTime<Utc>>) -> Result<()> {
    if case.next_due_at == next_due_at {
        return Ok(());
    }
    let changed = case_file::Entity::update_many()
        .col_expr(case_file::Column::NextDueAt, Expr::value(next_due_at))
        .col_expr(case_file::Column::UpdatedAt, Expr::value(tx.at()))
        .filter(case_file::Column::Id.eq(case.id))
        .filter(case_file::Column::Version.eq(case.version))
        .exec(tx.connection())
        .await?;
    if changed.rows_affected == 1 { Ok(()) } else { Err(Error::Stale) }
}

fn audit(tx: &Tx, case: &case_file::Model, changes: &[(deadline::Model, Change)]) {
    let dates = |of: &dyn Fn(&deadline::Model, &Change) -> Value| -> Vec<Value> {
        changes.iter().map(|(row, change)| of(row, change)).collect()
    };
    let before = dates(
        &|row, _| json!({ "kind": row.kind, "due_at": row.due_at, "provisional": row.provisional, "calendar": row.calendar_version }),
    );
    let after = dates(&|row, change| {
        let due = &change.deadline.due;
        json!({
            "kind": row.kind,
            "due_at": change.deadline.effective_due_at(),
            "provisional": due.provisional,
            "calendar": due.calendar_version,
        })
    });
    let program = Caller::system("calendar.replan");
    tx.audit(Entry::new(&program, &case.process, case.id, "deadline.replan").before(&before).after(&after));
}

/// Tells the party whose date moved. A date that only became certain moves nobody.
async fn tell(tx: &Tx, moved: &[Moved<'_>]) -> Result<()> {
    let mut messages = Vec::new();
    for Moved { case, changes } in moved {
        for (row, change) in changes.iter().filter(|(_, change)| change.is_effective) {
            for to in party(tx, case, row.party).await? {
                messages.push(message(case, row, change, to));
            }
        }
    }
    place(tx, messages).await
}

async fn party(tx: &Tx, case: &case_file::Model, party: Party) -> Result<Vec<Address>> {
    match party {
        Party::Applicant | Party::Public => {
            let mut people = vec![Address::Account(case.applicant_id)];
            let is_with_employer = case.desk_role == Some(domain::access::Role::EmployerConfirmer);
            if is_with_employer {
                let employer = recipients(tx, case, Recipient::Employer).await?;
                people.extend(employer.into_iter().filter(|address| *address != Address::Account(case.applicant_id)));
            }
            Ok(people)
        }
        Party::Authority if case.desk_role == Some(domain::access::Role::Expert) => {
            recipients(tx, case, Recipient::Experts).await
        }
        Party::Authority => recipients(tx, case, Recipient::Desk).await,
    }
}

fn message(case: &case_file::Model, row: &deadline::Model, change: &Change, to: Address) -> Message {
    let who = match &to {
        Address::Account(account) => account.to_string(),
        Address::Email(email) => crate::crypto::token_hash(email),
    };
    Message {
        unique_key: format!("deadline.moved:{}:{}:{who}", row.id, change.deadline.revision),
        to,
        event: "deadline.moved".to_owned(),
        category: if row.party == Party::Authority { "work.queue" } else { "notice.deadline" }.to_owned(),
        case_id: Some(case.id),
        params: json!({
            "number": case.number,
            "title": case.title,
            "applicant": case.applicant_name,
            "state": case.state,
            "case_id": case.id,
            "kind": row.kind,
            "before": row.due_at,
            "due_at": change.deadline.effective_due_at(),
            "provisional": change.deadline.due.provisional,
            "calendar_version": change.deadline.due.calendar_version,
        }),
    }
}
