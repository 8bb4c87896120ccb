//! Awards that are not paid beside each other.
//!
//! Where they meet on an attribute of items (the same contract), the items go to the award that may keep them and the
//! others are computed again without; where they meet on the beneficiary, whole amounts give way.

use std::collections::{BTreeMap, BTreeSet};

use super::component::{Run, run};
use super::items::Only;
use super::{Claim, Options, Refusal};
use crate::subsidy::exact::Exact;
use crate::subsidy::explain::{Detail, Stage};
use crate::subsidy::model::{Exclusivity, OverlapMode, RuleSet};

/// The key that stands for the whole beneficiary.
const BENEFICIARY: &str = "beneficiary";
/// The fact that says which award the claimants chose.
const CHOSEN: &str = "chosen_component";

/// Claims, by place, that meet on one value.
type Meeting = BTreeMap<String, Vec<usize>>;

pub(super) fn resolve<'a>(
    set: &'a RuleSet,
    claims: &[Claim<'a>],
    options: Options,
    runs: &mut [Run<'a>],
) -> Result<(), Refusal> {
    for exclusivity in &set.exclusivity {
        let meeting = meeting(exclusivity, claims, runs);
        if meeting.is_empty() {
            continue;
        }
        let case = Resolving { set, claims, options, exclusivity };
        if exclusivity.key == BENEFICIARY {
            meeting.values().try_for_each(|at| case.whole(at, runs))?;
        } else {
            case.by_item(&meeting, runs)?;
        }
    }
    Ok(())
}

/// Values on which claims for different components of the rule meet.
fn meeting(exclusivity: &Exclusivity, claims: &[Claim<'_>], runs: &[Run<'_>]) -> Meeting {
    let mut all: Meeting = BTreeMap::new();
    for (at, (claim, run)) in claims.iter().zip(runs).enumerate() {
        if !exclusivity.components.iter().any(|component| component == claim.component) {
            continue;
        }
        for value in values(exclusivity, claim, run) {
            all.entry(value.to_owned()).or_default().push(at);
        }
    }
    all.retain(|_, at| at.iter().map(|at| claims[*at].component).collect::<BTreeSet<_>>().len() > 1);
    all
}

fn values<'a>(exclusivity: &Exclusivity, claim: &Claim<'a>, run: &Run<'a>) -> BTreeSet<&'a str> {
    if exclusivity.key == BENEFICIARY {
        let claims_something = run.amount_so_far().is_some_and(|amount| !amount.is_zero());
        return claims_something.then_some(claim.facts.beneficiary.as_str()).into_iter().collect();
    }
    let own = claim.facts.own.word(&exclusivity.key);
    run.counted.iter().filter_map(|item| item.attributes.word(&exclusivity.key).or(own)).collect()
}

struct Resolving<'a, 'c> {
    set: &'a RuleSet,
    claims: &'c [Claim<'a>],
    options: Options,
    exclusivity: &'a Exclusivity,
}

