//! What is written into the trail and the log: no raw numbers, and one line for one event.

use domain::access::Role;
use sea_orm::EntityTrait;
use serde_json::json;

use crate::certification::cast::without_photo;
use crate::contract::stage::Stage;
use crate::harness::account::Seat;
use crate::harness::app::TestApp;
use crate::harness::evidence::{evidence, rounds};
use crate::harness::{TestDb, db_tests};
use crate::secret::scan::{raw_numbers, text_of};

/// Names that a log or a table of a trail might be broken with.
pub const TRICKS: &[&str] = &[
    "王\r\n2026-07-06T01:00:00Z ERROR forged=true",
    "王\n{\"level\":\"ERROR\",\"message\":\"forged\"}",
    "王\u{1b}[2J\u{1b}[31mforged",
    "王\u{202e}degrof\u{202c}",
    "王\u{2028}forged\u{2029}",
    "王\u{85}forged",
    "王\u{7}\u{8}\u{7f}",
];

db_tests! {
    async fn entries_hold_no_raw_number(db: TestDb) {
        let stage = Stage::on(&db).await;
        let numbers: Vec<String> = (0..200).flat_map(|number| {
            let person = without_photo(number);
            [person.id_number.unwrap(), person.mobile.unwrap()]
        }).collect();
        let app = &stage.app;
        for number in 0..rounds(5, 500) {
            let broker = app.account(Seat::of(Role::Broker)).await;
            let mut profile = serde_json::to_value(without_photo(10 + u32::try_from(number).unwrap())).unwrap();
            let made = app.post("/api/v1/brokers").as_(&broker.token).json(&profile).send().await.expect(201);
            profile["mobile"] = json!("13800138000");
            let path = format!("/api/v1/brokers/{}", made.json["id"].as_str().unwrap());
            app.put(path).as_(&broker.token).if_match(made.etag()).json(&profile).send().await.expect(200);
            let own = app.get("/api/v1/me").as_(&broker.token).send().await.expect(200);
            app.patch("/api/v1/me").as_(&broker.token).if_match(own.etag()).json(&json!({ "name": "李明" })).send().await.expect(200);
        }
        let entries = entity::audit::Entity::find().all(db.connection()).await.unwrap();
        for entry in &entries {
            let text = format!("{entry:?}");
            assert_eq!(raw_numbers(&text), Vec::<String>::new(), "{text}");
            for number in &numbers {
                assert!(!text.contains(number.as_str()), "{text}");
            }
        }
        evidence!("U5", db.engine().as_str(), "0 raw identity or telephone numbers in {} entries", entries.len());
    }

    async fn tricks_are_refused_or_stay_in_one_value(app: TestApp) {
        let clerk = app.account(Seat::of(Role::CityClerk)).await;
        let (mut refused, mut kept) = (0, 0);
        for trick in TRICKS {
            let body = json!({ "uscc": "91350100M000100Y43", "name": trick, "kind": "enterprise", "region": "450100" });
            let answer = app.post("/api/v1/organisations").as_(&clerk.token).json(&body).send().await;
            assert!(answer.status < 500, "{}", answer.json);
            if answer.status < 300 { kept += 1 } else { refused += 1 }
            assert_eq!(answer.status, 422, "{trick:?}");
            let mail = json!({ "email": "somebody@example.cn", "password": trick });
            app.post("/api/v1/sessions").without("idempotency-key").json(&mail).send().await;
        }
        let text = text_of(&app.context).await;
        assert!(!text.contains("forged"), "what was refused is kept nowhere");
        evidence!("U7", app.engine().as_str(), "{} texts that break lines: {refused} refused as content, {kept} kept", TRICKS.len());
    }
}
