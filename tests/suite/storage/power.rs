//! The power goes: what SQLite and the file store had not synced is gone with it.

use std::path::{Path, PathBuf};

use entity::{broker, file};
use sea_orm::{ConnectionTrait, EntityTrait, Statement};
use service::crypto::sha256_hex;

use super::house::{Running, Tenant, command, copy, database_file, version};
use crate::file::sample;
use crate::harness::disk::{Disk, Luck};
use crate::harness::evidence::{evidence, not_run, rounds, seed};
use crate::harness::trace::{self, Event};
use crate::harness::{Engine, TestDb};

const WRITES: i64 = 40;
/// Every so many writes, a file is sent too.
const UPLOAD_EVERY: i64 = 8;

/// A program at work, every call of it recorded.
struct Recording {
    _folder: tempfile::TempDir,
    /// The data folder before.
    base: PathBuf,
    data: PathBuf,
    events: Vec<Event>,
}

async fn record() -> Recording {
    let folder = tempfile::tempdir().unwrap();
    let (data, base, log) = (folder.path().join("data"), folder.path().join("base"), folder.path().join("log"));
    let program = Running::plain(&data);
    let tenant = Tenant::of(&data, &program.address).await;
    assert!(program.stop());
    copy(&data, &base);

    let program = Running::start(&data, &trace::wrapper(&log), &[]).unwrap();
    let (_, mut etag) = tenant.read(&program.address).await.unwrap();
    for number in 0..WRITES {
        let written = tenant.write(&program.address, &etag, &format!("测试{number}")).await.unwrap();
        assert_eq!(written.status(), 200);
        written.headers()["etag"].to_str().unwrap().clone_into(&mut etag);
        if number % UPLOAD_EVERY == 0 {
            let sent = tenant.upload(&program.address, &format!("file-{number}"), sample::pdf()).await.unwrap();
            assert_eq!(sent.status(), 201, "{}", sent.text().await.unwrap());
        }
    }
    assert!(program.stop());
    wait_for_the_watcher(&log);
    Recording { base, data, events: trace::read(&log), _folder: folder }
}

/// The watcher writes its last lines after the program is gone.
fn wait_for_the_watcher(log: &Path) {
    let mut length = 0;
    loop {
        std::thread::sleep(std::time::Duration::from_millis(200));
        let now = std::fs::metadata(log).map_or(0, |metadata| metadata.len());
        if now == length {
            return;
        }
        length = now;
    }
}

/// What clients were told by now.
#[derive(Debug, Default, Clone, Copy)]
struct Told {
    version: i64,
    files: usize,
}

impl Told {
    fn hear(&mut self, said: &[u8]) {
        let text = String::from_utf8_lossy(said);
        if text.starts_with("HTTP/1.1 201") && text.contains("\"sha256\"") {
            self.files += 1;
        } else if text.starts_with("HTTP/1.1 200")
            && let Some(etag) = text.lines().find_map(|line| line.strip_prefix("etag: "))
        {
            self.version = self.version.max(version(etag.trim()));
        }
    }
}

/// What a power cut left.
#[derive(Debug, Default)]
struct Left {
    is_whole: bool,
    version: i64,
    files: usize,
}

async fn examine(data: &Path) -> Left {
    let Ok(db) = TestDb::beside(Engine::Sqlite, &format!("sqlite://{}", database_file(data).display())).await else {
        return Left::default();
    };
    let check = Statement::from_string(sea_orm::DbBackend::Sqlite, "PRAGMA integrity_check");
    let answer = db.connection().query_one_raw(check).await;
    let is_whole = answer.is_ok_and(|row| row.unwrap().try_get_by_index::<String>(0).unwrap() == "ok");
    let version = broker::Entity::find().one(db.connection()).await.ok().flatten().map_or(0, |row| row.version);
    let mut files = 0;
    for row in file::Entity::find().all(db.connection()).await.unwrap_or_default() {
        let bytes = std::fs::read(data.join("files").join(&row.object_key)).unwrap_or_default();
        files += usize::from(sha256_hex(&bytes) == row.sha256);
    }
    Left { is_whole, version: i64::from(version), files }
}

