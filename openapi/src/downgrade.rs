//! From OpenAPI 3.1 to 3.0, mechanically: what 3.0 can say is kept, what it cannot is dropped or loosened.

use serde_json::{Map, Value, json};

/// Schemas below these keys, one each.
const ONE: &[&str] = &["items", "additionalProperties", "not"];
/// A list of schemas below these keys.
const MANY: &[&str] = &["allOf", "anyOf", "oneOf"];
/// Unknown to 3.0.
const DROPPED: &[&str] = &[
    "$schema",
    "$id",
    "$defs",
    "$comment",
    "$anchor",
    "propertyNames",
    "patternProperties",
    "unevaluatedProperties",
    "unevaluatedItems",
    "dependentRequired",
    "dependentSchemas",
    "contains",
    "minContains",
    "maxContains",
    "if",
    "then",
    "else",
    "contentSchema",
];

/// The 3.0 copy of a 3.1 document.
pub fn downgrade(document: &Value) -> Value {
    let mut copy = document.clone();
    copy["openapi"] = json!("3.0.3");
    if let Some(root) = copy.as_object_mut() {
        root.remove("webhooks");
        root.remove("jsonSchemaDialect");
    }
    if let Some(info) = copy.get_mut("info").and_then(Value::as_object_mut) {
        info.remove("summary");
        if let Some(license) = info.get_mut("license").and_then(Value::as_object_mut) {
            license.remove("identifier");
        }
    }
    if let Some(components) = copy.get_mut("components").and_then(Value::as_object_mut) {
        components.remove("pathItems");
        for each in components.get_mut("schemas").and_then(Value::as_object_mut).into_iter().flatten() {
            schema(each.1);
        }
    }
    around(&mut copy);
    copy
}

