//! Versions: told by `ETag`, demanded by `If-Match`, and of many writers that saw the same one a single one wins.

use domain::access::Role;
use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::harness::account::Seat;
use crate::harness::app::{Answer, TestApp};
use crate::harness::db_tests;
use crate::harness::evidence::evidence;

/// Writers at once, per resource.
const WRITERS: usize = 12;

/// A resource that may be changed: how it is read, and how it is written.
struct Thing {
    token: String,
    read: String,
    method: &'static str,
    write: String,
    /// A body for the writer of this number.
    body: fn(usize) -> Value,
}

fn profile(number: usize) -> Value {
    json!({ "name": "王小明", "position": format!("经理{number}") })
}

fn round(number: usize) -> Value {
    json!({ "title": format!("2026年第{}批", number + 2) })
}

fn me(number: usize) -> Value {
    json!({ "name": format!("王小{}", ["明", "红", "军", "兰"][number % 4]) })
}

fn refuse(_: usize) -> Value {
    json!({ "reason": "统一社会信用代码与登记名称不符" })
}

fn empty(_: usize) -> Value {
    json!({})
}

async fn things(app: &TestApp) -> Vec<Thing> {
    let broker = app.account(Seat::of(Role::Broker)).await.token;
    let clerk = app.account(Seat::of(Role::RegionClerk)).await.token;
    let city = app.account(Seat::in_region(Role::CityClerk, "450100")).await.token;
    app.post("/api/v1/brokers").as_(&broker).json(&profile(0)).send().await.expect(201);
    let own = app.get("/api/v1/brokers/me").as_(&broker).send().await.expect(200).json["id"].clone();
    let rules = app.get("/api/v1/rule-sets").send().await.expect(200).json["items"][0]["id"].clone();
    let mut made = Vec::new();
    for title in ["一", "二"] {
        let body = json!({ "process": "certification", "title": format!("2026年第{title}批"), "opens_at": "2026-08-01T09:00:00+08:00",
            "closes_at": "2026-08-31T17:30:00+08:00", "rule_set_id": rules, "max_file_bytes": 1000, "max_files": 2 });
        made.push(
            app.post("/api/v1/rounds").as_(&clerk).json(&body).send().await.expect(201).header("location").to_owned(),
        );
    }
    let body =
        json!({ "uscc": "91350100M000100Y43", "name": "南宁示例公司", "kind": "enterprise", "region": "450100" });
    let organisation =
        app.post("/api/v1/organisations").as_(&city).json(&body).send().await.expect(201).header("location").to_owned();
    let thing = |token: &String, read: &str, method, write: String, body| Thing {
        token: token.clone(),
        read: read.to_owned(),
        method,
        write,
        body,
    };
    vec![
        thing(&broker, "/api/v1/brokers/me", "PUT", format!("/api/v1/brokers/{}", own.as_str().unwrap()), profile),
        thing(&clerk, &made[0], "PATCH", made[0].clone(), round),
        thing(&clerk, &made[1], "POST", format!("{}/actions/publish", made[1]), empty),
        thing(&city, &organisation, "POST", format!("{organisation}/actions/refuse"), refuse),
        thing(&broker, "/api/v1/me", "PATCH", "/api/v1/me".to_owned(), me),
    ]
}

async fn write(app: &TestApp, thing: &Thing, etag: Option<&str>, number: usize) -> Answer {
    let call =
        app.post(&*thing.write).method(thing.method.parse().unwrap()).as_(&thing.token).json(&(thing.body)(number));
    match etag {
        Some(etag) => call.if_match(etag).send().await,
        None => call.send().await,
    }
}

db_tests! {
    async fn of_many_writers_that_saw_the_same_version_one_wins(app: TestApp) {
        let things = things(&app).await;
        let mut lost = 0;
        for thing in &things {
            let seen = app.get(&*thing.read).as_(&thing.token).send().await.expect(200);
            let etag = seen.etag().to_owned();
            assert_ne!(etag, "", "{} tells no version", thing.read);
            let vary = seen.header("vary").to_ascii_lowercase();
            for word in ["accept-language", "authorization", "accept-encoding"] {
                assert!(vary.contains(word), "{}: vary {vary}", thing.read);
            }
            for known in [etag.clone(), format!("W/{etag}"), format!("\"0.0\", {etag}")] {
                let same = app.get(&*thing.read).as_(&thing.token).header("if-none-match", &known).send().await.expect(304);
                assert_eq!((same.bytes.len(), same.etag()), (0, etag.as_str()), "{}", thing.read);
            }
            app.get(&*thing.read).as_(&thing.token).header("if-none-match", "\"0.0\"").send().await.expect(200);
            assert_eq!(write(&app, thing, None, 0).await.expect(428).code(), "precondition_missing");
            assert_eq!(write(&app, thing, Some("\"999.0\""), 0).await.expect(412).code(), "stale");
            let answers = join_all((0..WRITERS).map(|number| write(&app, thing, Some(&etag), number))).await;
            let won = answers.iter().filter(|answer| answer.status == 200).count();
            let refused = answers.iter().filter(|answer| answer.status == 412).count();
            let statuses: Vec<u16> = answers.iter().map(|answer| answer.status).collect();
            assert_eq!((won, refused), (1, WRITERS - 1), "{}: {statuses:?}", thing.write);
            lost += refused;
            let after = app.get(&*thing.read).as_(&thing.token).send().await.expect(200);
            let winner = answers.iter().find(|answer| answer.status == 200).unwrap();
            assert_eq!(after.etag(), winner.etag(), "{}", thing.read);
            assert_ne!(after.etag(), etag, "{}", thing.read);
        }
        evidence!("J4", app.engine().as_str(), "{} resources × {WRITERS} writers: 1 wins each, {lost} told 412; 428 without If-Match, 304 on If-None-Match", things.len());
    }
}
