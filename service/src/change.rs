//! Changes of rows that are written together: on PostgreSQL one statement and one round trip for all of them, on SQLite,
//! which is no trip away, one after the other.

use sea_orm::sea_query::{
    CommonTableExpression, Expr, Query, SelectStatement, SubQueryStatement, WithClause, WithQuery,
};
use sea_orm::{ActiveModelTrait, ConnectionTrait, DbBackend, DbErr, DeleteMany, EntityName, EntityTrait, InsertMany};
use sea_orm::{IntoActiveModel, Iterable, ModelTrait, QueryTrait, UpdateMany};

use crate::audit::is_place_taken;
use crate::door::{Door, Writing};
use crate::error::{Error, Result};

/// One statement that changes rows of one table.
#[derive(Debug)]
pub(crate) struct RowChange {
    table: &'static str,
    statement: SubQueryStatement,
    /// Exactly one row must be changed, or the caller saw another state of things.
    is_of_one: bool,
}

impl RowChange {
    pub fn insert<A: ActiveModelTrait>(rows: InsertMany<A>) -> Self {
        Self::of::<A::Entity>(rows.into_query())
    }

    /// A row that is new with all its values.
    pub fn new_row<A, M>(row: M) -> Self
    where
        A: ActiveModelTrait,
        M: IntoActiveModel<A>,
    {
        Self::insert(A::Entity::insert_many([row.into_active_model().reset_all()]))
    }

    pub fn update<E: EntityTrait>(rows: UpdateMany<E>) -> Self {
        Self::of::<E>(rows.into_query())
    }

    /// An update that names what it expects, of one row.
    pub fn update_one<E: EntityTrait>(row: UpdateMany<E>) -> Self {
        Self { is_of_one: true, ..Self::update(row) }
    }

    pub fn delete<E: EntityTrait>(rows: DeleteMany<E>) -> Self {
        Self::of::<E>(rows.into_query())
    }

    fn of<E: EntityName + Default>(statement: impl Into<SubQueryStatement>) -> Self {
        Self { table: E::default().table_name(), statement: statement.into(), is_of_one: false }
    }
}

/// An update of what differs between two states of a row; none where nothing does. Whose row it is, the caller adds.
pub(crate) fn difference<E: EntityTrait>(before: &E::Model, after: &E::Model) -> Option<UpdateMany<E>> {
    let mut differs = false;
    let update = E::Column::iter().fold(E::update_many(), |update, column| {
        let value = after.get(column);
        if before.get(column) == value {
            return update;
        }
        differs = true;
        update.col_expr(column, Expr::value(value))
    });
    differs.then_some(update)
}

/// The changes of a transaction that are not written yet.
#[derive(Debug, Default)]
pub(crate) struct RowChanges(Vec<RowChange>);

impl RowChanges {
    /// Whether there is a change of this table already: in one statement, the second would not see the first.
    pub fn touch(&self, change: &RowChange) -> bool {
        self.0.iter().any(|earlier| earlier.table == change.table)
    }

    pub fn push(&mut self, change: RowChange) {
        self.0.push(change);
    }

    /// Writes all of them.
    pub async fn write(self, connection: &Door<Writing>) -> Result<()> {
        if connection.get_database_backend() == DbBackend::Postgres {
            return together(connection, self.0).await;
        }
        for change in self.0 {
            alone(connection, change).await?;
        }
        Ok(())
    }
}

async fn alone(connection: &Door<Writing>, change: RowChange) -> Result<()> {
    let done = match &change.statement {
        SubQueryStatement::InsertStatement(insert) => connection.execute(insert).await,
        SubQueryStatement::UpdateStatement(update) => connection.execute(update).await,
        SubQueryStatement::DeleteStatement(delete) => connection.execute(delete).await,
        SubQueryStatement::SelectStatement(_) | SubQueryStatement::WithStatement(_) => {
            return Err(Error::internal("a change that changes nothing"));
        }
    };
    let rows = done.map_err(fault)?.rows_affected();
    if change.is_of_one && rows != 1 { Err(Error::Stale) } else { Ok(()) }
}

async fn together(connection: &Door<Writing>, mut changes: Vec<RowChange>) -> Result<()> {
    match changes.len() {
        0 => return Ok(()),
        1 => return alone(connection, changes.remove(0)).await,
        _ => {}
    }
    let (query, counted) = joined(changes);
    let row = connection.query_one(&query).await.map_err(fault)?;
    for name in &counted {
        let rows: i64 = row.as_ref().map_or(Ok(0), |row| row.try_get("", name))?;
        if rows != 1 {
            return Err(Error::Stale);
        }
    }
    Ok(())
}

/// One statement of all, which counts the rows where they must be one, under these names.
fn joined(changes: Vec<RowChange>) -> (WithQuery, Vec<String>) {
    let (mut with, mut counts, mut counted) = (WithClause::new(), Query::select(), Vec::new());
    for (at, change) in changes.into_iter().enumerate() {
        let name = format!("change_{at}");
        let mut part = CommonTableExpression::new();
        part.table_name(name.clone());
        let statement = if change.is_of_one {
            counts.expr_as(Expr::SubQuery(None, Box::new(count(&name).into())), name.clone());
            counted.push(name);
            returning(change.statement)
        } else {
            change.statement
        };
        with.cte(part.query(statement).to_owned());
    }
    if counted.is_empty() {
        counts.expr(Expr::cust("1"));
    }
    (with.query(counts), counted)
}

fn count(name: &str) -> SelectStatement {
    Query::select().expr(Expr::cust("count(*)")).from(name.to_owned()).to_owned()
}

/// The same, telling of each row that it was changed.
fn returning(statement: SubQueryStatement) -> SubQueryStatement {
    let told = Query::returning().exprs([Expr::cust("1 AS one")]);
    match statement {
        SubQueryStatement::UpdateStatement(mut update) => update.returning(told).to_owned().into(),
        other => other,
    }
}

/// Another transaction was in the way: worth another run.
fn fault(error: DbErr) -> Error {
    if is_place_taken(&error) { Error::busy() } else { error.into() }
}
