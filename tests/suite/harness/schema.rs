//! Values by the schemas of the document: the least, the fullest, and thrown ones, sound or not.

use std::fmt::Write as _;

use openapi::Document;
use serde_json::{Map, Value, json};

use super::dice::Dice;

/// An id that belongs to nothing.
pub const NOTHING: &str = "019f0000-0000-7000-8000-000000000000";

/// The least value that a schema accepts, by its examples where it has some.
pub fn sample(document: &Document, schema: &Value) -> Value {
    made(document, schema, false)
}

/// The same with every member that it may have.
pub fn full(document: &Document, schema: &Value) -> Value {
    made(document, schema, true)
}

/// What a schema is when it is not null, references followed.
pub fn target<'a>(document: &'a Document, schema: &'a Value) -> &'a Value {
    let schema = document.resolve(schema);
    let choice = schema.get("oneOf").or(schema.get("anyOf")).or(schema.get("allOf")).and_then(Value::as_array);
    match choice.and_then(|all| all.iter().rfind(|one| one["type"] != "null")) {
        Some(one) => target(document, one),
        None => schema,
    }
}

/// The schema's type; that of an object where it names none.
pub fn kind(schema: &Value) -> &str {
    let several =
        schema["type"].as_array().and_then(|all| all.iter().filter_map(Value::as_str).find(|one| *one != "null"));
    schema["type"].as_str().or(several).unwrap_or("object")
}

pub fn required(schema: &Value) -> impl Iterator<Item = &str> {
    schema["required"].as_array().map_or(&[][..], Vec::as_slice).iter().filter_map(Value::as_str)
}

fn made(document: &Document, schema: &Value, whole: bool) -> Value {
    let schema = document.resolve(schema);
    if let Some(example) = schema.get("example").filter(|example| !whole || !example.is_object()) {
        return example.clone();
    }
    if let Some(parts) = schema.get("allOf").and_then(Value::as_array).filter(|parts| parts.len() > 1) {
        let members = parts.iter().filter_map(|part| made(document, part, whole).as_object().cloned()).flatten();
        return Value::Object(members.collect());
    }
    if let Some(choice) = schema.get("oneOf").or(schema.get("anyOf")).and_then(Value::as_array)
        && let Some(one) = choice.iter().rfind(|one| one["type"] != "null")
    {
        return made(document, one, whole);
    }
    let schema = target(document, schema);
    if let Some(example) = schema.get("example").filter(|example| !whole || !example.is_object()) {
        return example.clone();
    }
    if let Some(word) = schema.get("enum").and_then(|words| words.get(0)) {
        return word.clone();
    }
    match (kind(schema), schema["format"].as_str()) {
        ("array", _) => json!([made(document, &schema["items"], whole)]),
        ("string", Some("uuid")) => json!(NOTHING),
        ("string", Some("date")) => json!("2026-07-10"),
        ("string", Some("date-time")) => json!("2026-07-10T01:00:00Z"),
        ("string", _) => json!("因工作调动"),
        ("integer" | "number", _) => schema.get("minimum").cloned().unwrap_or(json!(1)),
        ("boolean", _) => json!(true),
        _ if whole => {
            let members = schema["properties"].as_object().into_iter().flatten();
            Value::Object(members.map(|(name, member)| (name.clone(), made(document, member, true))).collect())
        }
        _ => {
            required(schema).map(|name| (name.to_owned(), made(document, &schema["properties"][name], false))).collect()
        }
    }
}

/// Pointers to the objects with named members inside a value of this schema; the outermost is the empty one.
pub fn objects(document: &Document, schema: &Value, value: &Value) -> Vec<String> {
    let mut found = Vec::new();
    gather(document, schema, value, String::new(), &mut found);
    found
}

fn gather(document: &Document, schema: &Value, value: &Value, at: String, found: &mut Vec<String>) {
    let schema = target(document, schema);
    match value {
        Value::Object(members) if schema.get("properties").is_some() => {
            for (name, member) in members {
                gather(document, &schema["properties"][name], member, format!("{at}/{name}"), found);
            }
            found.push(at);
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                gather(document, &schema["items"], item, format!("{at}/{index}"), found);
            }
        }
        _ => {}
    }
}

