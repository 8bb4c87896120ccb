//! The first start is interrupted: the next one ends where an undisturbed one would have.

use std::process::{Command, Stdio};

use sea_orm_migration::MigratorTrait;

use super::house::{Running, Tenant, command, database_file, version};
use crate::harness::evidence::{evidence, not_run, rounds};
use crate::harness::program::Home;
use crate::harness::{Engine, TestDb, db_tests, trace};
use crate::migration::{catalogue, table};

const PROGRAM: &str = env!("CARGO_BIN_EXE_jiqiao");

/// Calls by which a file changes or becomes durable.
const FILE_CALLS: &str = "openat,pwrite64,fsync,fdatasync,linkat,unlink,ftruncate";

/// `count` points of a run with `length` calls, denser at its beginning.
fn points(count: u64, length: u64) -> impl Iterator<Item = u64> {
    (1..=count).map(move |number| 1 + length * number * number / (count * count))
}

/// Schema and seeded data, without the ids and instants that differ from run to run.
async fn contents(db: &TestDb) -> Vec<String> {
    let mut all = vec![catalogue::text(db).await];
    for query in [
        "SELECT version FROM seaql_migrations ORDER BY version",
        "SELECT code || name_zh || name_en FROM region ORDER BY code",
        "SELECT name || rule_version || sha256 FROM rule_set ORDER BY name, rule_version",
        "SELECT name || CAST(number AS text) || document FROM calendar_version ORDER BY name, number",
        "SELECT object_kind || action || CAST(seq AS text) FROM audit ORDER BY object_kind, action, seq",
    ] {
        all.extend(catalogue::texts(db, query).await);
    }
    all
}

async fn contents_of_file(data: &std::path::Path) -> Vec<String> {
    let url = format!("sqlite://{}", database_file(data).display());
    contents(&TestDb::beside(Engine::Sqlite, &url).await.unwrap()).await
}

#[tokio::test]
async fn a_first_start_can_be_cut_off_anywhere() {
    if !trace::is_possible() {
        not_run("strace cannot watch programs here");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let clean = folder.path().join("clean");
    assert!(Running::plain(&clean).stop());
    let expected = contents_of_file(&clean).await;

    let (count, mut killed) = (rounds(5, 25), 0);
    for point in points(count, 500) {
        let data = folder.path().join(point.to_string());
        let first = Running::start(&data, &trace::killer(FILE_CALLS, point), &[]);
        killed += u32::from(first.is_err());
        drop(first);
        let second = Running::start(&data, &[], &[]).unwrap_or_else(|complaint| panic!("after {point}: {complaint}"));
        assert!(second.stop());
        assert_eq!(contents_of_file(&data).await, expected, "after {point}");
        assert!(command(&data, &["verify", "audit"]).status.success(), "after {point}");
    }
    assert!(u64::from(killed) * 2 > count, "{killed} of {count} starts were cut off");
    evidence!(
        "B13",
        "sqlite",
        "{killed} first starts killed at {count} calls: schema, seeds and trail as after a clean one"
    );
}

fn migrate(url: &str, wrapper: &[String]) -> bool {
    let folder = tempfile::tempdir().unwrap();
    let words: Vec<String> = wrapper.iter().cloned().chain([PROGRAM.to_owned()]).collect();
    let mut command = Command::new(&words[0]);
    command.args(&words[1..]).arg("--data").arg(folder.path()).args(["migrate", "up"]).env("DATABASE_URL", url);
    let done = command.env("JIQIAO_LOG__FILTER", "warn").stdout(Stdio::null()).stderr(Stdio::null()).status();
    done.expect("the program can be run").success()
}

#[tokio::test]
#[cfg_attr(not(postgres_found), ignore = "no PostgreSQL binaries found")]
async fn a_migration_of_postgres_can_be_cut_off_anywhere() {
    if !trace::is_possible() {
        not_run("strace cannot watch programs here");
        return;
    }
    let clean = TestDb::empty().await;
    assert!(migrate(clean.url(), &[]));
    let expected = contents(&clean).await;
    let (count, mut killed) = (rounds(5, 25), 0);
    for point in points(count, 300) {
        let db = TestDb::empty().await;
        killed += u32::from(!migrate(db.url(), &trace::killer("sendto", point)));
        // The server may still be ending what the dead client began: the next attempt waits for its locks.
        assert!(migrate(db.url(), &[]), "after {point}");
        assert_eq!(contents(&db).await, expected, "after {point}");
    }
    assert!(u64::from(killed) * 2 > count, "{killed} of {count} migrations were cut off");
    evidence!("B13", "postgres", "{killed} migrations killed at {count} sends: schema and data as after a clean one");
}

/// The schema, and rows by table but for those of the clock.
async fn state(home: &Home) -> (String, Vec<(&'static str, usize)>) {
    let db = TestDb::beside(home.engine(), &home.url()).await.unwrap();
    let mut rows = Vec::new();
    for table in table::tables().into_iter().filter(|table| !table.name.starts_with("queue_")) {
        rows.push((table.name, (table.count)(db.connection()).await));
    }
    (catalogue::text(&db).await, rows)
}

db_tests! {
    /// The newest step of the schema comes to a house that somebody lives in.
    async fn a_house_of_an_older_state_is_brought_up(home: Home) {
        let program = home.start();
        let tenant = Tenant::at(&home, &program).await;
        let (_, etag) = tenant.read(&program.url).await.unwrap();
        assert!(program.stop().await);
        let clean = state(&home).await;
        let context = home.context().await;
        migration::Migrator::down(context.database().migrator(), Some(1)).await.unwrap();
        context.database().clone().close().await.unwrap();
        let older = state(&home).await;
        assert_ne!(older.0, clean.0, "the step changes nothing");
        if home.engine() == Engine::Postgres {
            // An operator decides when.
            let refused = home.command(&["serve", "--listen", "127.0.0.1:0"]);
            let complaint = String::from_utf8_lossy(&refused.stderr).into_owned();
            assert!(!refused.status.success() && complaint.contains("1 migrations are pending"), "{complaint}");
            assert!(home.command(&["migrate", "up"]).status.success());
            assert_eq!(state(&home).await, clean);
        }
        let program = home.start();
        assert_eq!(tenant.read(&program.url).await.unwrap(), (200, etag.clone()));
        let written = tenant.write(&program.url, &etag, "升级之后").await.unwrap();
        assert_eq!(version(written.headers()["etag"].to_str().unwrap()), version(&etag) + 1);
        assert!(program.stop().await);
        let (schema, rows) = state(&home).await;
        assert_eq!(schema, clean.0);
        // The write after it left its entry.
        let expected: Vec<_> = older.1.iter().map(|(name, count)| (*name, count + usize::from(*name == "audit"))).collect();
        assert_eq!(rows, expected);
        assert!(home.command(&["verify", "audit"]).status.success());
        let count: usize = rows.iter().map(|(_, count)| count).sum();
        evidence!("B13", home.engine().as_str(), "a house with {count} rows, one step of the schema behind: brought up with all of them, schema as of a clean one");
    }
}
