//! Runs one golden case and names its results as cases name them.

use std::collections::BTreeMap;

use super::finish::before_pool;
use super::pool::sum;
use super::{Claim, Fines, Options, Outcome, PoolClaim, Refusal, Settlement, evaluate, settle, share};
use crate::rule::Fen;
use crate::subsidy::exact::{Exact, TooLarge, Toward};
use crate::subsidy::explain::{Detail, Stage, Step};
use crate::subsidy::facts::Facts;
use crate::subsidy::figure::Quantity;
use crate::subsidy::model::{Base, Case, CaseClaim, Cited, Component, Pool, PoolMode, RuleSet, Shape, UseCondition};

/// What a case comes to.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Answer {
    /// Results by name; a single amount is [`Case::AMOUNT`].
    pub results: BTreeMap<String, String>,
    pub settlements: Vec<Settlement>,
}

impl Answer {
    fn put(&mut self, name: &str, result: impl Into<String>) {
        self.results.insert(name.to_owned(), result.into());
    }

    /// The steps of the first claim.
    pub fn steps(&self) -> &[Step] {
        self.settlements.first().map_or(&[], |settled| &settled.steps)
    }
}

/// The result where an officer has not decided yet.
const RANGE: &str = "range";

fn yuan(amount: Fen) -> String {
    Exact::of(amount).yuan()
}

/// Computes what a case asks for.
///
/// # Errors
/// Rules and facts that do not fit.
pub fn run_case(set: &RuleSet, case: &Case, options: Options) -> Result<Answer, Refusal> {
    let options = Options { pool: case.given.pool, ..options };
    let mut answer = Answer::default();
    if let Some(award) = case.given.award {
        uses(set, case, award, &mut answer)?;
    } else if case.given.claims.is_empty() {
        for component in asked(set, case) {
            let settled = evaluate(set, &component.id, &case.given.facts, options)?;
            name_results(&settled, &mut answer);
            if let (Some(_), Outcome::Amount(amount)) = (&set.cross_level_cap, &settled.outcome) {
                // What this level pays, beside the others.
                answer.put(&set.level, yuan(*amount));
            }
            answer.settlements.push(settled);
        }
    } else {
        parties(set, &case.given.claims, options, &mut answer)?;
    }
    Ok(answer)
}

/// The component that a case names; else those whose base is among the facts.
fn asked<'a>(set: &'a RuleSet, case: &Case) -> Vec<&'a Component> {
    if let Some(component) = &case.component {
        return set.component(component).into_iter().collect();
    }
    if let [only] = set.components.as_slice() {
        return vec![only];
    }
    set.components.iter().filter(|component| states_base(component, &case.given.facts)).collect()
}

/// How many results of components and items a case asks for.
pub(in crate::subsidy) fn results(set: &RuleSet, case: &Case) -> usize {
    let items = |facts: &Facts| 1 + facts.items.as_ref().map_or(0, Vec::len);
    if case.given.claims.is_empty() {
        return asked(set, case).len().saturating_mul(items(&case.given.facts));
    }
    case.given.claims.iter().map(|claim| items(&claim.facts)).sum()
}

pub(in crate::subsidy) fn states_base(component: &Component, facts: &Facts) -> bool {
    let states = |name: &str| {
        facts.own.get(name).is_some() || facts.items.iter().flatten().any(|item| item.attributes.get(name).is_some())
    };
    match (&component.base, &component.shape) {
        (Base::None, Shape::GradeTable { key, .. } | Shape::GradeRate { key, .. }) => states(key),
        (Base::Count, _) => facts.items.is_some(),
        // Who says nothing about the gates does not ask for a fixed amount.
        (Base::None, _) => {
            let mut all = !component.gates.is_empty();
            component.gates.iter().for_each(|gate| gate.names(&mut |name| all &= states(name)));
            all
        }
        (base, _) => base.measures().into_iter().all(states),
    }
}

fn name_results(settled: &Settlement, answer: &mut Answer) {
    answer.put("eligible", settled.is_eligible.to_string());
    match &settled.outcome {
        Outcome::Amount(amount) => answer.put(Case::AMOUNT, yuan(*amount)),
        Outcome::Count(number) => answer.put(Case::AMOUNT, Quantity::Count(*number).plain()),
        Outcome::NotComputable(_) => answer.put(Case::AMOUNT, Case::NOT_COMPUTABLE),
        Outcome::Range { min, max } => {
            answer.put(Case::AMOUNT, RANGE);
            answer.put("min", yuan(*min));
            answer.put("max", yuan(*max));
        }
        Outcome::Penalty(fines) => name_fines(*fines, answer),
    }
}

fn name_fines(fines: Fines, answer: &mut Answer) {
    for (name, amount) in [
        ("recover", fines.recover),
        ("fine_min", fines.fine_min),
        ("fine_max", fines.fine_max),
        ("responsible_person_min", fines.person_min),
        ("responsible_person_max", fines.person_max),
    ] {
        answer.put(name, yuan(amount));
    }
}

