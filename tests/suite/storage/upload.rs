//! The program is killed while files come in: no row without its bytes, and no bytes without a row after the sweep.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

use chrono::TimeDelta;
use entity::file;
use futures_util::future::join_all;
use sea_orm::EntityTrait;
use service::crypto::sha256_hex;

use super::house::{Tenant, large_pdf, look_into_home};
use crate::harness::db_tests;
use crate::harness::disk::Luck;
use crate::harness::evidence::{evidence, rounds, seed};
use crate::harness::program::Home;

const SENDERS: usize = 4;

/// Sends files until the program is gone; gives the ids that were acknowledged.
async fn send_until_gone(tenant: &Tenant, address: &str, name: &str) -> Vec<String> {
    let mut acknowledged = Vec::new();
    for number in 0.. {
        let Ok(answer) = tenant.upload(address, &format!("{name}-{number}"), large_pdf(200_000)).await else { break };
        // The case is full at last: that is an answer too.
        if answer.status() != 201 {
            assert_eq!(answer.status(), 413, "{}", answer.text().await.unwrap_or_default());
            break;
        }
        let Ok(body) = answer.json::<serde_json::Value>().await else { break };
        acknowledged.push(body["id"].as_str().unwrap().to_owned());
    }
    acknowledged
}

/// Every file below a folder, by its path from there.
fn files_below(root: &Path) -> BTreeSet<String> {
    fn walk(root: &Path, folder: &Path, found: &mut BTreeSet<String>) {
        for entry in std::fs::read_dir(folder).into_iter().flatten() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(root, &path, found);
            } else {
                found.insert(path.strip_prefix(root).unwrap().display().to_string());
            }
        }
    }
    let mut found = BTreeSet::new();
    walk(root, root, &mut found);
    found
}

db_tests! {
    async fn uploads_cut_off_by_a_kill_leave_nothing_behind(home: Home) {
        println!("JIQIAO_SEED={}", seed());
        let data = home.folder();
        let (kills, mut luck) = (rounds(4, 100), Luck(seed()));
        let (mut acknowledged, mut in_flight) = (0, 0);
        for kill in 0..kills {
            let program = home.start();
            let address = program.url.clone();
            // A case of its own, so that none is ever full.
            let tenant = Tenant::at(&home, &program).await;
            let names: Vec<_> = (0..SENDERS).map(|sender| format!("kill-{kill}-{sender}")).collect();
            let sending = join_all(names.iter().map(|name| send_until_gone(&tenant, &address, name)));
            let pause = Duration::from_millis(50 + luck.below(250));
            let killing = async {
                tokio::time::sleep(pause).await;
                drop(program);
            };
            let (told, ()) = tokio::join!(sending, killing);
            let app = look_into_home(&home).await;
            let rows = file::Entity::find().all(app.connection()).await.unwrap();
            for row in &rows {
                let bytes = std::fs::read(data.join("files").join(&row.object_key)).unwrap();
                assert_eq!(sha256_hex(&bytes), row.sha256, "kill {kill}");
            }
            for id in told.iter().flatten() {
                assert!(rows.iter().any(|row| row.id.to_string() == *id), "kill {kill}: an acknowledged file is lost");
                acknowledged += 1;
            }
            in_flight += SENDERS;
            app.close().await;
        }
        let app = look_into_home(&home).await;
        // Anchors of the audit trail lie beside the files.
        let is_file = |path: &String| !path.starts_with("audit-anchors/");
        let before = files_below(&data.join("files"));
        app.clock.advance(TimeDelta::days(2));
        // What a killed store wrote beside the final name has the host's time.
        for path in before.iter().filter(|path| path.contains('#')) {
            let old = std::time::SystemTime::UNIX_EPOCH + Duration::from_hours(48);
            std::fs::File::options().write(true).open(data.join("files").join(path)).unwrap().set_modified(old).unwrap();
        }
        let removed = service::file::sweep_orphans(&app.ctx).await.unwrap();
        let rows: BTreeSet<_> =
            file::Entity::find().all(app.connection()).await.unwrap().into_iter().map(|row| row.object_key).collect();
        assert_eq!(files_below(&data.join("files")).into_iter().filter(is_file).collect::<BTreeSet<_>>(), rows);
        assert!(acknowledged > 0);
        evidence!(
            "F8",
            home.engine().as_str(),
            "{kills} kills with {in_flight} uploads under way, {acknowledged} acknowledged: 0 rows without their bytes, {removed} \
             orphans removed by the sweep, 0 left"
        );
    }
}
