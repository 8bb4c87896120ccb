//! The one way to write: a named unit of work in one transaction, with its audit rows, jobs and idempotency answer.

use std::future::Future;
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::audit;
use crate::caller::{Caller, Outcome};
use crate::change::{RowChange, RowChanges};
use crate::code::Code;
use crate::context::Context;
use crate::door::{Door, Writing};
use crate::error::{Error, Result};
use crate::queue::{self, Job};

/// A unit of work. It may run several times, so it sends nothing, counts nothing and consumes nothing.
pub trait Work: Sync {
    type Output: Send;

    fn run(&self, tx: &Tx) -> impl Future<Output = Result<Self::Output>> + Send;
}

/// An open transaction. Changes, audit entries and jobs gather here and are written together, before the commit.
#[derive(Debug)]
pub struct Tx {
    connection: Door<Writing>,
    context: Context,
    at: DateTime<Utc>,
    changes: Mutex<RowChanges>,
    entries: Mutex<Vec<audit::Entry>>,
    jobs: Mutex<Vec<Job>>,
}

impl Tx {
    /// The connection for queries of this transaction.
    pub fn connection(&self) -> &Door<Writing> {
        &self.connection
    }

    pub fn context(&self) -> &Context {
        &self.context
    }

    /// The instant of this transaction: one for everything it writes.
    pub fn at(&self) -> DateTime<Utc> {
        self.at
    }

    /// Makes a change, at the latest before the commit. What reads the changed rows in this transaction flushes first.
    pub(crate) async fn change(&self, change: RowChange) -> Result<()> {
        let is_touched = self.changes.lock().unwrap_or_else(PoisonError::into_inner).touch(&change);
        if is_touched {
            self.flush().await?;
        }
        self.changes.lock().unwrap_or_else(PoisonError::into_inner).push(change);
        Ok(())
    }

    /// Writes the changes made so far.
    pub(crate) async fn flush(&self) -> Result<()> {
        let changes = std::mem::take(&mut *self.changes.lock().unwrap_or_else(PoisonError::into_inner));
        changes.write(&self.connection).await
    }

    /// Adds an entry to the audit trail of this transaction.
    pub fn audit(&self, entry: audit::Entry) {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner).push(entry);
    }

    /// Adds a job that becomes visible with the commit.
    pub fn enqueue(&self, job: Job) {
        self.jobs.lock().unwrap_or_else(PoisonError::into_inner).push(job);
    }
}

impl Context {
    /// Runs a unit of work in one transaction, again (a bounded number of times) when the database was busy.
    pub async fn write<W: Work>(&self, name: &'static str, work: &W) -> Result<W::Output> {
        self.run(name, None, work, |_| Ok(None)).await
    }

    /// Runs the unit of work of a request. With an idempotency key, the answer is stored in the same transaction and
    /// a repetition gets it back.
    pub async fn write_once<W>(&self, caller: &Caller, name: &'static str, work: &W) -> Result<Outcome<W::Output>>
    where
        W: Work,
        W::Output: Serialize + DeserializeOwned,
    {
        let flight = match &caller.meta.idempotency {
            Some(idempotency) => Some(self.flights().enter(idempotency).await?),
            None => None,
        };
        if flight.as_ref().is_some_and(|flight| flight.has_waited)
            && let Some(done) = self.answered(caller).await?
        {
            return Ok(done);
        }
        let answer = |output: &W::Output| Ok(Some(serde_json::to_string(output)?));
        let failure = match self.run(name, Some(caller), work, answer).await {
            Ok(value) => return Ok(Outcome { value, replayed: false }),
            Err(failure) => failure,
        };
        if failure.is_ours() {
            return Err(failure);
        }
        if let Some(done) = self.answered(caller).await? {
            return Ok(done);
        }
        // Who lacks the right or the sight is counted at the edge, for reads and writes alike.
        if !matches!(failure, Error::Forbidden | Error::NotFound) {
            audit::refused(self, caller, &failure).await?;
        }
        Err(failure)
    }

    /// The answer that is stored under the caller's key, if any. Use cases that look at the state of things before their
    /// transaction ask here first: what they did themselves must not refuse its own repetition.
    pub(crate) async fn answered<T: DeserializeOwned>(&self, caller: &Caller) -> Result<Option<Outcome<T>>> {
        let Some(stored) = audit::stored_answer(self, caller).await? else { return Ok(None) };
        Ok(Some(Outcome { value: stored.into_value()?, replayed: true }))
    }

    async fn run<W: Work>(
        &self,
        name: &'static str,
        caller: Option<&Caller>,
        work: &W,
        answer: impl Fn(&W::Output) -> Result<Option<String>> + Send + Sync,
    ) -> Result<W::Output> {
        let (begun, retry) = (Instant::now(), self.database().retry());
        let trying = async {
            let mut attempt = 1;
            loop {
                match self.run_once(name, caller, work, &answer).await {
                    Err(error) if error.is_busy() && attempt < retry.attempts && begun.elapsed() < retry.patience => {
                        metrics::counter!("transaction_retries", "name" => name).increment(1);
                        tokio::time::sleep(retry.pause * attempt * self.chance() / 256).await;
                        attempt += 1;
                    }
                    other => return other,
                }
            }
        };
        // Boxed: a unit of work may hold much, and lies many calls deep.
        self.database().patiently(Box::pin(trying)).await
    }

    /// A number below 256, so that two who met do not meet again.
    fn chance(&self) -> u32 {
        let mut byte = [0u8; 1];
        self.fill_random(&mut byte);
        u32::from(byte[0])
    }

    async fn run_once<W: Work>(
        &self,
        name: &'static str,
        caller: Option<&Caller>,
        work: &W,
        answer: &(impl Fn(&W::Output) -> Result<Option<String>> + Send + Sync),
    ) -> Result<W::Output> {
        let begun = Instant::now();
        let tx = Tx {
            connection: self.database().begin(name).await?,
            context: self.clone(),
            at: self.now(),
            changes: Mutex::default(),
            entries: Mutex::default(),
            jobs: Mutex::default(),
        };
        // Dropping the transaction on any error rolls it back.
        let output = work.run(&tx).await?;
        let stored = answer(&output)?;
        let entries = std::mem::take(&mut *tx.entries.lock().unwrap_or_else(PoisonError::into_inner));
        let jobs = std::mem::take(&mut *tx.jobs.lock().unwrap_or_else(PoisonError::into_inner));
        let wakes = !jobs.is_empty();
        audit::write(&tx, caller, entries, stored).await?;
        queue::write(&tx, jobs).await?;
        tx.flush().await?;
        tx.connection.commit().await?;
        metrics::histogram!("transaction_seconds", "name" => name).record(begun.elapsed().as_secs_f64());
        if wakes {
            self.wake_runner();
        }
        Ok(output)
    }
}

/// A stored answer of an earlier request with the same key.
#[derive(Debug)]
pub(crate) struct Stored {
    pub answer: String,
    pub is_refusal: bool,
}

impl Stored {
    fn into_value<T: DeserializeOwned>(self) -> Result<T> {
        if self.is_refusal {
            let (code, params): (Code, serde_json::Value) = serde_json::from_str(&self.answer)?;
            return Err(Error::Refused(code, params));
        }
        Ok(serde_json::from_str(&self.answer)?)
    }
}
