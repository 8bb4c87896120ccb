//! Idempotency keys: a repetition gets the first answer, another request under the key is refused, twins make one thing.

use chrono::{Days, NaiveDate, TimeDelta};
use domain::access::Role;
use entity::account_absence;
use futures_util::future::join_all;
use sea_orm::{EntityTrait, PaginatorTrait};
use serde_json::{Value, json};

use super::{count, organisation};
use crate::harness::account::Seat;
use crate::harness::app::{Answer, TestApp};
use crate::harness::context::replica;
use crate::harness::evidence::{evidence, rounds};
use crate::harness::{TestDb, db_tests};

const PATH: &str = "/api/v1/organisations";
const ABSENCES: &str = "/api/v1/me/absences";
/// Requests at once under one key.
const TWINS: usize = 16;

async fn post(app: &TestApp, token: &str, key: &str, body: &Value) -> Answer {
    post_to(app, PATH, token, key, body).await
}

async fn post_to(app: &TestApp, path: &str, token: &str, key: &str, body: &Value) -> Answer {
    app.post(path).key(key).as_(token).json(body).send().await
}

/// A day off, another one for every number. Nothing but the key keeps twins from taking it twice.
fn absence(number: u64) -> Value {
    let day = NaiveDate::from_ymd_opt(2026, 8, 1).unwrap() + Days::new(number);
    json!({ "from_on": day, "to_on": day })
}

/// What a repetition must give again.
fn result(answer: &Answer) -> (u16, &[u8], &str, &str) {
    (answer.status, &answer.bytes, answer.etag(), answer.header("location"))
}

/// One made it, and everybody else was given its answer or told to come back, which only happens on a very busy machine;
/// gives how many were. The last of them came alone, when the others were answered.
fn one_made(answers: &[Answer]) -> u32 {
    let last = answers.last().expect("somebody came last");
    assert_eq!(last.status, 201, "{}", last.json);
    let (mut made, mut waited) = (0, 0);
    for answer in answers {
        if answer.status == 201 {
            assert_eq!(result(answer), result(last));
            made += u32::from(answer.header("idempotency-replayed").is_empty());
        } else {
            assert!(matches!(answer.status, 409 | 503), "{}", answer.json);
            assert!(answer.header("retry-after").parse::<u64>().unwrap() > 0, "{}", answer.json);
            waited += 1;
        }
    }
    // Who made it may have waited too long for the database to be told so.
    assert!(made == 1 || made == 0 && waited > 0, "{made} were first, {waited} told to come back");
    waited
}

