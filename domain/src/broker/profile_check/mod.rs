//! Faults of a profile that need no rule set: forms, missing fields, and fields that contradict each other.

#[cfg(test)]
mod tests;

use chrono::NaiveDate;
use serde_json::json;

use super::broken::Broken;
use super::profile::Profile;
use super::resident_id::ResidentId;
use super::text;
use super::uscc::Uscc;
use super::vocabulary::{Degree, EducationLevel, EmploymentMode, IdType};
use crate::fault::Fault;

/// Gathers faults under a JSON pointer.
#[derive(Debug, Default)]
pub struct Faults(pub Vec<Fault>);

impl Faults {
    pub fn add(&mut self, pointer: impl Into<String>, rule: &str) {
        self.0.push(Fault::new(pointer, rule));
    }

    pub fn with(&mut self, pointer: impl Into<String>, rule: &str, params: serde_json::Value) {
        self.0.push(Fault::with(pointer, rule, params));
    }

    /// Adds the fault of a check, if it failed.
    pub fn take<T>(&mut self, pointer: &str, checked: Result<T, Broken>) -> Option<T> {
        checked.map_err(|broken| self.0.push(broken.at(pointer))).ok()
    }

    /// A field that must be there.
    pub fn required<T>(&mut self, pointer: &str, value: Option<&T>) {
        if value.is_none() {
            self.add(pointer, "required");
        }
    }

    /// A text that must be there, of at most `most` characters.
    pub fn required_text(&mut self, pointer: &str, value: Option<&String>, most: usize) {
        match value.map(|text| text.trim()) {
            None | Some("") => self.add(pointer, "required"),
            Some(text) => {
                self.take(pointer, text::plain(text, 1, most));
            }
        }
    }

    /// A text that may be missing or empty.
    pub fn optional_text(&mut self, pointer: &str, value: Option<&String>, most: usize) {
        if let Some(value) = value {
            self.take(pointer, text::plain(value, 0, most));
        }
    }

    /// A date that must be there and not lie after `latest`.
    pub fn past_date(&mut self, pointer: &str, value: Option<NaiveDate>, latest: NaiveDate) {
        match value {
            None => self.add(pointer, "required"),
            Some(day) if day > latest => {
                self.with(pointer, "date_in_future", json!({ "latest": latest }));
            }
            Some(_) => {}
        }
    }
}

impl Profile {
    /// Every fault of the profile on a day, with pointers into the profile.
    ///
    /// Ages, gaps and levels are figures of a rule set: [`crate::certification::CertificationForm::check`] looks at those.
    pub fn check(&self, today: NaiveDate) -> Vec<Fault> {
        let mut faults = Faults::default();
        self.check_identity(&mut faults, today);
        self.check_contact(&mut faults);
        self.check_education(&mut faults, today);
        self.check_work(&mut faults, today);
        faults.0
    }

    fn check_identity(&self, faults: &mut Faults, today: NaiveDate) {
        match &self.name {
            None => faults.add("/name", "required"),
            Some(name) => {
                faults.take("/name", text::name(name));
            }
        }
        for (at, name) in self.former_names.iter().enumerate() {
            faults.take(&format!("/former_names/{at}"), text::name(name));
        }
        faults.required("/id_type", self.id_type.as_ref());
        faults.required("/sex", self.sex.as_ref());
        faults.past_date("/birth_date", self.birth_date, today);
        match (self.id_type, &self.id_number) {
            (_, None) => faults.add("/id_number", "required"),
            (Some(IdType::ResidentId), Some(number)) => {
                if let Some(id) = faults.take("/id_number", ResidentId::parse(number, today)) {
                    if self.sex.is_some_and(|sex| sex != id.sex()) {
                        faults.add("/sex", "id_sex_mismatch");
                    }
                    if self.birth_date.is_some_and(|birth| birth != id.birth_date()) {
                        faults.add("/birth_date", "id_birth_mismatch");
                    }
                }
            }
            (_, Some(number)) => {
                let number = super::resident_id::normalise(number);
                let is_shaped = (4..=20).contains(&number.len()) && number.bytes().all(|b| b.is_ascii_alphanumeric());
                if !is_shaped {
                    faults.add("/id_number", "id_format");
                }
            }
        }
        match self.nationality.as_deref().map(str::as_bytes) {
            None => faults.add("/nationality", "required"),
            Some([b'A'..=b'Z', b'A'..=b'Z']) => {}
            Some(_) => faults.add("/nationality", "nationality_format"),
        }
        let ethnicity: Option<u32> = self.ethnicity.as_deref().map(|code| match code.as_bytes() {
            [b'0'..=b'9', b'0'..=b'9'] => code.parse().unwrap_or(0),
            _ => 0,
        });
        if ethnicity.is_some_and(|code| !(1..=58).contains(&code) && code != 97) {
            faults.add("/ethnicity", "ethnicity_format");
        }
        faults.required("/photo", self.photo.as_ref());
    }

