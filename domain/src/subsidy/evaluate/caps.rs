//! Caps: of items and projects, of the component, and of what was paid before.

use std::collections::BTreeMap;

use super::Stop;
use super::component::Run;
use super::items::{Counted, money};
use super::shape::Parts;
use crate::rule::Fen;
use crate::subsidy::exact::{Exact, TooLarge};
use crate::subsidy::explain::{Detail, Stage};
use crate::subsidy::facts::{Facts, Payment};
use crate::subsidy::model::{Cap, Period, Scope};

/// A cap counts by project when it says so in scope or period.
pub(super) fn is_by_project(cap: &Cap) -> bool {
    cap.scope == Scope::Project || (cap.period == Period::Project && cap.scope != Scope::Item)
}

/// Whether what was paid for the year `paid` counts in a cap's period that ends with the claim's year.
pub(super) fn is_in_period(paid: Option<i32>, period: Period, year: Option<i32>) -> bool {
    let (Some(paid), Some(year)) = (paid, year) else { return true };
    match period {
        Period::Once | Period::Project => true,
        Period::Year => paid == year,
        Period::Years(span) => {
            let span = i64::from(span);
            (i64::from(year) - span + 1..=i64::from(year)).contains(&i64::from(paid))
        }
    }
}

/// Whether it was paid to the claim's beneficiary.
pub(super) fn is_own(payment: &Payment, facts: &Facts) -> bool {
    payment.beneficiary.as_ref().is_none_or(|name| *name == facts.beneficiary)
}

/// The sum of payments.
pub(super) fn paid<'p>(payments: impl Iterator<Item = &'p Payment>) -> Result<Fen, TooLarge> {
    payments.map(|payment| payment.amount).try_fold(Fen(0), |sum, amount| sum.checked_add(amount).ok_or(TooLarge))
}

impl<'a> Run<'a> {
    /// Whether something caps each item or project, so that the shape is taken of each.
    pub(super) fn has_group_caps(&self) -> bool {
        self.component.caps.iter().any(|cap| is_by_project(cap) || cap.scope == Scope::Item)
    }