/// Everything that is no schema: finds the schemas in it, and moves what security says of permissions.
fn around(value: &mut Value) {
    match value {
        Value::Object(members) => {
            security(members);
            for (key, member) in members.iter_mut() {
                match key.as_str() {
                    "schema" => schema(member),
                    // Done, or free content.
                    "schemas" | "example" | "examples" => {}
                    _ => around(member),
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(around),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// In 3.0 only OAuth names scopes at an operation.
fn security(members: &mut Map<String, Value>) {
    let Some(Value::Array(choices)) = members.get_mut("security") else { return };
    let mut permissions = Vec::new();
    for (_, scopes) in choices.iter_mut().filter_map(Value::as_object_mut).flatten() {
        permissions.append(scopes.as_array_mut().unwrap_or(&mut Vec::new()));
    }
    if !permissions.is_empty() {
        members.insert("x-permissions".to_owned(), Value::Array(permissions));
    }
}

fn schema(value: &mut Value) {
    if value.is_boolean() {
        *value = if value == &json!(true) { json!({}) } else { json!({ "not": {} }) };
    }
    let Some(members) = value.as_object_mut() else { return };
    for key in DROPPED {
        members.remove(*key);
    }
    for key in ONE {
        if let Some(member) = members.get_mut(*key)
            && !(*key == "additionalProperties" && member.is_boolean())
        {
            schema(member);
        }
    }
    for key in MANY {
        members.get_mut(*key).and_then(Value::as_array_mut).into_iter().flatten().for_each(schema);
    }
    for property in members.get_mut("properties").and_then(Value::as_object_mut).into_iter().flatten() {
        schema(property.1);
    }
    tuple(members);
    types(members);
    without_null(members);
    bounds(members);
    content(members);
    if let Some(Value::Array(examples)) = members.remove("examples")
        && let Some(first) = examples.into_iter().next()
    {
        members.entry("example").or_insert(first);
    }
    if let Some(only) = members.remove("const") {
        members.insert("enum".to_owned(), json!([only]));
    }
    lone_reference(members);
}

/// `type: [string, null]` is a nullable string; several types are alternatives.
fn types(members: &mut Map<String, Value>) {
    let types = match members.get("type") {
        Some(Value::Array(types)) => types.clone(),
        Some(Value::String(one)) if one == "null" => vec![json!("null")],
        _ => return,
    };
    let named: Vec<&Value> = types.iter().filter(|one| *one != "null").collect();
    if named.len() < types.len() {
        members.insert("nullable".to_owned(), json!(true));
    }
    match named.as_slice() {
        [] => {
            members.remove("type");
            members.insert("enum".to_owned(), json!([null]));
        }
        [one] => {
            members.insert("type".to_owned(), (*one).clone());
        }
        several => {
            let choices: Vec<Value> = several.iter().map(|one| json!({ "type": one })).collect();
            members.remove("type");
            members.insert("anyOf".to_owned(), Value::Array(choices));
        }
    }
}

/// An alternative that is null makes the whole nullable.
fn without_null(members: &mut Map<String, Value>) {
    let is_null = |choice: &Value| choice.get("enum") == Some(&json!([null])) && choice.get("nullable").is_some();
    for key in ["oneOf", "anyOf"] {
        let Some(Value::Array(choices)) = members.get_mut(key) else { continue };
        let before = choices.len();
        choices.retain(|choice| !is_null(choice));
        if choices.len() == before {
            continue;
        }
        if choices.len() == 1 {
            let only = members.remove(key).unwrap_or_default();
            members.insert("allOf".to_owned(), only);
        }
        members.insert("nullable".to_owned(), json!(true));
    }
}

/// Exclusive bounds were flags.
fn bounds(members: &mut Map<String, Value>) {
    for (exclusive, plain) in [("exclusiveMinimum", "minimum"), ("exclusiveMaximum", "maximum")] {
        if let Some(bound) = members.get(exclusive).filter(|bound| bound.is_number()).cloned() {
            members.insert(plain.to_owned(), bound);
            members.insert(exclusive.to_owned(), json!(true));
        }
    }
}

/// Bytes were formats.
fn content(members: &mut Map<String, Value>) {
    let media_type = members.remove("contentMediaType");
    let encoding = members.remove("contentEncoding");
    if media_type.is_some() || encoding.is_some() {
        let format = if encoding.is_some() { "byte" } else { "binary" };
        members.insert("type".to_owned(), json!("string"));
        members.insert("format".to_owned(), json!(format));
    }
}

/// Tuples become arrays of the same length of any of their members.
fn tuple(members: &mut Map<String, Value>) {
    let Some(Value::Array(mut parts)) = members.remove("prefixItems") else { return };
    parts.iter_mut().for_each(schema);
    members.insert("minItems".to_owned(), json!(parts.len()));
    members.insert("maxItems".to_owned(), json!(parts.len()));
    members.insert("items".to_owned(), json!({ "anyOf": parts }));
}

/// A reference stands alone in 3.0.
fn lone_reference(members: &mut Map<String, Value>) {
    if members.len() > 1
        && let Some(reference) = members.remove("$ref")
    {
        let mut all = vec![json!({ "$ref": reference })];
        if let Some(Value::Array(others)) = members.remove("allOf") {
            all.extend(others);
        }
        members.insert("allOf".to_owned(), Value::Array(all));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lowered(mut value: Value) -> Value {
        schema(&mut value);
        value
    }

    #[test]
    fn schemas_say_the_same_in_the_older_words() {
        for (newer, older) in [
            (json!({"type": ["string", "null"]}), json!({"type": "string", "nullable": true})),
            (json!({"type": ["string", "integer"]}), json!({"anyOf": [{"type": "string"}, {"type": "integer"}]})),
            (json!({"const": 1}), json!({"enum": [1]})),
            (json!({"examples": ["a", "b"]}), json!({"example": "a"})),
            (json!({"exclusiveMinimum": 0}), json!({"minimum": 0, "exclusiveMinimum": true})),
            (
                json!({"oneOf": [{"type": "null"}, {"$ref": "#/a"}], "description": "d"}),
                json!({"allOf": [{"$ref": "#/a"}], "nullable": true, "description": "d"}),
            ),
            (json!({"$ref": "#/a", "description": "d"}), json!({"allOf": [{"$ref": "#/a"}], "description": "d"})),
            (
                json!({"properties": {"examples": {"type": "array", "items": true}}}),
                json!({"properties": {"examples": {"type": "array", "items": {}}}}),
            ),
            (
                json!({"type": "string", "contentMediaType": "application/pdf"}),
                json!({"type": "string", "format": "binary"}),
            ),
        ] {
            assert_eq!(lowered(newer), older);
        }
    }

    #[test]
    fn permissions_move_beside_the_scheme() {
        let document = json!({"openapi": "3.1.0", "paths": {"/a": {"get": {"security": [{"bearer": ["a.read"]}]}}}});
        let copy = downgrade(&document);
        assert_eq!(copy["openapi"], "3.0.3");
        assert_eq!(copy["paths"]["/a"]["get"], json!({"security": [{"bearer": []}], "x-permissions": ["a.read"]}));
    }
}
