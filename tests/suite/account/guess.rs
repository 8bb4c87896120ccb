//! What guessing costs: few tries a day, the same work for everybody, and nothing to be had from a dump.

use std::time::Instant;

use chrono::TimeDelta;
use reqwest::Client;
use serde_json::{Value, json};
use service::crypto::sha256_hex;

use super::scene::{BROKER, OTHER_PASSWORD, PASSWORD, administrator, broker, login, login_call, token_for};
use crate::harness::app::TestApp;
use crate::harness::evidence::{evidence, rounds};
use crate::harness::program::{Home, Program};
use crate::harness::{Engine, Fixture, db_tests};
use crate::secret::scan::text_of;

/// Hours for which an address is guessed at.
const DAY: u64 = 24;
/// Guesses that may be looked at in a day.
const A_DAY: u64 = 10_000;

db_tests! {
    async fn few_guesses_a_day_are_looked_at_and_the_owner_gets_in(app: TestApp) {
        let owner = broker(&app).await;
        let end = app.ctx.now() + TimeDelta::hours(i64::try_from(rounds(3, DAY)).unwrap());
        let (mut looked_at, mut longest) = (0u64, 0u64);
        // As often as one is allowed to, and once more each time.
        while app.ctx.now() < end {
            let answer = login_call(&app, BROKER, "wrong-password-1").send().await;
            if answer.status == 401 {
                looked_at += 1;
                // Whoever is never told to wait gets no further.
                assert!(looked_at <= A_DAY * rounds(3, DAY) / DAY, "{looked_at} guesses looked at since the morning");
                continue;
            }
            assert_eq!((answer.status, answer.code()), (429, "locked_out"));
            let wait: u64 = answer.header("retry-after").parse().unwrap();
            longest = longest.max(wait);
            app.clock.advance(TimeDelta::seconds(i64::try_from(wait).unwrap() + 1));
        }
        let hours = rounds(3, DAY);
        let in_a_day = looked_at + (DAY - hours) * 3_600 / longest;
        assert!(longest <= 900, "nobody waits for ever");
        assert!(in_a_day <= A_DAY, "{in_a_day}");
        app.clock.advance(TimeDelta::seconds(901));
        login(&app, &owner).await;
        evidence!("S4", app.engine().as_str(), "5 failures, then 429 with Retry-After; {looked_at} guesses looked at in {hours} h, {in_a_day} in a day; longest wait {longest} s");
    }

    async fn a_link_is_random_hashed_good_once_and_for_an_hour(app: TestApp) {
        let (_, security) = administrator(&app).await;
        broker(&app).await;
        let mut seen = Vec::new();
        let invite = |email: &'static str| {
            let body = json!({ "email": email, "role": "expert" });
            app.post("/api/v1/invitations").as_(&security.access).json(&body).send()
        };
        let accept = |token: String| {
            let body = json!({ "token": token, "name": "韦芳", "password": PASSWORD, "consents": [{ "kind": "personal_data", "version": "2026-01" }] });
            app.post("/api/v1/invitations/actions/accept").json(&body).send()
        };
        let reset = || app.post("/api/v1/password-resets").json(&json!({ "email": BROKER })).send();
        let complete = |token: String| {
            let body = json!({ "token": token, "password": OTHER_PASSWORD });
            app.post("/api/v1/password-resets/actions/complete").json(&body).send()
        };
        for is_late in [false, true] {
            for _ in 0..5 {
                // The last that was asked for counts.
                reset().await.expect(202);
                seen.push(token_for(&app, BROKER).await);
            }
            invite("wei.fang@example.cn").await.expect(201);
            let invited = token_for(&app, "wei.fang@example.cn").await;
            let asked = seen.last().unwrap().clone();
            seen.push(invited.clone());
            if is_late {
                app.clock.advance(TimeDelta::hours(1));
                accept(invited.clone()).await.expect(409);
                complete(asked.clone()).await.expect(409);
                break;
            }
            for old in &seen[..4] {
                assert_eq!(complete(old.clone()).await.expect(409).code(), "token_spent");
            }
            complete(asked.clone()).await.expect(204);
            complete(asked).await.expect(409);
            accept(invited.clone()).await.expect(200);
            accept(invited).await.expect(409);
        }
        let kept = text_of(&app.context).await;
        for token in &seen {
            assert_eq!(token.len(), 43, "256 bits");
            assert!(!kept.contains(token.as_str()), "a token is kept as it is");
            assert!(kept.contains(&sha256_hex(token.as_bytes())), "its hash is kept");
        }
        evidence!("S11", app.engine().as_str(), "{} links of 256 bits: hashed at rest, good once, over after an hour; 0 in the store", seen.len());
    }
}

/// How many passwords the program has hashed so far.
async fn hashed(client: &Client, program: &Program) -> u64 {
    let text = client.get(format!("{}/metrics", program.url)).send().await.unwrap().text().await.unwrap();
    let line = text.lines().find(|line| line.starts_with("password_hashes"));
    line.and_then(|line| line.rsplit(' ').next()?.parse().ok()).unwrap_or(0)
}

/// The work behind one request, its status and body, and how long it took.
async fn cost(client: &Client, program: &Program, path: &str, body: &Value) -> (u64, u16, Value, u128) {
    let before = hashed(client, program).await;
    let begun = Instant::now();
    let key = format!("{begun:?}");
    let call = client.post(format!("{}/api/v1{path}", program.url)).header("idempotency-key", key).json(body);
    let answer = call.send().await.unwrap();
    let (status, mut json) = (answer.status().as_u16(), answer.json::<Value>().await.unwrap());
    let took = begun.elapsed().as_millis();
    json["instance"] = Value::Null;
    (hashed(client, program).await - before, status, json, took)
}

#[tokio::test]
async fn known_and_unknown_people_cost_the_same() {
    let home = Home::on(Engine::Sqlite).await;
    let known = crate::crash::broker(&home).await.email;
    let program = home.start();
    let client = Client::new();
    let (mut compared, mut times) = (0, Vec::new());
    for round in 0..rounds(3, 50) {
        let unknown = format!("nobody{round}@example.cn");
        let consents = json!([{ "kind": "personal_data", "version": "2026-01" }]);
        for (path, hashes, body) in [
            ("/sessions", 1, json!({ "password": "wrong-password-1" })),
            ("/password-resets", 0, json!({})),
            ("/accounts", 1, json!({ "name": "李明", "password": PASSWORD, "consents": consents })),
        ] {
            let with = |email: &str| {
                let mut body = body.clone();
                body["email"] = json!(email);
                body
            };
            let one = cost(&client, &program, path, &with(&known)).await;
            let other = cost(&client, &program, path, &with(&unknown)).await;
            assert_eq!((one.0, one.1, &one.2), (other.0, other.1, &other.2), "{path}");
            assert_eq!(one.0, hashes, "{path}");
            compared += 1;
            times.push((one.3, other.3));
        }
    }
    let median = |mut of: Vec<u128>| {
        of.sort_unstable();
        of[of.len() / 2]
    };
    let (one, other) =
        (median(times.iter().map(|pair| pair.0).collect()), median(times.iter().map(|pair| pair.1).collect()));
    evidence!(
        "S5",
        "sqlite",
        "{compared} pairs at login, reset and registration: same answer, same number of password hashes; medians {one} and {other} ms (reported only)"
    );
}
