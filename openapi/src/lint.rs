//! House rules for the document; each fault names its place.

use std::collections::HashMap;

use serde_json::Value;

use crate::document::{Document, Operation};

/// Every fault of the document.
pub fn lint(document: &Document) -> Vec<String> {
    let mut lint = Lint { document, faults: Vec::new() };
    lint.unique_ids();
    for operation in document.operations() {
        lint.operation(operation);
    }
    lint.schemas();
    lint.references(document.json(), "");
    lint.faults
}

struct Lint<'a> {
    document: &'a Document,
    faults: Vec<String>,
}

impl Lint<'_> {
    fn fault(&mut self, place: &str, text: impl std::fmt::Display) {
        self.faults.push(format!("{place}: {text}"));
    }

    fn unique_ids(&mut self) {
        let mut seen: HashMap<String, String> = HashMap::new();
        for operation in self.document.operations() {
            if let Some(other) = seen.insert(operation.id().to_owned(), operation.name()) {
                self.fault(&operation.name(), format!("the operation id `{}` is also that of {other}", operation.id()));
            }
        }
    }

    fn operation(&mut self, operation: Operation<'_>) {
        let place = operation.name();
        if !(is_snake(operation.id()) && operation.id().contains('_')) {
            self.fault(&place, format!("the operation id `{}` is not <verb>_<noun>", operation.id()));
        }
        let summary = operation.json.get("summary").and_then(Value::as_str).unwrap_or("");
        if summary.trim().is_empty() {
            self.fault(&place, "no summary");
        }
        match operation.json.get("tags").and_then(Value::as_array).map(Vec::as_slice) {
            Some([Value::String(tag)]) if !tag.is_empty() && tag.bytes().all(|b| b.is_ascii_lowercase()) => {}
            _ => self.fault(&place, "there must be one tag, the feature's word"),
        }
        if operation.permissions().is_some() {
            self.refusals(operation, &place);
        }
        self.parameters(operation, &place);
        self.body(operation, &place);
        for segment in operation.path.split('/').filter(|segment| !segment.starts_with('{')) {
            if !segment.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"-_.".contains(&b)) {
                self.fault(&place, format!("the path segment `{segment}` is not in lower case"));
            }
        }
    }

    /// Every protected operation says how it refuses.
    fn refusals(&mut self, operation: Operation<'_>, place: &str) {
        let responses = operation.json.get("responses").unwrap_or(&Value::Null);
        let keys: &[&str] = if responses.get("4XX").is_some() { &["4XX"] } else { &["401", "403"] };
        for key in keys {
            let response = responses.get(key).map(|response| self.document.resolve(response));
            let schema = response.and_then(|response| response.pointer("/content/application~1problem+json/schema"));
            if schema.is_none() {
                self.fault(place, format!("the response {key} is no application/problem+json with a schema"));
            }
        }
    }

    fn parameters(&mut self, operation: Operation<'_>, place: &str) {
        let parameters = operation.json.get("parameters").and_then(Value::as_array).cloned().unwrap_or_default();
        let mut in_path = Vec::new();
        for parameter in &parameters {
            let parameter = self.document.resolve(parameter).clone();
            let name = parameter.get("name").and_then(Value::as_str).unwrap_or("").to_owned();
            let kind = parameter.get("in").and_then(Value::as_str).unwrap_or("");
            if !parameter.get("required").is_some_and(Value::is_boolean) {
                self.fault(place, format!("the parameter `{name}` does not say whether it is required"));
            }
            if kind != "header" && !is_snake(&name) {
                self.fault(place, format!("the parameter `{name}` is not in snake_case"));
            }
            if kind == "path" {
                in_path.push(name.clone());
            }
            match (parameter.get("schema"), parameter.get("example")) {
                (Some(schema), Some(example)) => self.example(&format!("{place} `{name}`"), schema, example),
                (Some(_), None) => {}
                (None, _) => self.fault(place, format!("the parameter `{name}` has no schema")),
            }
        }
        let mut named: Vec<String> = operation
            .path
            .split('/')
            .filter_map(|part| Some(part.strip_prefix('{')?.strip_suffix('}')?.to_owned()))
            .collect();
        named.sort();
        in_path.sort();
        if named != in_path {
            self.fault(place, format!("the path names {named:?} and the parameters {in_path:?}"));
        }
    }

    fn body(&mut self, operation: Operation<'_>, place: &str) {
        let Some(content) = operation.json.pointer("/requestBody/content").and_then(Value::as_object) else { return };
        for (media_type, media) in content {
            let Some(schema) = media.get("schema") else {
                self.fault(place, format!("the {media_type} body has no schema"));
                continue;
            };
            if !media_type.ends_with("json") && schema.get("type").is_some_and(|kind| kind == "array") {
                self.fault(place, format!("the {media_type} body is no list"));
            }
            let named = media.get("examples").and_then(Value::as_object).into_iter().flatten();
            let examples = media.get("example").into_iter().chain(named.filter_map(|(_, named)| named.get("value")));
            for example in examples {
                self.example(place, schema, example);
            }
        }
    }

    fn schemas(&mut self) {
        let schemas = self.document.json().pointer("/components/schemas").and_then(Value::as_object);
        for (name, schema) in schemas.into_iter().flatten() {
            self.schema(schema, name);
        }
    }

    /// Names in snake_case, and examples that keep their own schema, however deep.
    fn schema(&mut self, schema: &Value, place: &str) {
        let own = schema.get("example").into_iter();
        let listed = schema.get("examples").and_then(Value::as_array).into_iter().flatten();
        for example in own.chain(listed) {
            self.example(place, schema, example);
        }
        for word in schema.get("enum").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str) {
            if word.starts_with(|first: char| first.is_ascii_uppercase())
                && word.contains(|c: char| c.is_ascii_lowercase())
            {
                self.fault(place, format!("the word `{word}` is a name of the program's"));
            }
        }
        for (name, property) in schema.get("properties").and_then(Value::as_object).into_iter().flatten() {
            if !is_snake(name) {
                self.fault(place, format!("the property `{name}` is not in snake_case"));
            }
            self.schema(property, &format!("{place}.{name}"));
        }
        for key in ["items", "additionalProperties"] {
            if let Some(inner) = schema.get(key) {
                self.schema(inner, place);
            }
        }
        for key in ["allOf", "anyOf", "oneOf"] {
            for inner in schema.get(key).and_then(Value::as_array).into_iter().flatten() {
                self.schema(inner, place);
            }
        }
    }

    fn example(&mut self, place: &str, schema: &Value, example: &Value) {
        let options = jsonschema::options().should_validate_formats(true);
        match options.build(&self.document.standalone(schema)) {
            Err(error) => self.fault(place, format!("the schema cannot be used: {error}")),
            Ok(validator) => {
                for error in validator.iter_errors(example) {
                    self.fault(place, format!("the example breaks its schema: {error} at `{}`", error.instance_path));
                }
            }
        }
    }

    fn references(&mut self, value: &Value, place: &str) {
        match value {
            Value::Object(members) => {
                if let Some(Value::String(target)) = members.get("$ref")
                    && target.strip_prefix('#').and_then(|pointer| self.document.json().pointer(pointer)).is_none()
                {
                    self.fault(place, format!("`{target}` leads nowhere"));
                }
                for (key, member) in members {
                    self.references(member, &format!("{place}/{key}"));
                }
            }
            Value::Array(items) => items.iter().for_each(|item| self.references(item, place)),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }
}

