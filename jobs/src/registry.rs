//! From a job's name to the work it means.

use std::future::Future;

use chrono::TimeDelta;
use serde::de::DeserializeOwned;
use service::account::{Recover, Register};
use service::calendar::Replan;
use service::notification::Deliver;
use service::process::FollowUp;
use service::queue::{Leased, Payload};
use service::{Context, Error};

use crate::mail::{self, Mailer};
use crate::schedule::{self, Scheduled};

/// How a run ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    Done,
    /// Again, after this long or after the usual delay.
    Retry(Option<TimeDelta>, String),
    /// Never again without an administrator.
    Fail(String),
}

/// What jobs are given.
#[derive(Debug, Clone)]
pub struct Tools {
    pub context: Context,
    pub mailer: Mailer,
}

/// Runs one job.
pub async fn run(tools: &Tools, job: &Leased) -> Answer {
    match job.name.as_str() {
        FollowUp::NAME => {
            with(job, |payload: FollowUp| async move { service::process::follow_up(&tools.context, &payload).await })
                .await
        }
        Replan::NAME => {
            with(job, |payload: Replan| async move { service::calendar::replan(&tools.context, &payload).await }).await
        }
        Register::NAME => {
            with(job, |payload: Register| async move { service::account::register(&tools.context, &payload).await })
                .await
        }
        Recover::NAME => {
            with(job, |payload: Recover| async move { service::account::recover(&tools.context, &payload).await }).await
        }
        Deliver::NAME => match serde_json::from_str::<Deliver>(&job.payload) {
            Ok(payload) => mail::deliver(&tools.context, &tools.mailer, payload.delivery_id).await,
            Err(error) => Answer::Fail(error.to_string()),
        },
        Scheduled::NAME => {
            with(job, |payload: Scheduled| async move { schedule::run(&tools.context, &payload).await }).await
        }
        unknown => Answer::Fail(format!("no job `{unknown}`")),
    }
}

/// Reads the payload, runs, and turns the outcome into an answer: busy is tried again, a fault of ours too, because
/// somebody will mend it; it stays visible as dead when its attempts are used up.
async fn with<P, F>(job: &Leased, work: impl FnOnce(P) -> F) -> Answer
where
    P: DeserializeOwned,
    F: Future<Output = Result<(), Error>>,
{
    let payload = match serde_json::from_str(&job.payload) {
        Ok(payload) => payload,
        Err(error) => return Answer::Fail(error.to_string()),
    };
    match work(payload).await {
        Ok(()) => Answer::Done,
        Err(error) => Answer::Retry(None, error.to_string()),
    }
}
