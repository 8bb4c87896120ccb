//! Planning: the reminder rows that a case's running clocks call for.

use domain::calendar::Calendar;
use domain::deadline::{DeadlineState, ReminderState};
use domain::ids::{CaseId, DeadlineId};
use domain::word::Word;
use entity::{deadline, deadline_reminder};
use sea_orm::sea_query::{Expr, OnConflict};
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter};
use uuid::Uuid;

use super::plans;
use crate::context::Context;
use crate::error::Result;
use crate::process::value;
use crate::transaction::{Tx, Work};

/// Plans what is missing of the reminders of a case's running deadlines. Harmless when run twice.
pub async fn plan_reminders(context: &Context, case_id: CaseId) -> Result<()> {
    context.write("deadline.plan", &Plan { case_id }).await
}

struct Plan {
    case_id: CaseId,
}

impl Work for Plan {
    type Output = ();

    async fn run(&self, tx: &Tx) -> Result<()> {
        let calendar = crate::calendar::current(tx.context(), tx.connection()).await?;
        plan_in(tx, &[self.case_id], &calendar).await
    }
}

/// Brings the reminders of these cases up to their deadlines: missing stages are added, those of an earlier date or of
/// a clock that has stopped for good are superseded. Four statements at most, however many cases.
pub(crate) async fn plan_in(tx: &Tx, cases: &[CaseId], calendar: &Calendar) -> Result<()> {
    let deadlines = deadline::Entity::find()
        .filter(deadline::Column::CaseId.is_in(cases.iter().copied()))
        .all(tx.connection())
        .await?;
    let known = deadline_reminder::Entity::find()
        .filter(deadline_reminder::Column::DeadlineId.is_in(deadlines.iter().map(|deadline| deadline.id)))
        .all(tx.connection())
        .await?;
    let missing = missing(tx, &deadlines, &known, calendar)?;
    if !missing.is_empty() {
        let once = OnConflict::columns([
            deadline_reminder::Column::DeadlineId,
            deadline_reminder::Column::Stage,
            deadline_reminder::Column::Revision,
        ])
        .do_nothing()
        .to_owned();
        deadline_reminder::Entity::insert_many(missing)
            .on_conflict(once)
            .exec_without_returning(tx.connection())
            .await?;
    }
    supersede(tx, &deadlines, &known).await
}

fn missing(
    tx: &Tx,
    deadlines: &[deadline::Model],
    known: &[deadline_reminder::Model],
    calendar: &Calendar,
) -> Result<Vec<deadline_reminder::ActiveModel>> {
    let plans = plans()?;
    let mut rows = Vec::new();
    for deadline in deadlines.iter().filter(|deadline| deadline.state == DeadlineState::Running) {
        let Some(plan) = plans.plan_for(&deadline.kind, deadline.party) else { continue };
        for reminder in domain::deadline::plan(plan, tx.at(), &value(deadline)?, calendar) {
            let is_known = known.iter().any(|row| {
                row.deadline_id == deadline.id
                    && row.revision == deadline.revision
                    && row.stage == reminder.stage.as_str()
            });
            if !is_known {
                rows.push(deadline_reminder::ActiveModel {
                    id: Set(tx.context().new_id()),
                    deadline_id: Set(deadline.id),
                    stage: Set(reminder.stage.as_str().to_owned()),
                    revision: Set(deadline.revision),
                    send_at: Set(reminder.send_at),
                    state: Set(ReminderState::from(reminder.state).as_str().to_owned()),
                    skip_reason: Set(None),
                    sent_at: Set(None),
                });
            }
        }
    }
    Ok(rows)
}

async fn supersede(tx: &Tx, deadlines: &[deadline::Model], known: &[deadline_reminder::Model]) -> Result<()> {
    let is_over = |id: DeadlineId, revision: i32| {
        deadlines.iter().find(|deadline| deadline.id == id).is_none_or(|deadline| {
            deadline.revision != revision || matches!(deadline.state, DeadlineState::Met | DeadlineState::Cancelled)
        })
    };
    let over: Vec<Uuid> = known
        .iter()
        .filter(|row| row.state == ReminderState::Planned.as_str() && is_over(row.deadline_id, row.revision))
        .map(|row| row.id)
        .collect();
    settle(tx, over, ReminderState::Superseded, None).await
}

/// Takes planned reminders to their end, in one statement.
pub(super) async fn settle(tx: &Tx, ids: Vec<Uuid>, state: ReminderState, reason: Option<&str>) -> Result<()> {
    if ids.is_empty() {
        return Ok(());
    }
    let sent_at = (state == ReminderState::Sent).then(|| tx.at());
    deadline_reminder::Entity::update_many()
        .col_expr(deadline_reminder::Column::State, Expr::value(state.as_str()))
        .col_expr(deadline_reminder::Column::SkipReason, Expr::value(reason))
        .col_expr(deadline_reminder::Column::SentAt, Expr::value(sent_at))
        .filter(deadline_reminder::Column::Id.is_in(ids))
        .filter(deadline_reminder::Column::State.eq(ReminderState::Planned.as_str()))
        .exec(tx.connection())
        .await?;
    Ok(())
}