fn is_snake(name: &str) -> bool {
    name.starts_with(|first: char| first.is_ascii_lowercase())
        && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(operation: &str) -> Vec<String> {
        let text = format!(
            r#"{{"paths": {{"/a/{{id}}": {{"get": {operation}}}}}, "components": {{"schemas": {{"Problem": {{}}}}}}}}"#
        );
        lint(&Document::parse(text.as_bytes()).unwrap())
    }

    #[test]
    fn a_proper_operation_has_no_faults() {
        let proper = r##"{"operationId": "get_a", "summary": "A", "tags": ["a"], "security": [{"bearer": ["a.read"]}],
            "parameters": [{"name": "id", "in": "path", "required": true, "schema": {"type": "string"}, "example": "x"}],
            "responses": {"4XX": {"content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}}}}"##;
        assert_eq!(faults(proper), Vec::<String>::new());
    }

    #[test]
    fn every_rule_is_seen() {
        let poor = r##"{"operationId": "getA", "tags": ["a", "b"], "security": [{"bearer": []}],
            "parameters": [{"name": "theId", "in": "path", "schema": {"type": "integer"}, "example": "x"}],
            "responses": {"200": {"$ref": "#/nowhere"}}}"##;
        let found = faults(poor).join("\n");
        for words in [
            "<verb>_<noun>",
            "no summary",
            "one tag",
            "response 401",
            "required",
            "snake_case",
            "example",
            "path names",
            "nowhere",
        ] {
            assert!(found.contains(words), "{words} in {found}");
        }
    }
}
