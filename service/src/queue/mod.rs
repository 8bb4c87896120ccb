//! The queue: rows that a runner leases, on both engines with the same statements.
//!
//! A job is written in the transaction whose effect it is. Its runner lives in `jobs/`; this side never sees it. The
//! promise is at least once: a lease that runs out returns the job, so every job must be harmless when run twice.

mod admin;
mod lease;
mod sweep;

pub use admin::{JobFilter, JobView, list, requeue, waiting};
pub use lease::{Leased, bury, extend, finish, lease, retry, tick};
pub use sweep::sweep;

use chrono::{DateTime, Utc};
use domain::queue::JobState;
use entity::queue_job;
use sea_orm::sea_query::OnConflict;
use sea_orm::{ActiveValue::Set, EntityTrait};
use serde::Serialize;

use crate::change::RowChange;
use crate::error::Result;
use crate::transaction::Tx;

/// How often a job is tried before it is dead, unless it says otherwise.
pub const MAX_ATTEMPTS: i32 = 20;

/// A job to be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Job {
    /// Such as `process.advance`.
    pub name: &'static str,
    pub payload: String,
    /// A second job with the same key is not written.
    pub unique_key: Option<String>,
    /// Not before; now when absent.
    pub run_at: Option<DateTime<Utc>>,
    pub max_attempts: i32,
}

/// The payload of a kind of job.
pub trait Payload: Serialize {
    const NAME: &'static str;
}

impl Job {
    pub fn new<P: Payload>(payload: &P) -> Result<Self> {
        Ok(Self {
            name: P::NAME,
            payload: serde_json::to_string(payload)?,
            unique_key: None,
            run_at: None,
            max_attempts: MAX_ATTEMPTS,
        })
    }

    /// Nothing is planned twice under one key.
    pub fn once(mut self, key: impl Into<String>) -> Self {
        self.unique_key = Some(key.into());
        self
    }

    pub fn at(mut self, at: DateTime<Utc>) -> Self {
        self.run_at = Some(at);
        self
    }
}

/// Writes jobs.
pub(crate) async fn write(tx: &Tx, jobs: Vec<Job>) -> Result<()> {
    if jobs.is_empty() {
        return Ok(());
    }
    let rows = jobs.into_iter().map(|job| queue_job::ActiveModel {
        id: Set(tx.context().new_id()),
        name: Set(job.name.to_owned()),
        payload: Set(job.payload),
        unique_key: Set(job.unique_key),
        state: Set(JobState::Ready),
        run_at: Set(job.run_at.unwrap_or(tx.at())),
        attempt: Set(0),
        max_attempts: Set(job.max_attempts),
        leased_until: Set(None),
        leased_by: Set(None),
        last_error: Set(None),
        created_at: Set(tx.at()),
        finished_at: Set(None),
    });
    let once = OnConflict::column(queue_job::Column::UniqueKey).do_nothing().to_owned();
    tx.change(RowChange::insert(queue_job::Entity::insert_many(rows).on_conflict(once))).await
}
