//! The real program is killed in the middle of its writes; what it acknowledged is there afterwards.

mod mail;
mod reseal;
mod writers;

use std::time::Duration;

use domain::access::Role;
use reqwest::{Client, StatusCode};
use serde_json::{Value, json};

use crate::harness::account::{Login, Seat, create_in};
use crate::harness::program::Home;
use crate::harness::{Engine, Fixture};

const KILLS: u64 = 3;

/// A broker who is logged in, arranged while the program does not run.
async fn broker(home: &Home) -> Login {
    let context = home.context().await;
    let login = create_in(&context, Seat::of(Role::Broker)).await;
    context.database().clone().close().await.unwrap();
    login
}

/// Saves the profile again and again until the program is gone; gives the last version that was acknowledged.
async fn write_until_gone(client: &Client, url: &str, token: &str, mut etag: String) -> i64 {
    let mut acknowledged = version(&etag);
    for number in 0.. {
        let body = json!({ "name": format!("测试{number}") });
        let sent = client.put(url).bearer_auth(token).header("if-match", &etag).json(&body).send().await;
        let Ok(answer) = sent else { break };
        assert_eq!(answer.status(), StatusCode::OK);
        answer.headers()["etag"].to_str().unwrap().clone_into(&mut etag);
        acknowledged = version(&etag);
    }
    acknowledged
}

/// The number before the point of `"7.abc"`.
fn version(etag: &str) -> i64 {
    etag.trim_matches('"').split('.').next().unwrap().parse().unwrap()
}

#[tokio::test]
async fn acknowledged_writes_survive_a_kill() {
    let home = Home::on(Engine::Sqlite).await;
    let token = broker(&home).await.token;
    let client = Client::builder().timeout(Duration::from_secs(10)).build().unwrap();

    let program = home.start();
    let made = client
        .post(format!("{}/api/v1/brokers", program.url))
        .bearer_auth(&token)
        .header("idempotency-key", "made-once")
        .json(&json!({ "name": "测试" }))
        .send()
        .await
        .unwrap();
    assert_eq!(made.status(), StatusCode::CREATED, "{}", made.text().await.unwrap());
    let id = made.json::<Value>().await.unwrap()["id"].as_str().unwrap().to_owned();
    drop(program);

    for kill in 1..=KILLS {
        let program = home.start();
        let own = client.get(format!("{}/api/v1/brokers/me", program.url)).bearer_auth(&token).send().await.unwrap();
        let etag = own.headers()["etag"].to_str().unwrap().to_owned();
        let (before, url) = (version(&etag), format!("{}/api/v1/brokers/{id}", program.url));
        let killing = async {
            tokio::time::sleep(Duration::from_millis(300 * kill)).await;
            drop(program);
        };
        let (acknowledged, ()) = tokio::join!(write_until_gone(&client, &url, &token, etag), killing);
        assert!(acknowledged > before, "nothing was written before kill {kill}");

        let program = home.start();
        let own = client.get(format!("{}/api/v1/brokers/me", program.url)).bearer_auth(&token).send().await.unwrap();
        let kept = version(own.headers()["etag"].to_str().unwrap());
        // The last write may have been committed without an answer.
        assert!(kept == acknowledged || kept == acknowledged + 1, "{acknowledged} were told, {kept} are there");
    }
    assert!(home.command(&["verify", "audit"]).status.success(), "the audit trail is whole");
}
