//! The headers that the document demands are demanded, and no others.

use domain::access::{Permission, Role};
use domain::account::{Reach, reach};
use domain::word::Word;
use openapi::{Document, Operation};
use serde_json::{Value, json};

use super::authorisation::{filled, method};
use crate::harness::account::{Login, Seat};
use crate::harness::app::{Answer, TestApp};
use crate::harness::db_tests;

fn declares(operation: Operation<'_>, header: &str) -> bool {
    let parameters = operation.json["parameters"].as_array().map_or(&[][..], Vec::as_slice);
    parameters.iter().any(|parameter| parameter["name"] == header && parameter["in"] == "header")
}

/// Somebody who may call it.
async fn caller(app: &TestApp, logins: &mut Vec<(Role, Login)>, operation: Operation<'_>) -> Option<String> {
    let words = operation.permissions()?;
    let permission = words.first().and_then(|word| Permission::parse(word));
    let roles = permission.map_or(&[Role::Broker][..], Permission::roles);
    let role = *roles.iter().find(|role| reach(**role) != Reach::Organisation)?;
    if !logins.iter().any(|(known, _)| *known == role) {
        logins.push((role, app.account(Seat::of(role)).await));
    }
    logins.iter().find(|(known, _)| *known == role).map(|(_, login)| login.token.clone())
}

/// The answer to a request that lacks one header.
async fn without(
    app: &TestApp,
    document: &Document,
    operation: Operation<'_>,
    token: Option<&str>,
    header: &str,
) -> Answer {
    let path = format!("{}?{}", filled(operation.path), query(document, operation));
    let call = app.call(method(operation), path).key("some-key").if_match("\"1.x\"").without(header);
    let call = match token {
        Some(token) => call.as_(token),
        None => call,
    };
    let takes_json = operation.json.pointer("/requestBody/content/application~1json").is_some();
    if takes_json { call.json(&json!({})).send().await } else { call.send().await }
}

/// The query parameters that must be there, as their examples say or with the first word of their vocabulary.
pub fn query(document: &Document, operation: Operation<'_>) -> String {
    let parameters = operation.json["parameters"].as_array().map_or(&[][..], Vec::as_slice);
    let needed = parameters.iter().filter(|parameter| parameter["in"] == "query" && parameter["required"] == true);
    let pairs = needed.map(|parameter| {
        let word = &document.resolve(&parameter["schema"])["enum"][0];
        let value = parameter["example"].as_str().or(word.as_str()).unwrap_or("1");
        format!("{}={value}", parameter["name"].as_str().unwrap())
    });
    pairs.collect::<Vec<_>>().join("&")
}

db_tests! {
    async fn versions_and_keys_are_demanded_where_the_document_says_so(app: TestApp) {
        let document = Document::built().unwrap();
        let (mut logins, mut wrong) = (Vec::new(), Vec::new());
        for operation in document.operations().into_iter().filter(|operation| operation.method != "get") {
            let token = caller(&app, &mut logins, operation).await;
            for (header, code) in [("If-Match", "precondition_missing"), ("Idempotency-Key", "idempotency_key_missing")] {
                let answer = without(&app, &document, operation, token.as_deref(), header).await;
                let is_demanded = answer.code() == code;
                if is_demanded != declares(operation, header) {
                    wrong.push(format!("{} {header}: {} {}", operation.id(), answer.status, answer.json.get("code").unwrap_or(&Value::Null)));
                }
            }
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }
}
