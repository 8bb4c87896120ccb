//! Anchors outside of the database: what somebody with all rights over it cannot make unseen.

use chrono::TimeDelta;
use object_store::memory::InMemory;
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt};
use service::audit::{Break, anchor, verify, verify_with};

use futures_util::TryStreamExt;

use super::trail::{Dice, Trail, changed, resealed};
use crate::harness::app::TestApp;
use crate::harness::context::TestContext;
use crate::harness::db_tests;
use crate::harness::evidence::{evidence, seed};

const TRUNCATIONS: u64 = 50;
const OBJECTS: u64 = 6;

async fn anchors(app: &TestContext) -> Vec<Path> {
    let objects: Vec<_> = app.ctx.files().list(Some(&Path::from("audit-anchors"))).try_collect().await.unwrap();
    let mut paths: Vec<Path> = objects.into_iter().map(|object| object.location).collect();
    paths.sort();
    paths
}

fn faults(breaks: &[Break]) -> Vec<(&str, &str, i64)> {
    breaks.iter().map(|found| (found.fault.as_str(), found.object_id.as_str(), found.seq)).collect()
}

/// Some hours of entries, an anchor after each.
async fn hours(trail: &Trail<'_>, dice: &mut Dice) {
    for _ in 0..4 {
        for object in 0..OBJECTS {
            // Not every chain grows every hour.
            if dice.roll(3) > 0 {
                trail.grow(&format!("object-{object}"), 1 + dice.roll(3)).await;
            }
        }
        anchor(&trail.app.ctx).await.unwrap();
        trail.app.clock.advance(TimeDelta::hours(1));
    }
}

db_tests! {
    async fn what_an_anchor_saw_cannot_be_cut_off(app: TestContext) {
        let seed = seed();
        let mut dice = Dice(seed);
        let trail = Trail::new(&app).await;
        hours(&trail, &mut dice).await;
        let whole = verify(&app.ctx).await.unwrap();
        assert_eq!((whole.anchors, faults(&whole.breaks)), (4, Vec::new()));
        trail.drop_triggers().await;
        trail.copy().await;
        let nothing = InMemory::new();
        let mut found = 0;
        for number in 0..TRUNCATIONS {
            let object = format!("object-{}", dice.roll(OBJECTS));
            let rows = trail.rows(&object).await;
            let at = usize::try_from(dice.roll(rows.len() as u64)).unwrap();
            let seq = rows[at].seq;
            let expected = if number % 3 == 0 {
                // Written anew to the same length, perfectly.
                let mut previous = rows[at].previous_hash.clone();
                for row in &rows[at..] {
                    let forged = resealed(changed(row.clone(), 10), &previous);
                    previous.clone_from(&forged.hash);
                    trail.replace(forged).await;
                }
                ("anchor_differs", object.as_str(), i64::try_from(rows.len()).unwrap())
            } else {
                trail.delete_from(&object, seq).await;
                ("anchor_cut", object.as_str(), seq)
            };
            trail.mend_head(&object).await;
            // The database alone tells nothing any more.
            assert_eq!(faults(&verify_with(&app.ctx, &nothing).await.unwrap().breaks), Vec::new());
            let report = verify(&app.ctx).await.unwrap();
            assert_eq!(faults(&report.breaks), [expected], "{number}, JIQIAO_SEED={seed}");
            found += 1;
            trail.restore().await;
        }
        assert_eq!(verify(&app.ctx).await.unwrap(), whole);
        evidence!("U3", app.engine().as_str(), "{found} of {TRUNCATIONS} cuts and rewritings before an anchor found");
    }

    async fn an_anchor_is_not_forged_or_taken_away_unseen(app: TestContext) {
        let trail = Trail::new(&app).await;
        hours(&trail, &mut Dice(1)).await;
        let paths = anchors(&app).await;
        let name = paths[1].filename().unwrap();
        let bytes = app.ctx.files().get(&paths[1]).await.unwrap().bytes().await.unwrap();
        let text = String::from_utf8(bytes.to_vec()).unwrap();
        let shorter = text.replacen(",3,", ",1,", 1);
        assert_ne!(shorter, text);
        app.ctx.files().put(&paths[1], shorter.into()).await.unwrap();
        assert_eq!(faults(&verify(&app.ctx).await.unwrap().breaks), [("anchor_forged", name, 0)]);
        app.ctx.files().delete(&paths[1]).await.unwrap();
        assert_eq!(faults(&verify(&app.ctx).await.unwrap().breaks), [("anchor_missing", name, 0)]);
        app.ctx.files().put(&paths[1], bytes.into()).await.unwrap();
        assert_eq!(faults(&verify(&app.ctx).await.unwrap().breaks), Vec::new());
    }

    async fn the_schedule_writes_one_every_hour(app: TestApp) {
        for hour in 1..=3 {
            app.run_due().await;
            app.run_due().await;
            assert_eq!(anchors(&app.context).await.len(), hour, "one for each hour that has begun");
            app.clock.advance(TimeDelta::hours(1));
        }
        let report = verify(&app.ctx).await.unwrap();
        assert_eq!((report.anchors, faults(&report.breaks)), (3, Vec::new()));
    }

    async fn a_trail_that_grows_while_it_is_verified_is_whole(app: TestContext) {
        let trail = Trail::new(&app).await;
        trail.grow("busy", 3).await;
        let verifying = async {
            for _ in 0..20 {
                let breaks = verify(&app.ctx).await.unwrap().breaks;
                assert_eq!(faults(&breaks), Vec::new());
            }
        };
        let writing = async {
            for number in 0..40 {
                trail.grow("busy", 1).await;
                trail.grow(&format!("new-{number}"), 1).await;
            }
        };
        tokio::join!(verifying, writing);
    }
}
