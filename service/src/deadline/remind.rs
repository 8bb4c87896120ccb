//! Sending the reminders that are due: at most one per deadline and run, and only what is still true.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Utc};
use domain::access::Role;
use domain::calendar::Calendar;
use domain::deadline::{
    Deadline, Party, PlannedReminder, PlannedState, Recipient, ReminderPlan, ReminderState, Stage, catch_up, deferred,
    may_send,
};
use domain::ids::{CaseId, DeadlineId};
use domain::process::Recipient as Told;
use domain::time::civil_day;
use domain::word::Word;
use entity::{case_file, deadline, deadline_reminder};
use sea_orm::sea_query::{Expr, LockBehavior, LockType};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use serde_json::json;
use uuid::Uuid;

use super::guard::{Guard, waits_for};
use super::plan::settle;
use super::plans;
use crate::context::Context;
use crate::error::Result;
use crate::notification::{Message, place};
use crate::process::{Address, desk, lead_of, recipients, value};
use crate::transaction::{Tx, Work};

/// Deadlines per transaction.
const BATCH: u64 = 200;

/// Sends the reminders that are due. After missed runs only the most urgent one of each deadline goes out.
pub async fn remind_due(context: &Context) -> Result<()> {
    loop {
        let due = due_deadlines(context).await?;
        if due.is_empty() {
            return Ok(());
        }
        let looked_at = context.write("deadline.remind", &Remind { deadlines: &due }).await?;
        if looked_at == 0 || (due.len() as u64) < BATCH {
            return Ok(());
        }
    }
}

/// Deadlines with a planned reminder whose time has come, those that wait longest first.
async fn due_deadlines(context: &Context) -> Result<Vec<DeadlineId>> {
    Ok(deadline_reminder::Entity::find()
        .select_only()
        .column(deadline_reminder::Column::DeadlineId)
        .filter(deadline_reminder::Column::State.eq(ReminderState::Planned.as_str()))
        .filter(deadline_reminder::Column::SendAt.lte(context.now()))
        .group_by(deadline_reminder::Column::DeadlineId)
        .order_by_asc(deadline_reminder::Column::SendAt.min())
        .limit(BATCH)
        .into_tuple()
        .all(context.database().read())
        .await?)
}

struct Remind<'a> {
    deadlines: &'a [DeadlineId],
}

impl Work for Remind<'_> {
    type Output = usize;

    async fn run(&self, tx: &Tx) -> Result<usize> {
        // Another replica at the same work passes by: a deadline is looked at by one of them.
        let deadlines = deadline::Entity::find()
            .filter(deadline::Column::Id.is_in(self.deadlines.iter().copied()))
            .order_by_asc(deadline::Column::Id)
            .lock_with_behavior(LockType::Update, LockBehavior::SkipLocked)
            .all(tx.connection())
            .await?;
        let cases = cases(tx, &deadlines).await?;
        let mut reminders = reminders(tx, &deadlines).await?;
        let calendar = crate::calendar::current(tx.context(), tx.connection()).await?;
        let mut round = Round::default();
        for row in &deadlines {
            let waiting = reminders.remove(&row.id).unwrap_or_default();
            let case = cases.get(&row.case_id);
            round.look_at(tx, row, case, &waiting, &calendar).await?;
        }
        round.save(tx).await?;
        Ok(deadlines.len())
    }
}

async fn cases(tx: &Tx, deadlines: &[deadline::Model]) -> Result<HashMap<CaseId, case_file::Model>> {
    let ids: HashSet<CaseId> = deadlines.iter().map(|deadline| deadline.case_id).collect();
    let rows = case_file::Entity::find().filter(case_file::Column::Id.is_in(ids)).all(tx.connection()).await?;
    Ok(rows.into_iter().map(|row| (row.id, row)).collect())
}

type Waiting = HashMap<DeadlineId, Vec<deadline_reminder::Model>>;

