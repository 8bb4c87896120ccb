//! Decision records: everything that a result was made from, so that it can be made again, byte for byte.

use serde::{Deserialize, Serialize};

use super::ENGINE_VERSION;
use super::evaluate::{Claim, Gaps, Options, Refusal, settle};
use super::facts::Facts;
use super::model::{RuleSet, Status};
use crate::rule::{Fen, canonical};

/// One claim as it was decided.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RecordedClaim {
    pub id: String,
    pub component: String,
    pub facts: Facts,
    pub submitted: i64,
    pub rank: Option<i64>,
}

/// What was decided together, under which version of everything, and what came out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Record {
    pub engine_version: String,
    pub rule: String,
    pub rule_version: String,
    /// SHA-256 of the rule set's canonical form.
    pub rule_hash: String,
    /// Version of the working-day calendar that the deadlines around it used.
    pub calendar_version: String,
    /// The rounding that was in force, for readers; the rule set holds the one that counts.
    pub rounding: String,
    pub gaps: Gaps,
    pub pool: Option<Fen>,
    pub claims: Vec<RecordedClaim>,
    /// The settlements with every step, in canonical form.
    pub result: String,
}

/// What a replay finds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Replayed {
    Same,
    /// Another engine gives the same bytes.
    SameWithOtherEngine {
        recorded: String,
    },
    /// Another engine gives other bytes; nothing is wrong with the record by that alone.
    OtherEngine {
        recorded: String,
        result: String,
    },
    /// The same engine gives other bytes: the record was changed.
    Differs {
        result: String,
    },
    /// The rule set is not the one that was used.
    OtherRule {
        recorded: String,
        given: String,
    },
}

fn result(set: &RuleSet, record: &Record) -> Result<String, Refusal> {
    let claims: Vec<Claim<'_>> = record
        .claims
        .iter()
        .map(|claim| Claim {
            id: &claim.id,
            component: &claim.component,
            facts: &claim.facts,
            submitted: claim.submitted,
            rank: claim.rank,
        })
        .collect();
    let options = Options { gaps: record.gaps, explains: true, pool: record.pool };
    let settled = settle(set, &claims, options)?;
    let mut out = String::new();
    canonical(&serde_json::to_value(&settled).unwrap_or_default(), &mut out);
    Ok(out)
}

impl Record {
    /// Decides claims and keeps the record.
    ///
    /// # Errors
    /// A draft, and rules and facts that do not fit.
    pub fn of(
        set: &RuleSet,
        claims: Vec<RecordedClaim>,
        options: Options,
        calendar_version: &str,
    ) -> Result<Self, Refusal> {
        if set.status == Status::Draft {
            return Err(Refusal::Draft);
        }
        let rounding = &set.rounding;
        let mut record = Self {
            engine_version: ENGINE_VERSION.to_owned(),
            rule: set.id.clone(),
            rule_version: set.version.clone(),
            rule_hash: set.hash(),
            calendar_version: calendar_version.to_owned(),
            rounding: format!("{} yuan, {}", rounding.unit, rounding.mode),
            gaps: options.gaps,
            pool: options.pool,
            claims,
            result: String::new(),
        };
        record.result = result(set, &record)?;
        Ok(record)
    }

    /// Makes the result again and compares it.
    ///
    /// # Errors
    /// Rules and facts that do not fit: the record was changed.
    pub fn replay(&self, set: &RuleSet) -> Result<Replayed, Refusal> {
        let given = set.hash();
        if given != self.rule_hash {
            return Ok(Replayed::OtherRule { recorded: self.rule_hash.clone(), given });
        }
        let result = result(set, self)?;
        let recorded = self.engine_version.clone();
        let is_same_engine = recorded == ENGINE_VERSION;
        Ok(match (result == self.result, is_same_engine) {
            (true, true) => Replayed::Same,
            (true, false) => Replayed::SameWithOtherEngine { recorded },
            (false, false) => Replayed::OtherEngine { recorded, result },
            (false, true) => Replayed::Differs { result },
        })
    }
}
