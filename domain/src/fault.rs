//! What is wrong with a field, in one shape for every form.

/// One fault of one field: where, which rule, and the figures that explain it.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Fault {
    /// JSON pointer into the request or form, such as `/contracts/2/share_pct`.
    pub pointer: String,
    /// The rule's name in lower snake case, such as `id_checksum`.
    pub rule: String,
    /// What the message needs, such as `{"min": 5, "found": 4}`.
    #[serde(default, skip_serializing_if = "serde_json::Value::is_null")]
    pub params: serde_json::Value,
}

impl Fault {
    pub fn new(pointer: impl Into<String>, rule: &str) -> Self {
        Self { pointer: pointer.into(), rule: rule.to_owned(), params: serde_json::Value::Null }
    }

    pub fn with(pointer: impl Into<String>, rule: &str, params: serde_json::Value) -> Self {
        Self { pointer: pointer.into(), rule: rule.to_owned(), params }
    }
}
