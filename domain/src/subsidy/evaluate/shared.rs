//! Caps that several claims of one round share: of one person through several employers, of one beneficiary.
//!
//! The claims are served by year, then by time of submission, then by id, each in full while the cap lasts; what an
//! earlier one got counts for the later ones as if it had been paid before. What overlap took away uses up nothing.

use std::collections::BTreeMap;

use super::Claim;
use super::caps::{is_by_project, is_in_period};
use super::component::Run;
use crate::rule::Fen;
use crate::subsidy::exact::{Exact, TooLarge};
use crate::subsidy::explain::{Detail, Stage};
use crate::subsidy::facts::{Facts, Payment};
use crate::subsidy::model::{Cap, Period, Scope};

/// Two claims that state the same of a payment mean the same payment.
type Same<'a> = (&'a str, [Option<&'a str>; 4], Option<i32>, Fen);

/// What several claims of one name take of one cap.
#[derive(Debug, Default)]
pub(super) struct Purse<'a> {
    claims: usize,
    /// How often each payment was made: as often as the claim that states it most often says.
    stated: BTreeMap<Same<'a>, i64>,
    taken: Vec<(Option<i32>, &'a str, Exact)>,
}

/// What is left of a cap before a claim.
#[derive(Debug)]
pub(super) struct Left {
    pub paid: Fen,
    pub taken: Exact,
    /// The claims that took it.
    pub by: Vec<String>,
}

impl<'a> Purse<'a> {
    /// One more claim, with the payments that it states and that count here.
    pub fn join(&mut self, facts: &'a Facts, payments: impl Iterator<Item = &'a Payment>) {
        self.claims += 1;
        let mut stated: BTreeMap<Same<'a>, i64> = BTreeMap::new();
        for payment in payments {
            let through = payment.beneficiary.as_ref().unwrap_or(&facts.beneficiary);
            let named = [&payment.component, &payment.level, &payment.project, &payment.person];
            *stated.entry((through, named.map(Option::as_deref), payment.year, payment.amount)).or_default() += 1;
        }
        for (payment, times) in stated {
            let known = self.stated.entry(payment).or_default();
            *known = times.max(*known);
        }
    }

    /// What was paid and taken in a period that ends with `year`.
    pub fn left(&self, period: Period, year: Option<i32>) -> Result<Left, TooLarge> {
        let mut left = Left { paid: Fen(0), taken: Exact::ZERO, by: Vec::new() };
        for ((_, _, paid, amount), times) in &self.stated {
            if is_in_period(*paid, period, year) {
                let amount = amount.0.checked_mul(*times).map(Fen).ok_or(TooLarge)?;
                left.paid = left.paid.checked_add(amount).ok_or(TooLarge)?;
            }
        }
        for (of, claim, amount) in &self.taken {
            if is_in_period(*of, period, year) && !amount.is_zero() {
                left.taken = left.taken.plus(*amount)?;
                left.by.push((*claim).to_owned());
            }
        }
        Ok(left)
    }

    pub fn take(&mut self, claim: &Claim<'a>, amount: Exact) {
        self.taken.push((claim.facts.year, claim.id, amount));
    }
}

/// In what order claims are served.
pub(super) fn order(claims: &[Claim<'_>], at: &[usize], first: impl Fn(usize) -> usize) -> Vec<usize> {
    let mut order = at.to_vec();
    order.sort_by_key(|at| (claims[*at].facts.year, first(*at), claims[*at].submitted, claims[*at].id));
    order
}

/// A cap of a component, and whom it is for.
type Whose<'a> = (&'a str, usize, &'a str);

fn whose<'a>(run: &Run<'a>) -> Vec<(Whose<'a>, &'a Cap)> {
    let caps = run.component.caps.iter().enumerate();
    let named = caps.filter(|(_, cap)| !is_by_project(cap)).filter_map(|(at, cap)| {
        let name = match cap.scope {
            Scope::Person => run.person?,
            Scope::Beneficiary => run.facts.beneficiary.as_str(),
            Scope::Item | Scope::Project | Scope::Component => return None,
        };
        (!name.is_empty()).then_some(((run.component.id.as_str(), at, name), cap))
    });
    named.collect()
}

/// Claims of one person, or of one beneficiary, stay below its cap together.
pub(super) fn caps<'a>(claims: &[Claim<'a>], runs: &mut [Run<'a>]) -> Result<(), TooLarge> {
    let mut purses: BTreeMap<Whose<'a>, Purse<'a>> = BTreeMap::new();
    let with_amount: Vec<usize> = (0..runs.len()).filter(|at| runs[*at].amount_so_far().is_some()).collect();
    for at in &with_amount {
        let run = &runs[*at];
        for (whose, cap) in whose(run) {
            let mine = run.facts.payments.iter().filter(|payment| run.is_mine(payment, cap.scope));
            purses.entry(whose).or_default().join(run.facts, mine);
        }
    }
    purses.retain(|_, purse| purse.claims > 1);
    if purses.is_empty() {
        return Ok(());
    }
    for at in order(claims, &with_amount, |_| 0) {
        let run = &mut runs[at];
        let whose = whose(run);
        for (whose, cap) in &whose {
            if let Some(purse) = purses.get(whose) {
                run.shared_cap(cap, whose.2, purse)?;
            }
        }
        for (whose, _) in &whose {
            if let (Some(purse), Some(now)) = (purses.get_mut(whose), run.amount_so_far()) {
                purse.take(&claims[at], now);
            }
        }
    }
    Ok(())
}

impl<'a> Run<'a> {
    fn shared_cap(&mut self, cap: &'a Cap, name: &str, purse: &Purse<'_>) -> Result<(), TooLarge> {
        let Left { paid, taken, by } = purse.left(cap.period, self.facts.year)?;
        let before = self.now;
        let (after, left) = match cap.amount {
            Some(amount) => {
                let most = Exact::of(amount).minus(Exact::of(paid))?.minus(taken)?.floored();
                let after = before.min(most);
                (after, most.minus(after)?)
            }
            // Only how often it is paid is limited.
            None if paid.0 > 0 || !taken.is_zero() => (Exact::ZERO, Exact::ZERO),
            None => (before, Exact::ZERO),
        };
        self.is_capped |= after < before;
        let (scope, period, name) = (cap.scope, cap.period, name.to_owned());
        let detail = || Detail::SharedCap { scope, name, period, cap: cap.amount, paid, taken, by, left };
        self.step(Stage::PaidCap, &format!("caps.{scope}"), Some(&cap.cited), after, detail);
        self.reached = super::Reached::Amount(after);
        Ok(())
    }
}