/// Least and most that conditions of use leave of an award: the least rounded up to fen, the most down.
fn uses(set: &RuleSet, case: &Case, award: Fen, answer: &mut Answer) -> Result<(), Refusal> {
    let named = |component: &&Component| case.component.as_ref().is_none_or(|name| *name == component.id);
    for component in set.components.iter().filter(named) {
        for condition in &component.use_conditions {
            let bound = if condition.is_least { "min" } else { "max" };
            answer.put(&format!("{bound}_for_{}", condition.group), use_amount(condition, award)?.yuan());
        }
        if !component.use_conditions.is_empty() {
            let given = Given::of(award, &component.id, &component.cited);
            answer.settlements.push(given.settlement(&component.id, &component.id));
        }
    }
    Ok(())
}

/// What a condition of use comes to for an award: a least one is rounded up to the fen, a most one down.
pub(in crate::subsidy) fn use_amount(condition: &UseCondition, award: Fen) -> Result<Exact, TooLarge> {
    let toward = if condition.is_least { Toward::Up } else { Toward::Down };
    condition.share.of(award)?.rounded(Fen(1), toward)
}

/// The steps of an amount that is given, and not computed here.
struct Given(Vec<Step>, Fen);

impl Given {
    fn of(amount: Fen, clause: &str, cited: &Cited) -> Self {
        let mut given = Self(Vec::new(), Fen(0));
        given.step(Stage::Shape, clause, cited, amount, Detail::Given { amount });
        given
    }

    fn step(&mut self, stage: Stage, clause: &str, cited: &Cited, after: Fen, detail: Detail) {
        let (before, exact) = (Exact::of(self.1), Exact::of(after));
        let (clause, cited) = (clause.to_owned(), cited.clone());
        self.0.push(Step { stage, clause, cited, before, after: exact, detail, parts: Vec::new() });
        self.1 = after;
    }

    fn settlement(self, id: &str, component: &str) -> Settlement {
        Settlement {
            id: id.to_owned(),
            component: component.to_owned(),
            is_eligible: true,
            is_capped: false,
            outcome: Outcome::Amount(self.1),
            steps: self.0,
        }
    }
}

/// Several claims: from the pool on when only amounts are given, else from their facts.
fn parties(set: &RuleSet, claims: &[CaseClaim], options: Options, answer: &mut Answer) -> Result<(), Refusal> {
    let amounts: Option<Vec<PoolClaim>> = claims.iter().map(pool_claim).collect();
    if let Some(mut asked) = amounts {
        let none = Cited::default();
        let mut steps: Vec<Given> = asked.iter().map(|claim| Given::of(claim.amount, "claims", &none)).collect();
        let rounding = &set.rounding;
        let unit = if rounding.after_caps { rounding.unit } else { Fen(1) };
        for (claim, steps) in asked.iter_mut().zip(&mut steps) {
            claim.amount = before_pool(rounding, Exact::of(claim.amount))?.fen().ok_or(TooLarge)?;
            let detail = Detail::Round { unit, mode: rounding.mode };
            steps.step(Stage::Round, "rounding", &none, claim.amount, detail);
        }
        let none = || Pool {
            id: String::new(),
            year: None,
            amount: None,
            mode: PoolMode::None,
            quantity: None,
            cited: Cited::default(),
        };
        let pool = set.pool.clone().unwrap_or_else(none);
        let shares = match options.pool.or(pool.amount) {
            Some(sum) => share(&asked, sum, &pool, &set.rounding)?,
            None => asked.iter().map(|claim| claim.amount).collect(),
        };
        let total = sum(asked.iter().map(|claim| claim.amount))?;
        let sum_of_pool = options.pool.or(pool.amount);
        let left = Fen(sum_of_pool.unwrap_or_default().0.saturating_sub(sum(shares.iter().copied())?.0).max(0));
        for ((claim, share), mut steps) in asked.iter().zip(shares).zip(steps) {
            answer.put(&claim.id, yuan(share));
            if pool.mode != PoolMode::None {
                let detail = Detail::Pool { mode: pool.mode, pool: sum_of_pool, total, left };
                steps.step(Stage::Pool, "pool", &pool.cited, share, detail);
            }
            answer.settlements.push(steps.settlement(&claim.id, ""));
        }
        return Ok(());
    }
    let only = set.components.first().map(|component| component.id.as_str()).unwrap_or_default();
    let whole: Vec<Claim<'_>> = claims
        .iter()
        .map(|claim| Claim {
            id: &claim.id,
            component: claim.component.as_deref().unwrap_or(only),
            facts: &claim.facts,
            submitted: claim.submitted,
            rank: claim.rank,
        })
        .collect();
    let settled = settle(set, &whole, options)?;
    for one in &settled {
        let result = match one.outcome {
            Outcome::Amount(amount) => yuan(amount),
            Outcome::Count(number) => Quantity::Count(number).plain(),
            Outcome::Range { .. } => RANGE.to_owned(),
            Outcome::Penalty(_) | Outcome::NotComputable(_) => Case::NOT_COMPUTABLE.to_owned(),
        };
        answer.put(&one.id, result);
    }
    let total = settled.iter().filter_map(|one| one.outcome.amount());
    let total = total.into_iter().try_fold(Fen(0), |sum, amount| sum.checked_add(amount).ok_or(TooLarge))?;
    answer.put("total", yuan(total));
    answer.settlements = settled;
    Ok(())
}

fn pool_claim(claim: &CaseClaim) -> Option<PoolClaim> {
    let amount = claim.amount?;
    Some(PoolClaim { id: claim.id.clone(), amount, submitted: claim.submitted, rank: claim.rank })
}
