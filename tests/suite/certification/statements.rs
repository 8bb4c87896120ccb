//! How often one decision asks the database.

use std::sync::{Arc, Mutex};

use domain::certification::Level;
use domain::certification::process::{Command, State};
use service::database::Database;
use service::{Context, Parts, Settings};

use super::cast::Cast;
use crate::harness::context::{SeededRandom, context, keys};
use crate::harness::{Engine, Fixture, TestDb};

/// What `submit` asks, with BEGIN and COMMIT: the case with its clocks, what lies around the application, the case again
/// for the answer, the head of its audit chain, and the writes.
const ALL: usize = 11;
/// Of these, what changes rows.
const WRITES: usize = 5;

#[tokio::test]
async fn a_submission_asks_no_more_than_it_did() {
    let db = TestDb::on(Engine::Sqlite).await;
    let mut app = context(&db).await;
    let heard: Arc<Mutex<Vec<String>>> = Arc::default();
    let ear = heard.clone();
    let database = Database::connect(db.url(), 1).await.unwrap();
    app.ctx = Context::new(Parts {
        database: database.observed(move |sql| ear.lock().unwrap().push(sql.to_owned())),
        clock: app.clock.clone(),
        random: Arc::new(SeededRandom::new(2)),
        keys: keys(),
        files: Arc::new(object_store::memory::InMemory::new()),
        settings: Settings::default(),
    });
    let cast = Cast::new(app).await;
    let draft = cast.draft(Level::L1).await;
    heard.lock().unwrap().clear();
    // `act` of the cast reads the version past the program's pools.
    cast.act(&cast.broker, draft.id, Command::Submit).await.unwrap();
    let heard = std::mem::take(&mut *heard.lock().unwrap());
    assert_eq!(cast.state(draft.id).await, State::EmployerReview);
    let writes = heard.iter().filter(|sql| !sql.starts_with("SELECT")).count();
    // The transaction's begin and end are not told.
    let all = heard.len() + 2;
    let shown: Vec<String> = heard.iter().map(|sql| sql.chars().take(300).collect()).collect();
    println!("a submission asks {all} statements, {writes} of them writes");
    assert!(all <= ALL && writes <= WRITES, "{all} statements, {writes} writes:\n{}", shown.join("\n"));
}
