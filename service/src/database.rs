//! The two engines behind one door. A difference between them is a named function here, never an `if` in a use case.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use sea_orm::sqlx::{Connection as _, Error as Sqlx, SqliteConnection};
use sea_orm::{
    ColumnTrait, Condition, ConnectOptions, ConnectionTrait, Database as Connector, DatabaseConnection, DbBackend,
    DbErr, SqliteTransactionMode, Statement, TransactionOptions, TransactionTrait,
};

use crate::door::{Door, Ear, Faults, Reading, Via, Writing};
use crate::error::{Error, Result};
use crate::lane::Lanes;
use crate::patience::{self, Doubt, is_broken};

/// Readers of one SQLite file.
const SQLITE_READERS: u32 = 4;
/// How long SQLite waits for the writer before it answers "locked".
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
/// How long a request waits for a connection before it is told to come back.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(2);
/// Prepared statements that a connection to PostgreSQL keeps.
const STATEMENTS_KEPT: usize = 256;
/// Connections to PostgreSQL beside those of requests and jobs: one for a migration, one for its lock.
const MIGRATING: u32 = 2;
/// How often a transaction is begun when the connection turns out to be dead.
const BEGINNINGS: u32 = 3;

/// How a transaction is run again when the database was busy.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Retry {
    pub attempts: u32,
    /// No further attempt after this long: who waited for a lock in vain is told to come back, not made to wait again.
    pub patience: Duration,
    /// The longest pause after the first attempt; it grows with each.
    pub pause: Duration,
}

const RETRY: Retry = Retry { attempts: 5, patience: Duration::from_secs(4), pause: Duration::from_millis(32) };

/// The pools: on SQLite one writer and a few readers of the same file, on PostgreSQL one set of lanes for both.
#[derive(Debug, Clone)]
pub struct Database {
    read: Door<Reading>,
    /// On SQLite the writer; on PostgreSQL the pool below the lanes, for migrations and what runs beside them.
    migrator: DatabaseConnection,
    retry: Retry,
}

impl Database {
    /// Connects to `sqlite:` or `postgres:`; on SQLite the file is created when missing.
    pub async fn connect(url: &str, pool_size: u32) -> Result<Self> {
        Self::open(url, pool_size).await.map_err(|error| {
            // Some of these errors quote the address, and the password stands in it.
            let text = error.to_string();
            if text.contains(url) { Error::internal(text.replace(url, "(address)")) } else { error.into() }
        })
    }

    async fn open(url: &str, pool_size: u32) -> Result<Self, DbErr> {
        if url.starts_with("sqlite:") {
            let migrator = connect_sqlite(url, 1).await?;
            let read = Door::new(Via::Sqlite(connect_sqlite(url, SQLITE_READERS).await?));
            return Ok(Self { read, migrator, retry: RETRY });
        }
        let doubt = Doubt::new();
        let migrator = connect_postgres(url, pool_size, doubt.clone()).await?;
        let pool = migrator.get_postgres_connection_pool().clone();
        let lanes = Lanes::new(pool, pool_size, ACQUIRE_TIMEOUT, doubt.clone());
        let read = Door { doubt: Some(doubt), ..Door::new(Via::Postgres(lanes)) };
        Ok(Self { read, migrator, retry: RETRY })
    }

    /// The same, asking `faults` before each call: for tests. A failed transaction is run again at once, as often as
    /// `faults` fails it.
    #[must_use]
    pub fn failing(mut self, faults: &Arc<dyn Faults>) -> Self {
        self.read.faults = Some(faults.clone());
        self.retry = Retry { attempts: u32::MAX, patience: Duration::from_mins(10), pause: Duration::ZERO };
        self
    }

    /// The same, telling every statement but the beginning and end of transactions to `heard`: for measuring.
    #[must_use]
    pub fn observed(self, heard: impl Fn(&str) + Send + Sync + 'static) -> Self {
        self.observed_whole(move |statement| heard(&statement.sql))
    }

