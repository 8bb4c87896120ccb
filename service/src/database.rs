//! The two engines behind one door. A difference between them is a named function here, never an `if` in a use case.

use std::time::Duration;

use sea_orm::{
    ColumnTrait, Condition, ConnectOptions, ConnectionTrait, Database as Connector, DatabaseConnection,
    DatabaseTransaction, DbBackend, SqliteTransactionMode, Statement, TransactionOptions, TransactionTrait,
};

use crate::error::Result;

/// Readers of one SQLite file.
const SQLITE_READERS: u32 = 4;
/// How long SQLite waits for the writer before it answers "locked".
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
/// How long a request waits for a connection before it is told to come back.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(3);

/// The pools: on SQLite one writer and a few readers of the same file, on PostgreSQL one pool for both.
#[derive(Debug, Clone)]
pub struct Database {
    read: DatabaseConnection,
    write: DatabaseConnection,
}

impl Database {
    /// Connects to `sqlite:` or `postgres:`; on SQLite the file is created when missing.
    pub async fn connect(url: &str, pool_size: u32) -> Result<Self> {
        if url.starts_with("sqlite:") {
            let write = connect_sqlite(url, 1).await?;
            let read = connect_sqlite(url, SQLITE_READERS).await?;
            Ok(Self { read, write })
        } else {
            let pool = connect_postgres(url, pool_size).await?;
            Ok(Self { read: pool.clone(), write: pool })
        }
    }

    /// The same, telling every statement but the beginning and end of transactions to `heard`: for measuring.
    #[must_use]
    pub fn observed(self, heard: impl Fn(&str) + Clone + Send + Sync + 'static) -> Self {
        self.observed_whole(move |statement| heard(&statement.sql))
    }

    /// The same with the values of each statement.
    #[must_use]
    pub fn observed_whole(mut self, heard: impl Fn(&Statement) + Clone + Send + Sync + 'static) -> Self {
        for connection in [&mut self.read, &mut self.write] {
            let heard = heard.clone();
            connection.set_metric_callback(move |info| heard(info.statement));
        }
        self
    }

    /// For single reads.
    pub fn read(&self) -> &DatabaseConnection {
        &self.read
    }

    pub fn backend(&self) -> DbBackend {
        self.write.get_database_backend()
    }

    /// The connection that migrations run on.
    pub fn migrator(&self) -> &DatabaseConnection {
        &self.write
    }

    /// Begins a writing transaction: immediate on SQLite, so that a read that later writes never finds the lock taken.
    #[expect(clippy::disallowed_methods, reason = "the one place that begins a writing transaction")]
    pub(crate) async fn begin(&self) -> Result<DatabaseTransaction> {
        let options = TransactionOptions {
            sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
            ..TransactionOptions::default()
        };
        Ok(self.write.begin_with_options(options).await?)
    }

    /// Whether the database answers at all.
    pub async fn ping(&self) -> Result<()> {
        self.read.ping().await?;
        Ok(())
    }

    pub async fn close(self) -> Result<()> {
        self.read.close().await?;
        self.write.close().await?;
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

async fn connect_sqlite(url: &str, size: u32) -> Result<DatabaseConnection> {
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
        });
    Ok(Connector::connect(options).await?)
}

async fn connect_postgres(url: &str, size: u32) -> Result<DatabaseConnection> {
    let mut options = ConnectOptions::new(url);
    options
        .max_connections(size)
        .connect_timeout(ACQUIRE_TIMEOUT)
        .acquire_timeout(ACQUIRE_TIMEOUT)
        // A ping before each use costs a round trip; a dead connection is recognised by its error and retried.
        .test_before_acquire(false)
        .sqlx_logging(false);
    Ok(Connector::connect(options).await?)
}
