//! The file of the store is locked, damaged or gone.

use std::fs;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use domain::access::Role;
use futures_util::future::join_all;
use sea_orm::{ConnectionTrait, DatabaseTransaction, SqliteTransactionMode, TransactionOptions, TransactionTrait};
use serde_json::json;

use super::house::{Running, Tenant, copy, database_file, version};
use crate::harness::account::Seat;
use crate::harness::app::TestApp;
use crate::harness::context::context;
use crate::harness::disk::Luck;
use crate::harness::evidence::{evidence, rounds, seed};
use crate::harness::{Engine, Fixture, TestDb};

#[expect(clippy::disallowed_methods, reason = "the lock is another program's")]
async fn lock(db: &TestDb) -> DatabaseTransaction {
    let options =
        TransactionOptions { sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate), ..Default::default() };
    db.connection().begin_with_options(options).await.unwrap()
}

#[tokio::test]
async fn a_locked_file_is_answered_with_come_back() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let program = Running::plain(&data);
    let tenant = Tenant::of(&data, &program.address).await;
    let (_, etag) = tenant.read(&program.address).await.unwrap();

    let url = format!("sqlite://{}", database_file(&data).display());
    let other = TestDb::beside(Engine::Sqlite, &url).await.unwrap();
    let lock = lock(&other).await;
    let begun = Instant::now();
    let hold = Duration::from_secs(rounds(6, 10));
    let (mut refused, mut slowest) = (0, Duration::ZERO);
    while begun.elapsed() < hold {
        let asked = Instant::now();
        let (written, read) =
            tokio::join!(tenant.write(&program.address, &etag, "锁住时"), tenant.read(&program.address));
        let written = written.unwrap();
        assert_eq!(written.status(), 503, "{}", written.text().await.unwrap());
        assert!(written.headers().contains_key("retry-after"));
        assert_eq!(read.unwrap(), (200, etag.clone()));
        slowest = slowest.max(asked.elapsed());
        refused += 1;
    }
    let held = begun.elapsed();
    lock.rollback().await.unwrap();
    let written = tenant.write(&program.address, &etag, "解锁后").await.unwrap();
    assert_eq!(written.status(), 200);
    assert_eq!(version(written.headers()["etag"].to_str().unwrap()), version(&etag) + 1, "a refused write was done");
    evidence!(
        "B18",
        "sqlite",
        "locked for {} s: {refused} writes refused with 503 and Retry-After (slowest {} ms), every read answered, 0 lost, \
         writing again at once",
        held.as_secs(),
        slowest.as_millis()
    );
}

/// Another session of PostgreSQL holds a table.
#[tokio::test]
#[cfg_attr(not(postgres_found), ignore = "no PostgreSQL binaries found")]
async fn a_locked_table_is_answered_with_come_back() {
    let db = TestDb::on(Engine::Postgres).await;
    let app = TestApp::over(context(&db).await).await;
    let token = app.account(Seat::of(Role::Broker)).await.token;
    let made = app.post("/api/v1/brokers").as_(&token).json(&json!({ "name": "测试" })).send().await.expect(201);
    let path = format!("/api/v1/brokers/{}", made.json["id"].as_str().unwrap());
    let write = || app.put(&*path).as_(&token).if_match(made.etag()).json(&json!({ "name": "锁住时" })).send();
    let read = || app.get("/api/v1/brokers/me").as_(&token).send();

    let lock = lock(&db).await;
    lock.execute_unprepared("LOCK TABLE broker IN EXCLUSIVE MODE").await.unwrap();
    let begun = Instant::now();
    let mut refused = 0;
    while begun.elapsed() < Duration::from_secs(rounds(3, 10)) {
        let (writes, seen) = tokio::join!(join_all((0..4).map(|_| write())), read());
        for answer in writes {
            assert_eq!((answer.status, answer.code()), (503, "busy"), "{}", answer.json);
            assert!(answer.header("retry-after").parse::<u64>().unwrap() > 0);
            refused += 1;
        }
        assert_eq!(seen.expect(200).etag(), made.etag());
    }
    let held = begun.elapsed();
    lock.rollback().await.unwrap();
    let written = write().await.expect(200);
    assert_eq!(version(written.etag()), version(made.etag()) + 1, "a refused write was done");
    evidence!(
        "B18",
        "postgres",
        "a table locked for {} s: {refused} writes refused with 503 and Retry-After, every read answered, 0 lost, writing \
         again at once",
        held.as_secs()
    );
}

/// Two houses of the same age whose owners wrote different things.
struct Houses {
    _folder: tempfile::TempDir,
    ours: PathBuf,
    tenant: Tenant,
    etag: String,
    /// A log that belongs to the other one.
    foreign_log: PathBuf,
}

