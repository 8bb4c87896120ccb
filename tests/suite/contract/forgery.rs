//! A forged identity opens no operation of the document, whichever it is.

use data_encoding::BASE64URL_NOPAD;
use domain::access::Role;
use openapi::Document;
use serde_json::{Value, json};
use service::crypto::SigningKey;

use super::authorisation::{filled, method};
use crate::harness::account::Seat;
use crate::harness::app::TestApp;
use crate::harness::db_tests;
use crate::harness::evidence::evidence;

/// Headers by which proxies elsewhere tell who somebody is, or what was really asked for.
const CLAIMED: &[(&str, &str)] = &[
    ("x-user", "admin"),
    ("x-role", "security_administrator"),
    ("x-forwarded-user", "admin"),
    ("x-original-url", "/health/live"),
    ("x-http-method-override", "GET"),
];

/// Names by which a token may travel in an address elsewhere.
const IN_ADDRESSES: &[&str] = &["access_token", "token", "authorization"];

fn protected() -> usize {
    Document::built().unwrap().operations().iter().filter(|operation| operation.permissions().is_some()).count()
}

fn encoded(value: &Value) -> String {
    BASE64URL_NOPAD.encode(value.to_string().as_bytes())
}

fn signed(header: &Value, claims: &Value, key: &SigningKey) -> String {
    let body = format!("{}.{}", encoded(header), encoded(claims));
    let signature = jsonwebtoken::crypto::sign(body.as_bytes(), &key.encoding, jsonwebtoken::Algorithm::EdDSA).unwrap();
    format!("{body}.{signature}")
}

fn with(value: &Value, name: &str, member: Value) -> Value {
    let mut changed = value.clone();
    changed[name] = member;
    changed
}

/// Forgeries of one true token, by kind.
fn forgeries(app: &TestApp, token: &str) -> Vec<(&'static str, String)> {
    let parts: Vec<&str> = token.split('.').collect();
    let open =
        |part: &str| -> Value { serde_json::from_slice(&BASE64URL_NOPAD.decode(part.as_bytes()).unwrap()).unwrap() };
    let (header, claims) = (open(parts[0]), open(parts[1]));
    let (own, stranger) = (&app.ctx.keys().signing()[0], SigningKey::from_seed(&[99; 32]).unwrap());
    let jwk = json!({ "kty": "OKP", "crv": "Ed25519", "x": BASE64URL_NOPAD.encode(&stranger.public) });
    let without_signature = |alg: &str| format!("{}.{}.", encoded(&with(&header, "alg", json!(alg))), parts[1]);
    let far = with(&claims, "exp", json!(app.ctx.now().timestamp() + 10 * 365 * 86_400));
    let other = encoded(&with(&claims, "sub", json!(uuid::Uuid::nil())));
    vec![
        ("alg none", without_signature("none")),
        ("alg nOnE", without_signature("nOnE")),
        ("unsigned", format!("{}.{}.", parts[0], parts[1])),
        ("changed claims", format!("{}.{other}.{}", parts[0], parts[2])),
        ("wrong signature", signed(&header, &claims, &stranger)),
        ("unknown kid", signed(&with(&header, "kid", json!(stranger.kid)), &claims, &stranger)),
        ("kid as a path", signed(&with(&header, "kid", json!("../../../../dev/null")), &claims, own)),
        ("embedded jwk", signed(&with(&header, "jwk", jwk), &claims, &stranger)),
        ("far exp", signed(&header, &far, own)),
        ("garbage", "a.b.c".to_owned()),
        ("empty", String::new()),
        ("seven kilobytes", "x".repeat(7_000)),
    ]
}

db_tests! {
    async fn forged_tokens_open_nothing(app: TestApp) {
        let login = app.account(Seat::of(Role::RegionLead)).await;
        let forgeries = forgeries(&app, &login.token);
        let mut wrong = Vec::new();
        for operation in Document::built().unwrap().operations() {
            if operation.permissions().is_none() {
                continue;
            }
            for (kind, token) in &forgeries {
                let answer = app.call(method(operation), filled(operation.path)).as_(token).send().await;
                if answer.status != 401 {
                    wrong.push(format!("{} {kind}: {}", operation.name(), answer.status));
                }
            }
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
        app.get("/api/v1/me").as_(&login.token).send().await.expect(200);
        let (kinds, protected) = (forgeries.len(), protected());
        evidence!("A4", app.engine().as_str(), "{kinds} forged tokens x {protected} protected operations: all 401");
        evidence!("S1", app.engine().as_str(), "{kinds} forged tokens, among them a longer life, another algorithm, another key: all 401");
    }

    async fn a_token_in_an_address_opens_nothing(app: TestApp) {
        let login = app.account(Seat::of(Role::RegionLead)).await;
        let mut wrong = Vec::new();
        for operation in Document::built().unwrap().operations() {
            if operation.permissions().is_none() {
                continue;
            }
            for name in IN_ADDRESSES {
                let path = format!("{}?{name}={}", filled(operation.path), login.token);
                let answer = app.call(method(operation), path).send().await;
                if answer.status != 401 {
                    wrong.push(format!("{} {name}: {}", operation.name(), answer.status));
                }
            }
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
        let (names, protected) = (IN_ADDRESSES.len(), protected());
        evidence!("S12", app.engine().as_str(), "a good token under {names} names x {protected} protected operations: all 401");
    }

    async fn headers_that_claim_an_identity_are_ignored(app: TestApp) {
        let mut wrong = Vec::new();
        for operation in Document::built().unwrap().operations() {
            if operation.permissions().is_none() {
                continue;
            }
            let mut calls: Vec<_> = CLAIMED.iter().map(std::slice::from_ref).collect();
            calls.push(CLAIMED);
            for claims in calls {
                let call = app.call(method(operation), filled(operation.path));
                let call = claims.iter().fold(call, |call, (name, value)| call.header(name, value));
                let answer = call.send().await;
                if answer.status != 401 {
                    wrong.push(format!("{} {claims:?}: {}", operation.name(), answer.status));
                }
            }
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
        let (headers, protected) = (CLAIMED.len(), protected());
        evidence!("A5", app.engine().as_str(), "{headers} headers alone and together x {protected} protected operations: all 401");
    }
}
