//! How long a database may be silent. PostgreSQL is reached over a network, where an answer may never come; a file of
//! SQLite has its own waiting time, which ends by itself.

use std::cell::Cell;
use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use sea_orm::sqlx::Error as Sqlx;
use sea_orm::{DbErr, RuntimeErr};

/// All that a request may wait for the database; who waits longer is told to come back.
const OF_A_REQUEST: Duration = Duration::from_millis(2_500);
/// What a job or a command waits for one statement or one transaction.
const UNHURRIED: Duration = Duration::from_mins(1);

tokio::task_local! {
    /// What is left of a request's patience.
    static LEFT: Cell<Duration>;
}

/// Runs a request: whatever it asks of the database, the waiting ends in time for an answer. Only the waiting counts, so
/// a slow body takes nothing from it.
pub async fn for_a_request<F: Future>(work: F) -> F::Output {
    LEFT.scope(Cell::new(OF_A_REQUEST), work).await
}

/// Waits for an answer of PostgreSQL, for as long as there is patience.
pub(crate) async fn answer<T>(doubt: &Doubt, work: impl Future<Output = Result<T, DbErr>> + Send) -> Result<T, DbErr> {
    let left = LEFT.try_with(Cell::get).unwrap_or(UNHURRIED);
    let begun = Instant::now();
    let mut work = std::pin::pin!(work);
    let answered = tokio::time::timeout(left, &mut work).await;
    let _ = LEFT.try_with(|cell| cell.set(left.saturating_sub(begun.elapsed())));
    answered.unwrap_or_else(|_| {
        // Before the connection goes back to the pool, so that it is not taken for a good one.
        doubt.cast();
        Err(DbErr::Conn(RuntimeErr::Internal("the database did not answer in time".to_owned())))
    })
}

/// How often a read is sent: the first meets the fault, the next one a connection that is newer than it.
const READINGS: u32 = 3;

/// The same for a read, which does no harm when sent again on another connection after a dead one.
pub(crate) async fn read<T, F>(doubt: &Doubt, ask: impl Fn() -> F + Send + Sync) -> Result<T, DbErr>
where
    F: Future<Output = Result<T, DbErr>> + Send,
{
    let mut reading = 1;
    loop {
        match answer(doubt, ask()).await {
            Err(error) if is_broken(&error) => {
                doubt.cast();
                if reading == READINGS {
                    return Err(error);
                }
                reading += 1;
            }
            other => return other,
        }
    }
}

/// The connection is dead; another one may be good.
pub(crate) fn is_broken(error: &DbErr) -> bool {
    match cause(error) {
        Some(Sqlx::Io(_) | Sqlx::Tls(_) | Sqlx::Protocol(_) | Sqlx::BeginFailed) => true,
        // Connection exceptions, and a server that goes down, crashed, starts, or has become a replica.
        Some(Sqlx::Database(told)) => told.code().is_some_and(|code| {
            code.starts_with("08") || ["57P01", "57P02", "57P03", "57P05", "25006"].contains(&&*code)
        }),
        _ => false,
    }
}

/// Whether PostgreSQL could do this another time: a transaction in the way of another, too many connections, no room. By
/// its codes, because it says the same in many languages.
pub(crate) fn is_passing(error: &DbErr) -> bool {
    let Some(Sqlx::Database(told)) = cause(error) else { return false };
    told.code().is_some_and(|code| ["40001", "40P01", "53100", "53300"].contains(&&*code))
}

/// What the driver said.
fn cause(error: &DbErr) -> Option<&Sqlx> {
    match error {
        DbErr::Conn(RuntimeErr::SqlxError(cause))
        | DbErr::Exec(RuntimeErr::SqlxError(cause))
        | DbErr::Query(RuntimeErr::SqlxError(cause)) => Some(cause),
        _ => None,
    }
}

/// Connections that are older than the last fault are not trusted: they are closed, not used and not asked, because one
/// that hangs would not answer either.
#[derive(Debug, Clone)]
pub(crate) struct Doubt {
    epoch: Instant,
    /// Milliseconds from the epoch to the last fault; 0 before any.
    since: Arc<AtomicU64>,
}

impl Doubt {
    pub fn new() -> Self {
        Self { epoch: Instant::now(), since: Arc::default() }
    }

    /// A fault was seen just now.
    pub fn cast(&self) {
        self.since.store(self.now().max(1), Ordering::Release);
    }

    /// Whether a connection of this age may be used.
    pub fn trusts(&self, age: Duration) -> bool {
        let born = self.now().saturating_sub(u64::try_from(age.as_millis()).unwrap_or(u64::MAX));
        let since = self.since.load(Ordering::Acquire);
        since == 0 || born > since
    }

    fn now(&self) -> u64 {
        u64::try_from(self.epoch.elapsed().as_millis()).unwrap_or(u64::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_request_waits_no_longer_than_its_patience_in_all() {
        let doubt = Doubt::new();
        let silent = || answer::<()>(&doubt, std::future::pending());
        let begun = Instant::now();
        for_a_request(async {
            assert!(silent().await.is_err());
            assert!(silent().await.is_err());
        })
        .await;
        assert!(begun.elapsed() >= OF_A_REQUEST);
        // Nearly twice as much, had the second begun anew.
        assert!(begun.elapsed() < OF_A_REQUEST * 2);
    }

    #[test]
    fn what_is_older_than_a_fault_is_not_trusted() {
        let doubt = Doubt::new();
        assert!(doubt.trusts(Duration::from_secs(1)));
        std::thread::sleep(Duration::from_millis(3));
        doubt.cast();
        assert!(!doubt.trusts(Duration::from_millis(2)));
        std::thread::sleep(Duration::from_millis(5));
        assert!(doubt.trusts(Duration::ZERO));
    }
}
