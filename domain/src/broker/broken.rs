//! A rule that a value breaks, before it is known where in a form the value stands.

use crate::fault::Fault;

/// The rule, and the figures that explain it; [`Broken::at`] makes the [`Fault`] of a form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Broken {
    /// The rulebook's code in lower snake case, such as `id_checksum`.
    pub rule: &'static str,
    pub params: serde_json::Value,
}

impl Broken {
    pub fn new(rule: &'static str) -> Self {
        Self {
            rule,
            params: serde_json::Value::Null,
        }
    }

    pub fn with(rule: &'static str, params: serde_json::Value) -> Self {
        Self { rule, params }
    }

    /// The fault of the field at `pointer`.
    pub fn at(self, pointer: impl Into<String>) -> Fault {
        Fault::with(pointer, self.rule, self.params)
    }
}

/// Full-width digits, Latin letters and `＋－．＠` as ASCII; everything else unchanged.
pub fn half_width(text: &str) -> String {
    text.chars()
        .map(|c| match c {
            '！'..='～' => char::from_u32(u32::from(c) - 0xFEE0).unwrap_or(c),
            '\u{3000}' => ' ',
            _ => c,
        })
        .collect()
}
