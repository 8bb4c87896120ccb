use serde_json::{Value, json};

use super::diff;
use crate::document::Document;

fn document(operation: &Value, schema: &Value) -> Document {
    let whole = json!({ "paths": { "/a": { "post": operation } }, "components": { "schemas": { "A": schema } } });
    Document::parse(whole.to_string().as_bytes()).unwrap()
}

/// An operation that takes and gives the schema `A`.
fn operation() -> Value {
    let content = json!({ "application/json": { "schema": { "$ref": "#/components/schemas/A" } } });
    json!({
        "operationId": "make_a",
        "parameters": [{ "name": "q", "in": "query", "required": false, "schema": { "type": "string" } }],
        "requestBody": { "content": content, "required": true },
        "responses": { "200": { "content": content } },
    })
}

fn schema() -> Value {
    json!({
        "type": "object",
        "required": ["a"],
        "properties": { "a": { "type": "string", "enum": ["x", "y"] }, "b": { "type": "integer" } },
    })
}

fn changed(change: impl Fn(&mut Value, &mut Value)) -> String {
    let (mut operation_now, mut schema_now) = (operation(), schema());
    change(&mut operation_now, &mut schema_now);
    diff(&document(&operation(), &schema()), &document(&operation_now, &schema_now)).join("\n")
}

#[test]
fn the_same_and_what_only_adds_break_nothing() {
    assert_eq!(changed(|_, _| {}), "");
    assert_eq!(changed(|_, schema| schema["properties"]["c"] = json!({ "type": "string" })), "");
    assert_eq!(changed(|operation, _| operation["responses"]["201"] = json!({})), "");
    assert_eq!(changed(|_, schema| schema["properties"]["a"]["enum"] = json!(["x", "y", "z"])), "");
}

#[test]
fn what_clients_rely_on_may_not_go() {
    let gone = |change: &dyn Fn(&mut Value, &mut Value), words: &str| {
        let found = changed(change);
        assert!(found.contains(words), "{words} in {found:?}");
    };
    gone(&|operation, _| operation["operationId"] = json!("do_a"), "became `do_a`");
    gone(&|operation, _| operation["security"] = json!([{ "bearer": [] }]), "no longer public");
    gone(&|operation, _| operation["parameters"] = json!([]), "`q` is gone");
    gone(&|operation, _| operation["parameters"][0]["required"] = json!(true), "`q` became required");
    gone(&|operation, _| operation["parameters"][0]["schema"]["type"] = json!("integer"), "the type");
    gone(&|operation, _| operation["responses"] = json!({}), "response 200 is gone");
    gone(&|_, schema| schema["required"] = json!(["a", "b"]), "b: the field became required");
    gone(&|_, schema| schema["required"] = json!([]), "a: the field may be missing now");
    gone(&|_, schema| schema["properties"] = json!({ "a": { "type": "string" } }), "b: the field is gone");
    gone(&|_, schema| schema["properties"]["a"]["enum"] = json!(["x"]), "\"y\" is gone");
    gone(&|_, schema| schema["properties"]["a"]["maxLength"] = json!(3), "maxLength became tighter");
    let empty = Document::parse(b"{}").unwrap();
    assert_eq!(diff(&document(&operation(), &schema()), &empty), ["POST /a: the operation is gone"]);
}
