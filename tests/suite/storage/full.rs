//! The disk is full: what cannot be kept is refused, what is there is read, and nothing needs a restart.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use domain::access::Role;
use entity::file;
use futures_util::future::join_all;
use sea_orm::{ConnectionTrait, EntityTrait};
use serde_json::json;

use super::house::{Running, Tenant, command, copy, large_pdf, look_into, version};
use crate::file::sample;
use crate::harness::account::Seat;
use crate::harness::app::TestApp;
use crate::harness::evidence::{evidence, not_run, rounds};
use crate::harness::{Engine, Fixture};

/// Mounts a small file system, for the program alone, moves the house in, and becomes the program.
const ON_A_SMALL_DISK: &str =
    r#"mount -t tmpfs -o size=24m tmpfs "$1" && cp -a "$2" "$1/data" && shift 2 && exec "$@""#;

/// The words before the program; none where no file system may be mounted.
fn small_disk(place: &Path, house: &Path) -> Option<Vec<String>> {
    let ways: [&[&str]; 2] = [&["unshare", "-m"], &["unshare", "-U", "-r", "-m"]];
    ways.into_iter().find_map(|way| {
        let (place, house) = (place.display().to_string(), house.display().to_string());
        let words: Vec<String> = way
            .iter()
            .chain(&["sh", "-c", ON_A_SMALL_DISK, "small", &place, &house])
            .map(|word| (*word).to_owned())
            .collect();
        let tried = Command::new(&words[0]).args(&words[1..]).arg("true").stderr(Stdio::null()).status();
        tried.is_ok_and(|status| status.success()).then_some(words)
    })
}

/// Fills what is left; gives the file to remove.
fn fill(folder: &Path) -> PathBuf {
    let path = folder.join("filler");
    let mut file = fs::File::create(&path).unwrap();
    for size in [1 << 20, 1 << 12, 1] {
        while file.write_all(&vec![0; size]).is_ok() {}
    }
    path
}

#[tokio::test]
async fn a_full_disk_refuses_writes_and_nothing_else() {
    let (folder, place) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let house = folder.path().join("data");
    let program = Running::plain(&house);
    let tenant = Tenant::of(&house, &program.address).await;
    assert!(program.stop());
    let Some(wrapper) = small_disk(place.path(), &house) else {
        not_run("no file system can be mounted here");
        return;
    };
    let program = Running::start(&place.path().join("data"), &wrapper, &[]).unwrap();
    // Only the program sees its disk; we look through its eyes.
    let disk = PathBuf::from(format!("/proc/{}/root", program.pid())).join(place.path().strip_prefix("/").unwrap());
    let (data, address) = (disk.join("data"), program.address.clone());
    let (_, mut etag) = tenant.read(&address).await.unwrap();
    let kept = tenant.upload(&address, "before", sample::pdf()).await.unwrap();
    assert_eq!(kept.status(), 201);
    let kept = kept.json::<serde_json::Value>().await.unwrap()["id"].as_str().unwrap().to_owned();

    let (mut refused, mut written, mut uploads, mut reads) = (0, 0, 0, 0);
    for round in 0..rounds(3, 30) {
        let filler = fill(&disk);
        // What the log has room for is still taken.
        let mut refusals = 0;
        while refusals < 5 {
            let answer = tenant.write(&address, &etag, &format!("满{round}")).await.unwrap();
            if answer.status() == 200 {
                answer.headers()["etag"].to_str().unwrap().clone_into(&mut etag);
                written += 1;
                assert!(written < 5_000, "the disk does not become full");
                continue;
            }
            let status = answer.status();
            assert_eq!(status, 503, "{}\n{}", answer.text().await.unwrap(), program.complaints());
            assert!(answer.headers().contains_key("retry-after"));
            refusals += 1;
        }
        refused += refusals;
        for number in 0..3 {
            let large = large_pdf(1 << 20);
            let answer = tenant.upload(&address, &format!("full-{round}-{number}"), large).await.unwrap();
            assert_eq!(answer.status(), 503, "{}", answer.text().await.unwrap());
            assert!(answer.headers().contains_key("retry-after"));
            uploads += 1;
            let (status, seen) = tenant.read(&address).await.unwrap();
            assert_eq!((status, version(&seen)), (200, version(&etag)));
            reads += 1;
        }
        fs::remove_file(filler).unwrap();
        let answer = tenant.write(&address, &etag, "又有空间").await.unwrap();
        assert_eq!(answer.status(), 200, "{}", answer.text().await.unwrap());
        answer.headers()["etag"].to_str().unwrap().clone_into(&mut etag);
        let again = tenant.upload(&address, &format!("after-{round}"), sample::pdf()).await.unwrap();
        assert_eq!(again.status(), 201, "{}", again.text().await.unwrap());
        assert_eq!(tenant.download(&address, &kept).await.unwrap().status(), 200);
    }
    let (_, last) = tenant.read(&address).await.unwrap();
    assert_eq!(version(&last), version(&etag), "an acknowledged write is lost");

    // The trail is whole, and every row has its bytes.
    let after = tempfile::tempdir().unwrap();
    copy(&data, after.path());
    drop(program);
    let verified = command(after.path(), &["verify", "audit"]);
    assert!(verified.status.success(), "{}", String::from_utf8_lossy(&verified.stderr));
    let app = look_into(after.path()).await;
    for row in file::Entity::find().all(app.connection()).await.unwrap() {
        assert!(after.path().join("files").join(row.object_key).exists());
    }
    evidence!(
        "B12",
        "sqlite",
        "{refused} writes and {uploads} uploads refused with 503 and Retry-After, {reads} reads answered, {written} writes \
         taken meanwhile: 0 lost, writing again at once without a restart"
    );
}

