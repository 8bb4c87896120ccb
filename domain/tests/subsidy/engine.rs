//! The engine behind the same doors as the slow evaluator.

use domain::rule::Fen;
use domain::subsidy::explain::leaves;
use domain::subsidy::model::RuleSet;
use domain::subsidy::read::{Document, facts, read};
use domain::subsidy::{Exact, Options, Outcome, Refusal, Settlement, settle};
use serde_json::Value;

use crate::slow::{Claim, Out, Q, int};

pub fn rule_set(document: &Value) -> RuleSet {
    match read(&document.to_string()) {
        Ok(Document::Set(set)) => *set,
        Ok(Document::Book(_)) => panic!("a rule set"),
        Err(problems) => panic!("{problems:#?}\n{document:#}"),
    }
}

fn yuan(amount: Fen) -> Q {
    int(amount.0) / int(100)
}

/// Settles with explanations, and checks on the way that the leaves of each tree sum to its amount.
pub fn run(set: &RuleSet, claims: &[Claim], pool: Option<Fen>) -> Result<Vec<Out>, Refusal> {
    let facts: Vec<_> = claims
        .iter()
        .map(|claim| {
            facts(&claim.facts.to_string(), set).unwrap_or_else(|problems| panic!("{problems:#?}\n{}", claim.facts))
        })
        .collect();
    let whole: Vec<_> = claims
        .iter()
        .zip(&facts)
        .map(|(claim, facts)| domain::subsidy::Claim {
            id: &claim.id,
            component: &claim.component,
            facts,
            submitted: claim.submitted,
            rank: claim.rank,
        })
        .collect();
    let settled = settle(set, &whole, Options { pool, ..Options::CASE.explained() })?;
    let plain = settle(set, &whole, Options { pool, ..Options::CASE })?;
    for (explained, plain) in settled.iter().zip(&plain) {
        assert_eq!(explained.outcome, plain.outcome, "explaining changes nothing");
    }
    Ok(settled.iter().map(out).collect())
}

fn out(settled: &Settlement) -> Out {
    match &settled.outcome {
        Outcome::Amount(amount) => {
            assert_eq!(leaves(&settled.steps).unwrap(), Exact::of(*amount), "{:#?}", settled.steps);
            Out::Amount(yuan(*amount))
        }
        Outcome::Count(number) => Out::Count(usize::try_from(*number).unwrap()),
        Outcome::Range { min, max } => Out::Range(yuan(*min), yuan(*max)),
        Outcome::Penalty(fines) => {
            Out::Fines([fines.recover, fines.fine_min, fines.fine_max, fines.person_min, fines.person_max].map(yuan))
        }
        Outcome::NotComputable(_) => Out::Missing,
    }
}
