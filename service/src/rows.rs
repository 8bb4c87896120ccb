//! What belongs to a row, read with it in the same statement. The one place where SQL is put together, from names of our
//! own tables and columns only: no value can come in, and none does.

use sea_orm::sea_query::{ColumnType, Expr, SimpleExpr};
use sea_orm::{ColumnTrait, DbBackend, EntityTrait, IdenStatic, Iterable};
use uuid::Uuid;

/// Whose rows they are.
#[derive(Debug, Clone)]
pub(crate) enum Owner {
    /// A quoted column of the outer query.
    Column(&'static str),
    Id(Uuid),
    Nobody,
}

impl Owner {
    pub fn of(id: Option<Uuid>) -> Self {
        id.map_or(Self::Nobody, Self::Id)
    }
}

/// The rows of `E` whose `column` is their owner's id, as one JSON array in this order: what belongs to a row comes with
/// it, in the same statement. Members have the columns' names.
pub(crate) fn rows_as_json<E: EntityTrait>(
    backend: DbBackend,
    column: E::Column,
    owner: &Owner,
    order: &[E::Column],
) -> SimpleExpr {
    match owner {
        Owner::Nobody => Expr::cust("'[]'"),
        Owner::Column(name) => Expr::cust(array_of::<E>(backend, column, name, order)),
        Owner::Id(id) => {
            let place = if backend == DbBackend::Postgres { "$1" } else { "?" };
            Expr::cust_with_values(array_of::<E>(backend, column, place, order), [*id])
        }
    }
}

fn array_of<E: EntityTrait>(backend: DbBackend, column: E::Column, owner: &str, order: &[E::Column]) -> String {
    let entity = E::default();
    let table = entity.table_name();
    let (column, columns) = (column.as_str(), E::Column::iter());
    let order: Vec<String> = order.iter().map(|column| format!(r#"r."{}""#, column.as_str())).collect();
    let order = order.join(", ");
    match backend {
        DbBackend::Postgres => format!(
            r#"(SELECT COALESCE(json_agg(row_to_json(r) ORDER BY {order}), '[]')::text FROM "{table}" r WHERE r."{column}" = {owner})"#
        ),
        _ => {
            let members: Vec<String> = columns.map(sqlite_member::<E>).collect();
            let members = members.join(", ");
            format!(
                r#"(SELECT json_group_array(json_object({members}) ORDER BY {order}) FROM "{table}" r WHERE r."{column}" = {owner})"#
            )
        }
    }
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
