//! The trainings of an application: rows 32 and 33, and rule X4.

use std::collections::BTreeSet;

use serde_json::json;

use super::Context;
use crate::broker::Faults;
use crate::certification::{CertificationForm, Level};

pub(super) fn check(form: &CertificationForm, context: &Context, faults: &mut Faults) {
    if form.trainings.is_empty() {
        faults.add("/trainings", "required");
    }
    let mut numbers = BTreeSet::new();
    for (at, training) in form.trainings.iter().enumerate() {
        let pointer = format!("/trainings/{at}");
        faults.required_text(&format!("{pointer}/certificate_no"), training.certificate_no.as_ref(), 64);
        faults.required_text(&format!("{pointer}/base"), training.base.as_ref(), 200);
        faults.required(&format!("{pointer}/level"), training.level.as_ref());
        faults.past_date(&format!("{pointer}/from"), training.from, context.submitted_on);
        // X4: ended by the submission, and not before the base was recognised.
        faults.past_date(&format!("{pointer}/to"), training.to, context.submitted_on);
        if let (Some(from), Some(to)) = (training.from, training.to)
            && from > to
        {
            faults.add(format!("{pointer}/to"), "period_reversed");
        }
        let base = context.bases.iter().find(|base| Some(&base.base) == training.base.as_ref());
        if let (Some(base), Some(to)) = (base, training.to)
            && to < base.recognised_on
        {
            faults.with(format!("{pointer}/to"), "training_backdated", json!({ "recognised_on": base.recognised_on }));
        }
        match training.hours {
            None => faults.add(format!("{pointer}/hours"), "required"),
            Some(0) => faults.add(format!("{pointer}/hours"), "number_range"),
            Some(_) => {}
        }
        match training.exam_score {
            None => faults.add(format!("{pointer}/exam_score"), "required"),
            Some(score) if score > 100 => {
                faults.with(format!("{pointer}/exam_score"), "number_range", json!({ "max": 100 }));
            }
            Some(_) => {}
        }
        if training.level > Some(Level::L1) {
            faults.required_text(&format!("{pointer}/national_filing_no"), training.national_filing_no.as_ref(), 32);
        } else {
            faults.optional_text(&format!("{pointer}/national_filing_no"), training.national_filing_no.as_ref(), 32);
        }
        if let Some(number) = &training.certificate_no
            && !numbers.insert((training.base.clone(), number.trim().to_owned()))
        {
            faults.add(format!("{pointer}/certificate_no"), "training_duplicate");
        }
    }
}