/// Pointers to the texts inside a value.
pub fn texts(value: &Value) -> Vec<String> {
    fn walk(value: &Value, at: &str, found: &mut Vec<String>) {
        match value {
            Value::String(_) => found.push(at.to_owned()),
            Value::Array(items) => {
                for (n, item) in items.iter().enumerate() {
                    walk(item, &format!("{at}/{n}"), found);
                }
            }
            Value::Object(members) => {
                for (name, member) in members {
                    walk(member, &format!("{at}/{name}"), found);
                }
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }
    let mut found = Vec::new();
    walk(value, "", &mut found);
    found
}

/// Every byte of a text as it may stand in an address.
pub fn percent(text: &str) -> String {
    text.bytes().fold(String::new(), |mut all, byte| {
        let _ = write!(all, "%{byte:02X}");
        all
    })
}

/// A thrown value that the schema accepts; members that may be missing often are.
pub fn thrown(document: &Document, schema: &Value, dice: &mut Dice) -> Value {
    let outer = document.resolve(schema);
    if let Some(example) = outer.get("example")
        && dice.once_in(2)
    {
        return example.clone();
    }
    let schema = target(document, schema);
    if let Some(words) = schema.get("enum").and_then(Value::as_array) {
        return dice.pick(words).clone();
    }
    if let Some(example) = schema.get("example")
        && dice.once_in(2)
    {
        return example.clone();
    }
    let bound = |name: &str, otherwise: u64| schema[name].as_u64().unwrap_or(otherwise);
    match (kind(schema), schema["format"].as_str()) {
        ("array", _) => {
            let least = bound("minItems", 0);
            let count = least + dice.next() % 3;
            (0..count.min(bound("maxItems", u64::MAX))).map(|_| thrown(document, &schema["items"], dice)).collect()
        }
        ("string", Some("uuid")) => json!(NOTHING),
        ("string", Some("date")) => {
            json!(format!("20{:02}-{:02}-{:02}", dice.below(100), 1 + dice.below(12), 1 + dice.below(28)))
        }
        ("string", Some("date-time")) => {
            json!(format!("2026-{:02}-{:02}T01:00:00+08:00", 1 + dice.below(12), 1 + dice.below(28)))
        }
        ("string", _) => {
            let (least, most) = (bound("minLength", 0), bound("maxLength", 20));
            let length = least + dice.next() % (most.min(least + 40) - least + 1);
            let letters: Vec<char> = "王明技术经纪 aZ09-_.'\"%\\/<>&=+@#éß🙂\n".chars().collect();
            json!((0..length).map(|_| *dice.pick(&letters)).collect::<String>())
        }
        ("integer", _) => {
            let (least, most) = (bound("minimum", 0), bound("maximum", 1_000_000));
            json!(least + dice.next() % (most - least + 1))
        }
        ("number", _) => json!(f64::from(u32::try_from(dice.below(1_000)).unwrap()) / 8.0),
        ("boolean", _) => json!(dice.once_in(2)),
        _ => {
            let must: Vec<&str> = required(schema).collect();
            let members = schema["properties"].as_object().into_iter().flatten();
            let mut object = Map::new();
            for (name, member) in members {
                if must.contains(&name.as_str()) || dice.once_in(3) {
                    object.insert(name.clone(), thrown(document, member, dice));
                }
            }
            Value::Object(object)
        }
    }
}

/// Breaks one place of a sound value, so that the schema refuses it; none when there is no place to break.
pub fn broken(document: &Document, schema: &Value, value: &Value, dice: &mut Dice) -> Option<Value> {
    let mut broken = value.clone();
    let places = objects(document, schema, value);
    if places.is_empty() {
        return None;
    }
    let place = dice.pick(&places).clone();
    let inside = {
        let mut at = schema;
        for part in place.split('/').skip(1) {
            let here = target(document, at);
            at = if kind(here) == "array" { &here["items"] } else { &here["properties"][part] };
        }
        target(document, at)
    };
    let object = broken.pointer_mut(&place)?.as_object_mut()?;
    let must: Vec<&str> = required(inside).filter(|name| object.contains_key(*name)).collect();
    match dice.below(3) {
        0 => {
            object.insert("no_such_member".to_owned(), json!(1));
        }
        1 if !must.is_empty() => {
            object.remove(*dice.pick(&must));
        }
        _ => {
            let names: Vec<String> = object.keys().cloned().collect();
            let name = if names.is_empty() { return None } else { dice.pick(&names).clone() };
            let kind = kind(target(document, &inside["properties"][&name])).to_owned();
            object.insert(name, if kind == "object" { json!(7) } else { json!({ "wrong": "type" }) });
        }
    }
    Some(broken)
}
