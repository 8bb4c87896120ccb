//! The profile against the rule set's figures: ages, gaps, overlaps.

use chrono::{Months, NaiveDate};
use serde_json::json;

use super::Context;
use crate::broker::{Faults, Month, Profile, age_on};
use crate::rule::CertificationRules;

fn years_after(day: NaiveDate, years: u32) -> Option<NaiveDate> {
    day.checked_add_months(Months::new(years.checked_mul(12)?))
}

pub(super) fn check(profile: &Profile, rules: &CertificationRules, context: &Context, faults: &mut Faults) {
    let person = &rules.person;
    if let Some(birth) = profile.birth_date {
        let age = age_on(birth, context.submitted_on);
        if age.is_some_and(|age| age < person.min_age_years) {
            let params = json!({ "min": person.min_age_years, "found": age });
            faults.with("/profile/birth_date", "age_under_18", params);
        }
        let earliest = years_after(birth, person.min_graduation_age_years);
        if profile.graduated_on < earliest && profile.graduated_on.is_some() {
            faults.with("/profile/graduated_on", "graduated_too_young", json!({ "earliest": earliest }));
        }
        let earliest = years_after(birth, person.min_work_age_years).map(Month::of);
        if profile.transfer_since < earliest && profile.transfer_since.is_some() {
            faults.with("/profile/transfer_since", "work_too_young", json!({ "earliest": earliest }));
        }
    }
    let allowed = person.history_gap_months.cast_signed();
    for (at, pair) in profile.work_history.windows(2).enumerate() {
        let [newer, older] = pair else { continue };
        let (Some(began), Some(ended)) = (newer.from, older.to) else {
            continue;
        };
        let idle = ended.months_until(began) - 1;
        if idle > allowed && newer.gap_reason.as_deref().is_none_or(|reason| reason.trim().is_empty()) {
            let params = json!({ "max_months": allowed, "found_months": idle });
            faults.with(format!("/profile/work_history/{at}/gap_reason"), "work_history_gap", params);
        }
    }
}
