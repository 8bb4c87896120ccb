//! Golden cases against the evaluator.

use std::collections::BTreeMap;

use crate::subsidy::evaluate::{Options, results, run_case};
use crate::subsidy::figure::money;
use crate::subsidy::model::{Case, RuleSet};
use crate::subsidy::problem::{MOST_PROBLEMS, Problem, ProblemKind};

/// Most results of components and items that the golden cases of one document ask for: a second of work.
pub const MOST_RESULTS: usize = 1_000_000;

/// What a case expects beside what is computed, by the names that it expects.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Compared {
    pub expected: BTreeMap<String, String>,
    /// The computed results of the expected names; a name that nothing computes is absent.
    pub computed: BTreeMap<String, String>,
    /// Why nothing could be computed.
    pub refusal: Option<String>,
}

impl Compared {
    pub fn agrees(&self) -> bool {
        self.refusal.is_none()
            && self
                .expected
                .iter()
                .all(|(name, expected)| self.computed.get(name).is_some_and(|computed| is_same(expected, computed)))
    }
}

/// Equal figures, however they are written; otherwise equal words.
fn is_same(expected: &str, computed: &str) -> bool {
    expected == computed || money(expected).is_ok_and(|expected| money(computed) == Ok(expected))
}

/// Runs a case and keeps what it expects.
pub fn compare(set: &RuleSet, case: &Case) -> Compared {
    let expected = case.expect.clone();
    match run_case(set, case, Options::CASE) {
        Ok(answer) => {
            let mut computed = answer.results;
            computed.retain(|name, _| expected.contains_key(name));
            Compared { expected, computed, refusal: None }
        }
        Err(refusal) => Compared { expected, computed: BTreeMap::new(), refusal: Some(refusal.to_string()) },
    }
}

/// The cases of a set that do not come out, as problems of its document.
///
/// The first ones are kept, and cases that together ask for more than [`MOST_RESULTS`] are not run to the end.
pub fn failing_cases(set: &RuleSet) -> Vec<Problem> {
    let mut left = Some(MOST_RESULTS);
    let failing = set.cases.iter().map_while(|case| {
        let before = left?;
        left = before.checked_sub(results(set, case));
        if left.is_none() {
            let detail = format!("case {}: the golden cases ask for more than {MOST_RESULTS} results", case.id);
            return Some(Some(Problem::new(case.at, ProblemKind::TooLarge, detail)));
        }
        let compared = compare(set, case);
        Some((!compared.agrees()).then(|| Problem::new(case.at, ProblemKind::GoldenCase, told(case, &compared))))
    });
    failing.flatten().take(MOST_PROBLEMS).collect()
}

fn told(case: &Case, compared: &Compared) -> String {
    if let Some(refusal) = &compared.refusal {
        return format!("case {}: {refusal}", case.id);
    }
    let show = |results: &BTreeMap<String, String>| {
        let parts: Vec<_> = results.iter().map(|(name, result)| format!("{name} {result}")).collect();
        parts.join(", ")
    };
    format!("case {}: expected {}, computed {}", case.id, show(&compared.expected), show(&compared.computed))
}
