//! Values are sealed anew with a newer key, while the program writes and the work is killed: every value opens.

use std::collections::BTreeSet;
use std::time::Duration;

use domain::ids::BrokerId;
use entity::broker;
use reqwest::Client;
use sea_orm::{ActiveModelTrait, EntityTrait, IntoActiveModel};
use serde_json::{Value, json};
use service::crypto::Place;
use service::{Context, Random};

use crate::harness::account::{Seat, create_in};
use crate::harness::context::SeededRandom;
use crate::harness::db_tests;
use crate::harness::evidence::{evidence, rounds, seed};
use crate::harness::program::Home;

fn place(column: &'static str, id: BrokerId) -> Place<'static> {
    Place { table: "broker", column, row: id.0 }
}

/// Profiles with sealed values, each of an account of its own.
async fn fill(context: &Context, count: u64) {
    let (mut accounts, mut brokers) = (Vec::new(), Vec::new());
    for number in 0..count {
        let (account, id): (_, BrokerId) = (context.new_id(), context.new_id());
        accounts.push(entity::account::Model {
            id: account,
            email: format!("sealed{number}@example.org"),
            email_confirmed_at: None,
            password_hash: None,
            name: "王小明".to_owned(),
            locale: "zh-CN".to_owned(),
            state: domain::account::AccountState::Active,
            rights_version: 1,
            failed_logins: 0,
            locked_until: None,
            totp_secret: None,
            totp_confirmed_at: None,
            totp_last_step: None,
            created_at: context.now(),
            updated_at: context.now(),
            version: 1,
        });
        let seal = |column, text: &str| context.keys().seal(context, place(column, id), text).ok();
        brokers.push(broker::Model {
            id,
            account_id: account,
            name: "王小明".to_owned(),
            id_type: None,
            id_number_cipher: seal("id_number_cipher", &format!("number {number}")),
            id_number_index: Some(format!("index {number}")),
            mobile_cipher: seal("mobile_cipher", &format!("mobile {number}")),
            mobile_index: None,
            profile: "{}".to_owned(),
            employer_id: None,
            residence_city: None,
            created_at: context.now(),
            updated_at: context.now(),
            version: 1,
        });
    }
    // The plain connection of the database: the program does not run yet.
    let connection = context.database().migrator();
    for rows in accounts.chunks(200) {
        let rows = rows.iter().map(|row| row.clone().into_active_model().reset_all());
        entity::account::Entity::insert_many(rows).exec_without_returning(connection).await.unwrap();
    }
    for rows in brokers.chunks(200) {
        let rows = rows.iter().map(|row| row.clone().into_active_model().reset_all());
        broker::Entity::insert_many(rows).exec_without_returning(connection).await.unwrap();
    }
}

/// The ids of the keys that seal the profiles, and how many values do not open.
async fn keys_in_use(context: &Context) -> (BTreeSet<String>, u64, u64) {
    let (mut keys, mut values, mut unreadable) = (BTreeSet::new(), 0, 0);
    for row in broker::Entity::find().all(context.database().read()).await.unwrap() {
        for (column, sealed) in [("id_number_cipher", row.id_number_cipher), ("mobile_cipher", row.mobile_cipher)] {
            let Some(sealed) = sealed else { continue };
            keys.insert(sealed.split('.').next().unwrap().to_owned());
            values += 1;
            unreadable += u64::from(context.keys().open(place(column, row.id), &sealed).is_err());
        }
    }
    (keys, values, unreadable)
}

/// Changes a sealed value again and again; every change is acknowledged and is what is read next.
async fn write(client: &Client, url: &str, token: &str, until: &std::cell::Cell<bool>) -> u64 {
    let path = format!("{url}/api/v1/brokers/me");
    let (mut writes, mut mobile) = (0, "13800000000".to_owned());
    while !until.get() {
        let own = client.get(&path).bearer_auth(token).send().await.unwrap();
        assert_eq!(own.status(), 200);
        let etag = own.headers()["etag"].to_str().unwrap().to_owned();
        let own = own.json::<Value>().await.unwrap();
        let shown = own["profile"]["mobile"].as_str().unwrap();
        assert_eq!(shown[shown.len() - 4..], mobile[mobile.len() - 4..], "write {writes} is gone");
        let id = own["id"].as_str().unwrap().to_owned();
        mobile = format!("1380000{:04}", writes % 10_000);
        let body = json!({ "name": "李明", "id_type": "resident_id", "mobile": mobile });
        let path = format!("{url}/api/v1/brokers/{id}");
        let saved = client.put(&path).bearer_auth(token).header("if-match", &etag).json(&body).send().await.unwrap();
        assert_eq!(saved.status(), 200, "{}", saved.text().await.unwrap());
        writes += 1;
    }
    writes
}

db_tests! {
    async fn values_are_sealed_anew_under_load_and_kills(home: Home) {
        let seed = seed();
        println!("JIQIAO_SEED={seed}");
        let random = SeededRandom::new(seed);
        let (rows, kills) = (rounds(1_000, 10_000), rounds(4, 20));
        let context = home.context().await;
        fill(&context, rows).await;
        let token = create_in(&context, Seat::of(domain::access::Role::Broker)).await.token;
        let program = home.start();
        let client = Client::builder().timeout(Duration::from_secs(30)).build().unwrap();
        let made = client.post(format!("{}/api/v1/brokers", program.url)).bearer_auth(&token).header("idempotency-key", "own");
        let own = json!({ "name": "李明", "id_type": "resident_id", "id_number": "459999199202290012", "mobile": "13800000000" });
        assert_eq!(made.json(&own).send().await.unwrap().status(), 201);
        drop(program);
        for step in ["prepare-keys", "rotate-keys"] {
            assert!(home.command(&["admin", step]).status.success());
        }
        let program = home.start();
        let newer = home.context().await;
        let is_over = std::cell::Cell::new(false);
        let sealing = async {
            let mut killed = 0;
            while killed < kills {
                let mut process = home.spawn(&["admin", "reseal"]);
                let mut byte = [0];
                random.fill(&mut byte);
                tokio::time::sleep(Duration::from_millis(40 + u64::from(byte[0]) * 2)).await;
                if process.try_wait().unwrap().is_some() {
                    break;
                }
                process.kill().unwrap();
                process.wait().unwrap();
                killed += 1;
                assert_eq!(keys_in_use(&newer).await.2, 0, "after kill {killed}");
            }
            let mut process = home.spawn(&["admin", "reseal"]);
            let ended = tokio::task::spawn_blocking(move || process.wait()).await.unwrap().unwrap();
            assert!(ended.success());
            is_over.set(true);
            killed
        };
        let (killed, writes) = tokio::join!(sealing, write(&client, &program.url, &token, &is_over));
        assert!(killed > 0 && writes > 0, "{killed} kills, {writes} writes");
        let (keys, values, unreadable) = keys_in_use(&newer).await;
        assert_eq!((keys, unreadable), (BTreeSet::from(["k2".to_owned()]), 0));
        assert!(home.command(&["verify", "audit"]).status.success(), "the audit trail is whole");
        let engine = home.engine().as_str();
        evidence!("P6", engine, "{values} values of {rows} rows sealed anew under {writes} writes and {killed} kills: {unreadable} unreadable");
    }
}
