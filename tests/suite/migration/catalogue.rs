//! What the database itself says of its tables.

use sea_orm::{ConnectionTrait, QueryResult, Statement};

use super::table::{Column, Kind};
use crate::harness::{Engine, TestDb};

pub async fn tables(db: &TestDb) -> Vec<String> {
    texts(
        db,
        match db.engine() {
            Engine::Sqlite => {
                "SELECT name FROM sqlite_master WHERE type = 'table' \
                 AND name NOT LIKE 'sqlite_%' AND name <> 'seaql_migrations' ORDER BY name"
            }
            Engine::Postgres => {
                "SELECT tablename::text FROM pg_tables WHERE schemaname = 'public' \
                 AND tablename <> 'seaql_migrations' ORDER BY tablename COLLATE \"C\""
            }
        },
    )
    .await
}

pub async fn columns(db: &TestDb, table: &str) -> Vec<Column> {
    let query = match db.engine() {
        Engine::Sqlite => format!(
            "SELECT name, lower(type), CAST(\"notnull\" = 0 AS integer) FROM pragma_table_info('{table}') ORDER BY cid"
        ),
        Engine::Postgres => format!(
            "SELECT column_name::text, data_type::text, CAST(is_nullable = 'YES' AS integer) FROM information_schema.columns \
             WHERE table_schema = 'public' AND table_name = '{table}' ORDER BY ordinal_position"
        ),
    };
    let rows = rows(db, &query).await;
    let columns = rows.iter().map(|row| Column {
        name: row.try_get_by_index(0).unwrap(),
        kind: kind(&row.try_get_by_index::<String>(1).unwrap()),
        is_nullable: row.try_get_by_index::<i32>(2).unwrap() == 1,
    });
    columns.collect()
}

fn kind(name: &str) -> Kind {
    match name {
        "uuid_text" | "uuid" => Kind::Uuid,
        "text" => Kind::Text,
        "integer" => Kind::Integer,
        "bigint" => Kind::BigInteger,
        "boolean" => Kind::Boolean,
        "timestamp_with_timezone_text" | "timestamp with time zone" => Kind::Instant,
        "date_text" | "date" => Kind::Date,
        other => panic!("no entity has columns of type {other}"),
    }
}

pub async fn primary_key(db: &TestDb, table: &str) -> Vec<String> {
    let query = match db.engine() {
        Engine::Sqlite => {
            format!("SELECT name FROM pragma_table_info('{table}') WHERE pk > 0 ORDER BY pk")
        }
        Engine::Postgres => format!(
            "SELECT attname::text FROM pg_index JOIN pg_attribute ON attrelid = indrelid AND attnum = ANY (indkey) \
             WHERE indisprimary AND indrelid = 'public.{table}'::regclass ORDER BY array_position(indkey, attnum)"
        ),
    };
    texts(db, &query).await
}

/// The whole schema in a stable order.
pub async fn text(db: &TestDb) -> String {
    let queries: &[&str] = match db.engine() {
        Engine::Sqlite => &["SELECT sql FROM sqlite_master WHERE sql IS NOT NULL AND tbl_name <> 'seaql_migrations' \
             ORDER BY tbl_name, CASE type WHEN 'table' THEN 0 WHEN 'index' THEN 1 ELSE 2 END, name"],
        Engine::Postgres => &[
            "SELECT table_name || '.' || column_name || ' ' || data_type \
             || CASE is_nullable WHEN 'NO' THEN ' not null' ELSE '' END || coalesce(' default ' || column_default, '') \
             FROM information_schema.columns WHERE table_schema = 'public' AND table_name <> 'seaql_migrations' \
             ORDER BY table_name COLLATE \"C\", ordinal_position",
            "SELECT conrelid::regclass::text || ': ' || conname || ' ' || pg_get_constraintdef(oid) \
             FROM pg_constraint WHERE connamespace = 'public'::regnamespace AND contype IN ('c', 'f', 'p', 'u') \
             AND conrelid::regclass::text <> 'seaql_migrations' \
             ORDER BY conrelid::regclass::text COLLATE \"C\", conname COLLATE \"C\"",
            "SELECT indexdef FROM pg_indexes WHERE schemaname = 'public' AND tablename <> 'seaql_migrations' \
             ORDER BY indexname COLLATE \"C\"",
            "SELECT pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal ORDER BY tgname COLLATE \"C\"",
            "SELECT proname || ': ' || prosrc FROM pg_proc WHERE pronamespace = 'public'::regnamespace \
             ORDER BY proname COLLATE \"C\"",
        ],
    };
    let mut sections = Vec::new();
    for query in queries {
        sections.push(texts(db, query).await.join("\n"));
    }
    // SQLite keeps the statement as it was written, on one line.
    sections.join("\n\n").replace(", \"", ",\n    \"").replace("CREATE ", "\nCREATE ")
}

/// The first column of each row.
pub async fn texts(db: &TestDb, query: &str) -> Vec<String> {
    rows(db, query).await.iter().map(|row| row.try_get_by_index(0).unwrap()).collect()
}

async fn rows(db: &TestDb, query: &str) -> Vec<QueryResult> {
    let connection = db.connection();
    let statement = Statement::from_string(connection.get_database_backend(), query);
    connection.query_all_raw(statement).await.unwrap()
}
