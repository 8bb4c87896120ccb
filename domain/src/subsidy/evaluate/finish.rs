//! What comes after the components: several levels together, the officer, rounding, finance.

use std::collections::BTreeMap;

use super::caps::is_own;
use super::component::Run;
use super::shared::{Left, Purse, order};
use super::{Claim, Missing, Outcome, Reached, Refusal, Settlement};
use crate::rule::Fen;
use crate::subsidy::exact::{Exact, TooLarge, Toward};
use crate::subsidy::explain::{Detail, Stage};
use crate::subsidy::facts::Approval;
use crate::subsidy::model::{Rounding, RoundingMode, RuleSet, Shape};

impl Run<'_> {
    /// A step of the whole set, which moves the amount.
    pub(super) fn settle(&mut self, stage: Stage, after: Exact, detail: impl FnOnce() -> Detail) {
        let clause = stage.to_string();
        self.step(stage, &clause, None, after, detail);
        self.reached = Reached::Amount(after);
    }

    pub(super) fn amount_so_far(&self) -> Option<Exact> {
        if let Reached::Amount(amount) = self.reached { Some(amount) } else { None }
    }
}

/// All components of one beneficiary and what the levels paid stay below the cap; later components give way first.
pub(super) fn cross_level<'a>(set: &RuleSet, claims: &[Claim<'a>], runs: &mut [Run<'a>]) -> Result<(), Refusal> {
    let Some(cap) = &set.cross_level_cap else { return Ok(()) };
    let mut purses: BTreeMap<&str, Purse<'a>> = BTreeMap::new();
    let with_amount: Vec<usize> = (0..runs.len()).filter(|at| runs[*at].amount_so_far().is_some()).collect();
    for at in &with_amount {
        let facts = claims[*at].facts;
        let counted = facts.payments.iter().filter(|payment| {
            let is_together = payment.level.as_ref().is_none_or(|level| level == "other" || cap.levels.contains(level));
            is_together && is_own(payment, facts)
        });
        purses.entry(&facts.beneficiary).or_default().join(facts, counted);
    }
    for at in order(claims, &with_amount, |at| place(set, claims[at].component)) {
        let (facts, run) = (claims[at].facts, &mut runs[at]);
        let (Some(now), Some(purse)) = (run.amount_so_far(), purses.get_mut(facts.beneficiary.as_str())) else {
            continue;
        };
        let Some(amount) = cap.amount else {
            run.reached = Reached::Missing(Missing::Figure("cross_level_cap.amount".to_owned()));
            continue;
        };
        let Left { paid, taken, .. } = purse.left(cap.period, facts.year)?;
        let most = Exact::of(amount).minus(Exact::of(paid))?.minus(taken)?.floored();
        let after = now.min(most);
        run.is_capped |= after < now;
        purse.take(&claims[at], after);
        let left = most.minus(after)?;
        let detail = || Detail::CrossLevel { levels: cap.levels.clone(), cap: amount, paid, taken, left };
        run.settle(Stage::CrossLevel, after, detail);
    }
    Ok(())
}

fn place(set: &RuleSet, component: &str) -> usize {
    set.components.iter().position(|known| known.id == component).unwrap_or(usize::MAX)
}

fn reason(approval: &Approval) -> Result<&str, Refusal> {
    if approval.reason.trim().is_empty() { Err(Refusal::NoReason) } else { Ok(&approval.reason) }
}

/// An officer approves less where the rule is a ceiling; within a range the decision has been taken already.
pub(super) fn officer(claim: &Claim<'_>, run: &mut Run<'_>) -> Result<(), Refusal> {
    let (Some(approval), Some(now)) = (&claim.facts.officer, run.amount_so_far()) else { return Ok(()) };
    let reason = reason(approval)?.to_owned();
    if matches!(run.component.shape, Shape::Range { .. }) {
        return Ok(());
    }
    if !run.component.is_ceiling {
        return Err(Refusal::NoCeiling(run.component.id.clone()));
    }
    reduce(run, Stage::Officer, approval.amount, now, || Detail::Officer { reason })
}

fn reduce(
    run: &mut Run<'_>,
    stage: Stage,
    approved: Fen,
    now: Exact,
    detail: impl FnOnce() -> Detail,
) -> Result<(), Refusal> {
    let after = Exact::of(approved);
    if after > now || approved.0 < 0 {
        let computed = now.rounded(Fen(1), Toward::Down)?.fen().ok_or(TooLarge)?;
        return Err(Refusal::AboveComputed { approved, computed });
    }
    run.settle(stage, after, detail);
    Ok(())
}

pub(super) fn toward(mode: RoundingMode) -> Toward {
    match mode {
        RoundingMode::Down => Toward::Down,
        RoundingMode::HalfUp => Toward::Nearest,
        RoundingMode::Up => Toward::Up,
    }
}

/// To the rule set's unit; without the stage to whole fen, because nothing finer can be paid.
pub(super) fn before_pool(rounding: &Rounding, amount: Exact) -> Result<Exact, TooLarge> {
    let unit = if rounding.after_caps { rounding.unit } else { Fen(1) };
    amount.rounded(unit, toward(rounding.mode))
}

pub(super) fn round(set: &RuleSet, run: &mut Run<'_>) -> Result<(), Refusal> {
    let Some(now) = run.amount_so_far() else { return Ok(()) };
    let rounding = &set.rounding;
    let unit = if rounding.after_caps { rounding.unit } else { Fen(1) };
    let after = before_pool(rounding, now)?;
    after.fen().ok_or(TooLarge)?;
    run.settle(Stage::Round, after, || Detail::Round { unit, mode: rounding.mode });
    Ok(())
}

/// Finance pays less, with a reason; then the result stands.
pub(super) fn settlement(claim: &Claim<'_>, mut run: Run<'_>) -> Result<Settlement, Refusal> {
    if let (Some(approval), Some(now)) = (&claim.facts.finance, run.amount_so_far()) {
        let reason = reason(approval)?.to_owned();
        reduce(&mut run, Stage::Finance, approval.amount, now, || Detail::Finance { reason })?;
    }
    let outcome = match run.reached {
        Reached::Amount(amount) => Outcome::Amount(amount.fen().ok_or(TooLarge)?),
        Reached::Count(number) => Outcome::Count(number),
        Reached::Range { min, max } => Outcome::Range { min, max },
        Reached::Penalty(fines) => Outcome::Penalty(fines),
        Reached::Missing(missing) => Outcome::NotComputable(missing),
    };
    Ok(Settlement {
        id: claim.id.to_owned(),
        component: claim.component.to_owned(),
        is_eligible: run.is_eligible,
        is_capped: run.is_capped,
        outcome,
        steps: run.trace.steps(),
    })
}
