//! Reading a rule set: every problem at once, so that a draft is corrected in one go.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::certification::CertificationRules;
use super::set::{Clause, RuleSet};

/// What is wrong with a rule set.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Problem {
    /// JSON pointer into the file; for a missing clause, `/clauses`.
    pub pointer: String,
    pub kind: ProblemKind,
    /// The key, field or message that it is about.
    pub detail: String,
}

crate::word! {
    pub enum ProblemKind {
        NotJson = "not_json" / "不是JSON",
        UnknownField = "unknown_field" / "未知字段",
        MissingField = "missing_field" / "缺少字段",
        WrongType = "wrong_type" / "类型错误",
        DuplicateKey = "duplicate_key" / "条款重复",
        MissingKey = "missing_key" / "缺少条款",
        /// A value that has the right type but contradicts itself or another.
        Inconsistent = "inconsistent" / "前后矛盾",
    }
}

impl Problem {
    pub(super) fn new(pointer: impl Into<String>, kind: ProblemKind, detail: impl Into<String>) -> Self {
        Self { pointer: pointer.into(), kind, detail: detail.into() }
    }
}

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {} ({})", self.pointer, self.kind, self.detail)
    }
}

const FIELDS: &[&str] =
    &["id", "version", "title", "process", "issuer", "jurisdiction", "effective_from", "effective_to", "clauses"];
const CLAUSE_FIELDS: &[&str] = &["key", "value", "unit", "text_zh", "text_en", "basis", "basis_kind"];
const BASIS_FIELDS: &[&str] = &["document", "article"];

impl RuleSet {
    /// Reads a rule set of any process; one of `certification` must hold every clause that certification needs.
    ///
    /// # Errors
    /// All problems found, not only the first.
    pub fn read(json: &str) -> Result<Self, Vec<Problem>> {
        let value: Value =
            serde_json::from_str(json).map_err(|e| vec![Problem::new("", ProblemKind::NotJson, e.to_string())])?;
        let mut problems = Vec::new();
        let set = read_set(&value, &mut problems);
        if let Some(set) = &set
            && set.process == "certification"
            && let Err(found) = CertificationRules::read(set)
        {
            problems.extend(found);
        }
        match set {
            Some(set) if problems.is_empty() => Ok(set),
            _ => Err(problems),
        }
    }
}

fn fields(pointer: &str, object: &Map<String, Value>, known: &[&str], optional: &[&str], problems: &mut Vec<Problem>) {
    for name in object.keys().filter(|name| !known.contains(&name.as_str())) {
        problems.push(Problem::new(
            format!("{pointer}/{}", name.replace('~', "~0").replace('/', "~1")),
            ProblemKind::UnknownField,
            name,
        ));
    }
    for name in known.iter().filter(|name| !object.contains_key(**name) && !optional.contains(name)) {
        problems.push(Problem::new(format!("{pointer}/{name}"), ProblemKind::MissingField, *name));
    }
}

/// The set made of the clauses that could be read, so that the missing ones are named too.
fn read_set(value: &Value, problems: &mut Vec<Problem>) -> Option<RuleSet> {
    let Some(object) = value.as_object() else {
        problems.push(Problem::new("", ProblemKind::WrongType, "object"));
        return None;
    };
    fields("", object, FIELDS, &["effective_to"], problems);
    let mut clauses = Vec::new();
    match object.get("clauses").map(Value::as_array) {
        Some(Some(items)) => {
            let mut seen = BTreeSet::new();
            for (at, item) in items.iter().enumerate() {
                let Some(clause) = read_clause(at, item, problems) else {
                    continue;
                };
                if seen.insert(clause.key.clone()) {
                    clauses.push(clause);
                } else {
                    problems.push(Problem::new(format!("/clauses/{at}/key"), ProblemKind::DuplicateKey, clause.key));
                }
            }
        }
        Some(None) => problems.push(Problem::new("/clauses", ProblemKind::WrongType, "array")),
        None => {}
    }
    let mut text = |name: &str| {
        let value = object.get(name)?;
        let text = value.as_str().filter(|text| !text.trim().is_empty());
        if text.is_none() {
            problems.push(Problem::new(format!("/{name}"), ProblemKind::WrongType, "text"));
        }
        text.map(str::to_owned)
    };
    let (id, version, title, process) = (text("id"), text("version"), text("title"), text("process"));
    let (issuer, jurisdiction) = (text("issuer"), text("jurisdiction"));
    let mut date = |name: &str| {
        let value = object.get(name).filter(|value| !value.is_null())?;
        let day = value.as_str().and_then(|text| text.parse().ok());
        if day.is_none() {
            problems.push(Problem::new(format!("/{name}"), ProblemKind::WrongType, "date"));
        }
        day
    };
    let (effective_from, effective_to) = (date("effective_from"), date("effective_to"));
    let set = RuleSet {
        id: id?,
        version: version?,
        title: title?,
        process: process?,
        issuer: issuer?,
        jurisdiction: jurisdiction?,
        effective_from: effective_from?,
        effective_to,
        clauses,
    };
    if set.effective_to.is_some_and(|last| last < set.effective_from) {
        problems.push(Problem::new("/effective_to", ProblemKind::Inconsistent, "before effective_from"));
    }
    Some(set)
}

fn read_clause(at: usize, item: &Value, problems: &mut Vec<Problem>) -> Option<Clause> {
    let pointer = format!("/clauses/{at}");
    let Some(object) = item.as_object() else {
        problems.push(Problem::new(pointer, ProblemKind::WrongType, "object"));
        return None;
    };
    let before = problems.len();
    fields(&pointer, object, CLAUSE_FIELDS, &[], problems);
    if let Some(basis) = object.get("basis").and_then(Value::as_object) {
        fields(&format!("{pointer}/basis"), basis, BASIS_FIELDS, &[], problems);
    }
    if problems.len() > before {
        return None;
    }
    match serde_json::from_value::<Clause>(item.clone()) {
        Ok(clause) => Some(clause),
        Err(e) => {
            problems.push(Problem::new(pointer, ProblemKind::WrongType, e.to_string()));
            None
        }
    }
}
