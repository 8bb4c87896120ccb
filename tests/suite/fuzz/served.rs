//! What is read behind the door: tokens, queries, JSON bodies, uploads.

use domain::access::Role;
use domain::file::FilePurpose;
use futures_util::stream;
use service::Error;
use service::file::NewFile;

use super::driver::{Found, Report, fuzz};
use crate::file::sample::{docx, jpeg, ofd, pdf, png, xlsx};
use crate::harness::account::Seat;
use crate::harness::app::{Answer, TestApp};
use crate::harness::context::TestContext;
use crate::harness::evidence::evidence;
use crate::harness::people::grant;
use crate::harness::{Engine, Fixture};

/// Inputs of a short and of a long run.
const DIRECT: (u64, u64) = (2_000, 1_000_000);
const OVER_HTTP: (u64, u64) = (400, 150_000);

fn shown(target: &str, report: &Report) -> String {
    let Report { inputs, behaviours, corpus, seed } = report;
    format!("{target}: {inputs} inputs from {corpus} kept, {behaviours} behaviours, 0 crashes (seed {seed})")
}

/// Where a refusal is a refusal; the application's judge has compared the answer with the document already.
fn word(answer: &Answer) -> Found {
    let rules: Vec<&str> =
        answer.json["errors"].as_array().into_iter().flatten().filter_map(|fault| fault["rule"].as_str()).collect();
    match answer.status {
        500.. => Err(format!("{} {}", answer.status, answer.json)),
        status => Ok(format!("{status} {} {}", answer.code(), rules.join(","))),
    }
}

#[tokio::test]
async fn no_token_but_ours_opens() {
    let app = TestContext::on(Engine::Sqlite).await;
    let good = crate::harness::account::create(&app, Seat::of(Role::Broker)).await.token;
    let report = fuzz("token", DIRECT, vec![good.clone().into_bytes()], async |input| {
        let token = String::from_utf8_lossy(input).into_owned();
        match service::account::authenticate(&app.ctx, &token).await {
            Ok(_) if token == good => Ok("ours".to_owned()),
            Ok(_) => Err(format!("{token:?} opens")),
            Err(Error::Refused(code, _)) => Ok(code.as_str().to_owned()),
            Err(error) => Err(error.to_string()),
        }
    })
    .await;
    evidence!("T9", "-", "{}", shown("access tokens", &report));
}

#[tokio::test]
async fn any_query_is_answered() {
    let app = TestApp::on(Engine::Sqlite).await;
    let token = app.account(Seat::of(Role::RegionClerk)).await.token;
    let paths = [
        "/api/v1/cases",
        "/api/v1/certifications",
        "/api/v1/organisations",
        "/api/v1/rounds",
        "/api/v1/public/publicities",
    ];
    let report = fuzz("query", OVER_HTTP, Vec::new(), async |input| {
        // What cannot stand in an address is written in its other form.
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~=&+%:,;@!$'()*/?[]".contains(&byte);
        let query: String = input
            .iter()
            .map(|byte| if plain(*byte) { char::from(*byte).to_string() } else { format!("%{byte:02X}") })
            .collect();
        let path = paths[input.len() % paths.len()];
        word(&app.get(format!("{path}?{query}")).as_(&token).send().await)
    })
    .await;
    evidence!("T9", "-", "{}", shown("filters and queries", &report));
}

#[tokio::test]
async fn any_body_is_answered() {
    let app = TestApp::on(Engine::Sqlite).await;
    let broker = app.account(Seat::of(Role::Broker)).await.token;
    let made = app.post("/api/v1/brokers").as_(&broker).bytes("application/json", "{}").send().await.expect(201);
    let path = format!("/api/v1/brokers/{}", made.json["id"].as_str().unwrap());
    let seed = serde_json::to_vec(&domain::certification::sample::sample_profile()).unwrap();
    let report = fuzz("body", OVER_HTTP, vec![seed], async |input| {
        // A version that nobody has: what is sound changes nothing.
        word(&app.put(&*path).as_(&broker).if_match("\"999.0\"").bytes("application/json", input).send().await)
    })
    .await;
    evidence!("T9", "-", "{}", shown("JSON bodies", &report));
}

#[tokio::test]
async fn any_upload_is_taken_for_what_it_is_or_refused() {
    let test = TestContext::on(Engine::Sqlite).await;
    let broker = test.person("broker@example.org", vec![grant(Role::Broker)]).await;
    let case = test.case(&broker, None, |_| {}).await;
    let mut slots = Vec::new();
    for end in ["pdf", "png", "jpg", "docx", "xlsx", "ofd"] {
        let new = NewFile { name: format!("a.{end}"), purpose: FilePurpose::Other, declared: None, length: None };
        slots.push((end, service::file::prepare(&test.ctx, &broker, case, new).await.unwrap()));
    }
    let magic = |end: &str| -> &'static [u8] {
        match end {
            "pdf" => b"%PDF-",
            "png" => b"\x89PNG\r\n\x1a\n",
            "jpg" => b"\xff\xd8\xff",
            _ => b"PK\x03\x04",
        }
    };
    let report = fuzz("upload", DIRECT, vec![pdf(), png(), jpeg(), docx(&[]), xlsx(), ofd()], async |input| {
        let mut words = Vec::new();
        for (end, slot) in &slots {
            let pieces: Vec<service::Result<bytes::Bytes>> =
                input.chunks(997).map(|piece| Ok(bytes::Bytes::copy_from_slice(piece))).collect();
            match service::file::receive(&test.ctx, slot, stream::iter(pieces)).await {
                Ok(_) if input.starts_with(magic(end)) => words.push((*end).to_owned()),
                Ok(_) => return Err(format!("taken as {end}")),
                Err(Error::Invalid(faults)) => words.push(faults[0].params["found"].as_str().unwrap_or("-").to_owned()),
                Err(error) => return Err(error.to_string()),
            }
        }
        Ok(words.join(" "))
    })
    .await;
    evidence!("T9", "-", "{}", shown("upload sniffing", &report));
}
