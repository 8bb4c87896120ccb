//! One component for one claim, up to the cap of what was paid before.

use super::condition::{Truth, found, truth};
use super::items::{Counted, Only, Totals};
use super::shape::Parts;
use super::{Claim, Fines, Missing, Options, Reached, Refusal, Stop};
use crate::rule::Fen;
use crate::subsidy::exact::{Exact, Rate, Toward};
use crate::subsidy::explain::{Detail, Stage, Step, Trace};
use crate::subsidy::facts::{Facts, PERSON};
use crate::subsidy::figure::Quantity;
use crate::subsidy::model::{AddOn, Base, Cited, Component, Penalty, RuleSet, Scope, Shape};

/// A component on its way.
#[derive(Debug, Clone)]
pub(super) struct Run<'a> {
    pub component: &'a Component,
    pub facts: &'a Facts,
    pub options: Options,
    pub trace: Trace,
    /// The amount so far.
    pub now: Exact,
    pub is_eligible: bool,
    pub is_capped: bool,
    pub reached: Reached,
    /// The items that count.
    pub counted: Vec<Counted<'a>>,
    /// Whom a cap per person is for.
    pub person: Option<&'a str>,
}

/// Runs a component over the items that `only` leaves.
pub(super) fn run<'a>(
    set: &'a RuleSet,
    claim: &Claim<'a>,
    options: Options,
    only: &Only<'_>,
) -> Result<Run<'a>, Refusal> {
    let component = set.component(claim.component);
    let component = component.ok_or_else(|| Refusal::UnknownComponent(claim.component.to_owned()))?;
    let mut run = Run {
        component,
        facts: claim.facts,
        options,
        trace: Trace::new(options.explains),
        now: Exact::ZERO,
        is_eligible: true,
        is_capped: false,
        reached: Reached::Amount(Exact::ZERO),
        counted: Vec::new(),
        person: None,
    };
    run.reached = match run.follow(only) {
        Ok(Reached::Amount(_)) => Reached::Amount(run.now),
        Ok(reached) => reached,
        Err(Stop::Missing(missing)) => Reached::Missing(missing),
        Err(Stop::Refused(refusal)) => return Err(refusal),
    };
    Ok(run)
}

impl<'a> Run<'a> {
    /// Adds a step from the amount so far to `after`.
    pub fn step(
        &mut self,
        stage: Stage,
        clause: &str,
        cited: Option<&Cited>,
        after: Exact,
        detail: impl FnOnce() -> Detail,
    ) {
        self.step_with(stage, clause, cited, after, detail, Vec::new);
    }

    fn step_with(
        &mut self,
        stage: Stage,
        clause: &str,
        cited: Option<&Cited>,
        after: Exact,
        detail: impl FnOnce() -> Detail,
        parts: impl FnOnce() -> Vec<Step>,
    ) {
        let (component, before) = (self.component, self.now);
        self.trace.push(|| Step {
            stage,
            clause: format!("{}.{clause}", component.id),
            cited: nearest(cited, &component.cited),
            before,
            after,
            detail: detail(),
            parts: parts(),
        });
        self.now = after;
    }

    pub fn no_figure(&self, clause: &str, name: &str) -> Stop {
        Stop::Missing(Missing::Figure(format!("{}.{clause}.{name}", self.component.id)))
    }

    /// A figure of the rule that must be published.
    pub fn figure<T>(&self, figure: Option<T>, clause: &str, name: &str) -> Result<T, Stop> {
        figure.ok_or_else(|| self.no_figure(clause, name))
    }

    fn follow(&mut self, only: &Only<'_>) -> Result<Reached, Stop> {
        let nothing = Reached::Amount(Exact::ZERO);
        if self.component.caps.iter().any(|cap| cap.scope == Scope::Person) {
            self.person = self.person()?;
        }
        if !self.years_are_left()? || !self.gates_hold()? {
            self.is_eligible = false;
            return Ok(nothing);
        }
        let counted = self.items(only)?;
        self.counted.clone_from(&counted);
        if self.component.shape == Shape::Count {
            let number = i64::try_from(counted.len()).unwrap_or(i64::MAX);
            self.step(Stage::Shape, "calc", None, Exact::ZERO, || Detail::Count { number });
            return Ok(Reached::Count(number));
        }
        // Where something is asked of items and none of them counts, a fixed amount is not paid either.
        let is_empty = counted.is_empty() && (self.is_filtered() || self.component.base == Base::Count);
        if is_empty && !matches!(self.component.shape, Shape::Penalty(_)) {
            return Ok(nothing);
        }
        let base = self.base(&counted)?;
        let (base, detail) = base.map_or((None, None), |(total, detail)| (Some(total), detail));
        if let Some(detail) = detail {
            self.step(Stage::Base, "base", None, self.now, || detail);
        }
        if !self.reaches_floor(base)? {
            return Ok(nothing);
        }
        match &self.component.shape {
            Shape::Penalty(penalty) => return self.penalty(penalty, base.unwrap_or_default()),
            Shape::Range { min, max } => {
                if let Some(open) = self.range(*min, *max)? {
                    return Ok(open);
                }
            }
            _ => self.amount(&counted, base)?,
        }
        self.add_ons(&counted, base, true)?;
        self.component_caps()?;
        self.add_ons(&counted, base, false)?;
        self.offset()?;
        self.paid_caps()?;
        Ok(Reached::Amount(self.now))
    }

