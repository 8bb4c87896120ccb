//! A draft against the rules in force, over the same facts: who wins, who loses, what it costs.

use std::collections::BTreeMap;

use serde::Serialize;

use super::evaluate::{Claim, Options, Outcome, Refusal, Settlement, settle, states_base};
use super::exact::TooLarge;
use super::facts::Facts;
use super::model::{Component, RuleSet, Scope};
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

/// What one version pays a beneficiary for a component, of all its persons together.
#[derive(Debug, Clone, Copy)]
struct Side {
    /// `None`: it cannot be computed.
    amount: Option<Fen>,
    is_capped: bool,
}

impl Side {
    fn and(self, settled: &Settlement) -> Result<Self, TooLarge> {
        let amount = match (self.amount, &settled.outcome) {
            (Some(sum), Outcome::Amount(amount)) => Some(sum.checked_add(*amount).ok_or(TooLarge)?),
            _ => None,
        };
        Ok(Self { amount, is_capped: self.is_capped || settled.is_capped })
    }
}

impl Totals {
    fn add(&mut self, against: Option<&Side>, draft: Option<&Side>) -> Result<(), TooLarge> {
        let amount = |side: Option<&Side>| side.map_or(Some(Fen(0)), |side| side.amount);
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
        let amount = |side: Option<&Side>| side.and_then(|side| side.amount).unwrap_or_default();
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

fn states_by_item(facts: &Facts, measure: &str) -> bool {
    facts.items.iter().flatten().any(|item| item.attributes.get(measure).is_some())
}

/// Everybody claims every component whose base is among the facts; where a cap per person says so, once for each person
/// that the items name.
fn run<'a>(set: &'a RuleSet, everybody: &'a [Facts]) -> Result<BTreeMap<(usize, &'a str), Side>, Refusal> {
    let has_person_cap = |component: &Component| component.caps.iter().any(|cap| cap.scope == Scope::Person);
    let is_for_persons = set.components.iter().any(has_person_cap);
    let persons: Vec<Vec<Facts>> =
        everybody.iter().map(|facts| if is_for_persons { facts.by_person() } else { Vec::new() }).collect();
    let mut claims = Vec::new();
    let mut keys = Vec::new();
    for (at, whole) in everybody.iter().enumerate() {
        for component in set.components.iter().filter(|component| states_base(component, whole)) {
            let is_by_item = component.base.measures().into_iter().all(|measure| states_by_item(whole, measure));
            let parts = if has_person_cap(component) && is_by_item { persons[at].as_slice() } else { &[] };
            let parts = if parts.is_empty() { std::slice::from_ref(whole) } else { parts };
            for facts in parts {
                keys.push((at, component.id.as_str()));
                let submitted = i64::try_from(at).unwrap_or(i64::MAX);
                claims.push(Claim { id: &facts.beneficiary, component: &component.id, facts, submitted, rank: None });
            }
        }
    }
    let mut sides = BTreeMap::new();
    for (key, settled) in keys.into_iter().zip(settle(set, &claims, Options::CASE)?) {
        let side = sides.entry(key).or_insert(Side { amount: Some(Fen(0)), is_capped: false });
        *side = side.and(&settled)?;
    }
    Ok(sides)
}
