//! Which items count, and what they add up to.

use std::collections::BTreeMap;

use super::component::Run;
use super::condition::{Known, Truth, found, truth};
use super::{Gaps, Missing, Refusal, Stop};
use crate::rule::Fen;
use crate::subsidy::exact::TooLarge;
use crate::subsidy::explain::{Detail, NotCounted, Reason, Stage};
use crate::subsidy::facts::{Attributes, Facts};
use crate::subsidy::figure::{Quantity, Unit};
use crate::subsidy::model::{Base, MissingPrior, OverlapMode};

/// One item that counts.
#[derive(Debug, Clone, Copy)]
pub(super) struct Counted<'a> {
    pub id: &'a str,
    pub attributes: &'a Attributes,
}

/// Which items are looked at, by the value of an attribute.
#[derive(Debug)]
pub(super) enum Only<'a> {
    Everything,
    /// Nothing but items with this value.
    With {
        key: &'a str,
        value: &'a str,
    },
    /// Items with these values are claimed elsewhere.
    Without {
        key: &'a str,
        values: Vec<(String, OverlapMode, Vec<String>)>,
    },
}

/// The beneficiary's own facts, and totals over all of its items.
pub(super) struct Totals<'a>(pub &'a Facts);

impl Known for Totals<'_> {
    fn attributes(&self) -> &Attributes {
        &self.0.own
    }

    fn figure(&self, name: &str) -> Result<Option<Quantity>, Refusal> {
        if let Some(figure) = self.0.own.figure(name) {
            return Ok(Some(figure));
        }
        let items = self.0.items.iter().flatten().map(|item| &item.attributes);
        sum(name, items).map(|total| total.map(Quantity::Money))
    }
}

/// The sum of a measure, unless no item states it.
fn sum<'a>(name: &str, items: impl Iterator<Item = &'a Attributes>) -> Result<Option<Fen>, Refusal> {
    let mut total = None;
    for figure in items.filter_map(|attributes| attributes.figure(name)) {
        let Quantity::Money(amount) = figure else {
            return Err(Refusal::WrongUnit { name: name.to_owned(), unit: Unit::Yuan });
        };
        total = Some(total.unwrap_or(Fen(0)).checked_add(amount).ok_or(TooLarge)?);
    }
    Ok(total)
}

impl<'a> Run<'a> {
    /// The items that count; without items the totals are one item.
    pub(super) fn items(&mut self, only: &Only<'_>) -> Result<Vec<Counted<'a>>, Stop> {
        let facts = self.facts;
        let all: Vec<Counted<'a>> = match &facts.items {
            Some(items) => items.iter().map(|item| Counted { id: &item.id, attributes: &item.attributes }).collect(),
            None => vec![Counted { id: "", attributes: &facts.own }],
        };
        let given = all.len();
        let (mut counted, mut not_counted, mut assumed) = (Vec::with_capacity(given), Vec::new(), Vec::new());
        for item in all {
            match self.why_not(item, only, &mut assumed)? {
                None => counted.push(item),
                Some(reason) => self.note(&mut not_counted, item.id, reason),
            }
        }
        self.one_per(&mut counted, &mut not_counted)?;
        if facts.items.is_some() || !not_counted.is_empty() || !assumed.is_empty() || given != counted.len() {
            let number = counted.len();
            let detail = || Detail::Items { counted: number, given, not_counted, assumed };
            self.step(Stage::Items, "item_filter", None, self.now, detail);
        }
        Ok(counted)
    }

    /// Reasons are kept only where somebody reads them.
    fn note(&self, not_counted: &mut Vec<NotCounted>, item: &str, reason: Reason) {
        if self.trace.is_wanted() {
            not_counted.push(NotCounted { item: item.to_owned(), reason });
        }
    }

    fn why_not(
        &self,
        item: Counted<'a>,
        only: &Only<'_>,
        assumed: &mut Vec<(String, String)>,
    ) -> Result<Option<Reason>, Stop> {
        let key_value = |key: &str| item.attributes.word(key).or_else(|| self.facts.own.word(key));
        match only {
            Only::Everything => {}
            Only::With { key, value } => {
                if key_value(key) != Some(value) {
                    return Ok(Some(Reason::Unknown { name: (*key).to_owned() }));
                }
            }
            Only::Without { key, values } => {
                let taken = values.iter().find(|(value, ..)| key_value(key) == Some(value.as_str()));
                if let Some((_, mode, with)) = taken {
                    return Ok(Some(Reason::Overlap { mode: *mode, with: with.clone() }));
                }
            }
        }
        for condition in &self.component.filter {
            match truth(condition, item.attributes)? {
                Truth::Yes => {}
                Truth::No => {
                    let found = if self.trace.is_wanted() { found(condition, item.attributes)? } else { Vec::new() };
                    return Ok(Some(Reason::Condition { condition: condition.clone(), found }));
                }
                Truth::NoFigure { name } => return Err(self.no_figure("item_filter", &name)),
                Truth::Unknown { name, is_assumable: true } if self.options.gaps == Gaps::Assume => {
                    if self.trace.is_wanted() {
                        assumed.push((item.id.to_owned(), name));
                    }
                }
                Truth::Unknown { name, .. } => return Ok(Some(Reason::Unknown { name })),
            }
        }
        self.item_floor(item)
    }

