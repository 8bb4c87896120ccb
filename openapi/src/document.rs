//! The document as JSON, with the few questions that are asked of it.

use serde_json::Value;

/// The methods that a path item may have.
const METHODS: &[&str] = &["get", "put", "post", "delete", "options", "head", "patch", "trace"];

/// An OpenAPI document.
#[derive(Debug, Clone)]
pub struct Document {
    json: Value,
}

/// One operation of a document.
#[derive(Debug, Clone, Copy)]
pub struct Operation<'a> {
    /// As written, with `{parameters}`.
    pub path: &'a str,
    /// In lower case.
    pub method: &'a str,
    pub json: &'a Value,
}

impl Document {
    /// The document of this build.
    pub fn built() -> anyhow::Result<Self> {
        Self::parse(&api::openapi_bytes())
    }

    pub fn parse(bytes: &[u8]) -> anyhow::Result<Self> {
        Ok(Self { json: serde_json::from_slice(bytes)? })
    }

    pub fn json(&self) -> &Value {
        &self.json
    }

    /// Every operation, in the order of the document.
    pub fn operations(&self) -> Vec<Operation<'_>> {
        let paths = self.json.get("paths").and_then(Value::as_object);
        let items = paths.into_iter().flatten();
        items
            .flat_map(|(path, item)| {
                METHODS.iter().filter_map(move |method| item.get(method).map(|json| Operation { path, method, json }))
            })
            .collect()
    }

    /// The operation that answers a request; a path without parameters wins over one with them.
    pub fn find(&self, method: &str, path: &str) -> Option<Operation<'_>> {
        let method = method.to_ascii_lowercase();
        let mut fitting: Vec<_> = self
            .operations()
            .into_iter()
            .filter(|operation| operation.method == method && fits(operation.path, path))
            .collect();
        fitting.sort_by_key(|operation| operation.path.matches('{').count());
        fitting.into_iter().next()
    }

    /// Follows a `$ref` inside the document, if the value is one.
    pub fn resolve<'a>(&'a self, value: &'a Value) -> &'a Value {
        match value.get("$ref").and_then(Value::as_str).and_then(|text| text.strip_prefix('#')) {
            Some(pointer) => self.json.pointer(pointer).unwrap_or(value),
            None => value,
        }
    }

    /// A schema that stands alone: its references find their targets.
    pub fn standalone(&self, schema: &Value) -> Value {
        serde_json::json!({
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "allOf": [schema],
            "components": self.json.get("components"),
        })
    }
}

impl Operation<'_> {
    pub fn id(&self) -> &str {
        self.json.get("operationId").and_then(Value::as_str).unwrap_or("")
    }

    /// How people find it in the document.
    pub fn name(&self) -> String {
        format!("{} {}", self.method.to_uppercase(), self.path)
    }

    /// The permissions that it demands; none when it is public. An empty list demands an account only.
    pub fn permissions(&self) -> Option<Vec<&str>> {
        let schemes = self.json.get("security")?.as_array()?.first()?.as_object()?;
        let words = schemes.values().filter_map(Value::as_array).flatten();
        Some(words.filter_map(Value::as_str).collect())
    }
}

fn fits(pattern: &str, path: &str) -> bool {
    let (pattern, path): (Vec<_>, Vec<_>) = (pattern.split('/').collect(), path.split('/').collect());
    pattern.len() == path.len()
        && pattern.iter().zip(&path).all(|(part, given)| (part.starts_with('{') && !given.is_empty()) || part == given)
}