async fn reminders(tx: &Tx, deadlines: &[deadline::Model]) -> Result<Waiting> {
    let rows = deadline_reminder::Entity::find()
        .filter(deadline_reminder::Column::DeadlineId.is_in(deadlines.iter().map(|deadline| deadline.id)))
        .filter(deadline_reminder::Column::State.eq(ReminderState::Planned.as_str()))
        .filter(deadline_reminder::Column::SendAt.lte(tx.at()))
        .all(tx.connection())
        .await?;
    let mut waiting = Waiting::new();
    for row in rows {
        waiting.entry(row.deadline_id).or_default().push(row);
    }
    Ok(waiting)
}

/// What one run found out, to be written together.
#[derive(Default)]
struct Round {
    messages: Vec<Message>,
    sent: Vec<Uuid>,
    missed: Vec<Uuid>,
    skipped: Vec<Uuid>,
    deferred: HashMap<DateTime<Utc>, Vec<Uuid>>,
    /// Desks looked up before: a batch asks for a handful of them many times.
    desks: HashMap<(Role, String), Vec<Address>>,
}

impl Round {
    async fn look_at(
        &mut self,
        tx: &Tx,
        row: &deadline::Model,
        case: Option<&case_file::Model>,
        waiting: &[deadline_reminder::Model],
        calendar: &Calendar,
    ) -> Result<()> {
        let all = || waiting.iter().map(|reminder| reminder.id);
        let (Some(case), Ok(deadline)) = (case, value(row)) else {
            tracing::error!(deadline.id = %row.id, "a deadline cannot be read; its reminders are skipped");
            self.skipped.extend(all());
            return Ok(());
        };
        let Some(plan) = plans()?.plan_for(&row.kind, row.party).filter(|_| waits_for(case, row.party)) else {
            self.skipped.extend(all());
            return Ok(());
        };
        let planned: Vec<PlannedReminder> = waiting.iter().filter_map(|stored| planned(stored, plan)).collect();
        let id_of = |reminder: &PlannedReminder| {
            let same = waiting.iter().find(|stored| {
                stored.stage == reminder.stage.as_str() && u32::try_from(stored.revision) == Ok(reminder.revision)
            });
            same.map(|stored| stored.id)
        };
        // Stages that the plan no longer has.
        self.skipped.extend(all().filter(|id| !planned.iter().any(|reminder| id_of(reminder) == Some(*id))));
        let (may, may_not): (Vec<_>, Vec<_>) = planned.into_iter().partition(|reminder| may_send(reminder, &deadline));
        self.skipped.extend(may_not.iter().filter_map(id_of));
        let due = deadline.effective_due_at();
        let chosen = catch_up(&may, DateTime::<Utc>::MIN_UTC, tx.at(), due);
        self.missed.extend(chosen.missed.iter().filter_map(|reminder| id_of(reminder)));
        let Some((reminder, id)) = chosen.send.and_then(|reminder| Some((reminder, id_of(reminder)?))) else {
            return Ok(());
        };
        let opens = opening(reminder.stage, plan, tx.at(), calendar);
        if opens > tx.at() {
            // A warning that would only arrive after the end says nothing any more.
            let is_stale = reminder.send_at <= due && opens > due;
            if is_stale {
                self.missed.push(id);
            } else {
                self.deferred.entry(opens).or_default().push(id);
            }
            return Ok(());
        }
        let people = self.people(tx, row, case, &reminder.recipients).await?;
        self.messages.extend(people.into_iter().map(|to| message(row, &deadline, case, reminder, to)));
        self.sent.push(id);
        Ok(())
    }

    async fn people(
        &mut self,
        tx: &Tx,
        row: &deadline::Model,
        case: &case_file::Model,
        stage: &[Recipient],
    ) -> Result<Vec<Address>> {
        let mut people: Vec<Address> = Vec::new();
        for recipient in stage {
            let found = match recipient {
                Recipient::Applicant => vec![Address::Account(case.applicant_id)],
                Recipient::Employer => recipients(tx, case, Told::Employer).await?,
                // At the desk of an applicant's clock stands the applicant.
                Recipient::Desk if row.party == Party::Applicant => Vec::new(),
                Recipient::Desk => self.desk(tx, case).await?,
                Recipient::DeskLead => self.lead(tx, case).await?,
            };
            for address in found {
                if !people.contains(&address) {
                    people.push(address);
                }
            }
        }
        Ok(people)
    }

