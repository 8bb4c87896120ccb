//! Changes that break a client of a released document.
//!
//! What a client sends must stay acceptable, what it reads must stay there. New operations, optional request fields, new
//! response fields and new words in responses break nobody who follows the conventions.

use std::collections::{BTreeSet, HashSet};

use serde_json::Value;

use crate::document::{Document, Operation};

/// Every breaking change from a released document to the present one.
pub fn diff(released: &Document, present: &Document) -> Vec<String> {
    let mut diff = Diff { released, present, breaks: Vec::new(), seen: HashSet::new() };
    for old in released.operations() {
        let place = old.name();
        match present.operations().into_iter().find(|new| new.path == old.path && new.method == old.method) {
            Some(new) => diff.operation(old, new, &place),
            None => diff.note(&place, "the operation is gone"),
        }
    }
    diff.breaks
}

/// Who makes the values of a schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Side {
    Request,
    Response,
}

struct Diff<'a> {
    released: &'a Document,
    present: &'a Document,
    breaks: Vec<String>,
    /// Pairs of references under comparison or compared: schemas may contain themselves.
    seen: HashSet<(Side, String, String)>,
}

impl<'a> Diff<'a> {
    fn note(&mut self, place: &str, text: impl std::fmt::Display) {
        self.breaks.push(format!("{place}: {text}"));
    }

    fn operation(&mut self, old: Operation<'a>, new: Operation<'a>, place: &str) {
        if old.id() != new.id() {
            self.note(place, format!("the operation id `{}` became `{}`", old.id(), new.id()));
        }
        if old.permissions().is_none() && new.permissions().is_some() {
            self.note(place, "the operation is no longer public");
        }
        self.parameters(old, new, place);
        self.bodies(old, new, place);
        let (before, after) = (members(old.json, "responses"), members(new.json, "responses"));
        for (status, response) in before {
            if !status.starts_with('2') {
                continue;
            }
            let Some((_, now)) = after.iter().find(|(other, _)| *other == status) else {
                self.note(place, format!("the response {status} is gone"));
                continue;
            };
            let (response, now) = (self.released.resolve(response), self.present.resolve(now));
            self.contents(response, now, Side::Response, &format!("{place} {status}"));
        }
    }

    fn parameters(&mut self, old: Operation<'a>, new: Operation<'a>, place: &str) {
        let (before, after) = (parameters(self.released, old), parameters(self.present, new));
        for parameter in &before {
            let (name, kind) = key(parameter);
            let Some(now) = after.iter().find(|other| key(other) == (name, kind)) else {
                self.note(place, format!("the {kind} parameter `{name}` is gone"));
                continue;
            };
            if !is_required(parameter) && is_required(now) {
                self.note(place, format!("the {kind} parameter `{name}` became required"));
            }
            if let (Some(one), Some(other)) = (parameter.get("schema"), now.get("schema")) {
                self.schema(one, other, Side::Request, &format!("{place} `{name}`"));
            }
        }
        for parameter in &after {
            let (name, kind) = key(parameter);
            if is_required(parameter) && !before.iter().any(|other| key(other) == (name, kind)) {
                self.note(place, format!("the new {kind} parameter `{name}` is required"));
            }
        }
    }

    fn bodies(&mut self, old: Operation<'a>, new: Operation<'a>, place: &str) {
        let place = format!("{place} body");
        match (old.json.get("requestBody"), new.json.get("requestBody")) {
            (None, Some(body)) if is_required(body) => self.note(&place, "a body became required"),
            (Some(_), None) => self.note(&place, "the body is gone"),
            (Some(before), Some(after)) => {
                let (before, after) = (self.released.resolve(before), self.present.resolve(after));
                if !is_required(before) && is_required(after) {
                    self.note(&place, "the body became required");
                }
                self.contents(before, after, Side::Request, &place);
            }
            (None, _) => {}
        }
    }

    fn contents(&mut self, old: &'a Value, new: &'a Value, side: Side, place: &str) {
        let after = members(new, "content");
        for (media_type, media) in members(old, "content") {
            match after.iter().find(|(other, _)| *other == media_type) {
                None => self.note(place, format!("the content type {media_type} is gone")),
                Some((_, now)) => {
                    if let (Some(one), Some(other)) = (media.get("schema"), now.get("schema")) {
                        self.schema(one, other, side, place);
                    }
                }
            }
        }
    }

