//! What holds of every answer, by every operation of the document: its shape when it refuses, its headers, its id.

use domain::access::Role;
use openapi::{Document, Operation};
use reqwest::Method;

use super::headers::assert_dressed;
use super::malformed::{Examiner, NOTHING, filled};
use crate::harness::account::Seat;
use crate::harness::app::{Answer, Call, TestApp};
use crate::harness::db_tests;
use crate::harness::evidence::evidence;

const METHODS: [&str; 6] = ["get", "put", "post", "delete", "patch", "head"];

/// What an answer that refuses must be; `/oauth/token` answers as RFC 6749 says.
fn assert_problem(answer: &Answer, name: &str) {
    assert_eq!(answer.header("content-type"), "application/problem+json", "{name}");
    assert_eq!(answer.json["status"], answer.status, "{name}");
    assert_eq!(answer.json["instance"], answer.header("x-request-id"), "{name}");
    for member in ["type", "title", "code"] {
        assert!(answer.json[member].as_str().is_some_and(|text| !text.is_empty()), "{name}: {member}");
    }
}

fn assert_policy(answer: &Answer, name: &str) {
    // The document's reader has a policy of its own.
    if !name.contains("/docs") {
        assert_dressed(answer);
    }
    assert_ne!(answer.header("content-security-policy"), "", "{name}");
    assert_ne!(answer.header("x-request-id"), "", "{name}");
}

fn call<'a>(app: &'a TestApp, method: &str, path: &str) -> Call<'a> {
    app.call(Method::from_bytes(method.to_uppercase().as_bytes()).unwrap(), path)
}

/// What `Allow` says of a path: a text in a path may be an id of another one.
fn allowed(document: &Document, path: &str) -> Vec<String> {
    let mut all: Vec<String> =
        METHODS.iter().filter(|method| document.find(method, path).is_some()).map(|m| m.to_uppercase()).collect();
    if all.iter().any(|method| method == "GET") {
        all.push("HEAD".to_owned());
    }
    all.sort_unstable();
    all
}

fn is_machine(operation: Operation<'_>) -> bool {
    operation.path == "/oauth/token"
}

