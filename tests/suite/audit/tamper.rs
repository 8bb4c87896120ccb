//! Five hundred ways to change a trail, each found with its place.

use std::collections::BTreeMap;

use super::trail::{Dice, Trail, changed, resealed};
use crate::harness::context::TestContext;
use crate::harness::db_tests;
use crate::harness::evidence::{evidence, seed};

const TAMPERINGS: u64 = 500;
const OBJECTS: u64 = 8;

/// Tampers with the chain of an object, and gives what was done and the places at which it may be named.
async fn tamper(trail: &Trail<'_>, dice: &mut Dice, object: &str) -> (&'static str, [i64; 2]) {
    let rows = trail.rows(object).await;
    let length = i64::try_from(rows.len()).unwrap();
    let at = usize::try_from(dice.roll(rows.len() as u64)).unwrap();
    let (row, seq) = (rows[at].clone(), rows[at].seq);
    match dice.roll(9) {
        0 => {
            trail.replace(changed(row, dice.roll(15))).await;
            ("a field changed", [seq, seq])
        }
        1 => {
            let before = row.previous_hash.clone();
            // Not the hash itself: that would be made good again.
            trail.replace(resealed(changed(row, dice.roll(14)), &before)).await;
            ("a field changed and its hash with it", [seq, seq + 1])
        }
        2 => {
            trail.delete(&row).await;
            ("an entry deleted", [seq, seq])
        }
        3 => {
            trail.delete_from(object, seq).await;
            ("the end cut off", [seq, seq])
        }
        4 => {
            let last = rows.last().unwrap();
            let mut more = last.clone();
            more.seq = length + 1;
            trail.insert(resealed(more, &last.hash)).await;
            ("an entry added at the end", [length + 1, length + 1])
        }
        5 => {
            for mut later in rows[at..].iter().rev().cloned() {
                later.seq += 1;
                trail.replace(later).await;
            }
            let previous = row.previous_hash.clone();
            trail.insert(resealed(row, &previous)).await;
            ("an entry put in between", [seq, seq + 1])
        }
        6 if length > 1 => {
            let other = rows[if at == 0 { 1 } else { at - 1 }].clone();
            let (one, two) = (row.seq, other.seq);
            let set = |mut row: entity::audit::Model, seq| {
                row.seq = seq;
                row
            };
            trail.replace(set(row.clone(), -1)).await;
            trail.replace(set(other, one)).await;
            trail.replace(set(row, two)).await;
            ("two entries swapped", [one.min(two), one.min(two)])
        }
        7 => {
            // Everything from here on written anew, in order, by somebody who knows how.
            let mut previous = row.previous_hash.clone();
            for row in &rows[at..] {
                let mut forged = row.clone();
                forged.reason = Some("改写".to_owned());
                let forged = resealed(forged, &previous);
                previous.clone_from(&forged.hash);
                trail.replace(forged).await;
            }
            ("the end written anew", [seq, length])
        }
        _ => {
            trail.delete_from(object, 1).await;
            ("a whole chain taken away", [1, 1])
        }
    }
}

db_tests! {
    async fn every_tampering_is_found_at_its_place(app: TestContext) {
        let seed = seed();
        let mut dice = Dice(seed);
        let trail = Trail::new(&app).await;
        for object in 0..OBJECTS {
            trail.grow(&format!("object-{object}"), 1 + dice.roll(7)).await;
        }
        let untouched = service::audit::verify(&app.ctx).await.unwrap();
        assert_eq!(untouched.breaks, Vec::new());
        trail.drop_triggers().await;
        trail.copy().await;
        let mut kinds: BTreeMap<&str, u32> = BTreeMap::new();
        for number in 0..TAMPERINGS {
            let object = format!("object-{}", dice.roll(OBJECTS));
            let (kind, places) = tamper(&trail, &mut dice, &object).await;
            let report = service::audit::verify(&app.ctx).await.unwrap();
            let [found] = report.breaks.as_slice() else {
                panic!("JIQIAO_SEED={seed}, {number}: {kind} of {object} at {places:?}: {:?}", report.breaks);
            };
            assert_eq!(found.object_id, object, "{number}: {kind}");
            assert!((places[0]..=places[1]).contains(&found.seq), "{number}: {kind} at {places:?}: {found:?}");
            *kinds.entry(kind).or_default() += 1;
            trail.restore().await;
        }
        assert_eq!(service::audit::verify(&app.ctx).await.unwrap(), untouched);
        let found: u32 = kinds.values().sum();
        evidence!("U2", app.engine().as_str(), "{TAMPERINGS} tamperings of {} kinds: {found} found, each at its place", kinds.len());
    }
}
