//! The shapes: base in, exact amount out, one leaf for each thing that adds to it.

use super::component::Run;
use super::items::Counted;
use super::{Missing, Stop};
use crate::rule::Fen;
use crate::subsidy::exact::{Exact, Rate};
use crate::subsidy::explain::{Detail, Stage, Step, Trace};
use crate::subsidy::model::{Band, Bracket, Cited, Shape, Term};

/// Leaves that are still without the step they belong to.
#[derive(Debug)]
pub(super) struct Parts {
    pub trace: Trace,
    pub now: Exact,
    /// Whether a cap took something off.
    pub is_capped: bool,
}

impl Parts {
    pub(super) fn of(run: &Run<'_>) -> Self {
        Self { trace: run.trace.inner(), now: run.now, is_capped: false }
    }
}

impl<'a> Run<'a> {
    /// Adds a leaf that changes the parts' amount to `after`.
    pub(super) fn leaf(
        &self,
        stage: Stage,
        clause: &str,
        cited: Option<&Cited>,
        after: Exact,
        parts: &mut Parts,
        detail: impl FnOnce() -> Detail,
    ) {
        let (component, before) = (self.component, parts.now);
        parts.trace.push(|| Step {
            stage,
            clause: format!("{}.{clause}", component.id),
            cited: cited.unwrap_or(&component.cited).clone(),
            before,
            after,
            detail: detail(),
            parts: Vec::new(),
        });
        parts.now = after;
    }

    fn add(&self, clause: &str, more: Exact, parts: &mut Parts, detail: impl FnOnce() -> Detail) -> Result<(), Stop> {
        let after = parts.now.plus(more)?;
        self.leaf(Stage::Shape, clause, None, after, parts, detail);
        Ok(())
    }

