//! What administrators see of the queue, and how a dead job gets another chance.

use chrono::{DateTime, Utc};
use domain::access::Permission;
use domain::ids::JobId;
use domain::queue::JobState;
use entity::queue_job;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter, QuerySelect};

use crate::audit;
use crate::caller::{Caller, Outcome};
use crate::code::Code;
use crate::context::Context;
use crate::error::{Error, Result};
use crate::page::{Page, PageRequest, by_id};
use crate::transaction::{Tx, Work};

/// What a list of jobs may be narrowed to.
#[derive(Debug, Clone, Default)]
pub struct JobFilter {
    pub state: Option<JobState>,
    pub name: Option<String>,
}

/// A job without its payload, which may hold personal data.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize, utoipa::ToSchema)]
pub struct JobView {
    pub id: JobId,
    pub name: String,
    pub state: JobState,
    pub run_at: DateTime<Utc>,
    pub attempt: i32,
    pub max_attempts: i32,
    pub last_error: Option<String>,
    pub created_at: DateTime<Utc>,
    pub finished_at: Option<DateTime<Utc>>,
}

impl From<queue_job::Model> for JobView {
    fn from(row: queue_job::Model) -> Self {
        Self {
            id: row.id,
            name: row.name,
            state: row.state,
            run_at: row.run_at,
            attempt: row.attempt,
            max_attempts: row.max_attempts,
            last_error: row.last_error,
            created_at: row.created_at,
            finished_at: row.finished_at,
        }
    }
}

/// Lists jobs, newest first.
pub async fn list(context: &Context, caller: &Caller, filter: &JobFilter, page: &PageRequest) -> Result<Page<JobView>> {
    caller.require(Permission::ManageQueue)?;
    let mut query = queue_job::Entity::find();
    if let Some(state) = filter.state {
        query = query.filter(queue_job::Column::State.eq(state));
    }
    if let Some(name) = &filter.name {
        query = query.filter(queue_job::Column::Name.eq(name));
    }
    let rows = by_id(query, queue_job::Column::Id, page)?.all(context.database().read()).await?;
    Ok(Page::cut(rows, page, |row| row.id.to_string()).map(JobView::from))
}

/// Puts a dead job back in the queue, with all its attempts.
pub async fn requeue(context: &Context, caller: &Caller, id: JobId) -> Result<Outcome<JobView>> {
    caller.require(Permission::ManageQueue)?;
    context.write_once(caller, "queue.requeue", &Requeue { caller, id }).await
}

struct Requeue<'a> {
    caller: &'a Caller,
    id: JobId,
}

impl Work for Requeue<'_> {
    type Output = JobView;

    async fn run(&self, tx: &Tx) -> Result<JobView> {
        let row = queue_job::Entity::find_by_id(self.id).one(tx.connection()).await?.ok_or(Error::NotFound)?;
        let changed = queue_job::Entity::update_many()
            .col_expr(queue_job::Column::State, Expr::value(JobState::Ready))
            .col_expr(queue_job::Column::Attempt, Expr::value(0))
            .col_expr(queue_job::Column::RunAt, Expr::value(tx.at()))
            .col_expr(queue_job::Column::FinishedAt, Expr::value(None::<DateTime<Utc>>))
            .filter(queue_job::Column::Id.eq(self.id))
            .filter(queue_job::Column::State.eq(JobState::Dead))
            .exec(tx.connection())
            .await?;
        if changed.rows_affected != 1 {
            return Err(Error::Refused(Code::StateForbids, serde_json::json!({ "state": row.state })));
        }
        tx.audit(audit::Entry::new(self.caller, "job", self.id, "queue.requeue").states("dead", "ready"));
        let view = JobView { state: JobState::Ready, attempt: 0, run_at: tx.at(), finished_at: None, ..row.into() };
        Ok(view)
    }
}

/// Jobs that are due and wait; for the body of the readiness answer.
pub async fn waiting(context: &Context) -> Result<u64> {
    /// Counting stops here.
    const CAP: u64 = 10_000;
    Ok(queue_job::Entity::find()
        .filter(queue_job::Column::State.eq(JobState::Ready))
        .filter(queue_job::Column::RunAt.lte(context.now()))
        .limit(CAP)
        .count(context.database().read())
        .await?)
}
