//! What belongs to a row, read with it in the same statement. The one place where SQL is put together, from names of our
//! own tables and columns only: no value can come in, and none does.

use sea_orm::sea_query::{ColumnType, Expr, SimpleExpr};
use sea_orm::{ColumnTrait, DbBackend, EntityTrait, IdenStatic, Iterable};

/// The rows of `E` whose `owner` is the id of the outer query's row, as one JSON array in this order: what belongs to a
/// row comes with it, in the same statement. Members have the columns' names.
pub(crate) fn rows_as_json<E: EntityTrait>(
    backend: DbBackend,
    owner: E::Column,
    outer: &'static str,
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
