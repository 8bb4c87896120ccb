//! Getting clauses by key, so that every one that is missing or of another type is named.

use super::super::files::FileRules;
use super::{AchievementRules, AnnualRules, CertificationRules, TrainingRules};
use crate::certification::Level;
use crate::rule::money::Fen;
use crate::rule::read::{Problem, ProblemKind};
use crate::rule::set::RuleSet;
use crate::word::Word;

/// Periods that the process table of certification asks for by key.
pub const PERIODS: &[&str] = &[
    "deadline.draft_idle",
    "deadline.draft_reminder",
    "deadline.employer_review",
    "deadline.employer_lapse",
    "deadline.city_review",
    "deadline.city_notice",
    "deadline.completeness",
    "deadline.correction",
    "deadline.correction_extension",
    "deadline.panel",
    "deadline.assessment",
    "deadline.expert_review",
    "deadline.decision",
    "deadline.overall",
    "deadline.publicity",
    "deadline.issue",
];

pub(super) struct Get<'a> {
    pub(super) set: &'a RuleSet,
    pub(super) problems: Vec<Problem>,
}

impl Get<'_> {
    pub(super) fn value<T>(&mut self, key: &str, read: impl FnOnce(&RuleSet) -> Option<T>) -> Option<T> {
        let at = self.set.clauses.iter().position(|clause| clause.key == key);
        let Some(at) = at else {
            self.problems.push(Problem::new("/clauses", ProblemKind::MissingKey, key));
            return None;
        };
        let value = read(self.set);
        if value.is_none() {
            self.problems.push(Problem::new(format!("/clauses/{at}/value"), ProblemKind::WrongType, key));
        }
        value
    }

    pub(super) fn number(&mut self, key: &str) -> Option<u32> {
        self.value(key, |set| set.number(key))
    }

    pub(super) fn size(&mut self, key: &str) -> Option<usize> {
        self.number(key).map(|number| number as usize)
    }

    pub(super) fn fen(&mut self, key: &str) -> Option<Fen> {
        self.value(key, |set| set.fen(key))
    }

    pub(super) fn flag(&mut self, key: &str) -> Option<bool> {
        self.value(key, |set| set.flag(key))
    }

    pub(super) fn typed<T: serde::de::DeserializeOwned>(&mut self, key: &str) -> Option<T> {
        self.value(key, |set| set.typed(key))
    }

    /// Reads every part before it gives up, so that each missing clause is named.
    pub(super) fn rules(&mut self) -> Option<CertificationRules> {
        for key in PERIODS {
            self.value(key, |set| set.period(key));
        }
        let person = self.person();
        let contract = self.contract();
        let levels: Vec<_> = Level::ALL.iter().map(|level| self.level(*level).map(|rules| (*level, rules))).collect();
        let training = (self.number("training.valid_months"), self.number("training.pass_score"));
        let case = (
            self.size("achievement.min_chars"),
            self.size("achievement.max_chars"),
            self.size("achievement.max_cases"),
        );
        let annual = (self.month_day("annual.exempt_after"), self.month_day("annual.late_until"));
        let scoring = self.scoring();
        let certificate = self.certificate();
        let rounds = self.number("correction.rounds_per_stage");
        for key in FILES {
            self.number(key);
        }
        for key in EXPLAINED {
            self.value(key, |_| Some(()));
        }
        Some(CertificationRules {
            name: format!("{}-{}", self.set.id, self.set.version),
            hash: self.set.hash(),
            status: self.set.status(),
            person: person?,
            contract: contract?,
            levels: levels.into_iter().collect::<Option<_>>()?,
            training: TrainingRules { valid_months: training.0?, pass_score: training.1? },
            case: AchievementRules { min_chars: case.0?, max_chars: case.1?, max_cases: case.2? },
            annual: AnnualRules { exempt_after: annual.0?, late_until: annual.1? },
            scoring: scoring?,
            certificate: certificate?,
            files: FileRules::of(self.set),
            correction_rounds: rounds?,
            clauses: self.set.clauses.iter().map(|clause| (clause.key.clone(), clause.clone())).collect(),
        })
    }
}

/// Limits of attachments; [`FileRules`] reads them.
const FILES: &[&str] = &["file.photo_kb", "file.pdf_mb", "file.image_mb", "file.total_mb"];

/// Clauses without a figure that conditions quote.
const EXPLAINED: &[&str] = &[
    "person.works_in_guangxi",
    "person.no_integrity_bar",
    "person.truth_commitment",
    "contract.registered",
    "contract.role_evidence",
    "contract.invoice",
    "contract.credited_once",
    "contract.upgrade_after_issue",
];
