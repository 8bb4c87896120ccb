//! The connections to PostgreSQL. The driver's pool asks the server for a sign of life whenever a connection comes back,
//! a round trip for every statement; here a connection stays out of that pool and is taken again for as long as its
//! answers come. What met a fault or was left in the middle of a statement goes back to the pool, which finds out what it
//! is still good for; what is old, or was given up while a transaction began, is closed.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use sea_orm::sea_query::Values;
use sea_orm::sqlx::pool::PoolConnection;
use sea_orm::sqlx::query::Query;
use sea_orm::sqlx::query_with;
use sea_orm::sqlx::{
    AssertSqlSafe, Connection as _, Database, Error as Sqlx, Executor, PgConnection, PgPool, Postgres,
};
use sea_orm::{ConnAcquireErr, ConnectionTrait, DbBackend, DbErr, ExecResult, QueryResult, RuntimeErr, Statement};
use sea_query_sqlx::SqlxValues;
use sqlx_core::transaction::TransactionManager;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::patience::Doubt;

type Manager = <Postgres as Database>::TransactionManager;

/// After this long a connection is made anew: what the server keeps for it only grows.
const LIFETIME: Duration = Duration::from_mins(30);
/// After resting this long a connection is not used again: something between here and the server may have forgotten it.
const LONGEST_REST: Duration = Duration::from_mins(5);

/// Connections that are taken in turn; cheap to clone.
#[derive(Debug, Clone)]
pub struct Lanes(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    pool: PgPool,
    free: Mutex<Vec<Lane>>,
    turns: Arc<Semaphore>,
    /// How long a request waits for its turn.
    wait: Duration,
    doubt: Doubt,
}

#[derive(Debug)]
struct Lane {
    connection: PoolConnection<Postgres>,
    taken: Instant,
    rested: Instant,
}

/// A connection in use; dropped, it is free for the next.
#[derive(Debug)]
struct Turn {
    lane: Option<Lane>,
    lanes: Lanes,
    /// No statement is under way.
    is_at_rest: bool,
    /// A transaction may have begun that nobody counts yet.
    is_beginning: bool,
    _permit: OwnedSemaphorePermit,
}

impl Lanes {
    pub(crate) fn new(pool: PgPool, size: u32, wait: Duration, doubt: Doubt) -> Self {
        let turns = Arc::new(Semaphore::new(usize::try_from(size).unwrap_or(1).max(1)));
        Self(Arc::new(Inner { pool, free: Mutex::default(), turns, wait, doubt }))
    }

    async fn turn(&self) -> Result<Turn, DbErr> {
        let waiting = tokio::time::timeout(self.0.wait, self.0.turns.clone().acquire_owned());
        let permit = match waiting.await {
            Ok(Ok(permit)) => permit,
            Ok(Err(_)) => return Err(DbErr::ConnectionAcquire(ConnAcquireErr::ConnectionClosed)),
            Err(_) => return Err(DbErr::ConnectionAcquire(ConnAcquireErr::Timeout)),
        };
        let lane = match self.free() {
            Some(lane) => lane,
            None => {
                let connection = self.0.pool.acquire().await.map_err(not_acquired)?;
                Lane { connection, taken: Instant::now(), rested: Instant::now() }
            }
        };
        Ok(Turn { lane: Some(lane), lanes: self.clone(), is_at_rest: true, is_beginning: false, _permit: permit })
    }

    /// The connection that was used last, if there is one that is good.
    fn free(&self) -> Option<Lane> {
        let mut free = self.0.free.lock().unwrap_or_else(PoisonError::into_inner);
        while let Some(lane) = free.pop() {
            let age = lane.taken.elapsed();
            if age < LIFETIME && lane.rested.elapsed() < LONGEST_REST && self.0.doubt.trusts(age) {
                return Some(lane);
            }
            lane.end();
        }
        None
    }

    /// Begins a transaction.
    pub(crate) async fn begin(&self) -> Result<LaneTransaction, DbErr> {
        let mut turn = self.turn().await?;
        turn.is_beginning = true;
        let answer = Manager::begin(turn.connection()?, None).await;
        turn.is_beginning = false;
        turn.heard(&answer);
        answer.map_err(in_execution)?;
        Ok(LaneTransaction(tokio::sync::Mutex::new(turn)))
    }

    pub(crate) async fn ping(&self) -> Result<(), DbErr> {
        let mut turn = self.turn().await?;
        let answer = turn.connection()?.ping().await;
        turn.heard(&answer);
        answer.map_err(not_acquired)
    }

    /// Ends all that are free; those in use end with their work.
    pub(crate) async fn close(&self) {
        self.0.turns.close();
        let free = std::mem::take(&mut *self.0.free.lock().unwrap_or_else(PoisonError::into_inner));
        free.into_iter().for_each(Lane::end);
        self.0.pool.close().await;
    }
}

impl Turn {
    /// The connection, which is not to be used by another before [`Self::heard`] knows how it went.
    fn connection(&mut self) -> Result<&mut PgConnection, DbErr> {
        self.is_at_rest = false;
        let lane = self.lane.as_mut().ok_or(DbErr::ConnectionAcquire(ConnAcquireErr::ConnectionClosed))?;
        Ok(&mut lane.connection)
    }