db_tests! {
    async fn a_repetition_gets_the_first_answer_and_nothing_else_does(app: TestApp) {
        let (one, other) = (app.account(Seat::of(Role::Broker)).await.token, app.account(Seat::of(Role::Broker)).await.token);
        let first = post(&app, &one, "key", &organisation(1)).await.expect(201);
        assert_eq!(first.header("idempotency-replayed"), "");
        for _ in 0..3 {
            let again = post(&app, &one, "key", &organisation(1)).await;
            assert_eq!(result(&again), result(&first));
            assert_eq!(again.header("idempotency-replayed"), "true");
        }
        // Another body under the key; the key of somebody else; the key on another path.
        let reused = post(&app, &one, "key", &organisation(2)).await.expect(422);
        assert_eq!(reused.code(), "idempotency_key_reused");
        assert_eq!(count(app.connection(), 2).await, 0);
        post(&app, &other, "key", &organisation(3)).await.expect(201);
        app.post("/api/v1/brokers").key("key").as_(&one).json(&json!({ "name": "测试" })).send().await.expect(201);
        // A refusal by state is an answer; one of content is none.
        let taken = post(&app, &other, "taken", &organisation(1)).await.expect(409);
        let again = post(&app, &other, "taken", &organisation(1)).await.expect(409);
        assert_eq!((again.code(), &again.json["params"]), (taken.code(), &taken.json["params"]));
        let mut wrong = organisation(4);
        wrong["name"] = json!("x");
        post(&app, &one, "mended", &wrong).await.expect(422);
        post(&app, &one, "mended", &organisation(4)).await.expect(201);
        // As long as it may be, and one longer.
        post(&app, &one, &"k".repeat(255), &organisation(5)).await.expect(201);
        assert_eq!(post(&app, &one, &"k".repeat(256), &organisation(6)).await.expect(400).code(), "idempotency_key_missing");
        app.post(PATH).without("idempotency-key").as_(&one).json(&organisation(6)).send().await.expect(400);
        let engine = app.engine().as_str();
        evidence!("J1", engine, "replay equal in status, body, ETag and Location; mismatch 422; 255 characters; per user and path");
    }

    async fn keys_are_kept_for_seven_days(app: TestApp) {
        let token = app.account(Seat::of(Role::Broker)).await;
        let first = post(&app, &token.token, "kept", &organisation(1)).await.expect(201);
        app.clock.advance(TimeDelta::days(7) - TimeDelta::minutes(1));
        app.run_due().await;
        let fresh = service::account::admin::open_session(&app.ctx, &token.email).await.unwrap().access_token;
        assert_eq!(result(&post(&app, &fresh, "kept", &organisation(1)).await), result(&first));
        app.clock.advance(TimeDelta::days(1));
        app.run_due().await;
        let fresh = service::account::admin::open_session(&app.ctx, &token.email).await.unwrap().access_token;
        // Forgotten: it is a new request now, and the organisation is there already.
        assert_eq!(post(&app, &fresh, "kept", &organisation(1)).await.expect(409).header("idempotency-replayed"), "");
        let engine = app.engine().as_str();
        evidence!("J1", engine, "a key is replayed for 7 days and forgotten by the next sweep");
    }

    async fn sixteen_twins_on_two_replicas_make_one_thing(db: TestDb) {
        let apps = [TestApp::over(replica(&db, 1).await).await, TestApp::over(replica(&db, 2).await).await];
        let token = apps[0].account(Seat::of(Role::Broker)).await.token;
        let rounds = rounds(5, 40);
        let mut waited = 0;
        for number in 0..rounds {
            // An organisation is single by its code as well, and an absence by nothing but the key.
            for (path, body) in [(PATH, organisation(number)), (ABSENCES, absence(number))] {
                let key = format!("twin-{number}");
                let sent = (0..TWINS).map(|twin| post_to(&apps[twin % 2], path, &token, &key, &body));
                let mut answers = join_all(sent).await;
                answers.push(post_to(&apps[0], path, &token, &key, &body).await);
                waited += one_made(&answers);
            }
            assert_eq!(count(db.connection(), number).await, 1);
            let absences = account_absence::Entity::find().count(db.connection()).await.unwrap();
            assert_eq!(absences, number + 1, "absences after round {number}");
        }
        assert!(service::audit::verify(&apps[0].ctx).await.unwrap().breaks.is_empty());
        let engine = db.engine().as_str();
        evidence!("J2", engine, "2 x {rounds} rounds of {TWINS} twins on two replicas: one object each; {waited} told to come back");
    }

    async fn twins_with_different_bodies_make_one_thing_too(db: TestDb) {
        let apps = [TestApp::over(replica(&db, 1).await).await, TestApp::over(replica(&db, 2).await).await];
        let token = apps[0].account(Seat::of(Role::Broker)).await.token;
        let bodies: Vec<Value> = (0..8).map(organisation).collect();
        let sent = bodies.iter().zip(0..).map(|(body, twin): (_, usize)| post(&apps[twin % 2], &token, "same", body));
        let answers = join_all(sent).await;
        let with = |status: u16, code: &str| answers.iter().filter(|answer| (answer.status, answer.code()) == (status, code)).count();
        let (made, refused) = (with(201, ""), with(422, "idempotency_key_reused"));
        // Only on a very busy machine.
        let waited = with(503, "busy") + with(409, "request_in_progress");
        let codes: Vec<&str> = answers.iter().map(Answer::code).collect();
        assert!(made == 1 || made == 0 && waited > 0, "{codes:?}");
        assert_eq!(made + refused + waited, bodies.len(), "{codes:?}");
        let there = entity::organisation::Entity::find().count(db.connection()).await.unwrap();
        assert!(there <= 1 && there >= u64::try_from(made).unwrap(), "{there} organisations");
    }
}

/// A request that outlasts the lock time-out of its twin.
#[tokio::test]
async fn a_twin_of_a_slow_request_is_told_to_come_back() {
    use crate::harness::context::TestContext;
    use crate::harness::people::{grant, keyed};
    use crate::harness::{Engine, Fixture};
    use service::{Code, Error, Tx, Work};
    struct Slow<'a>(&'a service::Caller);
    impl Work for Slow<'_> {
        type Output = u32;
        async fn run(&self, tx: &Tx) -> service::Result<u32> {
            tokio::time::sleep(std::time::Duration::from_secs(4)).await;
            tx.audit(service::audit::Entry::new(self.0, "thing", "slow", "test.slow"));
            Ok(7)
        }
    }
    let app = TestContext::on(Engine::Sqlite).await;
    let caller = keyed(&app.person("slow@example.org", vec![grant(Role::Broker)]).await, "one", "same");
    let twin = async {
        tokio::task::yield_now().await;
        app.ctx.write_once(&caller, "test.slow", &Slow(&caller)).await
    };
    let work = Slow(&caller);
    let (first, twin) = tokio::join!(app.ctx.write_once(&caller, "test.slow", &work), twin);
    assert_eq!(first.unwrap().value, 7);
    assert!(matches!(twin, Err(Error::Refused(Code::RequestInProgress, _))), "{twin:?}");
    // It was not kept as the answer of the key.
    let again = app.ctx.write_once(&caller, "test.slow", &Slow(&caller)).await.unwrap();
    assert!(again.replayed && again.value == 7);
}
