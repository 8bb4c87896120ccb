//! Many rows in every table that has any, made of those that are there.

use std::collections::{BTreeMap, BTreeSet};

use sea_orm::{ConnectionTrait, DatabaseConnection, Statement};

use crate::harness::{Engine, TestDb};

/// Rows that every table has at least, once it has grown.
pub const MANY: u64 = 10_000;

/// Tables that hold a document per row and stay small: a calendar, a rule set, a region, a step of the schema.
const DOCUMENTS: &[&str] = &["calendar_version", "rule_set", "region", "seaql_migrations"];

/// A column of a table, and whether a unique index holds it.
struct Column {
    name: String,
    kind: String,
    is_unique: bool,
}

async fn texts(connection: &DatabaseConnection, sql: &str) -> Vec<Vec<String>> {
    let rows = connection.query_all_raw(Statement::from_string(connection.get_database_backend(), sql)).await.unwrap();
    let row = |row: &sea_orm::QueryResult| {
        row.column_names()
            .iter()
            .map(|name| row.try_get::<Option<String>>("", name).unwrap().unwrap_or_default())
            .collect()
    };
    rows.iter().map(row).collect()
}

async fn count(connection: &DatabaseConnection, table: &str) -> u64 {
    let rows = texts(connection, &format!("SELECT CAST(count(*) AS TEXT) AS n FROM {table}")).await;
    rows[0][0].parse().unwrap()
}

async fn tables(connection: &DatabaseConnection, engine: Engine) -> Vec<String> {
    let sql = match engine {
        Engine::Sqlite => "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%'",
        Engine::Postgres => {
            "SELECT table_name::text AS name FROM information_schema.tables WHERE table_schema = 'public' AND table_type = 'BASE TABLE'"
        }
    };
    texts(connection, sql)
        .await
        .into_iter()
        .map(|row| row[0].clone())
        .filter(|name| !DOCUMENTS.contains(&name.as_str()))
        .collect()
}

async fn columns(connection: &DatabaseConnection, engine: Engine, table: &str) -> Vec<Column> {
    let (all, unique) = match engine {
        Engine::Sqlite => (
            format!("SELECT name, type AS kind, CAST(pk > 0 AS TEXT) AS u FROM pragma_table_info('{table}')"),
            format!(
                "SELECT l.name || '' AS i, i.name AS name, t.type AS kind FROM pragma_index_list('{table}') l, pragma_index_info(l.name) i JOIN pragma_table_info('{table}') t ON t.name = i.name WHERE l.\"unique\" = 1"
            ),
        ),
        Engine::Postgres => (
            format!(
                "SELECT column_name::text AS name, data_type::text AS kind, '0' AS u FROM information_schema.columns WHERE table_name = '{table}' ORDER BY ordinal_position"
            ),
            format!(
                "SELECT i.indexrelid::text AS i, a.attname::text AS name, format_type(a.atttypid, NULL) AS kind FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = ANY(i.indkey) WHERE i.indisunique AND i.indrelid = '{table}'::regclass"
            ),
        ),
    };
    let mut indexes: BTreeMap<String, Vec<(String, String)>> = BTreeMap::new();
    for row in texts(connection, &unique).await {
        indexes.entry(row[0].clone()).or_default().push((row[1].clone(), row[2].clone()));
    }
    // One column of an index is enough; ids first, texts last: those may be words of a vocabulary.
    let rank = |kind: &str| {
        if kind.contains("uuid") {
            0
        } else if kind.contains("int") {
            1
        } else {
            2
        }
    };
    let chosen: BTreeSet<String> = indexes
        .into_values()
        .filter_map(|columns| columns.into_iter().min_by_key(|(_, kind)| rank(&kind.to_lowercase())))
        .map(|(name, _)| name)
        .collect();
    let column = |row: Vec<String>| {
        let is_unique = row[2] == "1" || chosen.contains(&row[0]);
        Column { name: row[0].clone(), kind: row[1].to_lowercase(), is_unique }
    };
    texts(connection, &all).await.into_iter().map(column).collect()
}

/// Multiplies the rows of a table that has any.
async fn grow(connection: &DatabaseConnection, engine: Engine, table: &str) {
    let rows = count(connection, table).await;
    if rows == 0 || rows >= MANY {
        return;
    }
    let copies = MANY.div_ceil(rows);
    let columns = columns(connection, engine, table).await;
    let values = columns.iter().map(|column| {
        let name = format!("\"{}\"", column.name);
        match (column.is_unique, column.kind.as_str()) {
            // As rows are: of many regions, and of many people and things, some of them the same.
            (false, _) if column.name == "region" => {
                let codes = ["450200", "450300", "450400", "450500", "450600", "450700", "450800", "450900"];
                let cases = codes
                    .iter()
                    .enumerate()
                    .map(|(at, code)| format!("WHEN {at} THEN '{code}'"))
                    .collect::<Vec<_>>()
                    .join(" ");
                format!("CASE c.n % 9 {cases} ELSE {name} END")
            }
            (false, kind) if kind.contains("uuid") && column.name != "round_id" && column.name != "rule_set_id" => {
                let other = if engine == Engine::Sqlite { "randomblob(16)" } else { "gen_random_uuid()" };
                format!("CASE WHEN {name} IS NULL OR c.n % 20 = 0 THEN {name} ELSE {other} END")
            }
            (false, _) => name,
            (true, kind) if kind.contains("uuid") => match engine {
                Engine::Sqlite => "randomblob(16)".to_owned(),
                Engine::Postgres => "gen_random_uuid()".to_owned(),
            },
            (true, kind) if kind.contains("int") => format!("{name} + c.n * 100"),
            (true, kind) if kind.contains("date") || kind.contains("time") || kind.contains("bool") => name,
            (true, _) => format!("{name} || '-' || c.n"),
        }
    });
    let values: Vec<String> = values.collect();
    let names: Vec<String> = columns.iter().map(|column| format!("\"{}\"", column.name)).collect();
    let counter = match engine {
        Engine::Sqlite => format!(
            "(WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < {copies}) SELECT n FROM c) c"
        ),
        Engine::Postgres => format!("generate_series(1, {copies}) AS c(n)"),
    };
    let sql =
        format!("INSERT INTO {table} ({}) SELECT {} FROM {table}, {counter}", names.join(", "), values.join(", "));
    connection.execute_unprepared(&sql).await.unwrap_or_else(|error| panic!("{table}: {error}\n{sql}"));
}

/// Gives every table that has rows many of them; what holds rows together is switched off for it.
pub async fn grow_all(db: &TestDb) -> BTreeSet<String> {
    // One connection: switches belong to it.
    let mut options = sea_orm::ConnectOptions::new(db.url());
    options.max_connections(1).sqlx_logging(false);
    let connection = sea_orm::Database::connect(options).await.unwrap();
    let engine = db.engine();
    match engine {
        Engine::Sqlite => {
            connection.execute_unprepared("PRAGMA foreign_keys = OFF").await.unwrap();
            for row in texts(&connection, "SELECT name FROM sqlite_master WHERE type = 'trigger'").await {
                connection.execute_unprepared(&format!("DROP TRIGGER \"{}\"", row[0])).await.unwrap();
            }
        }
        Engine::Postgres => {
            connection.execute_unprepared("SET session_replication_role = replica").await.unwrap();
        }
    }
    let mut grown = BTreeSet::new();
    for table in tables(&connection, engine).await {
        grow(&connection, engine, &table).await;
        if count(&connection, &table).await >= MANY {
            grown.insert(table);
        }
    }
    connection.execute_unprepared("ANALYZE").await.unwrap();
    connection.close().await.unwrap();
    grown
}
