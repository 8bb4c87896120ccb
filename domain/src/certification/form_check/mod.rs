//! Faults of an application: missing and malformed fields, and fields that contradict each other (section 6.3).

mod contract;
mod person;
#[cfg(test)]
mod tests;
mod training;
mod warning;

pub use warning::{ContractElsewhere, Surroundings};

use std::collections::BTreeSet;

use chrono::NaiveDate;
use serde_json::json;

use super::{ApplicationType, CertificationForm, Level};
use crate::broker::{Faults, Profile};
use crate::fault::Fault;
use crate::file::FilePurpose;
use crate::rule::CertificationRules;

/// What the check must know besides the form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Context {
    /// The day of (the original) submission in Asia/Shanghai; corrections keep it.
    pub submitted_on: NaiveDate,
    /// The level of the applicant's certificate that is valid on that day.
    pub held: Option<Level>,
    /// Other brokers' shares of the contracts on the form, confirmed or pending, one row per broker and contract.
    pub other_shares: Vec<OtherShare>,
    /// Recognition days of training bases on the platform; a base that is not listed is an outside one.
    pub bases: Vec<BaseRecognition>,
}

/// Another broker's share of a contract.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OtherShare {
    /// Digits only.
    pub reg_no: String,
    pub share_pct: u32,
}

/// Since when a training base is recognised.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BaseRecognition {
    pub base: String,
    pub recognised_on: NaiveDate,
}

impl Context {
    /// The sum of the others' shares of a contract, in percent.
    pub fn others_of(&self, reg_no: &str) -> u32 {
        self.other_shares.iter().filter(|other| other.reg_no == reg_no).map(|other| other.share_pct).sum()
    }
}

impl CertificationForm {
    /// Every fault of the form and of the profile it rests on: form faults with pointers into the form, profile faults
    /// under `/profile`.
    ///
    /// Whether the level's conditions are reached is no fault: [`super::eligibility::evaluate`] explains that.
    pub fn check(&self, profile: &Profile, rules: &CertificationRules, context: &Context) -> Vec<Fault> {
        let mut faults = Faults::default();
        for fault in profile.check(context.submitted_on) {
            faults.with(format!("/profile{}", fault.pointer), &fault.rule, fault.params);
        }
        person::check(profile, rules, context, &mut faults);
        self.check_ladder(profile, context, &mut faults);
        contract::check(self, profile, rules, context, &mut faults);
        training::check(self, context, &mut faults);
        self.check_narrative(rules, context, &mut faults);
        self.check_declarations(&mut faults);
        faults.0
    }

    /// The documents (section 6.1) that the files of the case must include; the education certificate may be left out
    /// when it was verified by machine.
    pub fn required_documents(&self, profile: &Profile) -> Vec<FilePurpose> {
        use crate::broker::EmploymentMode;
        let mut documents = vec![
            FilePurpose::IdentityDocument,
            FilePurpose::EducationCertificate,
            FilePurpose::EmploymentProof,
            FilePurpose::TrainingCertificate,
        ];
        if profile.employment_mode == Some(EmploymentMode::PartTime) {
            documents.push(FilePurpose::ConsentLetter);
        }
        if self.is_direct_entry() {
            documents.push(FilePurpose::TitleCertificate);
        }
        documents
    }

    /// An initial application above the first level.
    fn is_direct_entry(&self) -> bool {
        self.kind == Some(ApplicationType::Initial) && self.target_level > Some(Level::L1)
    }

    fn check_ladder(&self, profile: &Profile, context: &Context, faults: &mut Faults) {
        faults.required("/kind", self.kind.as_ref());
        let Some(target) = self.target_level else {
            faults.add("/target_level", "required");
            return;
        };
        if context.held.is_some_and(|held| held >= target) {
            faults.with("/target_level", "level_held_already", json!({ "held": context.held }));
        }
        let before = match target {
            Level::L1 => None,
            Level::L2 => Some(Level::L1),
            Level::L3 => Some(Level::L2),
        };
        match self.kind {
            Some(ApplicationType::Upgrade) if before.is_none() || context.held < before => {
                faults.with("/target_level", "level_skip", json!({ "held": context.held, "required": before }));
            }
            Some(ApplicationType::Initial) if target == Level::L3 => {
                faults.with("/target_level", "level_skip", json!({ "held": context.held, "required": before }));
            }
            Some(ApplicationType::Initial) if self.is_direct_entry() => {
                faults.required("/profile/title_level", profile.title_level.as_ref());
            }
            Some(ApplicationType::Initial | ApplicationType::Upgrade) | None => {}
        }
    }

