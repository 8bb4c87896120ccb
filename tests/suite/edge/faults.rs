//! The database fails under a request: the client learns that it did, and nothing of how.

use std::time::{Duration, Instant};

use openapi::Document;
use sea_orm::{ConnectionTrait, Database, Statement};
use serde_json::{Value, json};

use super::malformed::{Examiner, NOTHING, filled, parameters};
use crate::harness::account::Seat;
use crate::harness::app::{Answer, TestApp};
use crate::harness::{Engine, Fixture, TestDb};
use api::Rates;
use domain::access::Role;

/// What tells who calls; without it no operation is reached.
const KEPT: &str = "account%";
/// Operations that must have failed for the test to mean something.
const MANY: usize = 50;
/// Words that only an error of the database or of ours has.
const INSIDE: &[&str] = &["no such", "table", "sqlx", "sqlite", "select", "execution", "locked", ".rs", "panicked"];
/// Waiting for a lock ends before a client's patience.
const PATIENCE: Duration = Duration::from_secs(12);

/// Hides every table that is not needed to recognise the caller.
async fn hide_tables(app: &TestApp) {
    let connection = app.connection();
    let query = format!(
        "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE '{KEPT}' AND name NOT LIKE 'sqlite%'"
    );
    let rows =
        connection.query_all_raw(Statement::from_string(connection.get_database_backend(), query)).await.unwrap();
    for row in rows {
        let name: String = row.try_get("", "name").unwrap();
        connection.execute_unprepared(&format!("ALTER TABLE \"{name}\" RENAME TO \"gone_{name}\"")).await.unwrap();
    }
}

fn assert_bare(answer: &Answer, name: &str, status: u16, code: &str) {
    assert_eq!(answer.header("content-type"), "application/problem+json", "{name}");
    let text = String::from_utf8_lossy(&answer.bytes);
    assert_eq!((answer.status, answer.code()), (status, code), "{name}: {text}");
    assert_eq!((&answer.json["detail"], answer.json.get("params")), (&Value::Null, None), "{name}: {text}");
    let lower = text.to_lowercase();
    assert!(!INSIDE.iter().any(|word| lower.contains(word)), "{name}: {text}");
}

#[tokio::test]
async fn a_broken_database_is_told_in_one_word() {
    let app = TestApp::on(Engine::Sqlite).await;
    let document = Document::built().unwrap();
    let mut examiner = Examiner::new(&app);
    let mut calls = Vec::new();
    for operation in document.operations() {
        // The probes tell of the database in their own way.
        if operation.path.ends_with('z') || operation.path == "/oauth/token" {
            continue;
        }
        calls.push((operation, examiner.token(operation).await));
    }
    hide_tables(&app).await;
    let mut failed = 0;
    for (operation, token) in calls {
        let query: Vec<_> = parameters(operation, "query")
            .into_iter()
            .filter(|parameter| parameter["required"] == true)
            .map(|parameter| format!("{}=2026-07-06", parameter["name"].as_str().unwrap()))
            .collect();
        let path = format!("{}?{}", filled(operation.path, NOTHING), query.join("&"));
        let mut call = examiner.call(operation, token.as_deref(), &path);
        if operation.json.get("requestBody").is_some() {
            call = call.json(&json!({}));
        }
        let answer = call.send().await;
        // Whatever is refused before the database is asked, or asks the tables of accounts only, does not count.
        if answer.status >= 500 {
            assert_bare(&answer, &operation.name(), 500, "internal");
            failed += 1;
        }
    }
    assert!(failed >= MANY, "only {failed} operations failed");
}

#[tokio::test]
async fn a_locked_database_is_told_with_a_time_to_come_back() {
    let db = TestDb::on(Engine::Sqlite).await;
    let app = TestApp::beside(&db, Rates { general: 1_000, ..Rates::default() }).await;
    let login = app.account(Seat::of(Role::Broker)).await;
    app.get("/api/v1/me").as_(&login.token).send().await.expect(200);
    let other = Database::connect(db.url()).await.unwrap();
    other.execute_unprepared("BEGIN EXCLUSIVE").await.unwrap();

    let write = || app.post("/api/v1/brokers").as_(&login.token).key("locked").json(&json!({ "name": "测试" })).send();
    let begun = Instant::now();
    let refused = write().await;
    assert!(begun.elapsed() < PATIENCE, "{:?}", begun.elapsed());
    assert!(refused.header("retry-after").parse::<u64>().unwrap() > 0);
    assert_bare(&refused, "a write", 503, "busy");
    // Readers go on.
    app.get("/api/v1/me").as_(&login.token).send().await.expect(200);

    other.execute_unprepared("ROLLBACK").await.unwrap();
    write().await.expect(201);
}