    /// An answer leaves the connection as it was, and so does a refusal by the server.
    fn heard<T>(&mut self, answer: &Result<T, Sqlx>) {
        self.is_at_rest = matches!(answer, Ok(_) | Err(Sqlx::Database(_)));
    }

    async fn execute(&mut self, statement: Statement) -> Result<ExecResult, DbErr> {
        let (sql, values) = (statement.sql, statement.values);
        let answer = asked(&sql, values).execute(self.connection()?).await;
        self.heard(&answer);
        answer.map(ExecResult::from).map_err(in_execution)
    }

    async fn execute_unprepared(&mut self, sql: &str) -> Result<ExecResult, DbErr> {
        let answer = self.connection()?.execute(AssertSqlSafe(sql.to_owned())).await;
        self.heard(&answer);
        answer.map(ExecResult::from).map_err(in_execution)
    }

    async fn query_one(&mut self, statement: Statement) -> Result<Option<QueryResult>, DbErr> {
        let (sql, values) = (statement.sql, statement.values);
        let answer = asked(&sql, values).fetch_optional(self.connection()?).await;
        self.heard(&answer);
        answer.map(|row| row.map(QueryResult::from)).map_err(in_query)
    }

    async fn query_all(&mut self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        let (sql, values) = (statement.sql, statement.values);
        let answer = asked(&sql, values).fetch_all(self.connection()?).await;
        self.heard(&answer);
        answer.map(|rows| rows.into_iter().map(QueryResult::from).collect()).map_err(in_query)
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        let Some(mut lane) = self.lane.take() else { return };
        if Manager::get_transaction_depth(&lane.connection) > 0 {
            // Sent when the pool takes the connection back.
            Manager::start_rollback(&mut lane.connection);
            return;
        }
        if self.is_beginning {
            // Given up while it began: the server may count a transaction that the driver does not.
            return lane.end();
        }
        let mut free = self.lanes.0.free.lock().unwrap_or_else(PoisonError::into_inner);
        // Asked under the lock: after a close nobody looks at the free ones again.
        if self.is_at_rest && !self.lanes.0.turns.is_closed() {
            lane.rested = Instant::now();
            free.push(lane);
        }
    }
}

impl Lane {
    /// Closes it at once. Given back to the pool it would want a runtime, and an answer.
    fn end(self) {
        drop(self.connection.detach());
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        for lane in self.free.get_mut().unwrap_or_else(PoisonError::into_inner).drain(..) {
            lane.end();
        }
    }
}

/// A transaction; dropped before its commit, it is rolled back.
#[derive(Debug)]
pub struct LaneTransaction(tokio::sync::Mutex<Turn>);

impl LaneTransaction {
    pub(crate) async fn commit(self) -> Result<(), DbErr> {
        let mut turn = self.0.into_inner();
        let answer = Manager::commit(turn.connection()?).await;
        turn.heard(&answer);
        answer.map_err(in_execution)
    }
}

fn asked(sql: &str, values: Option<Values>) -> Query<'_, Postgres, SqlxValues> {
    query_with(AssertSqlSafe(sql), SqlxValues(values.unwrap_or_else(|| Values(Vec::new()))))
}

fn not_acquired(error: Sqlx) -> DbErr {
    match error {
        Sqlx::PoolTimedOut => DbErr::ConnectionAcquire(ConnAcquireErr::Timeout),
        Sqlx::PoolClosed => DbErr::ConnectionAcquire(ConnAcquireErr::ConnectionClosed),
        error => DbErr::Conn(RuntimeErr::SqlxError(Arc::new(error))),
    }
}

fn in_execution(error: Sqlx) -> DbErr {
    DbErr::Exec(RuntimeErr::SqlxError(Arc::new(error)))
}

fn in_query(error: Sqlx) -> DbErr {
    DbErr::Query(RuntimeErr::SqlxError(Arc::new(error)))
}

#[async_trait::async_trait]
impl ConnectionTrait for Lanes {
    fn get_database_backend(&self) -> DbBackend {
        DbBackend::Postgres
    }

    async fn execute_raw(&self, statement: Statement) -> Result<ExecResult, DbErr> {
        self.turn().await?.execute(statement).await
    }

    async fn execute_unprepared(&self, sql: &str) -> Result<ExecResult, DbErr> {
        self.turn().await?.execute_unprepared(sql).await
    }

    async fn query_one_raw(&self, statement: Statement) -> Result<Option<QueryResult>, DbErr> {
        self.turn().await?.query_one(statement).await
    }

    async fn query_all_raw(&self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        self.turn().await?.query_all(statement).await
    }
}

#[async_trait::async_trait]
impl ConnectionTrait for LaneTransaction {
    fn get_database_backend(&self) -> DbBackend {
        DbBackend::Postgres
    }

    async fn execute_raw(&self, statement: Statement) -> Result<ExecResult, DbErr> {
        self.0.lock().await.execute(statement).await
    }

    async fn execute_unprepared(&self, sql: &str) -> Result<ExecResult, DbErr> {
        self.0.lock().await.execute_unprepared(sql).await
    }

    async fn query_one_raw(&self, statement: Statement) -> Result<Option<QueryResult>, DbErr> {
        self.0.lock().await.query_one(statement).await
    }

    async fn query_all_raw(&self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        self.0.lock().await.query_all(statement).await
    }
}
