//! A service context over a test database: a clock that stands still, randomness that repeats, keys that are known.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use chrono::{DateTime, TimeDelta, Utc};
use object_store::memory::InMemory;
use sea_orm::DatabaseConnection;
use service::crypto::Keys;
use service::database::Database;
use service::door::Faults;
use service::{Clock, Context, Parts, Random, Settings};
use sha2::{Digest, Sha256};

use super::{Engine, Fixture, TestDb, faults};

/// When every test begins: Monday 6 July 2026, 09:00 in Nanning.
pub const START: &str = "2026-07-06T01:00:00Z";

const POOL_SIZE: u32 = 8;

/// A clock that only tests move.
#[derive(Debug)]
pub struct ManualClock(Mutex<DateTime<Utc>>);

impl ManualClock {
    pub fn new(at: &str) -> Self {
        Self(Mutex::new(instant(at)))
    }

    /// Puts the clock to an instant, in RFC 3339.
    pub fn set(&self, at: &str) {
        *self.0.lock().unwrap() = instant(at);
    }

    pub fn advance(&self, by: TimeDelta) {
        *self.0.lock().unwrap() += by;
    }
}

impl Clock for ManualClock {
    fn now(&self) -> DateTime<Utc> {
        *self.0.lock().unwrap()
    }
}

/// An instant of RFC 3339.
pub fn instant(text: &str) -> DateTime<Utc> {
    text.parse().expect("an instant of RFC 3339")
}

/// SHA-256 of a seed and a counter: the same bytes in the same order at every run.
#[derive(Debug)]
pub struct SeededRandom {
    seed: u64,
    counter: Mutex<u64>,
}

impl SeededRandom {
    pub fn new(seed: u64) -> Self {
        Self { seed, counter: Mutex::new(0) }
    }
}

impl Random for SeededRandom {
    fn fill(&self, bytes: &mut [u8]) {
        let mut counter = self.counter.lock().unwrap();
        for chunk in bytes.chunks_mut(32) {
            let block = Sha256::new().chain_update(self.seed.to_be_bytes()).chain_update(counter.to_be_bytes());
            chunk.copy_from_slice(&block.finalize()[..chunk.len()]);
            *counter += 1;
        }
    }
}

/// The program's context as a test sees it. As a fixture it owns its database.
#[derive(Debug)]
pub struct TestContext {
    pub ctx: Context,
    pub clock: Arc<ManualClock>,
    engine: Engine,
    connection: DatabaseConnection,
    _keep: Option<TestDb>,
}

impl TestContext {
    pub fn engine(&self) -> Engine {
        self.engine
    }

    /// Around a context that the test made itself, on a database that exists.
    pub async fn around(ctx: Context, clock: Arc<ManualClock>, url: &str) -> Self {
        let engine = if url.starts_with("sqlite:") { Engine::Sqlite } else { Engine::Postgres };
        Self { ctx, clock, engine, connection: super::connect(url).await, _keep: None }
    }

    /// Lets go of the database.
    pub async fn close(self) {
        self.ctx.database().clone().close().await.expect("the database can be closed");
        self.connection.close().await.expect("the connection can be closed");
    }

    /// For looking at rows and for arranging them, past the program's own pools.
    pub fn connection(&self) -> &DatabaseConnection {
        &self.connection
    }
}

impl Fixture for TestContext {
    async fn on(engine: Engine) -> Self {
        let db = TestDb::on(engine).await;
        let made = context(&db).await;
        Self { _keep: Some(db), ..made }
    }
}

/// The one context that most tests need.
pub async fn context(db: &TestDb) -> TestContext {
    replica(db, 1).await
}

/// A context of its own seed: two of them on one database act like two replicas.
pub async fn replica(db: &TestDb, seed: u64) -> TestContext {
    on(db, seed, faults::prepared).await
}

/// A context whose database fails as `faults` says.
pub async fn failing(db: &TestDb, faults: &Arc<dyn Faults>) -> TestContext {
    on(db, 1, |database| database.failing(faults)).await
}

/// A context that reaches its database by another address.
pub async fn through(db: &TestDb, url: &str) -> TestContext {
    at(db, url, 1, faults::prepared).await
}

async fn on(db: &TestDb, seed: u64, prepare: impl FnOnce(Database) -> Database) -> TestContext {
    at(db, db.url(), seed, prepare).await
}

async fn at(db: &TestDb, url: &str, seed: u64, prepare: impl FnOnce(Database) -> Database) -> TestContext {
    let clock = Arc::new(ManualClock::new(START));
    let ctx = Context::new(Parts {
        database: prepare(Database::connect(url, POOL_SIZE).await.expect("the test database can be opened")),
        clock: clock.clone(),
        random: Arc::new(SeededRandom::new(seed)),
        keys: keys(),
        files: Arc::new(InMemory::new()),
        settings: Settings::default(),
    });
    TestContext { ctx, clock, engine: db.engine(), connection: db.connection().clone(), _keep: None }
}

/// Keys that every test knows.
pub fn keys() -> Keys {
    Keys::new(BTreeMap::from([(1, [11; 32])]), [12; 32], &[[13; 32]]).expect("the keys are well-formed")
}
