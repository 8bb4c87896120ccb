//! The one place that every statement of a use case passes. Tests make it fail there, call by call.

use std::fmt::Debug;
use std::sync::Arc;

use sea_orm::{
    ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbBackend, DbErr, ExecResult, QueryResult, Statement,
};

use crate::lane::{LaneTransaction, Lanes};
use crate::patience::{Doubt, read};

/// Either engine's own.
#[derive(Debug, Clone)]
pub enum Via<S, P> {
    Sqlite(S),
    Postgres(P),
}

/// What single reads go through.
pub type Reading = Via<DatabaseConnection, Lanes>;
/// A transaction that writes.
pub type Writing = Via<DatabaseTransaction, LaneTransaction>;

/// A call on its way to the database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Call<'a> {
    Statement(&'a str),
    Commit,
    /// The commit is done; to fail here is to lose its answer.
    Committed,
}

/// What a test does to calls. A failure is given back as the database's own.
pub trait Faults: Debug + Send + Sync {
    /// A transaction begins for the unit of work of this name; its calls are asked of what this gives.
    fn begin(&self, name: &'static str) -> Result<Arc<dyn Faults>, DbErr>;

    fn strike(&self, call: Call<'_>) -> Result<(), DbErr>;
}

/// Who is told of each statement, for measuring.
#[derive(Clone)]
pub(crate) struct Ear(pub Arc<dyn Fn(&Statement) + Send + Sync>);

impl Debug for Ear {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Ear")
    }
}

/// A connection as use cases see it.
#[derive(Debug, Clone)]
pub struct Door<C> {
    pub(crate) connection: C,
    pub(crate) faults: Option<Arc<dyn Faults>>,
    pub(crate) ear: Option<Ear>,
    /// For single reads of a database that may fall silent: none waits for ever, and one that met a dead connection is
    /// sent again on another.
    pub(crate) doubt: Option<Doubt>,
}

impl<C> Door<C> {
    pub(crate) fn new(connection: C) -> Self {
        Self { connection, faults: None, ear: None, doubt: None }
    }

    fn strike(&self, call: Call<'_>) -> Result<(), DbErr> {
        self.faults.as_ref().map_or(Ok(()), |faults| faults.strike(call))
    }

    /// Before a statement is sent.
    fn passes(&self, statement: &Statement) -> Result<(), DbErr> {
        self.strike(Call::Statement(&statement.sql))?;
        if let Some(Ear(hears)) = &self.ear {
            hears(statement);
        }
        Ok(())
    }
}

impl Door<Writing> {
    pub(crate) async fn commit(self) -> Result<(), DbErr> {
        self.strike(Call::Commit)?;
        let Self { connection, faults, .. } = self;
        match connection {
            Via::Sqlite(connection) => connection.commit().await?,
            Via::Postgres(connection) => connection.commit().await?,
        }
        Door { faults, ..Door::new(()) }.strike(Call::Committed)
    }
}

#[async_trait::async_trait]
impl<S: ConnectionTrait, P: ConnectionTrait> ConnectionTrait for Via<S, P> {
    fn get_database_backend(&self) -> DbBackend {
        match self {
            Self::Sqlite(own) => own.get_database_backend(),
            Self::Postgres(own) => own.get_database_backend(),
        }
    }

    async fn execute_raw(&self, statement: Statement) -> Result<ExecResult, DbErr> {
        match self {
            Self::Sqlite(own) => own.execute_raw(statement).await,
            Self::Postgres(own) => own.execute_raw(statement).await,
        }
    }

    async fn execute_unprepared(&self, sql: &str) -> Result<ExecResult, DbErr> {
        match self {
            Self::Sqlite(own) => own.execute_unprepared(sql).await,
            Self::Postgres(own) => own.execute_unprepared(sql).await,
        }
    }

    async fn query_one_raw(&self, statement: Statement) -> Result<Option<QueryResult>, DbErr> {
        match self {
            Self::Sqlite(own) => own.query_one_raw(statement).await,
            Self::Postgres(own) => own.query_one_raw(statement).await,
        }
    }

    async fn query_all_raw(&self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        match self {
            Self::Sqlite(own) => own.query_all_raw(statement).await,
            Self::Postgres(own) => own.query_all_raw(statement).await,
        }
    }
}

#[async_trait::async_trait]
impl<C: ConnectionTrait> ConnectionTrait for Door<C> {
    fn get_database_backend(&self) -> DbBackend {
        self.connection.get_database_backend()
    }

    async fn execute_raw(&self, statement: Statement) -> Result<ExecResult, DbErr> {
        self.passes(&statement)?;
        match &self.doubt {
            Some(doubt) => read(doubt, || self.connection.execute_raw(statement.clone())).await,
            None => self.connection.execute_raw(statement).await,
        }
    }

    async fn execute_unprepared(&self, sql: &str) -> Result<ExecResult, DbErr> {
        self.strike(Call::Statement(sql))?;
        match &self.doubt {
            Some(doubt) => read(doubt, || self.connection.execute_unprepared(sql)).await,
            None => self.connection.execute_unprepared(sql).await,
        }
    }

    async fn query_one_raw(&self, statement: Statement) -> Result<Option<QueryResult>, DbErr> {
        self.passes(&statement)?;
        match &self.doubt {
            Some(doubt) => read(doubt, || self.connection.query_one_raw(statement.clone())).await,
            None => self.connection.query_one_raw(statement).await,
        }
    }

    async fn query_all_raw(&self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        self.passes(&statement)?;
        match &self.doubt {
            Some(doubt) => read(doubt, || self.connection.query_all_raw(statement.clone())).await,
            None => self.connection.query_all_raw(statement).await,
        }
    }
}
