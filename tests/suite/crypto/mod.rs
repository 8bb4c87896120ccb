//! Key rotation: what an older key sealed is sealed anew, and opens all the while.

use std::collections::BTreeMap;
use std::sync::Arc;

use domain::access::Role;
use domain::broker::Profile;
use domain::certification::sample;
use object_store::memory::InMemory;
use sea_orm::EntityTrait;
use service::crypto::{KeySet, Keys};
use service::database::Database;
use service::{Context, Parts, Settings};

use crate::certification::cast::{fresh, grant, person};
use crate::harness::context::{ManualClock, START, SeededRandom, TestContext, context};
use crate::harness::faults::prepared;
use crate::harness::{TestDb, db_tests};

/// The same database seen by a program whose folder holds a newer key.
pub async fn rotated(db: &TestDb, prepare: impl FnOnce(Database) -> Database) -> Context {
    let used = KeySet {
        field: BTreeMap::from([(1, [11; 32]), (2, [21; 32])]),
        index: BTreeMap::from([(1, [12; 32]), (2, [22; 32])]),
        signing: BTreeMap::from([(1, [13; 32])]),
    };
    Context::new(Parts {
        database: prepare(Database::connect(db.url(), 4).await.unwrap()),
        clock: Arc::new(ManualClock::new(START)),
        random: Arc::new(SeededRandom::new(7)),
        keys: Keys::of(&used, &KeySet::default()).unwrap(),
        files: Arc::new(InMemory::new()),
        settings: Settings::default(),
    })
}

async fn ciphers(app: &TestContext) -> Vec<String> {
    let rows = entity::broker::Entity::find().all(app.connection()).await.unwrap();
    rows.into_iter().filter_map(|row| row.id_number_cipher).collect()
}

db_tests! {
    async fn everything_is_brought_to_the_newest_key_and_opens_throughout(db: TestDb) {
        let app = context(&db).await;
        for number in 0..3 {
            let broker = person(&app, &format!("broker{number}"), &[grant(Role::Broker, None, None)]).await;
            let profile = Profile { photo: None, ..sample::sample_person(number) };
            service::broker::create(&app.ctx, &fresh(&broker), profile).await.unwrap();
        }
        assert!(ciphers(&app).await.iter().all(|sealed| sealed.starts_with("k1.")));
        let newer = rotated(&db, prepared).await;
        let row = entity::broker::Entity::find().one(app.connection()).await.unwrap().unwrap();
        let before = service::broker::full_profile(&newer, &row).unwrap();
        // Three identity numbers, three telephone numbers, and the indices of three people.
        assert_eq!(service::crypto::reseal(&newer).await.unwrap(), 9);
        assert!(ciphers(&app).await.iter().all(|sealed| sealed.starts_with("k2.")));
        let row = entity::broker::Entity::find_by_id(row.id).one(app.connection()).await.unwrap().unwrap();
        assert_eq!(service::broker::full_profile(&newer, &row).unwrap(), before);
        assert_eq!(service::crypto::reseal(&newer).await.unwrap(), 0, "nothing is left");
    }
}
