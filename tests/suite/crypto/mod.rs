//! Key rotation: what an older key sealed is sealed anew, and opens all the while.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use domain::access::Role;
use domain::broker::Profile;
use domain::certification::sample;
use object_store::memory::InMemory;
use sea_orm::sea_query::Expr;
use sea_orm::{DbErr, EntityTrait};
use service::crypto::{KeySet, Keys, Place};
use service::database::Database;
use service::door::{Call, Faults};
use service::{Context, Parts, Settings};

use crate::certification::cast::{fresh, grant, person};
use crate::harness::context::{ManualClock, START, SeededRandom, TestContext, context};
use crate::harness::evidence::evidence;
use crate::harness::faults::prepared;
use crate::harness::{Engine, Fixture, TestDb, db_tests};

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

/// Writes another value over the first one that is about to be replaced.
#[derive(Debug, Clone)]
struct Meanwhile {
    url: String,
    value: String,
    is_done: Arc<AtomicBool>,
}

impl Meanwhile {
    async fn write(&self) {
        let connection = sea_orm::Database::connect(&self.url).await.unwrap();
        let change = entity::broker::Entity::update_many()
            .col_expr(entity::broker::Column::IdNumberCipher, Expr::value(self.value.as_str()));
        assert_eq!(change.exec(&connection).await.unwrap().rows_affected, 1);
        connection.close().await.unwrap();
    }
}

impl Faults for Meanwhile {
    fn begin(&self, _name: &'static str) -> Result<Arc<dyn Faults>, DbErr> {
        Ok(Arc::new(self.clone()))
    }

    fn strike(&self, call: Call<'_>) -> Result<(), DbErr> {
        let is_ours = matches!(call, Call::Statement(sql) if sql.starts_with("UPDATE \"broker\""));
        if is_ours && !self.is_done.swap(true, Ordering::AcqRel) {
            let writer = self.clone();
            let runtime = tokio::runtime::Runtime::new().unwrap();
            std::thread::spawn(move || runtime.block_on(writer.write())).join().unwrap();
        }
        Ok(())
    }
}

/// On SQLite nobody writes while a writing transaction is open.
#[tokio::test]
#[cfg_attr(not(postgres_found), ignore = "no PostgreSQL binaries found")]
async fn a_change_between_reading_and_sealing_anew_is_kept() {
    let db = TestDb::on(Engine::Postgres).await;
    let app = context(&db).await;
    let broker = person(&app, "broker", &[grant(Role::Broker, None, None)]).await;
    let profile = Profile { photo: None, ..sample::sample_person(1) };
    service::broker::create(&app.ctx, &fresh(&broker), profile).await.unwrap();
    let row = entity::broker::Entity::find().one(app.connection()).await.unwrap().unwrap();
    let newer = rotated(&db, prepared).await;
    let place = Place { table: "broker", column: "id_number_cipher", row: row.id.0 };
    let value = newer.keys().seal(&newer, place, "459999199802020015").unwrap();
    let meanwhile = Meanwhile { url: db.url().to_owned(), value: value.clone(), is_done: Arc::default() };
    let door: Arc<dyn Faults> = Arc::new(meanwhile.clone());
    let sealing = rotated(&db, |database| database.failing(&door)).await;
    service::crypto::reseal(&sealing).await.unwrap();
    assert!(meanwhile.is_done.load(Ordering::Acquire), "somebody wrote meanwhile");
    assert_eq!(ciphers(&app).await, [value], "what was written meanwhile is gone");
    evidence!("P6", "postgres", "a value changed between its reading and its sealing anew: kept");
}
