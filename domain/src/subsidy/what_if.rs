//! A draft against the rules in force, over the same facts: who wins, who loses, what it costs.

use std::collections::BTreeMap;

use serde::Serialize;

use super::evaluate::{Claim, Options, Outcome, Refusal, Settlement, settle, states_base};
use super::exact::TooLarge;
use super::facts::Facts;
use super::model::RuleSet;
use crate::rule::Fen;

/// Both versions over one group of claims.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Totals {
    pub claims: u64,
    pub winners: u64,
    pub losers: u64,
    pub unchanged: u64,
    /// Claims that one version cannot compute.
    pub not_computable: u64,
    pub against_yuan: Fen,
    pub draft_yuan: Fen,
    /// Claims that a cap cut.
    pub against_capped: u64,
    pub draft_capped: u64,
}

/// A claim whose amount differs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Change {
    pub beneficiary: String,
    pub group: String,
    pub component: String,
    pub against_yuan: Fen,
    pub draft_yuan: Fen,
}

/// The comparison.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Comparison {
    pub total: Totals,
    pub groups: BTreeMap<String, Totals>,
    /// Largest difference first, then by beneficiary.
    pub changes: Vec<Change>,
}

impl Totals {
    fn add(&mut self, against: Option<&Settlement>, draft: Option<&Settlement>) -> Result<(), TooLarge> {
        let amount = |side: Option<&Settlement>| match side.map(|side| &side.outcome) {
            None => Some(Fen(0)),
            Some(Outcome::Amount(amount)) => Some(*amount),
            Some(_) => None,
        };
        self.claims += 1;
        self.against_capped += u64::from(against.is_some_and(|side| side.is_capped));
        self.draft_capped += u64::from(draft.is_some_and(|side| side.is_capped));
        let (Some(before), Some(after)) = (amount(against), amount(draft)) else {
            self.not_computable += 1;
            return Ok(());
        };
        self.against_yuan = self.against_yuan.checked_add(before).ok_or(TooLarge)?;
        self.draft_yuan = self.draft_yuan.checked_add(after).ok_or(TooLarge)?;
        match after.cmp(&before) {
            std::cmp::Ordering::Greater => self.winners += 1,
            std::cmp::Ordering::Less => self.losers += 1,
            std::cmp::Ordering::Equal => self.unchanged += 1,
        }
        Ok(())
    }
}

/// Runs both versions over everybody, and changes nothing. Components meet by id; one that only one version has pays
/// nothing in the other.
///
/// # Errors
/// Facts that do not fit one of the versions.
pub fn compare(draft: &RuleSet, against: &RuleSet, everybody: &[Facts]) -> Result<Comparison, Refusal> {
    let mut made = Comparison::default();
    let before = run(against, everybody)?;
    let after = run(draft, everybody)?;
    let keys: std::collections::BTreeSet<_> = before.keys().chain(after.keys()).collect();
    for key @ (at, component) in keys {
        let facts = &everybody[*at];
        let (against, draft) = (before.get(key), after.get(key));
        made.total.add(against, draft)?;
        made.groups.entry(facts.group.clone()).or_default().add(against, draft)?;
        let amount = |side: Option<&Settlement>| side.and_then(|side| side.outcome.amount()).unwrap_or_default();
        let (against_yuan, draft_yuan) = (amount(against), amount(draft));
        if against_yuan != draft_yuan {
            let (beneficiary, group) = (facts.beneficiary.clone(), facts.group.clone());
            made.changes.push(Change {
                beneficiary,
                group,
                component: (*component).to_owned(),
                against_yuan,
                draft_yuan,
            });
        }
    }
    let size = |change: &Change| (change.draft_yuan.0 - change.against_yuan.0).abs();
    made.changes.sort_by(|a, b| size(b).cmp(&size(a)).then_with(|| a.beneficiary.cmp(&b.beneficiary)));
    Ok(made)
}

/// Everybody claims every component whose base is among the facts.
fn run<'a>(set: &'a RuleSet, everybody: &'a [Facts]) -> Result<BTreeMap<(usize, &'a str), Settlement>, Refusal> {
    let mut claims = Vec::new();
    let mut keys = Vec::new();
    for (at, facts) in everybody.iter().enumerate() {
        for component in set.components.iter().filter(|component| states_base(component, facts)) {
            keys.push((at, component.id.as_str()));
            let submitted = i64::try_from(at).unwrap_or(i64::MAX);
            claims.push(Claim { id: &facts.beneficiary, component: &component.id, facts, submitted, rank: None });
        }
    }
    Ok(keys.into_iter().zip(settle(set, &claims, Options::CASE)?).collect())
}
