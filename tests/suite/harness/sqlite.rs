//! SQLite for tests: one file is migrated once per process and copied for each test.

use std::path::Path;
use std::sync::LazyLock;
use std::time::Duration;

use sea_orm::Database;
use sea_orm::sqlx::sqlite::SqliteConnectOptions;
use sea_orm_migration::MigratorTrait;
use tempfile::TempDir;

/// The bytes of the migrated file: kept in memory, because a folder in a static would never be removed.
static TEMPLATE: LazyLock<Vec<u8>> = LazyLock::new(|| super::postgres::outside_the_test(migrated()));

/// The program's settings, but without waiting for the disk.
pub fn settings(options: SqliteConnectOptions) -> SqliteConnectOptions {
    options
        .create_if_missing(true)
        .foreign_keys(true)
        .busy_timeout(Duration::from_secs(5))
        .pragma("journal_mode", "WAL")
        .pragma("synchronous", "OFF")
}

/// A migrated file in a folder of its own; the file lives as long as the folder's value.
pub fn copy_of_template() -> (String, TempDir) {
    let folder = folder();
    let file = folder.path().join("jiqiao.sqlite");
    std::fs::write(&file, &*TEMPLATE).expect("the template can be copied");
    (format!("sqlite://{}?mode=rwc", file.display()), folder)
}

async fn migrated() -> Vec<u8> {
    let folder = folder();
    let file = folder.path().join("template.sqlite");
    // Not in WAL mode, so that everything is in the one file.
    let database =
        Database::connect(format!("sqlite://{}?mode=rwc", file.display())).await.expect("a new file can be opened");
    migration::Migrator::up(&database, None).await.expect("an empty file can be migrated");
    database.close().await.expect("the template can be closed");
    std::fs::read(&file).expect("the template can be read")
}

/// In memory where the host offers that: the program's own pool waits for the disk at every commit.
fn folder() -> TempDir {
    let memory = Path::new("/dev/shm");
    let root = if memory.is_dir() { memory.to_owned() } else { std::env::temp_dir() };
    tempfile::Builder::new().prefix("jiqiao-sqlite-").tempdir_in(root).expect("a temporary folder can be made")
}
