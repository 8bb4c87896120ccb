//! How often one decision asks the database.

use std::sync::{Arc, Mutex};

use domain::certification::Level;
use domain::certification::process::{Command, State};
use service::database::Database;
use service::{Context, Parts, Settings};

use super::cast::Cast;
use crate::harness::context::{SeededRandom, context, keys};
use crate::harness::{Engine, TestDb, db_tests};

/// What `submit` asks, with BEGIN and COMMIT: the case with its clocks, what lies around the application, the head of its
/// audit chain, and the writes, which are two statements on PostgreSQL.
fn asked(engine: Engine) -> (usize, usize) {
    match engine {
        Engine::Sqlite => (10, 5),
        Engine::Postgres => (7, 2),
    }
}

db_tests! {
async fn a_submission_asks_no_more_than_it_did(db: TestDb) {
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
    let version = cast.version(draft.id).await;
    heard.lock().unwrap().clear();
    cast.act_at(&cast.broker, draft.id, version, Command::Submit).await.unwrap();
    let heard = std::mem::take(&mut *heard.lock().unwrap());
    assert_eq!(cast.state(draft.id).await, State::EmployerReview);
    let writes = heard.iter().filter(|sql| !sql.starts_with("SELECT") || sql.starts_with("WITH")).count();
    // The transaction's begin and end are not told.
    let all = heard.len() + 2;
    let shown: Vec<String> = heard.iter().map(|sql| sql.chars().take(300).collect()).collect();
    println!("a submission asks {all} statements, {writes} of them writes");
    let (most, most_writes) = asked(db.engine());
    assert!(all <= most && writes <= most_writes, "{all} statements, {writes} writes:\n{}", shown.join("\n"));
}
}