/// Cuts the power at `cuts` moments; gives what was told and what was left at each.
async fn cut(recording: &Recording, cuts: u64, ignores: Option<&'static str>, luck: &mut Luck) -> Vec<(Told, Left)> {
    let count = recording.events.len() as u64;
    let mut moments: Vec<u64> = (0..cuts).map(|_| luck.below(count)).collect();
    // One right after the last answer, when the most can be lost.
    moments.push(count - 1);
    moments.sort_unstable();
    let mut disk = Disk::new(&recording.data, &recording.base);
    disk.ignores = ignores;
    let (mut told, mut all) = (Told::default(), Vec::new());
    for (number, event) in (0u64..).zip(&recording.events) {
        disk.apply(event);
        if let Event::Said(said) = event {
            told.hear(said);
        }
        for moment in moments.iter().filter(|moment| **moment == number) {
            let left = tempfile::tempdir().unwrap();
            disk.cut(left.path(), (moment % 2 == 0).then_some(&mut *luck));
            all.push((told, examine(left.path()).await));
        }
    }
    all
}

#[tokio::test]
async fn what_was_acknowledged_outlives_a_power_cut() {
    if !trace::is_possible() {
        not_run("strace cannot watch programs here");
        return;
    }
    println!("JIQIAO_SEED={}", seed());
    let (recording, cuts) = (record().await, rounds(20, 1_000));
    let mut luck = Luck(seed());
    let held = cut(&recording, cuts, None, &mut luck).await;
    for (told, left) in &held {
        assert!(left.is_whole, "{told:?} {left:?}");
        assert!(left.version >= told.version, "{told:?} {left:?}");
        assert!(left.files >= told.files, "{told:?} {left:?}");
    }
    let (told, _) = held.last().unwrap();
    assert!(told.version > WRITES && told.files == 5, "{told:?}");

    // The instrument itself: a log that is not synced, as with synchronous=NORMAL, is seen to lose.
    let trusting = cut(&recording, 10, Some("-wal"), &mut luck).await;
    let lost = trusting.iter().filter(|(told, left)| left.version < told.version).count();
    assert!(lost > 0, "nothing was lost although the log was never synced");
    evidence!(
        "B2",
        "sqlite",
        "{} power cuts among {} calls, half with torn and reordered remains: 0 of {} acknowledged writes and {} files lost, \
         integrity ok; with an unsynced log {lost} of {} cuts lose",
        held.len(),
        recording.events.len(),
        told.version,
        told.files,
        trusting.len()
    );
}

#[tokio::test]
async fn a_new_house_outlives_a_power_cut() {
    if !trace::is_possible() {
        not_run("strace cannot watch programs here");
        return;
    }
    println!("JIQIAO_SEED={}", seed());
    let folder = tempfile::tempdir().unwrap();
    let (data, log) = (folder.path().join("data"), folder.path().join("log"));
    drop(Running::start(&data, &trace::wrapper(&log), &[]).unwrap());
    wait_for_the_watcher(&log);
    let events = trace::read(&log);
    let (mut disk, mut luck, cuts) = (Disk::new(&data, &folder.path().join("none")), Luck(seed()), rounds(3, 50));
    let mut moments: Vec<u64> = (0..cuts).map(|_| luck.below(events.len() as u64)).collect();
    moments.sort_unstable();
    let mut keys_checked = 0;
    for (number, event) in (0u64..).zip(&events) {
        // From here on values may be sealed, so that the keys must be there for good.
        let opens_database = matches!(event, Event::Open { path, .. } if path.ends_with("jiqiao.db"));
        if opens_database && keys_checked == 0 {
            let keys: Vec<_> = disk.names().filter(|name| name.extension().is_some_and(|end| end == "key")).collect();
            for key in &keys {
                assert!(disk.is_durable(key), "{} would be lost", key.display());
            }
            keys_checked = keys.len();
        }
        disk.apply(event);
        for moment in moments.iter().filter(|moment| **moment == number) {
            let left = tempfile::tempdir().unwrap();
            disk.cut(left.path(), (moment % 2 == 0).then_some(&mut luck));
            assert!(Running::plain(left.path()).stop(), "cut at {number}");
            let verified = command(left.path(), &["verify", "audit"]);
            assert!(verified.status.success(), "{}", String::from_utf8_lossy(&verified.stderr));
        }
    }
    assert_eq!(keys_checked, 3);
    evidence!(
        "B2",
        "sqlite",
        "{cuts} power cuts in the first start: it starts again and verifies; {keys_checked} keys durable before the first value"
    );
}