db_tests! {
    async fn every_refusal_is_a_problem_and_every_answer_is_dressed(app: TestApp) {
        let document = Document::built().unwrap();
        let mut examiner = Examiner::new(&app);
        let (mut answers, mut refusals) = (0, 0);
        for operation in document.operations() {
            let (name, path) = (operation.name(), filled(operation.path, NOTHING));
            let token = examiner.token(operation).await;
            let sound = || examiner.call(operation, token.as_deref(), &path);
            let bad = || sound().bytes("application/json", "{\"no_such_member\":1}");
            for call in [sound(), bad(), bad().without("if-match"), bad().without("idempotency-key"), call(&app, operation.method, &path)] {
                let id = format!("trace-{answers:010}");
                let answer = call.header("x-request-id", &id).send().await;
                answers += 1;
                assert_policy(&answer, &name);
                assert_eq!(answer.header("x-request-id"), id, "{name}");
                if answer.status >= 400 && !is_machine(operation) {
                    refusals += 1;
                    assert_problem(&answer, &name);
                }
            }
        }
        // What the framework refuses before any handler.
        for (path, status) in [("/nowhere", 404), ("/api/v1/cases/%zz", 404), ("/docs/nothing", 404), ("/api/v1", 404), ("/api/v1/processes/", 404)] {
            let answer = app.get(path).send().await.expect(status);
            assert_policy(&answer, path);
            assert_problem(&answer, path);
            (answers, refusals) = (answers + 1, refusals + 1);
        }
        let engine = app.engine().as_str();
        evidence!("J5", engine, "{refusals} refusals, 100 % problem+json (but /oauth/token, RFC 6749)");
        evidence!("J8", engine, "{answers} answers, security headers on 100 %, no Server header");
        evidence!("J10", engine, "{answers} answers with the request's id in header, {refusals} of {refusals} with it in the problem");
    }

    async fn methods_and_media_types_are_kept_to(app: TestApp) {
        let document = Document::built().unwrap();
        let mut examiner = Examiner::new(&app);
        let (mut wrong, mut seen) = (Vec::new(), (0, 0, 0));
        for operation in document.operations() {
            let path = filled(operation.path, NOTHING);
            let (allow, name) = (allowed(&document, &path), operation.name());
            for method in METHODS.iter().filter(|method| !allow.iter().any(|known| known.eq_ignore_ascii_case(method))) {
                let answer = call(&app, method, &path).send().await;
                if (answer.status, answer.header("allow")) != (405, allow.join(", ").as_str()) {
                    wrong.push(format!("{method} {path}: {} `{}`, not `{}`", answer.status, answer.header("allow"), allow.join(", ")));
                }
                seen.0 += 1;
            }
            for method in [Method::TRACE, Method::OPTIONS] {
                let answer = app.call(method, path.clone()).send().await;
                if answer.status != 405 {
                    wrong.push(format!("{path}: {}", answer.status));
                }
                seen.0 += 1;
            }
            let token = examiner.token(operation).await;
            if operation.json.pointer("/requestBody/content/application~1json").is_some() {
                let answer = examiner.call(operation, token.as_deref(), &path).bytes("text/xml", "<a/>").send().await;
                if answer.status != 415 {
                    wrong.push(format!("{name} took text/xml: {}", answer.status));
                }
                seen.1 += 1;
            }
            if operation.method == "get" {
                let get = examiner.call(operation, token.as_deref(), &path).send().await;
                let head = examiner.call(operation, token.as_deref(), &path).method(Method::HEAD).send().await;
                if (get.status, get.header("content-type"), 0) != (head.status, head.header("content-type"), head.bytes.len()) {
                    wrong.push(format!("{name}: HEAD is {} and not {}", head.status, get.status));
                }
                // JSON whatever is asked for, or a refusal that says so.
                let image = examiner.call(operation, token.as_deref(), &path).header("accept", "image/webp").send().await;
                let is_json = image.status == get.status && (image.header("content-type") == get.header("content-type"));
                if !is_json && image.code() != "not_acceptable" {
                    wrong.push(format!("{name}: image/webp is answered {}", image.status));
                }
                seen.2 += 2;
            }
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
        evidence!("J7", app.engine().as_str(), "405 with Allow {}, 415 {}, HEAD and 406-or-JSON {}: 0 wrong", seen.0, seen.1, seen.2);
    }

    async fn a_location_leads_to_what_was_made(app: TestApp) {
        let broker = app.account(Seat::of(Role::Broker)).await.token;
        let clerk = app.account(Seat::of(Role::RegionClerk)).await.token;
        let city = app.account(Seat::in_region(Role::CityClerk, "450100")).await.token;
        let rules = app.get("/api/v1/rule-sets").send().await.expect(200).json["items"][0]["id"].clone();
        let round = serde_json::json!({ "process": "certification", "title": "2026年第一批", "opens_at": "2026-08-01T09:00:00+08:00",
            "closes_at": "2026-08-31T17:30:00+08:00", "rule_set_id": rules, "max_file_bytes": 1000, "max_files": 2 });
        let organisation = serde_json::json!({ "uscc": "91350100M000100Y43", "name": "南宁示例公司", "kind": "enterprise", "region": "450100" });
        let consent = serde_json::json!({ "kind": "personal_data", "version": "2026-01" });
        let made = [
            ("/api/v1/brokers", &broker, serde_json::json!({ "name": "王小明" })),
            ("/api/v1/rounds", &clerk, round),
            ("/api/v1/organisations", &city, organisation),
            ("/api/v1/me/consents", &broker, consent),
        ];
        for (path, token, body) in &made {
            let answer = app.post(*path).as_(token).json(body).send().await.expect(201);
            let location = answer.header("location").to_owned();
            let found = app.get(&*location).as_(token).send().await;
            assert_eq!(found.expect(200).json["id"], answer.json["id"], "{location}");
        }
        evidence!("J7", app.engine().as_str(), "{} creations: Location resolves", made.len());
    }
}
