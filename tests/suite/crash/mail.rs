//! The program is killed after a mail server took a mail and before it is marked sent.

use std::time::Duration;

use domain::notification::DeliveryState;
use entity::notification_delivery as delivery;
use reqwest::{Client, StatusCode};
use sea_orm::EntityTrait;
use serde_json::json;
use service::database::Database;

use super::broker;
use crate::harness::program::Home;
use crate::harness::smtp::{Mode, Sink};
use crate::harness::{Engine, Fixture};

/// How often and how long is waited for what must come.
const LOOKS: u32 = 150;
const PAUSE: Duration = Duration::from_millis(200);
/// After a kill, the job is free again.
const LEASE_SECONDS: u64 = 2;

/// Waits until as many mails were taken.
async fn wait_for(sink: &Sink, count: usize) {
    for _ in 0..LOOKS {
        if sink.taken().len() >= count {
            return;
        }
        tokio::time::sleep(PAUSE).await;
    }
    panic!("{} of {count} mails came", sink.taken().len());
}

/// The deliveries, read beside the running program.
async fn deliveries(database: &Database) -> Vec<delivery::Model> {
    delivery::Entity::find().all(database.read()).await.unwrap()
}

#[tokio::test]
async fn a_mail_between_sending_and_marking_comes_once_more_under_the_same_id() {
    let home = Home::on(Engine::Sqlite).await;
    let email = broker(&home).await.email;
    let sink = Sink::start().await;
    let variables = [("JIQIAO_MAIL__URL", sink.url()), ("JIQIAO_RUNNER__LEASE_SECONDS", LEASE_SECONDS.to_string())];

    sink.set(Mode::HoldAfterData);
    let program = home.start_with(&variables);
    let asked = Client::new()
        .post(format!("{}/api/v1/password-resets", program.url))
        .header("idempotency-key", "asked-once")
        .json(&json!({ "email": email }))
        .send()
        .await
        .unwrap();
    assert_eq!(asked.status(), StatusCode::ACCEPTED, "{}", asked.text().await.unwrap());
    wait_for(&sink, 1).await;
    let database = Database::connect(&home.url(), 1).await.unwrap();
    // The server has it, the program does not know.
    assert!(deliveries(&database).await.iter().all(|row| row.state == DeliveryState::Queued));
    drop(program);

    sink.set(Mode::Accept);
    let program = home.start_with(&variables);
    wait_for(&sink, 2).await;
    // Long enough for a third that must not come.
    tokio::time::sleep(Duration::from_secs(2 * LEASE_SECONDS)).await;
    let taken = sink.taken();
    assert_eq!(taken.len(), 2, "{taken:?}");
    assert_eq!((&taken[0].to, taken[0].message_id()), (&taken[1].to, taken[1].message_id()));
    assert_eq!(taken[0].to, email);
    assert!(taken[0].message_id().starts_with('<'), "{}", taken[0].data);
    let rows = deliveries(&database).await;
    assert_eq!(rows.len(), 1);
    assert_eq!((rows[0].state, rows[0].sent_at.is_some()), (DeliveryState::Sent, true));
    // The link in it is a secret and is forgotten.
    assert_eq!(rows[0].params_cipher, None);
    drop(program);
}