impl<'a> Resolving<'a, '_> {
    fn others(&self, at: &[usize], me: usize) -> Vec<String> {
        let others = at.iter().map(|at| self.claims[*at].component).filter(|name| *name != self.claims[me].component);
        others.collect::<BTreeSet<_>>().into_iter().map(str::to_owned).collect()
    }

    fn amount_of(runs: &[Run<'_>], at: usize) -> Exact {
        runs[at].amount_so_far().unwrap_or_default()
    }

    /// Whole amounts of one beneficiary.
    fn whole(&self, at: &[usize], runs: &mut [Run<'a>]) -> Result<(), Refusal> {
        let mode = self.exclusivity.mode;
        let winner = match mode {
            OverlapMode::Forbid => None,
            OverlapMode::ChooseOne => self.chosen(at, |claim| claim.facts.own.word(CHOSEN).into_iter().collect()),
            OverlapMode::HighestOnly | OverlapMode::TopUpDifference => {
                self.highest(at, |at| Ok(Self::amount_of(runs, at)))?
            }
        };
        let is_winner = |at: usize| Some(self.claims[at].component) == winner;
        let mut others = Exact::ZERO;
        for at in at.iter().filter(|at| !is_winner(**at)) {
            others = others.plus(Self::amount_of(runs, *at))?;
        }
        for me in at {
            let now = Self::amount_of(runs, *me);
            let after = match (mode, is_winner(*me)) {
                (OverlapMode::TopUpDifference, true) => now.minus(others)?.floored(),
                (OverlapMode::TopUpDifference, false) | (_, true) => now,
                (_, false) => Exact::ZERO,
            };
            let with = self.others(at, *me);
            if runs[*me].amount_so_far().is_some() {
                runs[*me].settle(Stage::Overlap, after, || Detail::Overlap { mode, with });
            }
        }
        Ok(())
    }

    /// Items that several awards count: all but one of them do without.
    fn by_item(&self, meeting: &Meeting, runs: &mut [Run<'a>]) -> Result<(), Refusal> {
        let key = self.exclusivity.key.as_str();
        let mode = self.exclusivity.mode;
        let mut without: BTreeMap<usize, Vec<(String, OverlapMode, Vec<String>)>> = BTreeMap::new();
        let mut less: BTreeMap<usize, Exact> = BTreeMap::new();
        for (value, at) in meeting {
            let alone = |at: usize| self.alone(at, value);
            let winner = match mode {
                OverlapMode::Forbid => None,
                OverlapMode::ChooseOne => self.chosen(at, |claim| chosen_for(claim, key, value)),
                OverlapMode::HighestOnly | OverlapMode::TopUpDifference => self.highest(at, alone)?,
            };
            for me in at {
                let is_winner = Some(self.claims[*me].component) == winner;
                if mode == OverlapMode::TopUpDifference {
                    let others = at.iter().filter(|at| self.claims[**at].component != self.claims[*me].component);
                    for other in others.filter(|_| is_winner) {
                        let entry = less.entry(*me).or_default();
                        *entry = entry.plus(alone(*other)?)?;
                    }
                } else if !is_winner {
                    without.entry(*me).or_default().push((value.clone(), mode, self.others(at, *me)));
                }
            }
        }
        for (me, values) in without {
            runs[me] = run(self.set, &self.claims[me], self.options, &Only::Without { key, values })?;
        }
        for (me, others) in less {
            let with = self.exclusivity.components.iter().filter(|name| *name != self.claims[me].component);
            let with = with.cloned().collect();
            if let Some(now) = runs[me].amount_so_far() {
                let after = now.minus(others)?.floored();
                runs[me].settle(Stage::Overlap, after, || Detail::Overlap { mode, with });
            }
        }
        Ok(())
    }

    /// What a claim would bring with nothing but the items of one value.
    fn alone(&self, at: usize, value: &str) -> Result<Exact, Refusal> {
        let options = Options { explains: false, ..self.options };
        let only = Only::With { key: &self.exclusivity.key, value };
        Ok(run(self.set, &self.claims[at], options, &only)?.amount_so_far().unwrap_or_default())
    }

    /// The one component that all who choose agree on.
    fn chosen(&self, at: &[usize], choice: impl Fn(&Claim<'a>) -> Vec<&'a str>) -> Option<&'a str> {
        let choices: BTreeSet<&str> = at.iter().flat_map(|at| choice(&self.claims[*at])).collect();
        let mut known = choices.iter().filter(|choice| at.iter().any(|at| self.claims[*at].component == **choice));
        let first = known.next().copied();
        if choices.len() == 1 { first } else { None }
    }

    /// The component of the highest amount; of equal ones the first that the rule names.
    fn highest(
        &self,
        at: &[usize],
        amount: impl Fn(usize) -> Result<Exact, Refusal>,
    ) -> Result<Option<&'a str>, Refusal> {
        let mut best: Option<(Exact, usize, &str)> = None;
        for at in at {
            let component = self.claims[*at].component;
            let place = self.exclusivity.components.iter().position(|name| name == component).unwrap_or(usize::MAX);
            let this = (amount(*at)?, place, component);
            let is_better = |best: &(Exact, usize, &str)| this.0 > best.0 || (this.0 == best.0 && this.1 < best.1);
            if best.as_ref().is_none_or(is_better) {
                best = Some(this);
            }
        }
        Ok(best.map(|(_, _, component)| component))
    }
}

/// What the claim's items of one value, or the claim itself, say was chosen.
fn chosen_for<'a>(claim: &Claim<'a>, key: &str, value: &str) -> Vec<&'a str> {
    let own = &claim.facts.own;
    let items = claim.facts.items.iter().flatten().map(|item| &item.attributes);
    let of_items =
        items.filter(|item| item.word(key).or(own.word(key)) == Some(value)).filter_map(|item| item.word(CHOSEN));
    of_items.chain(own.word(CHOSEN)).collect()
}
