//! A rule set: figures with their unit, wording and basis, as data of one version.

use chrono::NaiveDate;
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::money::Fen;
use crate::calendar::Period;

crate::word! {
    /// What a figure rests on.
    pub enum BasisKind {
        /// A rule in force here.
        Law = "law" / "规定",
        /// What another jurisdiction or body does.
        Practice = "practice" / "外地做法",
        /// Put forward here, to be decided.
        Proposal = "proposal" / "建议",
    }
}

crate::word! {
    /// Whether a rule set may be called the rule.
    pub enum RuleStatus {
        /// At least one clause is no law.
        Proposal = "proposal" / "建议稿",
        InForce = "in_force" / "现行",
    }
}

/// The document and article that a clause rests on.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Basis {
    /// Title and number, such as `桂政办发〔2015〕91号`.
    pub document: String,
    /// Article or section; empty when the whole document is meant.
    pub article: String,
}

/// One figure of a rule set.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Clause {
    /// Dotted name in lower snake case, such as `deadline.city_review`.
    pub key: String,
    pub value: Value,
    /// The unit of the value, such as `fen`, `month`, `percent`, `working_day`.
    pub unit: String,
    pub text_zh: String,
    pub text_en: String,
    pub basis: Basis,
    pub basis_kind: BasisKind,
}

/// One version of the rules of a process.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct RuleSet {
    /// Such as `GX-BROKER`.
    pub id: String,
    /// Such as `2026-1`.
    pub version: String,
    pub title: String,
    /// The process it governs, such as `certification`.
    pub process: String,
    pub issuer: String,
    /// GB/T 2260 code of the area it holds in.
    pub jurisdiction: String,
    pub effective_from: NaiveDate,
    /// Last day; none while open.
    pub effective_to: Option<NaiveDate>,
    pub clauses: Vec<Clause>,
}

impl RuleSet {
    /// The clause with this key.
    pub fn clause(&self, key: &str) -> Option<&Clause> {
        self.clauses.iter().find(|clause| clause.key == key)
    }

    fn value(&self, key: &str) -> Option<&Value> {
        self.clause(key).map(|clause| &clause.value)
    }

    /// A period (期限), such as `deadline.city_review`.
    pub fn period(&self, key: &str) -> Option<Period> {
        let period: Period = serde_json::from_value(self.value(key)?.clone()).ok()?;
        (!period.terms.is_empty()).then_some(period)
    }

    /// A whole number that is not negative.
    pub fn number(&self, key: &str) -> Option<u32> {
        self.value(key)?.as_u64()?.try_into().ok()
    }

    /// An amount, stored as integer fen.
    pub fn fen(&self, key: &str) -> Option<Fen> {
        self.value(key)?.as_i64().filter(|fen| *fen >= 0).map(Fen)
    }

    pub fn flag(&self, key: &str) -> Option<bool> {
        self.value(key)?.as_bool()
    }

    pub fn text(&self, key: &str) -> Option<&str> {
        self.value(key)?.as_str()
    }

    /// A value of any shape.
    pub fn typed<T: serde::de::DeserializeOwned>(&self, key: &str) -> Option<T> {
        serde_json::from_value(self.value(key)?.clone()).ok()
    }

    /// Whether the set holds on a day.
    pub fn is_effective_on(&self, day: NaiveDate) -> bool {
        self.effective_from <= day && self.effective_to.is_none_or(|last| day <= last)
    }

    /// `proposal` while any clause is no law.
    pub fn status(&self) -> RuleStatus {
        if self.clauses.iter().all(|clause| clause.basis_kind == BasisKind::Law) {
            RuleStatus::InForce
        } else {
            RuleStatus::Proposal
        }
    }

    /// SHA-256 in lower-case hex over the canonical form: clauses by key, object members by name, no blanks.
    pub fn hash(&self) -> String {
        let mut sorted = self.clone();
        sorted.clauses.sort_by(|a, b| a.key.cmp(&b.key));
        let mut text = String::new();
        canonical(&serde_json::to_value(&sorted).unwrap_or_default(), &mut text);
        hex(&Sha256::digest(text.as_bytes()))
    }
}

/// Lower-case hex.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes
        .iter()
        .flat_map(|byte| [byte >> 4, byte & 15])
        .filter_map(|digit| char::from_digit(u32::from(digit), 16))
        .collect()
}

/// Writes a value with sorted members; the order of the map type is no promise of the JSON crate.
pub(crate) fn canonical(value: &Value, out: &mut String) {
    match value {
        Value::Object(members) => {
            let mut names: Vec<&String> = members.keys().collect();
            names.sort();
            out.push('{');
            for (at, name) in names.into_iter().enumerate() {
                if at > 0 {
                    out.push(',');
                }
                out.push_str(&Value::String(name.clone()).to_string());
                out.push(':');
                canonical(&members[name], out);
            }
            out.push('}');
        }
        Value::Array(items) => {
            out.push('[');
            for (at, item) in items.iter().enumerate() {
                if at > 0 {
                    out.push(',');
                }
                canonical(item, out);
            }
            out.push(']');
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {
            out.push_str(&value.to_string());
        }
    }
}