    fn check_narrative(&self, rules: &CertificationRules, context: &Context, faults: &mut Faults) {
        if self.kind == Some(ApplicationType::Upgrade) && self.ce_years.is_empty() {
            faults.add("/ce_years", "required");
        }
        let mut years = BTreeSet::new();
        for (at, year) in self.ce_years.iter().enumerate() {
            let pointer = format!("/ce_years/{at}");
            match year.year {
                None => faults.add(format!("{pointer}/year"), "required"),
                Some(number) if number > chrono::Datelike::year(&context.submitted_on) => {
                    faults.add(format!("{pointer}/year"), "date_in_future");
                }
                Some(number) if !years.insert(number) => {
                    faults.add(format!("{pointer}/year"), "ce_year_duplicate");
                }
                Some(_) => {}
            }
            for (name, hours) in [("public_hours", year.public_hours), ("professional_hours", year.professional_hours)]
            {
                match hours {
                    None => faults.add(format!("{pointer}/{name}"), "required"),
                    // Hours of a year: nobody can learn longer.
                    Some(hours) if hours > 8_784 => {
                        faults.add(format!("{pointer}/{name}"), "number_range");
                    }
                    Some(_) => {}
                }
            }
            faults.required_text(&format!("{pointer}/certificate_no"), year.certificate_no.as_ref(), 64);
        }
        let needed =
            self.target_level.and_then(|level| rules.level(level)).map_or(0, |level| level.achievements as usize);
        let found = self.achievements.len();
        if found < needed || found > rules.case.max_cases {
            faults.with(
                "/achievements",
                "achievement_count",
                json!({ "min": needed, "max": rules.case.max_cases, "found": found }),
            );
        }
        for (at, case) in self.achievements.iter().enumerate() {
            faults.required_text(&format!("/achievements/{at}/title"), case.title.as_ref(), 200);
            let pointer = format!("/achievements/{at}/text");
            match &case.text {
                None => faults.add(pointer, "required"),
                Some(text) => {
                    faults.take(&pointer, crate::broker::plain(text, rules.case.min_chars, rules.case.max_chars));
                }
            }
        }
        for (at, honour) in self.honours.iter().enumerate() {
            faults.required_text(&format!("/honours/{at}/name"), honour.name.as_ref(), 200);
            faults.required_text(&format!("/honours/{at}/issuer"), honour.issuer.as_ref(), 200);
            faults.past_date(&format!("/honours/{at}/awarded_on"), honour.awarded_on, context.submitted_on);
        }
        for (at, publication) in self.publications.iter().enumerate() {
            faults.required_text(&format!("/publications/{at}/title"), publication.title.as_ref(), 300);
            faults.required_text(&format!("/publications/{at}/outlet"), publication.outlet.as_ref(), 200);
            faults.past_date(
                &format!("/publications/{at}/published_on"),
                publication.published_on,
                context.submitted_on,
            );
        }
    }

    fn check_declarations(&self, faults: &mut Faults) {
        match &self.integrity_declaration {
            None => faults.add("/integrity_declaration", "required"),
            Some(declaration) => {
                if !declaration.accepted {
                    faults.add("/integrity_declaration/accepted", "declaration_required");
                }
                faults.required_text("/integrity_declaration/text_version", declaration.text_version.as_ref(), 32);
            }
        }
        match self.crime_declaration {
            None => faults.add("/crime_declaration", "required"),
            Some(false) => faults.add("/crime_declaration", "declaration_required"),
            Some(true) => {}
        }
        match &self.privacy_consent {
            None => faults.add("/privacy_consent", "required"),
            Some(consent) => {
                if !consent.accepted {
                    faults.add("/privacy_consent/accepted", "consent_required");
                }
                if !consent.publicity_accepted {
                    faults.add("/privacy_consent/publicity_accepted", "consent_required");
                }
                faults.required_text("/privacy_consent/text_version", consent.text_version.as_ref(), 32);
            }
        }
    }
}
