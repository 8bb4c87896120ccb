//! Leasing: one statement takes one job, on both engines.

use chrono::{DateTime, TimeDelta, Utc};
use domain::ids::JobId;
use domain::queue::{JobState, backoff_seconds};
use entity::{queue_job, queue_tick};
use sea_orm::sea_query::{Expr, ExprTrait, LockBehavior, LockType, OnConflict, Query};
use sea_orm::{ActiveValue::Set, ColumnTrait, ConnectionTrait, DbBackend, EntityTrait, QueryFilter};

use super::Job;
use crate::context::Context;
use crate::error::Result;
use crate::transaction::{Tx, Work};

/// No job is planned and no lease taken further ahead. What lies beyond was written before the clock was put back: it is
/// due, or would wait until the clock has come there again.
const HORIZON: TimeDelta = TimeDelta::days(1);

/// A job in hand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Leased {
    pub id: JobId,
    pub name: String,
    pub payload: String,
    /// 1 on the first run.
    pub attempt: i32,
    pub max_attempts: i32,
    pub leased_by: String,
}

/// Takes the next due job, if any. An expired lease counts as a failed attempt and is taken over.
pub async fn lease(context: &Context, runner: &str, lease_for: TimeDelta) -> Result<Option<Leased>> {
    let now = context.now();
    context.write("queue.lease", &Lease { runner, now, until: now + lease_for }).await
}

struct Lease<'a> {
    runner: &'a str,
    now: DateTime<Utc>,
    until: DateTime<Utc>,
}

impl Work for Lease<'_> {
    type Output = Option<Leased>;

    async fn run(&self, tx: &Tx) -> Result<Self::Output> {
        let has_come = Expr::col(queue_job::Column::RunAt)
            .lte(self.now)
            .or(Expr::col(queue_job::Column::RunAt).gt(self.now + HORIZON));
        let is_due = Expr::col(queue_job::Column::State).eq(JobState::Ready).and(has_come);
        let is_over = Expr::col(queue_job::Column::LeasedUntil)
            .lt(self.now)
            .or(Expr::col(queue_job::Column::LeasedUntil).gt(self.now + HORIZON));
        let is_abandoned = Expr::col(queue_job::Column::State).eq(JobState::Running).and(is_over);
        let mut next = Query::select();
        next.column(queue_job::Column::Id)
            .from(queue_job::Entity)
            .and_where(is_due.or(is_abandoned))
            .order_by(queue_job::Column::RunAt, sea_orm::Order::Asc)
            .order_by(queue_job::Column::Id, sea_orm::Order::Asc)
            .limit(1);
        skip_locked(&mut next, tx.context().database().backend());
        let mut take = Query::update();
        take.table(queue_job::Entity)
            .value(queue_job::Column::State, JobState::Running)
            .value(queue_job::Column::LeasedUntil, self.until)
            .value(queue_job::Column::LeasedBy, self.runner)
            .value(queue_job::Column::Attempt, Expr::col(queue_job::Column::Attempt).add(1))
            .and_where(Expr::col(queue_job::Column::Id).in_subquery(next))
            .returning(Query::returning().columns([
                queue_job::Column::Id,
                queue_job::Column::Name,
                queue_job::Column::Payload,
                queue_job::Column::Attempt,
                queue_job::Column::MaxAttempts,
            ]));
        let Some(row) = tx.connection().query_one(&take).await? else { return Ok(None) };
        Ok(Some(Leased {
            id: row.try_get("", "id")?,
            name: row.try_get("", "name")?,
            payload: row.try_get("", "payload")?,
            attempt: row.try_get("", "attempt")?,
            max_attempts: row.try_get("", "max_attempts")?,
            leased_by: self.runner.to_owned(),
        }))
    }
}

/// PostgreSQL lets runners pass each other; SQLite has one writer and needs no clause.
fn skip_locked(query: &mut sea_orm::sea_query::SelectStatement, backend: DbBackend) {
    if backend == DbBackend::Postgres {
        query.lock_with_behavior(LockType::Update, LockBehavior::SkipLocked);
    }
}

/// A change to a job that this runner still holds.
struct Settle<'a> {
    job: &'a Leased,
    state: JobState,
    run_at: Option<DateTime<Utc>>,
    leased_until: Option<DateTime<Utc>>,
    error: Option<String>,
}