    fn item_floor(&self, item: Counted<'a>) -> Result<Option<Reason>, Stop> {
        let Some(item_floor) = &self.component.item_floor else { return Ok(None) };
        let Some(floor) = item_floor.floor.amount else { return Err(self.no_figure("item_floor", "amount")) };
        let measure = &item_floor.measure;
        let Some(amount) = money(measure, item.attributes)? else {
            return Ok(Some(Reason::Unknown { name: measure.clone() }));
        };
        let comparison = item_floor.floor.comparison();
        let reason = || Reason::BelowFloor { measure: measure.clone(), amount, floor, comparison };
        Ok((!comparison.holds(amount, floor)).then(reason))
    }

    /// Of items with the same value the one with the largest base counts, by id when they are equal.
    fn one_per(&self, counted: &mut Vec<Counted<'a>>, not_counted: &mut Vec<NotCounted>) -> Result<(), Stop> {
        let Some(name) = &self.component.one_per else { return Ok(()) };
        let mut best: BTreeMap<&str, (Fen, &str)> = BTreeMap::new();
        let measure = self.component.base.measures().first().copied().unwrap_or_default();
        let size = |item: &Counted<'a>| money(measure, item.attributes).map(Option::unwrap_or_default);
        for item in counted.iter() {
            let Some(value) = item.attributes.word(name) else { continue };
            let this = (size(item)?, item.id);
            let known = best.entry(value).or_insert(this);
            if this.0 > known.0 || (this.0 == known.0 && this.1 < known.1) {
                *known = this;
            }
        }
        let (kept, dropped): (Vec<_>, Vec<_>) = counted.drain(..).partition(|item| {
            item.attributes.word(name).and_then(|value| best.get(value)).is_none_or(|(_, id)| *id == item.id)
        });
        *counted = kept;
        for item in dropped {
            let instead = item.attributes.word(name).and_then(|value| best.get(value)).map_or("", |(_, id)| id);
            self.note(not_counted, item.id, Reason::OnePer { name: name.clone(), instead: instead.to_owned() });
        }
        Ok(())
    }

    /// A measure over the items that count; figures that no item states are the beneficiary's own.
    pub(super) fn total(&self, name: &str, counted: &[Counted<'a>]) -> Result<Fen, Stop> {
        let by_item = self.facts.items.iter().flatten().any(|item| item.attributes.figure(name).is_some());
        let own = self.facts.own.figure(name);
        if by_item && own.is_some() {
            return Err(Refusal::StatedTwice(name.to_owned()).into());
        }
        let missing = || Stop::Missing(Missing::Fact(name.to_owned()));
        if by_item {
            return Ok(sum(name, counted.iter().map(|item| item.attributes))?.unwrap_or_default());
        }
        if self.facts.items.as_ref().is_some_and(Vec::is_empty) && own.is_none() {
            return Ok(Fen(0));
        }
        let amount = money(name, &self.facts.own)?.ok_or_else(missing)?;
        Ok(if counted.is_empty() && self.facts.items.is_none() { Fen(0) } else { amount })
    }

    /// What the award is counted from; `None` when it is counted from nothing.
    pub(super) fn base(&self, counted: &[Counted<'a>]) -> Result<Option<(Fen, Option<Detail>)>, Stop> {
        let is_wanted = self.trace.is_wanted();
        Ok(match &self.component.base {
            Base::Sum { measure } => {
                let total = self.total(measure, counted)?;
                Some((total, is_wanted.then(|| Detail::Sum { measure: measure.clone(), total })))
            }
            Base::Min { measures, .. } => {
                let totals = measures.iter().map(|measure| Ok((measure.clone(), self.total(measure, counted)?)));
                let measures = totals.collect::<Result<Vec<_>, Stop>>()?;
                let total = measures.iter().map(|(_, total)| *total).min().unwrap_or_default();
                Some((total, is_wanted.then_some(Detail::Min { measures, total })))
            }
            Base::Increment { measure, prior, missing_prior } => {
                let now = self.total(measure, counted)?;
                let prior = match (self.total(prior, counted), missing_prior) {
                    (Err(Stop::Missing(_)), MissingPrior::Zero) => Fen(0),
                    (result, _) => result?,
                };
                let total = Fen(now.0.checked_sub(prior.0).ok_or(TooLarge)?.max(0));
                let detail = || Detail::Increment { measure: measure.clone(), now, prior, total };
                Some((total, is_wanted.then(detail)))
            }
            Base::Count | Base::None => None,
        })
    }
}

/// A measure that is money.
pub(super) fn money(name: &str, attributes: &Attributes) -> Result<Option<Fen>, Refusal> {
    match attributes.figure(name) {
        None => Ok(None),
        Some(Quantity::Money(amount)) => Ok(Some(amount)),
        Some(_) => Err(Refusal::WrongUnit { name: name.to_owned(), unit: Unit::Yuan }),
    }
}
