//! Forgetting what is over: finished jobs, old due times, and the answers of idempotency keys.

use chrono::TimeDelta;
use domain::queue::JobState;
use entity::{audit, queue_job, queue_tick};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};

use crate::context::Context;
use crate::error::Result;
use crate::transaction::{Tx, Work};

/// Removes what is older than its time; dead jobs stay until somebody decides.
pub async fn sweep(context: &Context) -> Result<()> {
    context.write("queue.sweep", &Sweep).await
}

struct Sweep;

impl Work for Sweep {
    type Output = ();

    async fn run(&self, tx: &Tx) -> Result<()> {
        let kept = &tx.context().settings().periods;
        let before = |days: u32| tx.at() - TimeDelta::days(days.into());
        queue_job::Entity::delete_many()
            .filter(queue_job::Column::State.eq(JobState::Done))
            .filter(queue_job::Column::FinishedAt.lt(before(kept.job_days)))
            .exec(tx.connection())
            .await?;
        queue_tick::Entity::delete_many()
            .filter(queue_tick::Column::DueAt.lt(before(kept.job_days)))
            .exec(tx.connection())
            .await?;
        // The trail stays; only the stored answer and its key are forgotten.
        audit::Entity::update_many()
            .col_expr(audit::Column::IdempotencyScope, Expr::value(None::<String>))
            .col_expr(audit::Column::IdempotencyKey, Expr::value(None::<String>))
            .col_expr(audit::Column::Fingerprint, Expr::value(None::<String>))
            .col_expr(audit::Column::Answer, Expr::value(None::<String>))
            .filter(audit::Column::IdempotencyKey.is_not_null())
            .filter(audit::Column::At.lt(before(kept.answer_days)))
            .exec(tx.connection())
            .await?;
        Ok(())
    }
}