    /// The same with the values of each statement.
    #[must_use]
    pub fn observed_whole(mut self, heard: impl Fn(&Statement) + Send + Sync + 'static) -> Self {
        self.read.ear = Some(Ear(Arc::new(heard)));
        self
    }

    /// For single reads.
    pub fn read(&self) -> &Door<Reading> {
        &self.read
    }

    pub fn backend(&self) -> DbBackend {
        self.read.get_database_backend()
    }

    /// The connection that migrations run on.
    pub fn migrator(&self) -> &DatabaseConnection {
        &self.migrator
    }

    pub(crate) fn retry(&self) -> Retry {
        self.retry
    }

    /// Begins a writing transaction: immediate on SQLite, so that a read that later writes never finds the lock taken.
    pub(crate) async fn begin(&self, name: &'static str) -> Result<Door<Writing>> {
        let faults = self.read.faults.as_ref().map(|faults| faults.begin(name)).transpose()?;
        let mut beginning = 1;
        loop {
            match (self.begin_once().await, &self.read.doubt) {
                (Err(error), Some(doubt)) if is_broken(&error) && beginning < BEGINNINGS => doubt.cast(),
                (begun, _) => return Ok(Door { faults, ear: self.read.ear.clone(), ..Door::new(begun?) }),
            }
            beginning += 1;
        }
    }

    #[expect(clippy::disallowed_methods, reason = "the one place that begins a writing transaction")]
    async fn begin_once(&self) -> Result<Writing, DbErr> {
        let options = TransactionOptions {
            sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
            ..TransactionOptions::default()
        };
        Ok(match &self.read.connection {
            Via::Sqlite(_) => Via::Sqlite(self.migrator.begin_with_options(options).await?),
            Via::Postgres(lanes) => Via::Postgres(lanes.begin().await?),
        })
    }

    /// Waits for work on this database: on PostgreSQL for as long as there is patience.
    pub(crate) async fn patiently<T>(&self, work: impl Future<Output = Result<T>> + Send) -> Result<T> {
        match &self.read.doubt {
            Some(doubt) => patience::answer(doubt, async { Ok(work.await) }).await?,
            None => work.await,
        }
    }

    /// Runs `work` while nobody else does under this number, in any process: on PostgreSQL by an advisory lock, on SQLite
    /// by the file's own.
    #[expect(clippy::disallowed_methods, reason = "the lock lives as long as its transaction, which writes nothing")]
    pub async fn alone<T, E: From<DbErr>>(
        &self,
        number: i64,
        work: impl Future<Output = Result<T, E>>,
    ) -> Result<T, E> {
        if self.backend() != DbBackend::Postgres {
            return work.await;
        }
        let lock = self.migrator.begin().await?;
        let take =
            Statement::from_sql_and_values(DbBackend::Postgres, "SELECT pg_advisory_xact_lock($1)", [number.into()]);
        lock.execute_raw(take).await?;
        let done = work.await;
        lock.rollback().await?;
        done
    }

    /// Whether the database answers at all.
    pub async fn ping(&self) -> Result<()> {
        match &self.read.connection {
            Via::Sqlite(readers) => readers.ping().await?,
            Via::Postgres(lanes) => lanes.ping().await?,
        }
        Ok(())
    }

    /// Whether the file is sound: on SQLite every page and index is looked at, and every reference. PostgreSQL looks
    /// after its own.
    pub async fn check(&self) -> Result<()> {
        if self.backend() != DbBackend::Sqlite {
            return Ok(());
        }
        for check in ["PRAGMA integrity_check(1)", "PRAGMA foreign_key_check"] {
            let found = self.read.query_one_raw(Statement::from_string(DbBackend::Sqlite, check)).await?;
            let word = found.map(|row| row.try_get_by_index::<String>(0)).transpose()?;
            if let Some(fault) = word.filter(|word| word != "ok") {
                return Err(Error::StoreFault(fault));
            }
        }
        Ok(())
    }

