//! Rows into a table, as many at a time as the engine takes.

use sea_orm::{DatabaseConnection, DbBackend, EntityTrait, IntoActiveModel, Iterable};

/// Parameters of one statement at most.
const POSTGRES: usize = 65_535;
const SQLITE: usize = 32_766;
/// Longer statements gain nothing.
const ROWS: usize = 2_000;

/// Writes rows.
pub async fn put<E>(connection: &DatabaseConnection, rows: Vec<E::Model>) -> anyhow::Result<()>
where
    E: EntityTrait,
    E::Model: IntoActiveModel<E::ActiveModel>,
{
    let most = if connection.get_database_backend() == DbBackend::Postgres { POSTGRES } else { SQLITE };
    let chunk = (most / E::Column::iter().count().max(1)).clamp(1, ROWS);
    let mut rows = rows.into_iter().map(IntoActiveModel::into_active_model).peekable();
    while rows.peek().is_some() {
        let part: Vec<E::ActiveModel> = rows.by_ref().take(chunk).collect();
        E::insert_many(part).exec_without_returning(connection).await?;
    }
    Ok(())
}
