//! Forgetting what is over: finished jobs, old due times, and the answers of idempotency keys.

use chrono::TimeDelta;
use domain::queue::JobState;
use entity::{audit, queue_job, queue_tick};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};

use crate::context::Context;
use crate::error::Result;
use crate::transaction::{Tx, Work};

/// Finished jobs and due times are kept this long; dead jobs stay until somebody decides.
const KEPT: TimeDelta = TimeDelta::days(30);
/// Answers of idempotency keys are kept this long.
const ANSWERS_KEPT: TimeDelta = TimeDelta::days(7);

/// Removes what is older than its time.
pub async fn sweep(context: &Context) -> Result<()> {
    context.write("queue.sweep", &Sweep).await
}

struct Sweep;

impl Work for Sweep {
    type Output = ();

    async fn run(&self, tx: &Tx) -> Result<()> {
        queue_job::Entity::delete_many()
            .filter(queue_job::Column::State.eq(JobState::Done))
            .filter(queue_job::Column::FinishedAt.lt(tx.at() - KEPT))
            .exec(tx.connection())
            .await?;
        queue_tick::Entity::delete_many()
            .filter(queue_tick::Column::DueAt.lt(tx.at() - KEPT))
            .exec(tx.connection())
            .await?;
        // The trail stays; only the stored answer and its key are forgotten.
        audit::Entity::update_many()
            .col_expr(audit::Column::IdempotencyScope, Expr::value(None::<String>))
            .col_expr(audit::Column::IdempotencyKey, Expr::value(None::<String>))
            .col_expr(audit::Column::Fingerprint, Expr::value(None::<String>))
            .col_expr(audit::Column::Answer, Expr::value(None::<String>))
            .filter(audit::Column::IdempotencyKey.is_not_null())
            .filter(audit::Column::At.lt(tx.at() - ANSWERS_KEPT))
            .exec(tx.connection())
            .await?;
        Ok(())
    }
}