impl Houses {
    async fn build() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (ours, other) = (folder.path().join("ours"), folder.path().join("other"));
        let program = Running::plain(&ours);
        assert!(program.stop());
        copy(&ours, &other);
        let program = Running::plain(&other);
        Tenant::of(&other, &program.address).await;
        let foreign_log = folder.path().join("foreign-wal");
        fs::copy(log_of(&other), &foreign_log).unwrap();
        drop(program);
        let program = Running::plain(&ours);
        let tenant = Tenant::of(&ours, &program.address).await;
        let (_, etag) = tenant.read(&program.address).await.unwrap();
        assert!(program.stop());
        Self { _folder: folder, ours, tenant, etag, foreign_log }
    }
}

fn log_of(data: &Path) -> PathBuf {
    data.join("jiqiao.db-wal")
}

fn lay_beside(log: &Path, data: &Path) {
    fs::copy(log, log_of(data)).unwrap();
}

fn flip(path: &Path, luck: &mut Luck) {
    let file = fs::File::options().read(true).write(true).open(path).unwrap();
    let at = luck.below(file.metadata().unwrap().len());
    let mut byte = [0];
    file.read_exact_at(&mut byte, at).unwrap();
    file.write_all_at(&[byte[0] ^ (1 << luck.below(8))], at).unwrap();
}

/// A copy of the house, damaged; the program's complaint on being started in it.
fn complaint(houses: &Houses, damage: impl FnOnce(&Path)) -> Option<String> {
    let folder = tempfile::tempdir().unwrap();
    copy(&houses.ours, folder.path());
    damage(folder.path());
    let size = fs::metadata(database_file(folder.path())).ok().map(|metadata| metadata.len());
    let complaint = Running::start(folder.path(), &[], &[]).err()?;
    let after = fs::metadata(database_file(folder.path())).ok().map(|metadata| metadata.len());
    assert_eq!(size, after, "the file was touched: {complaint}");
    Some(complaint)
}

#[tokio::test]
async fn a_damaged_file_is_not_served() {
    println!("JIQIAO_SEED={}", seed());
    let houses = Houses::build().await;
    assert_eq!(complaint(&houses, |_| {}), None, "an undamaged house starts");
    let (flips, mut luck) = (rounds(5, 50), Luck(seed()));
    for number in 0..flips {
        let said = complaint(&houses, |data| flip(&database_file(data), &mut luck));
        assert!(said.is_some_and(|said| said.contains("not what it was")), "flip {number}");
    }
    let resize = |size: u64| {
        move |data: &Path| fs::File::options().write(true).open(database_file(data)).unwrap().set_len(size).unwrap()
    };
    let size = fs::metadata(database_file(&houses.ours)).unwrap().len();
    for (said, expected) in [
        (complaint(&houses, resize(size / 2)), "not what it was"),
        (complaint(&houses, resize(0)), "missing or empty"),
        (complaint(&houses, |data| fs::remove_file(database_file(data)).unwrap()), "missing or empty"),
        (complaint(&houses, |data| fs::write(database_file(data), "no database").unwrap()), "not what it was"),
        (complaint(&houses, |data| lay_beside(&houses.foreign_log, data)), "belongs to another database"),
    ] {
        assert!(said.as_ref().is_some_and(|said| said.contains(expected)), "{expected}: {said:?}");
    }
    let crash = damage_after_a_crash(&houses).await;
    evidence!(
        "B18",
        "sqlite",
        "{flips} flipped bytes, half a file, an empty one, a missing one, one that is none, another file's log: 0 of {} \
         started, 0 files touched; {crash}",
        flips + 5
    );
}

/// Nobody has vouched for the file then, and its structure is looked at.
async fn damage_after_a_crash(houses: &Houses) -> String {
    let (mut refused, mut faults, mut right, mut luck) = (0, 0, 0, Luck(seed() + 1));
    let rounds = rounds(3, 50);
    for _ in 0..rounds {
        let folder = tempfile::tempdir().unwrap();
        copy(&houses.ours, folder.path());
        // As a killed program leaves it: nobody has vouched for the file.
        fs::write(folder.path().join("jiqiao.state"), "in use").unwrap();
        // A page of the middle is overwritten, as by a lost or misdirected write.
        let file = fs::File::options().write(true).open(database_file(folder.path())).unwrap();
        let pages = file.metadata().unwrap().len() / 4096;
        let garbage: Vec<u8> = (0..4096).map(|_| u8::try_from(luck.below(256)).unwrap()).collect();
        file.write_all_at(&garbage, (1 + luck.below(pages - 1)) * 4096).unwrap();
        match Running::start(folder.path(), &[], &[]) {
            Err(said) => {
                assert!(said.contains("damaged"), "{said}");
                refused += 1;
            }
            Ok(program) => match houses.tenant.read(&program.address).await.unwrap() {
                (200, etag) => {
                    assert_eq!(etag, houses.etag);
                    right += 1;
                }
                (status, _) => {
                    assert_eq!(status, 503);
                    faults += 1;
                }
            },
        }
    }
    assert!(refused > 0);
    format!(
        "{rounds} pages overwritten after a crash: {refused} refused to start, {faults} answered 503, {right} had no use for \
         the page, 0 wrong answers"
    )
}
