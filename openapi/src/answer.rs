//! Whether an answer keeps what the document promises.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use jsonschema::Validator;
use serde_json::Value;

use crate::document::{Document, Operation};

const PROBLEM_JSON: &str = "application/problem+json";

/// Answered beside the document: the document itself and its reader.
const BESIDE: &[&str] = &["/openapi.json", "/openapi-3.0.json", "/docs"];

/// An answer as it arrived.
#[derive(Debug, Clone, Copy)]
pub struct Answer<'a> {
    pub method: &'a str,
    /// Without the query.
    pub path: &'a str,
    pub status: u16,
    pub content_type: Option<&'a str>,
    pub body: &'a [u8],
}

/// Compares answers with a document; compiles each schema once.
#[derive(Debug)]
pub struct Judge {
    document: Document,
    validators: Mutex<HashMap<String, Arc<Validator>>>,
}

impl Judge {
    pub fn new(document: Document) -> Self {
        Self { document, validators: Mutex::default() }
    }

    pub fn document(&self) -> &Document {
        &self.document
    }

    /// The first promise that the answer breaks.
    pub fn check(&self, answer: &Answer<'_>) -> Result<(), String> {
        let method = if answer.method == "HEAD" { "GET" } else { answer.method };
        match self.document.find(method, answer.path) {
            Some(operation) => self.check_operation(operation, answer),
            None => self.check_unknown(answer),
        }
        .map_err(|fault| format!("{} {} answered {}: {fault}", answer.method, answer.path, answer.status))
    }

    /// What no operation answers is refused in the one shape of refusals.
    fn check_unknown(&self, answer: &Answer<'_>) -> Result<(), String> {
        if BESIDE.iter().any(|path| answer.path.starts_with(path)) {
            return Ok(());
        }
        if !(400..500).contains(&answer.status) || media_type(answer) != PROBLEM_JSON {
            return Err(format!("the document has no such operation, and this is no problem: {}", shown(answer.body)));
        }
        if answer.method == "HEAD" {
            return bare(answer);
        }
        self.check_schema("Problem", &serde_json::json!({ "$ref": "#/components/schemas/Problem" }), answer)
    }

    fn check_operation(&self, operation: Operation<'_>, answer: &Answer<'_>) -> Result<(), String> {
        // A conditional GET is promised by its 200.
        let status = if answer.status == 304 { 200 } else { answer.status };
        let responses = operation.json.get("responses").unwrap_or(&Value::Null);
        let response = [status.to_string(), format!("{}XX", status / 100), "default".to_owned()]
            .iter()
            .find_map(|key| responses.get(key))
            .ok_or_else(|| format!("the status is not documented: {}", shown(answer.body)))?;
        let response = self.document.resolve(response);
        if answer.method == "HEAD" || answer.status == 304 || answer.status == 204 {
            return bare(answer);
        }
        let Some(content) = response.get("content").and_then(Value::as_object) else {
            return bare(answer);
        };
        let media_type = media_type(answer);
        let media = content
            .iter()
            .find(|(key, _)| essence(key) == media_type)
            .ok_or_else(|| format!("the content type `{media_type}` is not documented"))?
            .1;
        match media.get("schema") {
            Some(schema) if media_type.ends_with("json") => {
                self.check_schema(&format!("{} {status} {media_type}", operation.name()), schema, answer)
            }
            _ => Ok(()),
        }
    }

    fn check_schema(&self, key: &str, schema: &Value, answer: &Answer<'_>) -> Result<(), String> {
        let body: Value =
            serde_json::from_slice(answer.body).map_err(|error| format!("the body is no JSON: {error}"))?;
        let validator = self.validator(key, schema)?;
        let faults: Vec<String> =
            validator.iter_errors(&body).map(|error| format!("{} at `{}`", error, error.instance_path)).collect();
        if faults.is_empty() { Ok(()) } else { Err(format!("{} in {}", faults.join("; "), shown(answer.body))) }
    }

    fn validator(&self, key: &str, schema: &Value) -> Result<Arc<Validator>, String> {
        let mut validators = self.validators.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = validators.get(key) {
            return Ok(known.clone());
        }
        let validator = jsonschema::options()
            .should_validate_formats(true)
            .build(&self.document.standalone(schema))
            .map_err(|error| format!("the schema cannot be used: {error}"))?;
        let validator = Arc::new(validator);
        validators.insert(key.to_owned(), validator.clone());
        Ok(validator)
    }
}

fn bare(answer: &Answer<'_>) -> Result<(), String> {
    if answer.body.is_empty() { Ok(()) } else { Err(format!("a body is not documented: {}", shown(answer.body))) }
}

fn media_type(answer: &Answer<'_>) -> String {
    essence(answer.content_type.unwrap_or(""))
}

fn essence(content_type: &str) -> String {
    content_type.split(';').next().unwrap_or("").trim().to_ascii_lowercase()
}

/// The beginning of a body, for a message.
fn shown(body: &[u8]) -> String {
    String::from_utf8_lossy(body).chars().take(2_000).collect()
}
