//! What the guards of the certification process look at.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use serde_json::json;

use super::command::Correction;
use super::words::{ClockKind, CorrectionStage, Guard};
use crate::fault::Fault;
use crate::ids::AccountId;
use crate::process::Reason;
use crate::round::RoundFacts;
use crate::rule::{RuleSet, ScoringRules};
use crate::word::Word;

crate::word! {
    /// How an expert stands on a panel.
    pub enum ExpertState {
        Assigned = "assigned" / "待评分",
        Conflict = "conflict" / "已回避",
        Scored = "scored" / "已评分",
        Replaced = "replaced" / "已更换",
    }
}

/// A member of the panel as the guards see it.
#[derive(Debug, Clone)]
pub struct PanelMember {
    pub account: AccountId,
    pub state: ExpertState,
}

/// Somebody whom a command wants on the panel.
#[derive(Debug, Clone)]
pub struct Candidate {
    pub account: AccountId,
    /// Holds the expert role now.
    pub is_expert: bool,
    /// Belongs to the applicant's organisation, or did within the recusal window.
    pub is_tied: bool,
}

/// The result of the scores that are in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Review {
    pub all_scored: bool,
    pub passes: bool,
    /// Enough votes for the review to count.
    pub is_valid: bool,
    /// Figures for people: mean in hundredths of a point, votes for and against.
    pub summary: serde_json::Value,
}

/// Everything a decision on a certification looks at, loaded beforehand.
#[derive(Debug, Clone)]
#[expect(clippy::struct_excessive_bools, reason = "each answers one guard")]
pub struct Facts {
    pub rules: Arc<RuleSet>,
    pub round: Option<RoundFacts>,
    /// Consents that are still missing.
    pub missing_consents: Vec<String>,
    /// What is wrong with profile, form and attachments.
    pub form_faults: Vec<Fault>,
    /// The conditions of the level that are not met, in the words of the rule set.
    pub unmet_conditions: Vec<serde_json::Value>,
    /// Level 1 is certified by assessment, the others by expert review: rule-set data.
    pub is_by_assessment: bool,
    pub skips_employer: bool,
    pub employer_has_account: bool,
    /// A sealed paper opinion is attached.
    pub has_paper_opinion: bool,
    pub is_training_verified: bool,
    pub city_has_checked: bool,
    /// The latest correction, if any.
    pub correction: Option<Correction>,
    /// Corrections asked so far, by stage, and how many a stage may ask.
    pub corrections_asked: BTreeMap<CorrectionStage, u32>,
    pub corrections_allowed: u32,
    /// Every field path asked for so far at the region's desk.
    pub region_items_asked: Vec<String>,
    /// The running deadlines by kind.
    pub running: BTreeMap<String, DateTime<Utc>>,
    pub panel: Vec<PanelMember>,
    pub candidates: Vec<Candidate>,
    /// How panels are made and scores are counted.
    pub scoring: ScoringRules,
    pub review: Option<Review>,
    /// Who asks, for the guards about one's own scores.
    pub asker: Option<AccountId>,
}

fn must(holds: bool, reason: impl FnOnce() -> Reason) -> Result<(), Reason> {
    if holds { Ok(()) } else { Err(reason()) }
}

impl Facts {
    pub(super) fn holds(&self, guard: Guard, now: DateTime<Utc>) -> Result<(), Reason> {
        match guard {
            Guard::WindowOpen => self.window_open(now),
            Guard::ConsentsGiven => {
                must(self.missing_consents.is_empty(), || json!({ "missing": self.missing_consents }))
            }
            Guard::FormComplete => must(self.form_faults.is_empty(), || json!({ "faults": self.form_faults })),
            Guard::Eligible | Guard::ConditionsMet => must(
                self.unmet_conditions.is_empty(),
                || json!({ "rule_set": self.rules.id.as_str(), "status": self.rules.status().as_str(), "unmet": self.unmet_conditions }),
            ),
            Guard::EmployerMustConfirm => must(!self.skips_employer, || Reason::Null),
            Guard::EmployerIsSkipped => must(self.skips_employer, || Reason::Null),
            Guard::EmployerHasNoAccount => must(!self.employer_has_account, || Reason::Null),
            Guard::EvidenceAttached => must(self.has_paper_opinion, || json!({ "purpose": "employer_opinion" })),
            Guard::CityHasChecked => must(self.city_has_checked, || Reason::Null),
            Guard::CityNoticeOpen => self.clock_open(ClockKind::CityNotice, now),
            Guard::CompletenessOpen => self.clock_open(ClockKind::Completeness, now),
            Guard::CityCorrectionLeft => self.correction_left(CorrectionStage::City),
            Guard::RegionCorrectionLeft => self.correction_left(CorrectionStage::Region),
            Guard::RegionCorrectionUsed => {
                must(self.correction_left(CorrectionStage::Region).is_err(), || Reason::Null)
            }
            Guard::ExtensionLeft => {
                must(self.correction.as_ref().is_some_and(|correction| !correction.is_extended), || Reason::Null)
            }
            Guard::ByAssessment => must(self.is_by_assessment, || Reason::Null),
            Guard::ByReview => must(!self.is_by_assessment, || Reason::Null),
            Guard::TrainingVerified => must(self.is_training_verified, || Reason::Null),
            Guard::IsPanelMember => must(self.own_seat().is_some(), || Reason::Null),
            Guard::HasNotScored => {
                must(self.own_seat().is_some_and(|seat| seat.state == ExpertState::Assigned), || Reason::Null)
            }
            Guard::AllScored => {
                must(self.review.as_ref().is_some_and(|review| review.all_scored && review.is_valid), || Reason::Null)
            }
            Guard::ReviewPasses => must(self.review.as_ref().is_some_and(|review| review.passes), || Reason::Null),
            Guard::ReviewFails => must(self.review.as_ref().is_some_and(|review| !review.passes), || Reason::Null),
        }
    }

    fn window_open(&self, now: DateTime<Utc>) -> Result<(), Reason> {
        let Some(round) = &self.round else { return Err(Reason::Null) };
        must(
            round.is_published && round.opens_at <= now && now <= round.closes_at,
            || json!({ "opens_at": round.opens_at, "closes_at": round.closes_at }),
        )
    }

    fn clock_open(&self, clock: ClockKind, now: DateTime<Utc>) -> Result<(), Reason> {
        match self.running.get(clock.as_str()) {
            Some(due_at) => must(now <= *due_at, || json!({ "due_at": due_at })),
            None => Err(Reason::Null),
        }
    }

    fn correction_left(&self, stage: CorrectionStage) -> Result<(), Reason> {
        let asked = self.corrections_asked.get(&stage).copied().unwrap_or(0);
        must(asked < self.corrections_allowed, || json!({ "asked": asked, "allowed": self.corrections_allowed }))
    }

    /// The asker's own live seat on the panel.
    fn own_seat(&self) -> Option<&PanelMember> {
        self.panel.iter().find(|seat| {
            Some(seat.account) == self.asker && matches!(seat.state, ExpertState::Assigned | ExpertState::Scored)
        })
    }
}
