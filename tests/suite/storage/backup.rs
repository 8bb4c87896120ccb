//! Backup and restore on small data: rows, files, keys, and a program that goes on from there.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use super::house::{Running, Tenant, command, copy, look_into, look_into_home, version};
use crate::file::sample;
use crate::harness::context::TestContext;
use crate::harness::evidence::evidence;
use crate::harness::program::Home;
use crate::harness::{Engine, Fixture};
use crate::migration::table::tables;

async fn counts(data: &Path) -> BTreeMap<&'static str, usize> {
    count(look_into(data).await).await
}

async fn count(app: TestContext) -> BTreeMap<&'static str, usize> {
    let mut all = BTreeMap::new();
    for table in tables() {
        all.insert(table.name, (table.count)(app.connection()).await);
    }
    app.close().await;
    all
}

fn run(data: &Path, arguments: &[&str]) {
    let output = command(data, arguments);
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
}

#[tokio::test]
async fn a_backup_of_a_running_house_is_restored_with_everything() {
    let folder = tempfile::tempdir().unwrap();
    let (data, copied, restored) =
        (folder.path().join("data"), folder.path().join("backup"), folder.path().join("restored"));
    let program = Running::start(&data, &[], &[("JIQIAO_RUNNER__POLL_MILLISECONDS", "3600000".to_owned())])
        .unwrap_or_else(|_| Running::plain(&data));
    let tenant = Tenant::of(&data, &program.address).await;
    let (_, etag) = tenant.read(&program.address).await.unwrap();
    let written = tenant.write(&program.address, &etag, "已备份").await.unwrap();
    let etag = written.headers()["etag"].to_str().unwrap().to_owned();
    let mut files = Vec::new();
    for number in 0..3 {
        let sent = tenant.upload(&program.address, &format!("file-{number}"), sample::pdf()).await.unwrap();
        files.push(sent.json::<serde_json::Value>().await.unwrap()["id"].as_str().unwrap().to_owned());
    }
    run(&data, &["backup", copied.to_str().unwrap()]);
    let expected = counts(&data).await;
    // What comes after the backup is not in it.
    assert_eq!(tenant.write(&program.address, &etag, "备份之后").await.unwrap().status(), 200);
    drop(program);

    // Without the keys nothing is restored.
    assert!(!command(&restored, &["restore", copied.to_str().unwrap()]).status.success());
    copy(&data.join("keys"), &restored.join("keys"));
    run(&restored, &["restore", copied.to_str().unwrap()]);
    let mut found = counts(&restored).await;
    // The clock goes on ticking between backup and count.
    for table in ["queue_tick", "queue_job"] {
        found.remove(table);
    }
    let expected: BTreeMap<_, _> = expected.into_iter().filter(|(table, _)| found.contains_key(table)).collect();
    assert_eq!(found, expected);
    run(&restored, &["verify", "audit"]);

    let program = Running::plain(&restored);
    let (status, seen) = tenant.read(&program.address).await.unwrap();
    assert_eq!((status, version(&seen)), (200, version(&etag)));
    for id in &files {
        let bytes = tenant.download(&program.address, id).await.unwrap().bytes().await.unwrap();
        assert_eq!(bytes, sample::pdf());
    }
    assert_eq!(tenant.write(&program.address, &etag, "恢复之后").await.unwrap().status(), 200);

    // A backup that was touched is refused.
    let touched = folder.path().join("touched");
    copy(&copied, &touched);
    let database = touched.join("jiqiao.db");
    let mut bytes = std::fs::read(&database).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(&database, bytes).unwrap();
    let other = folder.path().join("other");
    copy(&data.join("keys"), &other.join("keys"));
    assert!(!command(&other, &["restore", touched.to_str().unwrap()]).status.success());
    assert!(!other.join("jiqiao.db").exists());
    let rows: usize = found.values().sum();
    evidence!(
        "B14",
        "sqlite",
        "{rows} rows of {} tables and {} files restored equal, trail verified, the program goes on; keys missing or a byte \
         changed: refused",
        found.len(),
        files.len()
    );
}

/// A program of PostgreSQL's own.
fn tool(name: &str, arguments: &[&str]) {
    let program = Path::new(option_env!("POSTGRES_BIN").unwrap_or_default()).join(name);
    let output = Command::new(program).args(arguments).output().expect("the program can be run");
    assert!(output.status.success(), "{name}: {}", String::from_utf8_lossy(&output.stderr));
}

#[tokio::test]
#[cfg_attr(not(postgres_found), ignore = "no PostgreSQL binaries found")]
async fn a_dump_of_a_running_house_is_restored_with_everything() {
    let folder = tempfile::tempdir().unwrap();
    let (dump, files_copied) = (folder.path().join("dump").display().to_string(), folder.path().join("files"));
    let home = Home::on(Engine::Postgres).await;
    let program = home.start();
    let tenant = Tenant::at(&home, &program).await;
    let (_, etag) = tenant.read(&program.url).await.unwrap();
    let written = tenant.write(&program.url, &etag, "已备份").await.unwrap();
    let etag = written.headers()["etag"].to_str().unwrap().to_owned();
    let mut files = Vec::new();
    for number in 0..3 {
        let sent = tenant.upload(&program.url, &format!("file-{number}"), sample::pdf()).await.unwrap();
        files.push(sent.json::<serde_json::Value>().await.unwrap()["id"].as_str().unwrap().to_owned());
    }
    // As the manual says: the database, then the files, then the keys.
    tool("pg_dump", &["--format=custom", "--file", &dump, &home.url()]);
    let mut expected = count(look_into_home(&home).await).await;
    assert_eq!(tenant.write(&program.url, &etag, "备份之后").await.unwrap().status(), 200);
    copy(&home.folder().join("files"), &files_copied);
    drop(program);

    let restored = Home::empty().await;
    copy(&files_copied, &restored.folder().join("files"));
    copy(&home.folder().join("keys"), &restored.folder().join("keys"));
    tool("pg_restore", &["--no-owner", "--exit-on-error", "--dbname", &restored.url(), &dump]);
    let mut found = count(look_into_home(&restored).await).await;
    for table in ["queue_tick", "queue_job"] {
        expected.remove(table);
        found.remove(table);
    }
    assert_eq!(found, expected);
    assert!(restored.command(&["verify", "audit"]).status.success());

    let program = restored.start();
    let (status, seen) = tenant.read(&program.url).await.unwrap();
    assert_eq!((status, version(&seen)), (200, version(&etag)));
    for id in &files {
        let bytes = tenant.download(&program.url, id).await.unwrap().bytes().await.unwrap();
        assert_eq!(bytes, sample::pdf());
    }
    assert_eq!(tenant.write(&program.url, &etag, "恢复之后").await.unwrap().status(), 200);
    let rows: usize = found.values().sum();
    evidence!(
        "B14",
        "postgres",
        "pg_dump of the running house: {rows} rows of {} tables and {} files restored equal, trail verified, the program \
         goes on",
        found.len(),
        files.len()
    );
}