    /// Whoever has the case in hand; experts each for themselves; the region's clerks when nobody has.
    async fn desk(&mut self, tx: &Tx, case: &case_file::Model) -> Result<Vec<Address>> {
        match (case.assignee_id, case.desk_role) {
            (Some(_), _) => recipients(tx, case, Told::Desk).await,
            (None, Some(Role::Expert)) => recipients(tx, case, Told::Experts).await,
            (None, role) => self.holders(tx, role.unwrap_or(Role::RegionClerk), case).await,
        }
    }

    async fn lead(&mut self, tx: &Tx, case: &case_file::Model) -> Result<Vec<Address>> {
        let role = case.desk_role.unwrap_or(Role::RegionClerk);
        // A desk that has no lead over it answers for itself.
        self.holders(tx, lead_of(role).unwrap_or(role), case).await
    }

    async fn holders(&mut self, tx: &Tx, role: Role, case: &case_file::Model) -> Result<Vec<Address>> {
        let key = (role, case.region.as_str().to_owned());
        if let Some(known) = self.desks.get(&key) {
            return Ok(known.clone());
        }
        let holders = desk(tx.connection(), role, &case.region, civil_day(tx.at())).await?;
        let addresses: Vec<Address> = holders.into_iter().map(Address::Account).collect();
        self.desks.insert(key, addresses.clone());
        Ok(addresses)
    }

    async fn save(self, tx: &Tx) -> Result<()> {
        place(tx, self.messages).await?;
        settle(tx, self.sent, ReminderState::Sent, None).await?;
        settle(tx, self.missed, ReminderState::Missed, Some("a more urgent stage took its place")).await?;
        settle(tx, self.skipped, ReminderState::Skipped, Some("no longer applies")).await?;
        for (at, ids) in self.deferred {
            deadline_reminder::Entity::update_many()
                .col_expr(deadline_reminder::Column::SendAt, Expr::value(at))
                .filter(deadline_reminder::Column::Id.is_in(ids))
                .filter(deadline_reminder::Column::State.eq(ReminderState::Planned.as_str()))
                .exec(tx.connection())
                .await?;
        }
        Ok(())
    }
}

/// A stored reminder as the rules see it; its recipients are those of the present plan.
fn planned(stored: &deadline_reminder::Model, plan: &ReminderPlan) -> Option<PlannedReminder> {
    let stage = Stage::parse(&stored.stage)?;
    let rule = plan.stages.iter().find(|rule| rule.stage == stage)?;
    Some(PlannedReminder {
        stage,
        send_at: stored.send_at,
        state: PlannedState::Planned,
        recipients: rule.recipients.clone(),
        revision: u32::try_from(stored.revision).ok()?,
    })
}

fn opening(stage: Stage, plan: &ReminderPlan, now: DateTime<Utc>, calendar: &Calendar) -> DateTime<Utc> {
    if stage.ignores_send_window() { now } else { deferred(now, &plan.window, calendar) }
}

fn message(
    row: &deadline::Model,
    deadline: &Deadline,
    case: &case_file::Model,
    reminder: &PlannedReminder,
    to: Address,
) -> Message {
    let is_overdue = reminder.send_at > deadline.effective_due_at();
    let (event, category) = match (row.party, is_overdue) {
        (Party::Authority, true) => ("deadline.escalation", "work.queue"),
        (Party::Authority, false) => ("deadline.reminder", "work.queue"),
        (Party::Applicant | Party::Public, _) => ("deadline.reminder", "notice.deadline"),
    };
    let who = match &to {
        Address::Account(account) => account.to_string(),
        Address::Email(email) => crate::crypto::token_hash(email),
    };
    Message {
        unique_key: format!("deadline:{}:{}:{}:{who}", row.id, reminder.stage, row.revision),
        to,
        event: event.to_owned(),
        category: category.to_owned(),
        case_id: Some(case.id),
        params: json!({
            "number": case.number,
            "title": case.title,
            "applicant": case.applicant_name,
            "state": case.state,
            "due_at": row.due_at,
            "case_id": case.id,
            "kind": row.kind,
            "stage": reminder.stage,
            "is_overdue": is_overdue,
            "provisional": row.provisional,
            "guard": Guard { deadline_id: row.id, revision: row.revision, is_overdue },
        }),
    }
}