    /// The shape and cap of each item, or of each project when only projects are capped.
    pub(super) fn by_item(&mut self, counted: &[Counted<'a>]) -> Result<(), Stop> {
        let component = self.component;
        let is_capped = component.item_cap.is_some() || component.caps.iter().any(|cap| cap.scope == Scope::Item);
        let by_project = component.caps.iter().any(is_by_project);
        if !by_project {
            return counted.iter().try_for_each(|item| {
                let mut parts = Parts::of(self);
                self.item(*item, &mut parts)?;
                self.extend(Stage::Item, "calc", Some(Detail::Item { item: item.id.to_owned() }), parts);
                Ok(())
            });
        }
        for (project, items) in Self::projects(counted) {
            let mut parts = Parts::of(self);
            let start = parts.now;
            if is_capped {
                items.iter().try_for_each(|item| self.item(*item, &mut parts))?;
            } else {
                let base = self.base(&items)?.map(|(base, _)| base);
                self.shape(&component.shape, "calc", base, &items, &mut parts)?;
            }
            for cap in component.caps.iter().filter(|cap| is_by_project(cap)) {
                self.project_cap(cap, project, start, &mut parts)?;
            }
            self.extend(Stage::Project, "calc", Some(Detail::Project { project: project.to_owned() }), parts);
        }
        Ok(())
    }

    /// Items by project, in the order of names; an item that names none is a project of its own.
    fn projects(counted: &[Counted<'a>]) -> Vec<(&'a str, Vec<Counted<'a>>)> {
        let mut projects: BTreeMap<(bool, &str), Vec<Counted<'a>>> = BTreeMap::new();
        for item in counted {
            let named = item.attributes.word("project");
            projects.entry((named.is_none(), named.unwrap_or(item.id))).or_default().push(*item);
        }
        projects.into_iter().map(|((_, name), items)| (name, items)).collect()
    }

    fn item(&self, item: Counted<'a>, parts: &mut Parts) -> Result<(), Stop> {
        let component = self.component;
        let start = parts.now;
        let stated = component.base.measures().first().copied().map(|measure| money(measure, item.attributes));
        // The plain case, without looking through the other items.
        let base = match (stated.transpose()?.flatten(), component.base.measures().len()) {
            (Some(amount), 1) => Some(amount),
            _ => self.base(&[item])?.map(|(base, _)| base),
        };
        self.shape(&component.shape, "calc", base, &[item], parts)?;
        if let Some(cap) = component.item_cap {
            let cap = self.figure(cap, "item_cap", "amount")?;
            self.item_cap(cap, "item_cap", start, parts)?;
        }
        for cap in component.caps.iter().filter(|cap| cap.scope == Scope::Item) {
            let amount = self.figure(cap.amount, "caps.item", "amount")?;
            self.item_cap(amount, "caps.item", start, parts)?;
        }
        Ok(())
    }

    fn item_cap(&self, cap: Fen, clause: &str, start: Exact, parts: &mut Parts) -> Result<(), Stop> {
        let most = start.plus(Exact::of(cap))?;
        if parts.now > most {
            parts.is_capped = true;
            let detail =
                || Detail::Cap { scope: Scope::Item, period: Period::Project, cap, paid: Fen(0), left: Exact::ZERO };
            self.leaf(Stage::ItemCap, clause, None, most, parts, detail);
        }
        Ok(())
    }

    fn project_cap(&self, cap: &Cap, project: &str, start: Exact, parts: &mut Parts) -> Result<(), Stop> {
        let mine = |payment: &&Payment| self.is_mine(payment, cap.scope) && payment.project.as_deref() == Some(project);
        let paid = paid(self.facts.payments.iter().filter(mine))?;
        let clause = format!("caps.{}", cap.scope);
        let amount = self.figure(cap.amount, &clause, "amount")?;
        let left = Exact::of(amount).minus(Exact::of(paid))?.floored();
        let most = start.plus(left)?;
        let after = parts.now.min(most);
        let detail = || Detail::Cap {
            scope: cap.scope,
            period: cap.period,
            cap: amount,
            paid,
            left: most.minus(after).unwrap_or_default(),
        };
        parts.is_capped |= after < parts.now;
        if after < parts.now || paid.0 > 0 {
            self.leaf(Stage::Project, &clause, Some(&cap.cited), after, parts, detail);
        }
        Ok(())
    }

    /// Caps of the component alone, before what is added outside of it.
    pub(super) fn component_caps(&mut self) -> Result<(), Stop> {
        let component = self.component;
        let caps = component.caps.iter().filter(|cap| cap.scope == Scope::Component && !is_by_project(cap));
        caps.into_iter().try_for_each(|cap| self.cap(cap, Stage::ComponentCap))
    }

    /// Caps of person and beneficiary, less what was paid in their period.
    pub(super) fn paid_caps(&mut self) -> Result<(), Stop> {
        let component = self.component;
        let caps = component.caps.iter().filter(|cap| matches!(cap.scope, Scope::Person | Scope::Beneficiary));
        caps.filter(|cap| !is_by_project(cap)).try_for_each(|cap| self.cap(cap, Stage::PaidCap))
    }

    fn cap(&mut self, cap: &'a Cap, stage: Stage) -> Result<(), Stop> {
        let mine = self.facts.payments.iter().filter(|payment| self.is_mine(payment, cap.scope));
        let in_period = mine.filter(|payment| is_in_period(payment.year, cap.period, self.facts.year));
        let paid = paid(in_period)?;
        let (scope, period) = (cap.scope, cap.period);
        let clause = format!("caps.{scope}");
        let Some(amount) = cap.amount else {
            if paid.0 > 0 {
                self.is_capped |= !self.now.is_zero();
                let detail = || Detail::PaidInPeriod { period, paid };
                self.step(stage, &clause, Some(&cap.cited), Exact::ZERO, detail);
            }
            return Ok(());
        };
        let most = Exact::of(amount).minus(Exact::of(paid))?.floored();
        let after = self.now.min(most);
        self.is_capped |= after < self.now;
        let left = most.minus(after)?;
        let detail = || Detail::Cap { scope, period, cap: amount, paid, left };
        self.step(stage, &clause, Some(&cap.cited), after, detail);
        Ok(())
    }

    /// Paid under these rules, for this component or for all, and to whom a cap of the scope is for.
    pub(super) fn is_mine(&self, payment: &Payment, scope: Scope) -> bool {
        let is_here = payment.component.as_ref().is_none_or(|name| *name == self.component.id);
        let is_for = match scope {
            Scope::Person => payment.person.as_deref().is_none_or(|name| Some(name) == self.person),
            Scope::Item | Scope::Project | Scope::Component | Scope::Beneficiary => is_own(payment, self.facts),
        };
        payment.level.is_none() && is_here && is_for
    }

    /// What was paid for something lower is taken off.
    pub(super) fn offset(&mut self) -> Result<(), Stop> {
        let Some(offset) = &self.component.offset else { return Ok(()) };
        let paid = money(&offset.measure, &self.facts.own)?.unwrap_or_default().max(Fen(0));
        let after = self.now.minus(Exact::of(paid))?.floored();
        let detail = || Detail::Offset { measure: offset.measure.clone(), paid };
        self.step(Stage::Offset, "offset", Some(&offset.cited), after, detail);
        Ok(())
    }
}
