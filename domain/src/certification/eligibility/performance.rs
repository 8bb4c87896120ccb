//! Conditions on what was done: contracts, their money, training, annual checks.

use chrono::Months;
use serde_json::{Value, json};

use super::annual_years;
use super::condition::{Case, Finding};
use super::contract::Credit;
use crate::rule::Alternative;

impl Case<'_> {
    /// Whether few contracts with much money arrived (破格) replace count and amount.
    fn alternative(&self) -> bool {
        self.conditions.alternative.as_ref().is_some_and(|alternative| reaches(alternative, self.credit))
    }

    pub(super) fn count(&self) -> Finding {
        let reached = self.credit.halves >= self.conditions.contract_halves;
        self.performance(
            "contracts",
            "contracts",
            reached,
            json!({ "halves": self.conditions.contract_halves, "years": self.conditions.window_years }),
            json!({ "halves": self.credit.halves }),
            "count_short",
        )
    }

    pub(super) fn amount(&self) -> Finding {
        let reached = self.credit.amount_hundredths >= i128::from(self.conditions.amount.0) * 100;
        self.performance(
            "amount",
            "amount_fen",
            reached,
            json!({ "amount": self.conditions.amount, "years": self.conditions.window_years }),
            json!({ "amount": self.credit.amount() }),
            "amount_short",
        )
    }

    fn performance(
        &self,
        key: &'static str,
        clause: &str,
        reached: bool,
        required: Value,
        found: Value,
        rule: &'static str,
    ) -> Finding {
        let instead = !reached && self.alternative();
        Finding {
            key,
            clause: self.clause(clause),
            met: reached || instead,
            met_by: instead.then(|| self.clause("alternative")),
            required,
            found,
            rule,
        }
    }

    pub(super) fn training(&self) -> Option<Finding> {
        if !self.conditions.training_required {
            return None;
        }
        let rules = &self.rules.training;
        let passed = self.form.trainings.iter().filter(|training| {
            training.level >= Some(self.level) && training.exam_score.is_some_and(|score| score >= rules.pass_score)
        });
        let ended = passed.filter_map(|training| training.to).filter(|to| *to <= self.day()).max();
        let valid_to = ended.and_then(|to| to.checked_add_months(Months::new(rules.valid_months)));
        Some(Finding {
            key: "training",
            clause: self.clause("training"),
            met: valid_to.is_some_and(|last| self.day() <= last),
            met_by: None,
            required: json!({ "level": self.level, "valid_months": rules.valid_months, "score": rules.pass_score }),
            found: json!({ "ended_on": ended, "valid_to": valid_to }),
            rule: if ended.is_some() { "training_expired" } else { "training_missing" },
        })
    }

    pub(super) fn annual(&self) -> Option<Finding> {
        if !self.conditions.annual_checks_required {
            return None;
        }
        let years = self
            .facts
            .current()
            .map_or_else(Vec::new, |held| annual_years(held.issued_on, self.day(), self.facts.is_decision, self.rules));
        let is_qualified = |year: i32| {
            let mut of_year = self.facts.annual_checks.iter().filter(|check| check.year == year).peekable();
            of_year.peek().is_some() && of_year.all(|check| check.is_qualified)
        };
        let issued = self.facts.current().map(|held| chrono::Datelike::year(&held.issued_on));
        let failed = self
            .facts
            .annual_checks
            .iter()
            .filter(|check| issued.is_some_and(|first| check.year >= first) && !check.is_qualified);
        let mut missing: Vec<i32> =
            years.iter().copied().filter(|year| !is_qualified(*year)).chain(failed.map(|check| check.year)).collect();
        missing.sort_unstable();
        missing.dedup();
        Some(Finding {
            key: "annual_checks",
            clause: self.clause("annual_checks"),
            met: missing.is_empty(),
            met_by: None,
            required: json!({ "years": years }),
            found: json!({ "not_passed": missing }),
            rule: "annual_check_due",
        })
    }
}

/// The contracts that count fully, by arrived money times share: enough of them, each and together large enough.
fn reaches(alternative: &Alternative, credit: &Credit) -> bool {
    let hundredths = |fen: i64| i128::from(fen) * 100;
    let arrived: Vec<i128> = credit
        .counted()
        .map(|(_, counted)| i128::from(counted.arrived_fen_hundredths))
        .filter(|arrived| *arrived > 0 && *arrived >= hundredths(alternative.each_arrived_fen))
        .collect();
    arrived.len() >= alternative.contracts as usize
        && arrived.iter().sum::<i128>() >= hundredths(alternative.total_arrived_fen)
}
