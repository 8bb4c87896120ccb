//! Looking for what must not be there: in everything that a database keeps, and in texts.

use domain::broker::ResidentId;
use entity::inventory::inventory;
use sea_orm::{ConnectionTrait, DatabaseConnection, Statement};

use crate::harness::Engine;
use crate::harness::context::TestContext;

/// Everything that the database of a test keeps.
pub async fn text_of(app: &TestContext) -> String {
    match app.engine() {
        Engine::Sqlite => file(app.connection()).await,
        Engine::Postgres => rows(app.connection()).await,
    }
}

/// The database file and its log, as bytes that may be text.
pub async fn file(connection: &DatabaseConnection) -> String {
    let query = Statement::from_string(connection.get_database_backend(), "PRAGMA database_list");
    let row = connection.query_one_raw(query).await.unwrap().unwrap();
    let file: String = row.try_get("", "file").unwrap();
    let mut text = String::new();
    for name in [file.clone(), format!("{file}-wal")] {
        if let Ok(bytes) = std::fs::read(name) {
            text.push_str(&String::from_utf8_lossy(&bytes));
        }
    }
    text
}

/// Every row of every table, as PostgreSQL writes it in JSON.
async fn rows(connection: &DatabaseConnection) -> String {
    let mut tables: Vec<&str> = inventory().iter().map(|item| item.table).collect();
    tables.dedup();
    let mut text = String::new();
    for table in tables {
        let query = format!("SELECT row_to_json(t)::text AS line FROM \"{table}\" t");
        let query = Statement::from_string(connection.get_database_backend(), query);
        for row in connection.query_all_raw(query).await.unwrap() {
            text.push_str(&row.try_get::<String>("", "line").unwrap());
            text.push('\n');
        }
    }
    text
}

/// Identity numbers whose check character is right, and mobile numbers, standing alone in a text.
pub fn raw_numbers(text: &str) -> Vec<String> {
    let today = chrono::NaiveDate::from_ymd_opt(2026, 11, 24).unwrap();
    let words = text.split(|c: char| !c.is_ascii_alphanumeric());
    let is_mobile = |word: &str| word.len() == 11 && word.starts_with('1') && word.bytes().all(|b| b.is_ascii_digit());
    words
        .filter(|word| is_mobile(word) || (word.len() == 18 && ResidentId::parse(word, today).is_ok()))
        .map(str::to_owned)
        .collect()
}

#[test]
fn raw_numbers_are_recognised() {
    let text = "{\"id\":\"459999199202290012\",\"mobile\":\"13800138000\",\"time\":1780000000000,\"masked\":\"459999********0012\"}";
    assert_eq!(raw_numbers(text), ["459999199202290012", "13800138000"]);
}
