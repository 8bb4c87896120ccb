//! The conditions of a level, one function each.

use chrono::NaiveDate;
use serde_json::{Value, json};

use super::contract::Credit;
use super::{Condition, Facts, years_after};
use crate::broker::{EducationRank, Profile, Uscc, age_on};
use crate::certification::{ApplicationType, CertificationForm, ContractEntry, Level};
use crate::rule::{BasisKind, CertificationRules, LevelRules};

/// Everything a condition may look at.
pub(super) struct Case<'a> {
    pub(super) level: Level,
    pub(super) profile: &'a Profile,
    pub(super) form: &'a CertificationForm,
    pub(super) facts: &'a Facts,
    pub(super) rules: &'a CertificationRules,
    pub(super) conditions: &'a LevelRules,
    pub(super) credit: &'a Credit,
}

/// A condition before its clause is quoted.
pub(super) struct Finding {
    pub(super) key: &'static str,
    pub(super) clause: String,
    pub(super) met: bool,
    pub(super) met_by: Option<String>,
    pub(super) required: Value,
    pub(super) found: Value,
    pub(super) rule: &'static str,
}

pub(super) fn all(
    level: Level,
    profile: &Profile,
    form: &CertificationForm,
    facts: &Facts,
    rules: &CertificationRules,
    credit: &Credit,
) -> Vec<Condition> {
    let Some(conditions) = rules.level(level) else {
        return Vec::new();
    };
    let case = Case { level, profile, form, facts, rules, conditions, credit };
    [
        Some(case.age()),
        Some(case.works_in_guangxi()),
        Some(case.integrity()),
        Some(case.commitment()),
        Some(case.education()),
        case.previous(),
        Some(case.count()),
        Some(case.amount()),
        case.training(),
        case.annual(),
    ]
    .into_iter()
    .flatten()
    .map(|finding| quote(finding, rules))
    .collect()
}

/// The finding with the wording and basis of its clause.
fn quote(finding: Finding, rules: &CertificationRules) -> Condition {
    let clause = rules.clause(&finding.clause);
    Condition {
        key: finding.key.to_owned(),
        met: finding.met,
        required: finding.required,
        found: finding.found,
        rule: finding.rule.to_owned(),
        met_by: finding.met_by,
        basis: clause
            .map(|c| format!("{} {}", c.basis.document, c.basis.article).trim_end().to_owned())
            .unwrap_or_default(),
        basis_kind: clause.map_or(BasisKind::Proposal, |c| c.basis_kind),
        text_zh: clause.map(|c| c.text_zh.clone()).unwrap_or_default(),
        text_en: clause.map(|c| c.text_en.clone()).unwrap_or_default(),
        clause: finding.clause,
    }
}

