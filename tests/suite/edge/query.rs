//! Query strings that no honest client sends, to every operation that takes one.

use openapi::{Document, Operation};
use serde_json::Value;

use super::malformed::{CANARY, Examiner, NOTHING, filled, parameters};
use crate::harness::app::TestApp;
use crate::harness::db_tests;

/// Values that the parameter cannot have.
fn wrong(document: &Document, parameter: &Value) -> Vec<String> {
    let schema = document.resolve(&parameter["schema"]);
    let variants = schema["oneOf"].as_array();
    let schema = variants.and_then(|all| all.iter().find(|one| one["type"] != "null")).unwrap_or(schema);
    let schema = document.resolve(schema);
    let is =
        |word: &str| schema["type"] == word || schema["type"].as_array().is_some_and(|all| all.contains(&word.into()));
    let is_formed =
        schema.get("enum").is_some() || ["uuid", "date", "date-time"].iter().any(|format| schema["format"] == *format);
    if parameter["name"] == "cursor" {
        let coded = |text: &str| data_encoding::BASE64URL_NOPAD.encode(text.as_bytes());
        let mut all = vec!["%21%21".to_owned(), CANARY.to_owned(), "A".repeat(600)];
        all.extend(
            ["[]", "{}", "[1]", "[\"x\"]", "[\"a\",\"b\"]", "[\"a\",\"b\",\"c\",\"d\"]", "[\"\\u0000\"]"].map(coded),
        );
        all.push(coded(&"[".repeat(300)));
        all
    } else if parameter["name"] == "limit" {
        ["0", "101", "-1", "abc", "1.5", "99999999999999999999", ""].map(str::to_owned).to_vec()
    } else if is("integer") || is("number") || is("boolean") || is_formed {
        [CANARY, "%00", "%F0%9F", "%EF%BC%91"].map(str::to_owned).to_vec()
    } else {
        Vec::new()
    }
}

/// The required parameters with something in them.
fn base(operation: Operation<'_>) -> Vec<String> {
    let required = parameters(operation, "query").into_iter().filter(|parameter| parameter["required"] == true);
    let value = |parameter: &Value| if parameter["name"] == "from" { "2026-07-06" } else { "x.pdf" };
    required.map(|parameter| format!("{}={}", parameter["name"].as_str().unwrap(), value(parameter))).collect()
}

async fn examine(examiner: &mut Examiner<'_>, document: &Document, operation: Operation<'_>) {
    let token = examiner.token(operation).await;
    let path = filled(operation.path, NOTHING);
    let base = base(operation);
    let mut cases = vec![(vec![format!("no_such_parameter={CANARY}")], "unknown")];
    for parameter in parameters(operation, "query") {
        let name = parameter["name"].as_str().unwrap();
        cases.extend(wrong(document, parameter).into_iter().map(|value| (vec![format!("{name}={value}")], "wrong")));
        cases.push((vec![format!("{name}=1"), format!("{name}=1")], "duplicate"));
    }
    // What is not there is not searched: a thing may be missed before a cursor is read.
    let expected: &[u16] = if operation.path.contains('{') { &[422, 404] } else { &[422] };
    for (case, what) in cases {
        let replaced = |pair: &&String| !case.iter().any(|own| own.split('=').next() == pair.split('=').next());
        let query: Vec<_> = base.iter().filter(replaced).chain(&case).map(String::as_str).collect();
        let address = format!("{path}?{}", query.join("&"));
        let call = examiner.call(operation, token.as_deref(), &address);
        examiner.refused(call, &format!("{} ({what} {})", operation.name(), case.join("&")), expected).await;
    }
}

db_tests! {
    async fn malformed_queries_are_refused_with_their_place_and_nothing_else(app: TestApp) {
        let document = Document::built().unwrap();
        let mut examiner = Examiner::new(&app);
        for operation in document.operations() {
            if !parameters(operation, "query").is_empty() {
                examine(&mut examiner, &document, operation).await;
            }
        }
        examiner.conclude();
    }
}
