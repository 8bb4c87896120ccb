//! The parts of the view, clause by clause.

use std::collections::BTreeMap;

use super::get::Get;
use super::{CertificateRules, ContractRules, LevelRules, MonthDay, PersonRules, Ratio, ScoringRules};
use crate::certification::{Dimension, Level};
use crate::rule::read::{Problem, ProblemKind};
use crate::word::Word;

impl Get<'_> {
    pub(super) fn person(&mut self) -> Option<PersonRules> {
        let ages = (
            self.number("person.min_age"),
            self.number("person.min_graduation_age"),
            self.number("person.min_work_age"),
            self.number("person.history_gap_months"),
        );
        Some(PersonRules {
            min_age_years: ages.0?,
            min_graduation_age_years: ages.1?,
            min_work_age_years: ages.2?,
            history_gap_months: ages.3?,
        })
    }

    pub(super) fn contract(&mut self) -> Option<ContractRules> {
        let min_amount = self.fen("contract.min_fen");
        let shares = (
            self.number("contract.lead_share"),
            self.number("contract.assist_share"),
            self.number("contract.share_total"),
            self.number("contract.party_stake"),
        );
        let lead = self.halves("contract.lead_count");
        let assist = self.halves("contract.assist_count");
        let patterns = self.value("contract.reg_no", |set| {
            let patterns: Vec<String> = set.typed("contract.reg_no")?;
            let lengths: Option<Vec<usize>> = patterns.iter().map(|pattern| digits_of(pattern)).collect();
            lengths.filter(|lengths| !lengths.is_empty())
        });
        Some(ContractRules {
            min_amount: min_amount?,
            lead_share_pct: shares.0?,
            assist_share_pct: shares.1?,
            lead_halves: lead?,
            assist_halves: assist?,
            share_total_pct: shares.2?,
            party_stake_pct: shares.3?,
            reg_no_digits: patterns?,
        })
    }

    pub(super) fn level(&mut self, level: Level) -> Option<LevelRules> {
        let key = |name: &str| format!("level.{level}.{name}");
        let education = self.typed(&key("education"));
        let previous = self.typed(&key("previous"));
        let contracts = self.number(&key("contracts"));
        let amount = self.fen(&key("amount_fen"));
        let window = self.number(&key("window_years"));
        let alternative = self.typed(&key("alternative"));
        let training = self.flag(&key("training"));
        let annual = self.flag(&key("annual_checks"));
        let achievements = self.number(&key("achievements"));
        let method = self.typed(&key("method"));
        Some(LevelRules {
            education: education?,
            previous: previous?,
            contract_halves: contracts?.checked_mul(2)?,
            amount: amount?,
            window_years: window?,
            alternative: alternative?,
            training_required: training?,
            annual_checks_required: annual?,
            achievements: achievements?,
            method: method?,
        })
    }

    pub(super) fn month_day(&mut self, key: &str) -> Option<MonthDay> {
        self.value(key, |set| {
            let day: MonthDay = set.typed(key)?;
            // 2001 is no leap year: a day of every year.
            chrono::NaiveDate::from_ymd_opt(2001, day.month, day.day).map(|_| day)
        })
    }

    pub(super) fn scoring(&mut self) -> Option<ScoringRules> {
        let weights = self.value("scoring.dimensions", |set| {
            let weights: BTreeMap<Dimension, u32> = set.typed("scoring.dimensions")?;
            (weights.len() == Dimension::ALL.len()).then(|| weights.into_iter().collect::<Vec<_>>())
        });
        if weights.as_ref().is_some_and(|weights| weights.iter().map(|(_, weight)| weight).sum::<u32>() != 100) {
            self.problems.push(Problem::new(
                "/clauses",
                ProblemKind::Inconsistent,
                "scoring.dimensions do not sum to 100",
            ));
        }
        let (max_score, pass_mean) = (self.number("scoring.max_score"), self.number("scoring.pass_mean"));
        let pass_votes = self.value("scoring.pass_votes", |set| ratio(set.text("scoring.pass_votes")?));
        let (least, odd) = (self.number("panel.min_experts"), self.flag("panel.odd"));
        Some(ScoringRules {
            weights: weights?,
            max_score: max_score?,
            pass_mean: pass_mean?,
            pass_votes: pass_votes?,
            min_experts: least?,
            panel_is_odd: odd?,
        })
    }

    pub(super) fn certificate(&mut self) -> Option<CertificateRules> {
        let months =
            self.value("certificate.months", |set| set.number("certificate.months").filter(|months| *months > 0));
        let days = (self.number("certificate.renewal_opens_days"), self.number("certificate.grace_days"));
        let remind_days = self.typed("certificate.remind_days");
        Some(CertificateRules {
            months: months?,
            renewal_opens_days: days.0?,
            grace_days: days.1?,
            remind_days: remind_days?,
        })
    }

    /// A count written `"1"` or `"0.5"`, in halves.
    fn halves(&mut self, key: &str) -> Option<u32> {
        self.value(key, |set| {
            let text = set.text(key)?;
            let (whole, half) = match text.split_once('.') {
                None => (text, 0),
                Some((whole, "0")) => (whole, 0),
                Some((whole, "5")) => (whole, 1),
                Some(_) => return None,
            };
            whole.parse::<u32>().ok()?.checked_mul(2)?.checked_add(half)
        })
    }
}

/// The length in a pattern `^\d{14}$`; patterns of registration numbers have no other form.
fn digits_of(pattern: &str) -> Option<usize> {
    pattern.strip_prefix("^\\d{")?.strip_suffix("}$")?.parse().ok()
}

fn ratio(text: &str) -> Option<Ratio> {
    let (numerator, denominator) = text.split_once('/')?;
    let ratio = Ratio { numerator: numerator.parse().ok()?, denominator: denominator.parse().ok()? };
    (ratio.denominator > 0 && ratio.numerator <= ratio.denominator).then_some(ratio)
}