impl Case<'_> {
    pub(super) fn day(&self) -> NaiveDate {
        self.facts.submitted_on
    }

    pub(super) fn clause(&self, name: &str) -> String {
        format!("level.{}.{name}", self.level)
    }

    fn age(&self) -> Finding {
        let age = self.profile.birth_date.and_then(|birth| age_on(birth, self.day()));
        let least = self.rules.person.min_age_years;
        Finding {
            key: "age",
            clause: "person.min_age".to_owned(),
            met: age.is_some_and(|age| age >= least),
            met_by: None,
            required: json!({ "years": least }),
            found: json!({ "years": age }),
            rule: "age_under_18",
        }
    }

    fn works_in_guangxi(&self) -> Finding {
        let is_local = |code: &Option<String>| {
            code.as_deref().and_then(|code| Uscc::parse(code).ok()).is_some_and(|uscc| uscc.is_in_guangxi())
        };
        let (employer, attachment) = (is_local(&self.profile.employer_uscc), is_local(&self.profile.attachment_uscc));
        let contracts = self
            .credit
            .counted()
            .filter(|(index, _)| self.form.contracts.get(*index).is_some_and(ContractEntry::has_guangxi_party))
            .count();
        Finding {
            key: "guangxi",
            clause: "person.works_in_guangxi".to_owned(),
            met: employer || attachment || contracts > 0,
            met_by: None,
            required: json!({ "any_of": ["employer", "attachment", "contract"] }),
            found: json!({ "employer": employer, "attachment": attachment, "contracts": contracts }),
            rule: "not_in_guangxi",
        }
    }

    fn integrity(&self) -> Finding {
        let until = self.facts.bars.iter().map(|bar| bar.until).filter(|until| self.day() <= *until).max();
        Finding {
            key: "integrity",
            clause: "person.no_integrity_bar".to_owned(),
            met: until.is_none(),
            met_by: None,
            required: json!({ "barred_until": null }),
            found: json!({ "barred_until": until }),
            rule: "integrity_barred_until",
        }
    }

    fn commitment(&self) -> Finding {
        let is_declared = self.form.integrity_declaration.as_ref().is_some_and(|declaration| declaration.accepted);
        let is_clean = self.form.crime_declaration == Some(true);
        Finding {
            key: "commitment",
            clause: "person.truth_commitment".to_owned(),
            met: is_declared && is_clean,
            met_by: None,
            required: json!({ "integrity_declaration": true, "crime_declaration": true }),
            found: json!({ "integrity_declaration": is_declared, "crime_declaration": self.form.crime_declaration }),
            rule: "declaration_required",
        }
    }

    fn education(&self) -> Finding {
        let rank = self
            .profile
            .education_level
            .zip(self.profile.degree)
            .and_then(|(education, degree)| EducationRank::of(education, degree));
        let years = self.profile.transfer_years(self.day());
        let previous = self.conditions.previous.as_ref().map(|previous| previous.level);
        let met = self.conditions.education.iter().any(|row| {
            rank.is_some_and(|rank| rank >= row.education)
                && years >= row.years
                && (row.years_after_previous == 0
                    || previous.is_some_and(|level| self.has_held(level, row.years_after_previous)))
        });
        Finding {
            key: "education",
            clause: self.clause("education"),
            met,
            met_by: None,
            required: json!(self.conditions.education),
            found: json!({ "education": rank, "years": years, "months": self.profile.transfer_months(self.day()) }),
            rule: "years_short",
        }
    }

    /// Whether a certificate of at least this level was issued so many years ago.
    fn has_held(&self, level: Level, years: u32) -> bool {
        self.facts
            .held
            .iter()
            .any(|held| held.level >= level && years_after(held.issued_on, years).is_some_and(|due| due <= self.day()))
    }

    fn previous(&self) -> Option<Finding> {
        let previous = self.conditions.previous.as_ref()?;
        let held = self.facts.held.iter().filter(|held| held.level >= previous.level).min_by_key(|held| held.issued_on);
        let is_held = self.has_held(previous.level, previous.held_years);
        // Direct entry is an initial application; an upgrade rests on its certificate.
        let years = self.profile.transfer_years(self.day());
        let is_direct = self.form.kind == Some(ApplicationType::Initial)
            && previous.direct_entry.as_ref().is_some_and(|entry| {
                years >= entry.years && self.profile.title_level.is_some_and(|title| title >= entry.title)
            });
        Some(Finding {
            key: "previous_level",
            clause: self.clause("previous"),
            met: is_held || is_direct,
            met_by: (is_direct && !is_held).then(|| format!("{}.direct_entry", self.clause("previous"))),
            required: json!(previous),
            found: json!({
                "level": self.facts.current().map(|held| held.level),
                "issued_on": held.map(|held| held.issued_on),
                "reached_on": held.and_then(|held| years_after(held.issued_on, previous.held_years)),
                "title": self.profile.title_level,
                "years": years,
            }),
            rule: if held.is_some() { "level_held_too_short" } else { "level_skip" },
        })
    }
}
