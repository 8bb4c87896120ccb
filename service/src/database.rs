//! The two engines behind one door. A difference between them is a named function here, never an `if` in a use case.

use std::time::Duration;

use sea_orm::sea_query::{ColumnType, Expr, SimpleExpr};
use sea_orm::{
    ColumnTrait, ConnectOptions, Database as Connector, DatabaseConnection, DatabaseTransaction, DbBackend,
    EntityTrait, IdenStatic, Iterable, SqliteTransactionMode, TransactionOptions, TransactionTrait,
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
    pub fn observed(mut self, heard: impl Fn(&str) + Clone + Send + Sync + 'static) -> Self {
        for connection in [&mut self.read, &mut self.write] {
            let heard = heard.clone();
            connection.set_metric_callback(move |info| heard(&info.statement.sql));
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

/// The rows of `E` whose `owner` is the id of the outer query's row, as one JSON array in this order: what belongs to a
/// row comes with it, in the same statement. Members have the columns' names.
pub(crate) fn rows_as_json<E: EntityTrait>(
    backend: DbBackend,
    owner: E::Column,
    outer: &str,
    order: &[E::Column],
) -> SimpleExpr {
    let entity = E::default();
    let table = entity.table_name();
    let (owner, columns) = (owner.as_str(), E::Column::iter());
    let order: Vec<String> = order.iter().map(|column| format!(r#"r."{}""#, column.as_str())).collect();
    let order = order.join(", ");
    Expr::cust(match backend {
        DbBackend::Postgres => format!(
            r#"(SELECT COALESCE(json_agg(row_to_json(r) ORDER BY {order}), '[]')::text FROM "{table}" r WHERE r."{owner}" = {outer})"#
        ),
        _ => {
            let members: Vec<String> = columns.map(sqlite_member::<E>).collect();
            let members = members.join(", ");
            format!(
                r#"(SELECT json_group_array(json_object({members}) ORDER BY {order}) FROM "{table}" r WHERE r."{owner}" = {outer})"#
            )
        }
    })
}

/// SQLite keeps ids as bytes and truth as a number; JSON has neither.
fn sqlite_member<E: EntityTrait>(column: E::Column) -> String {
    let name = column.as_str();
    match column.def().get_column_type() {
        ColumnType::Uuid => format!(r#"'{name}', lower(nullif(hex(r."{name}"), ''))"#),
        ColumnType::Boolean => format!(r#"'{name}', json(CASE r."{name}" WHEN 1 THEN 'true' WHEN 0 THEN 'false' END)"#),
        _ => format!(r#"'{name}', r."{name}""#),
    }
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
