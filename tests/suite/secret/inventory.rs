//! The inventory of data, and whether what it calls sensitive is kept as such.

use std::collections::BTreeMap;

use entity::inventory::{Class, inventory};
use sea_orm::{ConnectionTrait, DbBackend, Statement};

use super::scan::raw_numbers;
use crate::contract::stage::Stage;
use crate::harness::evidence::evidence;
use crate::harness::{Engine, TestDb, db_tests};

/// Sealed, hashed with a key or plainly, or a password's hash.
fn is_protected(value: &str) -> bool {
    let is_sealed = value
        .strip_prefix('k')
        .and_then(|rest| rest.split_once('.'))
        .is_some_and(|(id, body)| !id.is_empty() && id.bytes().all(|b| b.is_ascii_digit()) && body.len() >= 38);
    let is_hash = value.len() == 64 && value.bytes().all(|b| b.is_ascii_hexdigit());
    is_sealed || is_hash || value.starts_with("$argon2id$")
}

async fn texts(db: &TestDb, sql: &str) -> Vec<String> {
    let backend = db.connection().get_database_backend();
    let rows = db.connection().query_all_raw(Statement::from_string(backend, sql)).await.unwrap();
    rows.into_iter().map(|row| row.try_get::<String>("", "value").unwrap()).collect()
}

db_tests! {
    async fn every_column_of_the_database_has_a_class(db: TestDb) {
        let sql = match db.connection().get_database_backend() {
            DbBackend::Sqlite => {
                "SELECT m.name || '.' || c.name AS value FROM sqlite_master m, pragma_table_info(m.name) c \
                 WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite%' AND m.name <> 'seaql_migrations'"
            }
            _ => {
                "SELECT table_name || '.' || column_name AS value FROM information_schema.columns \
                 WHERE table_schema = 'public' AND table_name <> 'seaql_migrations'"
            }
        };
        let mut columns = texts(&db, sql).await;
        columns.sort();
        let mut classified: Vec<String> = inventory().iter().map(|item| format!("{}.{}", item.table, item.column)).collect();
        classified.sort();
        assert_eq!(classified, columns, "entity/src/inventory.rs names every column once");
        let mut counts: BTreeMap<Class, usize> = BTreeMap::new();
        for item in inventory() {
            *counts.entry(item.class).or_default() += 1;
        }
        let counts: Vec<String> = counts.iter().map(|(class, count)| format!("{count} {class:?}").to_lowercase()).collect();
        evidence!("P1", db.engine().as_str(), "{} of {} columns classified: {}", classified.len(), columns.len(), counts.join(", "));
    }

    async fn what_is_sensitive_is_sealed_or_hashed(db: TestDb) {
        let stage = Stage::on(&db).await;
        // Something in every such column: an answer, a mail with a link, a client's secret.
        crate::account::scene::broker(&stage.app).await;
        stage.app.post("/api/v1/password-resets").json(&serde_json::json!({ "email": crate::account::scene::BROKER })).send().await.expect(202);
        stage.app.run_due().await;
        let (mut seen, mut empty) = (0, Vec::new());
        for item in inventory() {
            let (table, column) = (item.table, &item.column);
            // Ids are bytes on SQLite.
            let is_text = if db.engine() == Engine::Sqlite { format!("typeof({column}) <> 'blob'") } else { "TRUE".to_owned() };
            let sql = format!("SELECT CAST({column} AS text) AS value FROM {table} WHERE {column} IS NOT NULL AND {is_text}");
            let values = texts(&db, &sql).await;
            for value in &values {
                match item.class {
                    Class::Sensitive => assert!(is_protected(value), "{table}.{column} keeps `{value}`"),
                    _ => assert_eq!(raw_numbers(value), Vec::<String>::new(), "{table}.{column} keeps `{value}`"),
                }
            }
            if item.class == Class::Sensitive {
                seen += values.len();
                if values.is_empty() {
                    empty.push(format!("{table}.{column}"));
                }
            }
        }
        let allowed = ["account_recovery_code.code_hash", "account_session.previous_hash", "notification_delivery.params_cipher"];
        empty.retain(|column| !allowed.contains(&column.as_str()));
        assert_eq!(empty, Vec::<String>::new(), "nothing was there to look at");
        evidence!("P2", db.engine().as_str(), "{seen} values of sensitive columns: 0 plain");
    }
}
