use openapi::{Document, check, diff, folder, lint, released};
use serde_json::Value;

use crate::harness::app::TestApp;
use crate::harness::db_tests;
use crate::harness::evidence::evidence;

#[test]
fn the_files_are_those_of_this_build() {
    assert_eq!(check(folder()).unwrap(), Vec::<&str>::new(), "cargo build --workspace && target/debug/openapi write");
}

#[test]
fn the_document_keeps_the_house_rules() {
    assert_eq!(lint(&Document::built().unwrap()), Vec::<String>::new());
}

#[test]
fn no_released_document_is_broken() {
    let present = Document::built().unwrap();
    let released = released(folder()).unwrap();
    assert!(!released.is_empty(), "clients rely on a released document");
    let mut compared = 0;
    for (file, document) in &released {
        assert_eq!(diff(document, &present), Vec::<String>::new(), "{}", file.display());
        compared += document.operations().len();
    }
    evidence!(
        "J11",
        "-",
        "{} released document, {compared} operations compared with this build: 0 breaking changes",
        released.len()
    );
}

#[test]
fn the_older_copy_speaks_the_older_language() {
    let copy = std::fs::read(folder().join("openapi-3.0.json")).unwrap();
    let copy: Value = serde_json::from_slice(&copy).unwrap();
    assert_eq!(copy["openapi"], "3.0.3");
    let mut newer = Vec::new();
    collect_newer(&copy, "", &mut newer);
    assert_eq!(newer, Vec::<String>::new());
}

/// Places that only OpenAPI 3.1 understands. Free content is no schema.
fn collect_newer(value: &Value, place: &str, found: &mut Vec<String>) {
    match value {
        Value::Object(members) => {
            let is_schema = !place.ends_with("/properties");
            for (key, member) in members.iter().filter(|(key, _)| *key != "example") {
                let place = format!("{place}/{key}");
                let is_newer = match key.as_str() {
                    "type" => member.is_array() || member == "null",
                    "const" | "prefixItems" | "contentMediaType" | "$defs" => true,
                    "examples" => member.is_array(),
                    "exclusiveMinimum" | "exclusiveMaximum" => member.is_number(),
                    "$ref" => members.len() > 1,
                    _ => false,
                };
                if is_schema && is_newer {
                    found.push(place.clone());
                }
                collect_newer(member, &place, found);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| collect_newer(item, place, found)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

db_tests! {
    async fn the_served_document_is_the_file(app: TestApp) {
        let served = app.get("/openapi.json").send().await.expect(200);
        let kept = std::fs::read(folder().join("openapi.json")).unwrap();
        assert!(served.bytes == kept, "the served document is not openapi/openapi.json");
    }
}
