//! Golden cases (样例): what is given, and what must come out.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::rule::Fen;
use crate::subsidy::document::Position;
use crate::subsidy::facts::Facts;

/// One claim of a case with several parties.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CaseClaim {
    pub id: String,
    pub component: Option<String>,
    /// The amount before the pool, when the case starts there.
    pub amount: Option<Fen>,
    pub facts: Facts,
    /// Place in the order of submission.
    pub submitted: i64,
    pub rank: Option<i64>,
}

/// What a case starts from.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Given {
    pub facts: Facts,
    pub claims: Vec<CaseClaim>,
    /// Another sum than the rule set's pool.
    pub pool: Option<Fen>,
    /// An award already decided, for conditions of use.
    pub award: Option<Fen>,
}

/// One case: expected results by name; a single one is called [`Case::AMOUNT`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Case {
    pub id: String,
    pub component: Option<String>,
    pub given: Given,
    pub expect: BTreeMap<String, String>,
    pub note: String,
    #[serde(skip)]
    pub at: Position,
}

impl Case {
    pub const AMOUNT: &'static str = "amount";
    /// What a case expects, or gets, where nobody can compute it; null in a document says the same.
    pub const NOT_COMPUTABLE: &str = "not_computable";
}
