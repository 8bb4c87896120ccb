use data_encoding::BASE64URL_NOPAD;
use serde_json::{Value, json};
use service::crypto::SigningKey;

use super::scene::{Session, broker, is_let_in, login};
use crate::harness::app::TestApp;
use crate::harness::db_tests;

/// Header and claims of a token.
fn open(token: &str) -> (Value, Value) {
    let part = |index: usize| {
        let bytes = BASE64URL_NOPAD.decode(token.split('.').nth(index).unwrap().as_bytes()).unwrap();
        serde_json::from_slice(&bytes).unwrap()
    };
    (part(0), part(1))
}

fn part(value: &Value) -> String {
    BASE64URL_NOPAD.encode(value.to_string().as_bytes())
}

/// A token signed with this key, whatever its header says.
fn signed(header: &Value, claims: &Value, key: &SigningKey) -> String {
    let body = format!("{}.{}", part(header), part(claims));
    let signature = jsonwebtoken::crypto::sign(body.as_bytes(), &key.encoding, jsonwebtoken::Algorithm::EdDSA).unwrap();
    format!("{body}.{signature}")
}

/// The value with one member changed; null removes it.
fn with(value: &Value, name: &str, member: Value) -> Value {
    let mut changed = value.clone();
    if member.is_null() {
        changed.as_object_mut().unwrap().remove(name);
    } else {
        changed[name] = member;
    }
    changed
}

async fn scene(app: &TestApp) -> (Session, Value, Value) {
    let session = login(app, &broker(app).await).await;
    let (header, claims) = open(&session.access);
    (session, header, claims)
}

db_tests! {
    async fn a_token_signed_again_as_it_was_is_let_in(app: TestApp) {
        let (_, header, claims) = scene(&app).await;
        assert_eq!(header, json!({ "typ": "at+jwt", "alg": "EdDSA", "kid": app.ctx.keys().signing()[0].kid }));
        assert_eq!(claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap(), 900);
        assert!(is_let_in(&app, &signed(&header, &claims, &app.ctx.keys().signing()[0])).await);
    }

    async fn a_header_that_is_not_ours_is_refused(app: TestApp) {
        let (_, header, claims) = scene(&app).await;
        let stranger = SigningKey::from_seed(&[99; 32]).unwrap();
        let own = &app.ctx.keys().signing()[0];
        let jwk = json!({ "kty": "OKP", "crv": "Ed25519", "x": BASE64URL_NOPAD.encode(&stranger.public) });
        let unsigned = |alg: &str| format!("{}.{}.", part(&with(&header, "alg", json!(alg))), part(&claims));
        let mut forged: Vec<String> = ["none", "None", "nOnE", "NONE"].map(unsigned).to_vec();
        forged.extend([
            signed(&header, &claims, &stranger),
            signed(&with(&header, "kid", json!(stranger.kid)), &claims, &stranger),
            signed(&with(&header, "jwk", jwk.clone()), &claims, &stranger),
            signed(&with(&header, "jwk", jwk), &claims, own),
            signed(&with(&header, "jku", json!("https://example.invalid/jwks.json")), &claims, own),
            signed(&with(&header, "crit", json!(["exp"])), &claims, own),
            signed(&with(&header, "kid", Value::Null), &claims, own),
            signed(&with(&header, "kid", json!("../../etc/passwd")), &claims, own),
            signed(&with(&header, "typ", json!("JWT")), &claims, own),
            signed(&with(&header, "typ", Value::Null), &claims, own),
            signed(&with(&header, "alg", json!("HS256")), &claims, own),
        ]);
        for token in forged {
            assert!(!is_let_in(&app, &token).await, "{token}");
        }
    }

    async fn claims_that_are_not_ours_are_refused(app: TestApp) {
        let (session, header, claims) = scene(&app).await;
        let own = &app.ctx.keys().signing()[0];
        let now = app.ctx.now().timestamp();
        for (name, value) in [
            ("aud", json!("another")), ("aud", Value::Null), ("iss", json!("another")), ("iss", Value::Null),
            ("exp", json!(now)), ("exp", json!(now - 1)), ("exp", Value::Null), ("exp", json!(now + 86_400)),
            ("nbf", json!(now + 60)), ("nbf", Value::Null), ("sub", json!(uuid::Uuid::nil())), ("sub", Value::Null),
            ("sid", json!(uuid::Uuid::nil())), ("sid", Value::Null), ("rv", json!(0)), ("rv", json!(999)),
        ] {
            let token = signed(&header, &with(&claims, name, value.clone()), own);
            assert!(!is_let_in(&app, &token).await, "{name} {value}");
        }
        let (head, rest) = session.access.split_once('.').unwrap();
        let (body, signature) = rest.split_once('.').unwrap();
        let raised = part(&with(&claims, "rv", json!(2)));
        for token in [
            format!("{head}.{raised}.{signature}"), format!("{head}.{body}."), format!("{head}.{body}"),
            format!("{head}.{body}.{}", signature.chars().rev().collect::<String>()), "x".repeat(7_000), "a.b.c".to_owned(),
        ] {
            assert!(!is_let_in(&app, &token).await, "{token}");
        }
        assert!(is_let_in(&app, &session.access).await);
    }

    async fn a_token_counts_only_in_its_header(app: TestApp) {
        let (session, ..) = scene(&app).await;
        for name in ["access_token", "token", "authorization"] {
            app.get(format!("/api/v1/me?{name}={}", session.access)).send().await.expect(401);
        }
        for scheme in ["Basic", "Token", ""] {
            let value = format!("{scheme} {}", session.access);
            app.get("/api/v1/me").header("authorization", value.trim()).send().await.expect(401);
        }
    }
}