    fn schema(&mut self, old: &'a Value, new: &'a Value, side: Side, place: &str) {
        let reference = |value: &Value| value.get("$ref").and_then(Value::as_str).map(str::to_owned);
        if let (Some(one), Some(other)) = (reference(old), reference(new))
            && !self.seen.insert((side, one, other))
        {
            return;
        }
        let (old, new) = (self.released.resolve(old), self.present.resolve(new));
        self.types(old, new, side, place);
        self.words(old, new, side, place);
        self.properties(old, new, side, place);
        if let (Some(one), Some(other)) = (old.get("items"), new.get("items")) {
            self.schema(one, other, side, &format!("{place}[]"));
        }
        for choice in ["allOf", "anyOf", "oneOf"] {
            let list = |value: &'a Value| value.get(choice).and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
            let (before, after) = (list(old), list(new));
            let has_fewer = match side {
                Side::Request => after.len() < before.len(),
                Side::Response => choice != "allOf" && after.len() > before.len(),
            };
            if has_fewer {
                self.note(place, format!("the alternatives of {choice} changed"));
            }
            for (one, other) in before.iter().zip(after) {
                self.schema(one, other, side, place);
            }
        }
    }

    /// A request must accept what it did, a response must not be more than it was.
    fn types(&mut self, old: &Value, new: &Value, side: Side, place: &str) {
        let (before, after) = (types(old), types(new));
        if before.is_empty() || after.is_empty() {
            return;
        }
        let keeps = match side {
            Side::Request => before.is_subset(&after),
            Side::Response => after.is_subset(&before),
        };
        if !keeps {
            self.note(place, format!("the type {before:?} became {after:?}"));
        }
        if old.get("format") != new.get("format") {
            self.note(place, format!("the format {:?} became {:?}", old.get("format"), new.get("format")));
        }
        for (bound, tighter) in [
            ("maxLength", -1.0),
            ("maximum", -1.0),
            ("maxItems", -1.0),
            ("minLength", 1.0),
            ("minimum", 1.0),
            ("minItems", 1.0),
        ] {
            let (one, other) = (old.get(bound).and_then(Value::as_f64), new.get(bound).and_then(Value::as_f64));
            let is_tighter = match (one, other) {
                (Some(one), Some(other)) => (other - one) * tighter > 0.0,
                (None, Some(_)) => true,
                (_, None) => false,
            };
            if side == Side::Request && is_tighter {
                self.note(place, format!("{bound} became tighter"));
            }
        }
    }

    fn words(&mut self, old: &Value, new: &Value, side: Side, place: &str) {
        let words = |value: &Value| value.get("enum").and_then(Value::as_array).cloned();
        match (words(old), words(new), side) {
            (Some(before), Some(after), Side::Request) => {
                for word in before.iter().filter(|word| !after.contains(word)) {
                    self.note(place, format!("the word {word} is gone"));
                }
            }
            (None, Some(_), Side::Request) => self.note(place, "only some words are accepted now"),
            _ => {}
        }
    }

    fn properties(&mut self, old: &'a Value, new: &'a Value, side: Side, place: &str) {
        let (before, after) = (members(old, "properties"), members(new, "properties"));
        let (must, must_now) = (required(old), required(new));
        for (name, property) in &before {
            let place = format!("{place}.{name}");
            let Some((_, now)) = after.iter().find(|(other, _)| other == name) else {
                self.note(&place, "the field is gone");
                continue;
            };
            match side {
                Side::Request if !must.contains(name) && must_now.contains(name) => {
                    self.note(&place, "the field became required");
                }
                Side::Response if must.contains(name) && !must_now.contains(name) => {
                    self.note(&place, "the field may be missing now");
                }
                Side::Request | Side::Response => {}
            }
            self.schema(property, now, side, &place);
        }
        for name in must_now.iter().filter(|name| !before.iter().any(|(other, _)| other == *name)) {
            if side == Side::Request && !must.contains(name) {
                self.note(&format!("{place}.{name}"), "the new field is required");
            }
        }
    }
}

fn members<'a>(value: &'a Value, key: &str) -> Vec<(&'a str, &'a Value)> {
    let members = value.get(key).and_then(Value::as_object).into_iter().flatten();
    members.map(|(name, member)| (name.as_str(), member)).collect()
}

fn parameters<'a>(document: &'a Document, operation: Operation<'a>) -> Vec<&'a Value> {
    let parameters = operation.json.get("parameters").and_then(Value::as_array).into_iter().flatten();
    parameters.map(|parameter| document.resolve(parameter)).collect()
}

fn key(parameter: &Value) -> (&str, &str) {
    let text = |key| parameter.get(key).and_then(Value::as_str).unwrap_or("");
    (text("name"), text("in"))
}

fn is_required(value: &Value) -> bool {
    value.get("required").and_then(Value::as_bool).unwrap_or(false)
}

fn required(schema: &Value) -> BTreeSet<&str> {
    let names = schema.get("required").and_then(Value::as_array).into_iter().flatten();
    names.filter_map(Value::as_str).collect()
}

fn types(schema: &Value) -> BTreeSet<&str> {
    match schema.get("type") {
        Some(Value::String(one)) => BTreeSet::from([one.as_str()]),
        Some(Value::Array(several)) => several.iter().filter_map(Value::as_str).collect(),
        _ => BTreeSet::new(),
    }
}

#[cfg(test)]
mod tests;