/// What PostgreSQL answers to a write that its disk has no room for, while `disk_full` holds a row.
const NO_ROOM: &str = r#"
CREATE TABLE disk_full (since timestamptz);
CREATE FUNCTION refuse_to_grow() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM disk_full) THEN
        RAISE EXCEPTION 'could not extend file "base/16384/16397": No space left on device'
            USING ERRCODE = 'disk_full', HINT = 'Check free disk space.';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER refuse_to_grow AFTER INSERT OR UPDATE ON broker EXECUTE FUNCTION refuse_to_grow();
CREATE TRIGGER refuse_to_grow AFTER INSERT OR UPDATE ON audit EXECUTE FUNCTION refuse_to_grow();
"#;

#[tokio::test]
#[cfg_attr(not(postgres_found), ignore = "no PostgreSQL binaries found")]
async fn a_full_disk_of_postgres_refuses_writes_and_nothing_else() {
    let app = TestApp::on(Engine::Postgres).await;
    let token = app.account(Seat::of(Role::Broker)).await.token;
    let made = app.post("/api/v1/brokers").as_(&token).json(&json!({ "name": "测试" })).send().await.expect(201);
    let path = format!("/api/v1/brokers/{}", made.json["id"].as_str().unwrap());
    let mut etag = made.etag().to_owned();
    let arrange = async |statement: &str| app.connection().execute_unprepared(statement).await.unwrap();
    arrange(NO_ROOM).await;
    let (mut refused, mut reads) = (0, 0);
    for round in 0..rounds(2, 20) {
        let write =
            || app.put(&*path).as_(&token).if_match(&etag).json(&json!({ "name": format!("满{round}") })).send();
        arrange("INSERT INTO disk_full VALUES (now())").await;
        for answer in join_all((0..4).map(|_| write())).await {
            assert_eq!((answer.status, answer.code()), (503, "busy"), "{}", answer.json);
            assert!(answer.header("retry-after").parse::<u64>().unwrap() > 0);
            refused += 1;
        }
        let seen = app.get("/api/v1/brokers/me").as_(&token).send().await.expect(200);
        assert_eq!(seen.etag(), etag);
        reads += 1;
        arrange("DELETE FROM disk_full").await;
        let written = write().await.expect(200);
        assert_eq!(version(written.etag()), version(&etag) + 1, "a refused write was done");
        etag = written.etag().to_owned();
    }
    assert!(service::audit::verify(&app.ctx).await.unwrap().breaks.is_empty());
    evidence!(
        "B12",
        "postgres",
        "{refused} writes refused with 503 and Retry-After, {reads} reads answered: 0 lost, writing again at once"
    );
}