    pub async fn close(self) -> Result<()> {
        match self.read.connection {
            Via::Sqlite(readers) => {
                readers.close().await?;
                self.migrator.close().await?;
            }
            Via::Postgres(lanes) => lanes.close().await,
        }
        Ok(())
    }
}

/// Whether a text column begins with this prefix, wildcards taken as letters, in the form that each engine finds by an
/// index: SQLite as a range (its LIKE with an escape character uses none), PostgreSQL as a pattern.
pub(crate) fn begins_with(connection: &impl ConnectionTrait, column: impl ColumnTrait, prefix: &str) -> Condition {
    if connection.get_database_backend() == DbBackend::Sqlite {
        let behind = format!("{prefix}{}", char::MAX);
        return Condition::all().add(column.gte(prefix)).add(column.lt(behind));
    }
    let mut pattern = String::with_capacity(prefix.len() + 1);
    for c in prefix.chars() {
        // The pattern's own escape character: with another, no index is used.
        if matches!(c, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(c);
    }
    pattern.push('%');
    Condition::all().add(column.like(pattern))
}

async fn connect_sqlite(url: &str, size: u32) -> Result<DatabaseConnection, DbErr> {
    let mut options = ConnectOptions::new(url);
    options
        .min_connections(1)
        .max_connections(size)
        .acquire_timeout(ACQUIRE_TIMEOUT.max(BUSY_TIMEOUT))
        .test_before_acquire(false)
        .sqlx_logging(false)
        .map_sqlx_sqlite_opts(|options| {
            options
                .create_if_missing(true)
                .foreign_keys(true)
                .busy_timeout(BUSY_TIMEOUT)
                .pragma("journal_mode", "WAL")
                // NORMAL loses acknowledged commits in a power cut.
                .pragma("synchronous", "FULL")
                // Without it REPLACE would delete rows past the triggers that keep the audit trail.
                .pragma("recursive_triggers", "ON")
        })
        .map_sqlx_sqlite_pool_opts(|pool| {
            pool.after_release(|connection, _| Box::pin(async move { Ok(is_at_rest(connection).await) }))
        });
    Connector::connect(options).await
}

/// Whether a connection comes back without a transaction. When the disk is full SQLite rolls back by itself, the driver's
/// own rollback then fails, and from there on it would nest every transaction into one that is never committed: such a
/// connection is closed, and the pool opens another.
async fn is_at_rest(connection: &mut SqliteConnection) -> bool {
    // A rollback may still be on its way; it is done when the ping is.
    !connection.is_in_transaction() || (connection.ping().await.is_ok() && !connection.is_in_transaction())
}

async fn connect_postgres(url: &str, size: u32, doubt: Doubt) -> Result<DatabaseConnection, DbErr> {
    let mut options = ConnectOptions::new(url);
    options
        .max_connections(size + MIGRATING)
        .connect_timeout(ACQUIRE_TIMEOUT)
        .acquire_timeout(ACQUIRE_TIMEOUT)
        // A ping before each use costs a round trip; a dead connection is recognised by its error and retried.
        .test_before_acquire(false)
        .sqlx_logging(false)
        // Every verb has a statement of its own for its changes; a forgotten one costs two more round trips.
        .map_sqlx_postgres_opts(|options| options.statement_cache_capacity(STATEMENTS_KEPT))
        .map_sqlx_postgres_pool_opts(move |pool| {
            let (taking, returning) = (doubt.clone(), doubt.clone());
            pool.before_acquire(move |_, connection| {
                let is_good = taking.trusts(connection.age);
                Box::pin(async move { Ok(is_good) })
            })
            .after_release(move |_, connection| {
                let is_good = returning.trusts(connection.age);
                // As an error: a connection that may hang is dropped, not said goodbye to.
                Box::pin(async move { if is_good { Ok(true) } else { Err(Sqlx::WorkerCrashed) } })
            })
        });
    Connector::connect(options).await
}