    fn check_contact(&self, faults: &mut Faults) {
        match &self.mobile {
            None => faults.add("/mobile", "required"),
            Some(mobile) => {
                faults.take("/mobile", text::mobile(mobile));
            }
        }
        match &self.email {
            None => faults.add("/email", "required"),
            Some(email) => {
                faults.take("/email", text::email(email));
            }
        }
        faults.required("/residence_city", self.residence_city.as_ref());
        faults.optional_text("/mailing_address", self.mailing_address.as_ref(), 200);
    }

    fn check_education(&self, faults: &mut Faults, today: NaiveDate) {
        faults.required("/education_level", self.education_level.as_ref());
        faults.required("/degree", self.degree.as_ref());
        if let (Some(education), Some(degree)) = (self.education_level, self.degree)
            && degree != Degree::None
            && education < EducationLevel::Undergraduate
        {
            faults.add("/degree", "degree_education_mismatch");
        }
        faults.required_text("/school", self.school.as_ref(), 200);
        faults.required_text("/major", self.major.as_ref(), 200);
        faults.past_date("/graduated_on", self.graduated_on, today);
        faults.required_text("/degree_cert_no", self.degree_cert_no.as_ref(), 32);
        if self.degree_is_foreign {
            faults.required_text("/degree_recognition_no", self.degree_recognition_no.as_ref(), 32);
        }
        if self.title_level.is_some() {
            faults.required("/title_series", self.title_series.as_ref());
            faults.past_date("/title_date", self.title_date, today);
        } else if self.title_series.is_some() || self.title_date.is_some() {
            faults.add("/title_level", "required");
        }
        if let (Some(graduated), Some(titled)) = (self.graduated_on, self.title_date)
            && graduated >= titled
        {
            faults.with("/title_date", "title_before_graduation", json!({ "graduated_on": graduated }));
        }
        for (at, qual) in self.vocational_quals.iter().enumerate() {
            let pointer = format!("/vocational_quals/{at}");
            faults.required_text(&format!("{pointer}/name"), qual.name.as_ref(), 100);
            faults.required_text(&format!("{pointer}/number"), qual.number.as_ref(), 64);
            faults.required_text(&format!("{pointer}/issuer"), qual.issuer.as_ref(), 200);
            faults.past_date(&format!("{pointer}/issued_on"), qual.issued_on, today);
        }
    }

    fn check_work(&self, faults: &mut Faults, today: NaiveDate) {
        faults.required("/employment_mode", self.employment_mode.as_ref());
        let has_employer = self.employment_mode != Some(EmploymentMode::SelfEmployed);
        if has_employer {
            faults.required_text("/employer_name", self.employer_name.as_ref(), 200);
            faults.required("/employer_uscc", self.employer_uscc.as_ref());
        } else {
            faults.required("/attachment_uscc", self.attachment_uscc.as_ref());
        }
        for (pointer, code) in [("/employer_uscc", &self.employer_uscc), ("/attachment_uscc", &self.attachment_uscc)] {
            if let Some(code) = code {
                faults.take(pointer, Uscc::parse(code));
            }
        }
        faults.required("/employer_type", self.employer_type.as_ref());
        faults.required_text("/position", self.position.as_ref(), 100);
        faults.past_date("/joined_on", self.joined_on, today);
        let this_month = super::month::Month::of(today);
        match self.transfer_since {
            None => faults.add("/transfer_since", "required"),
            Some(since) if since > this_month => faults.add("/transfer_since", "date_in_future"),
            Some(_) => {}
        }
        for (at, pause) in self.transfer_breaks.iter().enumerate() {
            if pause.from > pause.to {
                faults.add(format!("/transfer_breaks/{at}/to"), "period_reversed");
            }
            faults.required_text(&format!("/transfer_breaks/{at}/reason"), pause.reason.as_ref(), 500);
        }
        if self.work_history.is_empty() {
            faults.add("/work_history", "required");
        }
        for (at, work) in self.work_history.iter().enumerate() {
            let pointer = format!("/work_history/{at}");
            faults.required_text(&format!("{pointer}/unit"), work.unit.as_ref(), 200);
            faults.required_text(&format!("{pointer}/role"), work.role.as_ref(), 100);
            faults.optional_text(&format!("{pointer}/gap_reason"), work.gap_reason.as_ref(), 500);
            match (work.from, work.to) {
                (None, _) => faults.add(format!("{pointer}/from"), "required"),
                (Some(from), Some(to)) if from > to => {
                    faults.add(format!("{pointer}/to"), "period_reversed");
                }
                (Some(from), _) if from > this_month => {
                    faults.add(format!("{pointer}/from"), "date_in_future");
                }
                (Some(from), _) => {
                    let newer = at.checked_sub(1).and_then(|before| self.work_history[before].from);
                    if newer.is_some_and(|newer| newer < from) {
                        faults.add(format!("{pointer}/from"), "work_history_order");
                    }
                }
            }
        }
        if self.specialties.is_empty() {
            faults.add("/specialties", "required");
        }
        if self.service_links.is_empty() {
            faults.add("/service_links", "required");
        }
    }
}