    /// Whether there was anything that could count.
    fn is_filtered(&self) -> bool {
        self.facts.items.as_ref().is_none_or(|items| !items.is_empty())
    }

    fn years_are_left(&mut self) -> Result<bool, Stop> {
        let Some(most) = self.component.max_years else { return Ok(true) };
        let paid = match self.facts.own.figure("years_paid") {
            None => 0,
            Some(Quantity::Count(years) | Quantity::Years(years)) => years,
            Some(_) => {
                let unit = crate::subsidy::figure::Unit::Years;
                return Err(Refusal::WrongUnit { name: "years_paid".to_owned(), unit }.into());
            }
        };
        self.step(Stage::Gate, "max_years", None, self.now, || Detail::YearsPaid { paid, most });
        Ok(paid < i64::from(most))
    }

    /// One gate that fails decides, whatever is unknown of the others.
    fn gates_hold(&mut self) -> Result<bool, Stop> {
        let component = self.component;
        let totals = Totals(self.facts);
        let mut unknown = None;
        for gate in &component.gates {
            let holds = match truth(gate, &totals)? {
                Truth::Yes => true,
                Truth::No => false,
                Truth::Unknown { name, .. } => {
                    unknown.get_or_insert(Stop::Missing(Missing::Fact(name)));
                    continue;
                }
                Truth::NoFigure { name } => {
                    unknown.get_or_insert(self.no_figure("gate", &name));
                    continue;
                }
            };
            let found = if self.trace.is_wanted() { found(gate, &totals)? } else { Vec::new() };
            let detail = || Detail::Gate { condition: gate.clone(), found, holds };
            self.step(Stage::Gate, "gate", None, self.now, detail);
            if !holds {
                return Ok(false);
            }
        }
        unknown.map_or(Ok(true), Err)
    }

