//! Sealed values open at their own place only, and equal values are found without being readable.

use std::collections::{BTreeMap, BTreeSet};

use domain::access::Role;
use entity::broker;
use sea_orm::{ActiveModelTrait, EntityTrait, IntoActiveModel};
use service::broker::full_profile;
use service::crypto::{Keys, sha256_hex};

use crate::certification::cast::{fresh, grant, person, without_photo};
use crate::harness::context::{TestContext, keys};
use crate::harness::db_tests;
use crate::harness::evidence::evidence;

const PEOPLE: u32 = 20;
const SWAPS: usize = 100;

async fn brokers(app: &TestContext) -> Vec<broker::Model> {
    for number in 0..PEOPLE {
        let someone = person(app, &format!("broker{number}"), &[grant(Role::Broker, None, None)]).await;
        service::broker::create(&app.ctx, &fresh(&someone), without_photo(number)).await.unwrap();
    }
    broker::Entity::find().all(app.connection()).await.unwrap()
}

db_tests! {
    async fn swapped_ciphertexts_do_not_open(app: TestContext) {
        let rows = brokers(&app).await;
        let (mut swaps, mut opened) = (0, 0);
        'all: for (one, row) in rows.iter().enumerate() {
            for other in rows.iter().cycle().skip(one + 1).take(5) {
                let mut swapped = row.clone();
                // Another row's value, or the other column's of the same row.
                match swaps % 3 {
                    0 => swapped.id_number_cipher.clone_from(&other.id_number_cipher),
                    1 => swapped.mobile_cipher.clone_from(&other.mobile_cipher),
                    _ => std::mem::swap(&mut swapped.id_number_cipher, &mut swapped.mobile_cipher),
                }
                swapped.clone().into_active_model().reset_all().update(app.connection()).await.unwrap();
                let stored = broker::Entity::find_by_id(row.id).one(app.connection()).await.unwrap().unwrap();
                opened += usize::from(full_profile(&app.ctx, &stored).is_ok());
                row.clone().into_active_model().reset_all().update(app.connection()).await.unwrap();
                swaps += 1;
                if swaps == SWAPS {
                    break 'all;
                }
            }
        }
        assert_eq!((swaps, opened), (SWAPS, 0));
        assert!(full_profile(&app.ctx, &rows[0]).is_ok());
        evidence!("P7", app.engine().as_str(), "{} of {swaps} swapped ciphertexts do not open", swaps - opened);
    }

    async fn a_blind_index_finds_equal_values_and_gives_nothing_away(app: TestContext) {
        let rows = brokers(&app).await;
        let index = |row: &broker::Model| [row.id_number_index.clone().unwrap(), row.mobile_index.clone().unwrap()];
        let all: BTreeSet<String> = rows.iter().flat_map(index).collect();
        assert_eq!(all.len(), 2 * rows.len(), "different numbers have different indexes");
        // The same number in another spelling meets the first.
        let twin = person(&app, "twin", &[grant(Role::Broker, None, None)]).await;
        let mut profile = without_photo(3);
        profile.id_number = profile.id_number.map(|number| format!(" {} ", number.to_lowercase()));
        profile.mobile = Some("+86 139-0000-0000".to_owned());
        assert!(service::broker::create(&app.ctx, &fresh(&twin), profile).await.is_err(), "one person has one profile");
        // A dump without the key: every number that there is, hashed in the ways one would try.
        let stranger = Keys::new(BTreeMap::from([(1, [11; 32])]), [99; 32], &[[13; 32]]).unwrap();
        let mut guesses = 0;
        for number in 0..1_000 {
            let person = without_photo(number);
            for text in [person.id_number.unwrap(), person.mobile.unwrap()] {
                for guess in [
                    sha256_hex(text.as_bytes()),
                    sha256_hex(format!("id_number:resident_id\0{text}").as_bytes()),
                    stranger.blind_index("id_number:resident_id", &text),
                    stranger.blind_index("mobile", &text),
                ] {
                    guesses += 1;
                    assert!(!all.contains(&guess), "{text} is read off its index");
                }
            }
        }
        let known = without_photo(3).id_number.unwrap();
        assert!(all.contains(&keys().blind_index("id_number:resident_id", &known)), "with the key it is found");
        evidence!("P5", app.engine().as_str(), "0 of {guesses} guesses without the key hit one of {} indexes; 0 collisions", all.len());
    }
}