    /// What the shape makes of the base, on top of what the parts hold.
    pub(super) fn shape(
        &self,
        shape: &Shape,
        clause: &str,
        base: Option<Fen>,
        counted: &[Counted<'a>],
        parts: &mut Parts,
    ) -> Result<(), Stop> {
        let base = base.unwrap_or_default().max(Fen(0));
        match shape {
            Shape::Flat { rate } => self.rate(clause, "rate", base, *rate, parts),
            Shape::Match { ratio } => self.rate(clause, "ratio", base, *ratio, parts),
            Shape::Marginal { brackets } => self.marginal(clause, base, brackets, parts),
            Shape::BandWhole { bands } => self.band(clause, base, bands, parts),
            Shape::Fixed { amount } => {
                let amount = self.figure(*amount, clause, "amount")?;
                self.add(clause, Exact::of(amount), parts, || Detail::Fixed { amount })
            }
            Shape::FixedPlusExcess { threshold, fixed, excess_rate } => {
                self.excess(clause, base, (*threshold, *fixed, *excess_rate), parts)
            }
            Shape::Step { threshold, fixed, step, step_amount } => {
                self.steps(clause, base, (*threshold, *fixed), (*step, *step_amount), parts)
            }
            Shape::GradeTable { key, table } => {
                let word = self.word(key, counted)?;
                let amount = match table.get(word) {
                    None => Fen(0),
                    Some(amount) => self.figure(*amount, clause, word)?,
                };
                let known = table.contains_key(word).then(|| word.to_owned());
                self.add(clause, Exact::of(amount), parts, || Detail::Grade { key: key.clone(), word: known })
            }
            Shape::GradeRate { key, table } => {
                let word = self.word(key, counted)?;
                let rate = match table.get(word) {
                    None => Rate::default(),
                    Some(rate) => self.figure(*rate, clause, word)?,
                };
                let detail = || Detail::GradeRate { key: key.clone(), word: word.to_owned(), base, rate };
                self.add(clause, rate.of(base)?, parts, detail)
            }
            Shape::MinOf { terms } => self.smallest(clause, terms, counted, parts),
            Shape::Given => {
                let amount = self.total("given_amount", counted)?;
                self.add(clause, Exact::of(amount), parts, || Detail::Given { amount })
            }
            // Handled before an amount is made.
            Shape::Range { .. } | Shape::Count | Shape::Penalty(_) => Ok(()),
        }
    }

    fn word<'k>(&'k self, key: &str, counted: &'k [Counted<'a>]) -> Result<&'k str, Stop> {
        let of_item = || if let [item] = counted { item.attributes.word(key) } else { None };
        let word = self.facts.own.word(key).or_else(of_item);
        word.ok_or_else(|| Stop::Missing(Missing::Fact(key.to_owned())))
    }

    fn rate(&self, clause: &str, name: &str, base: Fen, rate: Option<Rate>, parts: &mut Parts) -> Result<(), Stop> {
        let rate = self.figure(rate, clause, name)?;
        self.add(clause, rate.of(base)?, parts, || Detail::Rate { from: Fen(0), upto: None, amount: base, rate })
    }

    fn marginal(&self, clause: &str, base: Fen, brackets: &[Bracket], parts: &mut Parts) -> Result<(), Stop> {
        let mut from = Fen(0);
        for bracket in brackets {
            let upto = bracket.upto.map_or(base, |upto| upto.min(base));
            let amount = Fen(upto.0 - from.0);
            if amount.0 <= 0 {
                break;
            }
            let rate = self.figure(bracket.rate, clause, "rate")?;
            let detail = || Detail::Rate { from, upto: bracket.upto, amount, rate };
            self.add(clause, rate.of(amount)?, parts, detail)?;
            from = upto;
        }
        Ok(())
    }

    fn band(&self, clause: &str, base: Fen, bands: &[Band], parts: &mut Parts) -> Result<(), Stop> {
        let Some(band) = bands.iter().find(|band| band.holds(base)) else {
            return self.add(clause, Exact::ZERO, parts, || Detail::NoBand { base });
        };
        let rate = self.figure(band.rate, clause, "rate")?;
        let start = parts.now;
        let detail = || Detail::Band { base, from: band.from, upto: band.to, rate };
        self.add(clause, rate.of(base)?, parts, detail)?;
        if let Some(cap) = band.cap {
            self.band_cap(clause, cap, start.plus(Exact::of(cap))?, parts);
        }
        Ok(())
    }

    /// A cap inside a shape: no more than `most` in the parts.
    pub(super) fn band_cap(&self, clause: &str, cap: Fen, most: Exact, parts: &mut Parts) {
        if parts.now > most {
            parts.is_capped = true;
            self.leaf(Stage::Shape, clause, None, most, parts, || Detail::BandCap { cap });
        }
    }

    fn excess(
        &self,
        clause: &str,
        base: Fen,
        (threshold, fixed, rate): (Option<Fen>, Option<Fen>, Option<Rate>),
        parts: &mut Parts,
    ) -> Result<(), Stop> {
        let threshold = self.figure(threshold, clause, "threshold")?;
        if base < threshold {
            return self.add(clause, Exact::ZERO, parts, || Detail::BelowThreshold { base, threshold });
        }
        let amount = self.figure(fixed, clause, "fixed")?;
        let (rate, excess) = (self.figure(rate, clause, "excess_rate")?, Fen(base.0 - threshold.0));
        self.add(clause, Exact::of(amount), parts, || Detail::Fixed { amount })?;
        self.add(clause, rate.of(excess)?, parts, || Detail::Excess { threshold, excess, rate })
    }

    fn steps(
        &self,
        clause: &str,
        base: Fen,
        (threshold, fixed): (Option<Fen>, Option<Fen>),
        (step, step_amount): (Option<Fen>, Option<Fen>),
        parts: &mut Parts,
    ) -> Result<(), Stop> {
        let threshold = self.figure(threshold, clause, "threshold")?;
        if base < threshold {
            return self.add(clause, Exact::ZERO, parts, || Detail::BelowThreshold { base, threshold });
        }
        let amount = self.figure(fixed, clause, "fixed")?;
        let (step, step_amount) =
            (self.figure(step, clause, "step")?, self.figure(step_amount, clause, "step_amount")?);
        let count = Exact::of(Fen(base.0 - threshold.0)).count_of(step)?;
        self.add(clause, Exact::of(amount), parts, || Detail::Fixed { amount })?;
        let more = Exact::of(step_amount).times(count)?;
        self.add(clause, more, parts, || Detail::Steps { threshold, step, count, step_amount })
    }

    fn smallest(&self, clause: &str, terms: &[Term], counted: &[Counted<'a>], parts: &mut Parts) -> Result<(), Stop> {
        let mut all = Vec::with_capacity(terms.len());
        for term in terms {
            let rate = self.figure(term.rate, clause, &term.measure)?;
            let total = self.total(&term.measure, counted)?.max(Fen(0));
            all.push((term.measure.clone(), total, rate, rate.of(total)?));
        }
        let Some((chosen, .., least)) = all.iter().min_by_key(|(.., product)| *product).cloned() else { return Ok(()) };
        self.add(clause, least, parts, || Detail::Smallest { terms: all, chosen })
    }
}