impl Work for Settle<'_> {
    type Output = bool;

    async fn run(&self, tx: &Tx) -> Result<bool> {
        let is_over = matches!(self.state, JobState::Done | JobState::Dead);
        let mut update = queue_job::Entity::update_many()
            .col_expr(queue_job::Column::State, Expr::value(self.state))
            .col_expr(queue_job::Column::LeasedUntil, Expr::value(self.leased_until))
            .filter(queue_job::Column::Id.eq(self.job.id))
            .filter(queue_job::Column::State.eq(JobState::Running))
            .filter(queue_job::Column::LeasedBy.eq(&self.job.leased_by))
            .filter(queue_job::Column::Attempt.eq(self.job.attempt));
        if let Some(run_at) = self.run_at {
            update = update.col_expr(queue_job::Column::RunAt, Expr::value(run_at));
        }
        if let Some(error) = &self.error {
            update = update.col_expr(queue_job::Column::LastError, Expr::value(error.as_str()));
        }
        if is_over {
            update = update.col_expr(queue_job::Column::FinishedAt, Expr::value(tx.at()));
        }
        Ok(update.exec(tx.connection()).await?.rows_affected == 1)
    }
}

/// Marks a job done. False when the lease was lost meanwhile.
pub async fn finish(context: &Context, job: &Leased) -> Result<bool> {
    let settle = Settle { job, state: JobState::Done, run_at: None, leased_until: None, error: None };
    context.write("queue.finish", &settle).await
}

/// Lengthens the lease of a job that still runs.
pub async fn extend(context: &Context, job: &Leased, lease_for: TimeDelta) -> Result<bool> {
    let until = context.now() + lease_for;
    let settle = Settle { job, state: JobState::Running, run_at: None, leased_until: Some(until), error: None };
    context.write("queue.extend", &settle).await
}

/// Gives a job back for later: after `after`, or after the usual doubling delay; dead when its attempts are used up.
pub async fn retry(context: &Context, job: &Leased, after: Option<TimeDelta>, error: &str) -> Result<bool> {
    if job.attempt >= job.max_attempts {
        return bury(context, job, error).await;
    }
    let mut byte = [0u8; 1];
    context.fill_random(&mut byte);
    let attempt = u32::try_from(job.attempt).unwrap_or(1);
    let delay = after.unwrap_or_else(|| {
        let seconds = backoff_seconds(attempt, f64::from(byte[0]) / 256.0);
        TimeDelta::seconds(i64::try_from(seconds).unwrap_or(3_600))
    });
    let settle = Settle {
        job,
        state: JobState::Ready,
        run_at: Some(context.now() + delay),
        leased_until: None,
        error: Some(error.to_owned()),
    };
    context.write("queue.retry", &settle).await
}

/// Gives a job up; it stays visible for an administrator.
pub async fn bury(context: &Context, job: &Leased, error: &str) -> Result<bool> {
    tracing::error!(job.name = %job.name, job.id = %job.id, error, "job is dead");
    let settle = Settle { job, state: JobState::Dead, run_at: None, leased_until: None, error: Some(error.to_owned()) };
    context.write("queue.bury", &settle).await
}

/// Writes the job of a schedule's due time, once for all replicas. False when another one was first.
pub async fn tick(context: &Context, schedule: &str, due_at: DateTime<Utc>, job: Job) -> Result<bool> {
    context.write("queue.tick", &Tick { schedule, due_at, job }).await
}

struct Tick<'a> {
    schedule: &'a str,
    due_at: DateTime<Utc>,
    job: Job,
}

impl Work for Tick<'_> {
    type Output = bool;

    async fn run(&self, tx: &Tx) -> Result<bool> {
        let row = queue_tick::ActiveModel { schedule: Set(self.schedule.to_owned()), due_at: Set(self.due_at) };
        let inserted = queue_tick::Entity::insert(row)
            .on_conflict(
                OnConflict::columns([queue_tick::Column::Schedule, queue_tick::Column::DueAt]).do_nothing().to_owned(),
            )
            .exec_without_returning(tx.connection())
            .await?;
        let is_first = inserted == 1;
        if is_first {
            tx.enqueue(self.job.clone());
        }
        Ok(is_first)
    }
}