    /// The person that the claim or its items name, whether they count or not; else the beneficiary.
    fn person(&self) -> Result<Option<&'a str>, Stop> {
        let facts = self.facts;
        let of_items = facts.items.iter().flatten().filter_map(|item| item.attributes.word(PERSON));
        let mut named = facts.own.word(PERSON).into_iter().chain(of_items);
        let first = named.next();
        if let (Some(one), Some(other)) = (first, named.find(|name| Some(*name) != first)) {
            return Err(Refusal::SeveralPersons { one: one.to_owned(), other: other.to_owned() }.into());
        }
        let beneficiary = facts.beneficiary.as_str();
        Ok(first.or((!beneficiary.is_empty()).then_some(beneficiary)))
    }

    fn reaches_floor(&mut self, base: Option<Fen>) -> Result<bool, Stop> {
        let component = self.component;
        let (Some(floor), Some(base)) = (&component.floor, base) else { return Ok(true) };
        let amount = self.figure(floor.amount, "floor", "amount")?;
        let comparison = floor.comparison();
        let is_reached = comparison.holds(base, amount);
        let detail = || Detail::Floor { base, floor: amount, comparison, is_reached };
        self.step(Stage::Floor, "floor", Some(&floor.cited), self.now, detail);
        Ok(is_reached)
    }

    /// The shape over the whole, or over each item or project when something caps those.
    fn amount(&mut self, counted: &[Counted<'a>], base: Option<Fen>) -> Result<(), Stop> {
        let component = self.component;
        if component.item_cap.is_some() || self.has_group_caps() {
            return self.by_item(counted);
        }
        let mut parts = Parts::of(self);
        self.shape(&component.shape, "calc", base, counted, &mut parts)?;
        self.extend(Stage::Shape, "calc", None, parts);
        Ok(())
    }

    /// A step of one part is that part.
    pub fn extend(&mut self, stage: Stage, clause: &str, detail: Option<Detail>, parts: Parts) {
        let after = parts.now;
        self.is_capped |= parts.is_capped;
        if self.trace.is_wanted() {
            let mut steps = parts.trace.steps();
            match detail {
                None => steps.into_iter().for_each(|step| self.trace.push(|| step)),
                Some(detail) if steps.is_empty() => self.step(stage, clause, None, after, || detail),
                Some(detail) => {
                    self.step_with(stage, clause, None, after, || detail, || std::mem::take(&mut steps));
                }
            }
        }
        self.now = after;
    }

    fn add_ons(&mut self, counted: &[Counted<'a>], base: Option<Fen>, inside: bool) -> Result<(), Stop> {
        let component = self.component;
        component.add_ons.iter().filter(|add_on| add_on.is_inside == inside).try_for_each(|add_on| {
            let clause = format!("add_ons.{}", add_on.id);
            self.add_on(add_on, &clause, counted, base)
        })
    }

    fn add_on(
        &mut self,
        add_on: &'a AddOn,
        clause: &str,
        counted: &[Counted<'a>],
        base: Option<Fen>,
    ) -> Result<(), Stop> {
        let is_triggered = match add_on.when.as_ref().map(|when| truth(when, &Totals(self.facts))).transpose()? {
            None | Some(Truth::Yes) => true,
            // Nobody who does not state the figure asks for what is on top.
            Some(Truth::No | Truth::Unknown { .. }) => false,
            Some(Truth::NoFigure { name }) => return Err(self.no_figure(clause, &name)),
        };
        let detail = Detail::AddOn { id: add_on.id.clone(), is_triggered };
        let mut parts = Parts::of(self);
        if is_triggered {
            let own = add_on.measure.as_ref().map(|measure| self.total(measure, counted)).transpose()?;
            let start = parts.now;
            self.shape(&add_on.shape, clause, own.or(base), counted, &mut parts)?;
            if let Some(cap) = add_on.cap {
                let most = start.plus(Exact::of(cap))?;
                self.band_cap(clause, cap, most, &mut parts);
            }
        }
        self.extend(Stage::AddOn, clause, Some(detail), parts);
        Ok(())
    }

    /// A range is open until an officer decides.
    fn range(&mut self, min: Option<Fen>, max: Option<Fen>) -> Result<Option<Reached>, Stop> {
        let (min, max) = (self.figure(min, "calc", "min")?, self.figure(max, "calc", "max")?);
        let Some(decision) = &self.facts.officer else { return Ok(Some(Reached::Range { min, max })) };
        let approved = decision.amount;
        if approved < min || approved > max {
            return Err(Refusal::OutsideRange { approved, min, max }.into());
        }
        let detail = || Detail::Decided { min, max, reason: decision.reason.clone() };
        self.step(Stage::Shape, "calc", None, Exact::of(approved), detail);
        Ok(None)
    }

    fn penalty(&mut self, penalty: &Penalty, base: Fen) -> Result<Reached, Stop> {
        let rate = |run: &Self, rate: Option<Rate>, name, toward| -> Result<Fen, Stop> {
            let exact = run.figure(rate, "calc", name)?.of(base)?.rounded(Fen(1), toward)?;
            exact.fen().ok_or_else(|| crate::subsidy::exact::TooLarge.into())
        };
        let fines = Fines {
            recover: rate(self, penalty.recover_rate, "recover_rate", Toward::Down)?,
            fine_min: rate(self, penalty.fine_min_rate, "fine_min_rate", Toward::Up)?,
            fine_max: rate(self, penalty.fine_max_rate, "fine_max_rate", Toward::Down)?,
            person_min: self.figure(penalty.person_min, "calc", "person_min")?,
            person_max: self.figure(penalty.person_max, "calc", "person_max")?,
        };
        let rates = || Detail::Penalty { base, rates: penalty.clone() };
        self.step(Stage::Shape, "calc", None, Exact::ZERO, rates);
        Ok(Reached::Penalty(fines))
    }
}

/// The clause's own basis, else the component's.
fn nearest(cited: Option<&Cited>, component: &Cited) -> Cited {
    let own = cited.filter(|cited| cited.basis.is_some() || !cited.text.is_empty());
    let mut made = own.unwrap_or(component).clone();
    if made.basis.is_none() {
        made.basis.clone_from(&component.basis);
    }
    made
}
