use super::*;
use crate::broker::{IdType, Month, Sex, WorkPeriod};
use crate::certification::sample::{sample_person, sample_profile, submitted_on};

/// Pointer and rule of each fault after a change to the sample.
fn faults(change: impl FnOnce(&mut Profile)) -> Vec<String> {
    let mut profile = sample_profile();
    change(&mut profile);
    let found = profile.check(submitted_on());
    found.into_iter().map(|fault| format!("{} {}", fault.pointer, fault.rule)).collect()
}

#[expect(clippy::unnecessary_wraps, reason = "fills optional fields")]
fn some(text: &str) -> Option<String> {
    Some(text.to_owned())
}

#[test]
fn an_empty_draft_lacks_every_required_field_and_is_still_a_draft() {
    let draft: Profile = serde_json::from_str("{}").unwrap();
    let found = draft.check(submitted_on());
    assert!(found.iter().all(|fault| fault.rule == "required"));
    let pointers: Vec<_> = found.iter().map(|fault| fault.pointer.as_str()).collect();
    assert_eq!(
        pointers,
        [
            "/name",
            "/id_type",
            "/sex",
            "/birth_date",
            "/id_number",
            "/nationality",
            "/photo",
            "/mobile",
            "/email",
            "/residence_city",
            "/education_level",
            "/degree",
            "/school",
            "/major",
            "/graduated_on",
            "/degree_cert_no",
            "/employment_mode",
            "/employer_name",
            "/employer_uscc",
            "/employer_type",
            "/position",
            "/joined_on",
            "/transfer_since",
            "/work_history",
            "/specialties",
            "/service_links",
        ]
    );
    assert!(serde_json::from_str::<Profile>(r#"{"nickname":"x"}"#).is_err());
}

#[test]
fn a_profile_survives_its_json() {
    let profile = sample_profile();
    let json = serde_json::to_string(&profile).unwrap();
    assert_eq!(serde_json::from_str::<Profile>(&json).unwrap(), profile);
    for number in 0..1000 {
        assert_eq!(sample_person(number).check(submitted_on()), [], "{number}");
    }
}

#[test]
fn x1_sex_and_birth_agree_with_the_number() {
    assert_eq!(faults(|p| p.sex = Some(Sex::Female)), ["/sex id_sex_mismatch"]);
    assert_eq!(faults(|p| p.birth_date = "1988-08-09".parse().ok()), ["/birth_date id_birth_mismatch"]);
    assert_eq!(faults(|p| p.id_number = some("459999198808080032")), ["/id_number id_checksum"]);
    assert_eq!(faults(|p| p.id_number = some("440524188001010014")), ["/id_number id_date_invalid"]);
    assert_eq!(faults(|p| (p.id_type, p.id_number) = (Some(IdType::Passport), some("C1234567"))), [""; 0]);
    assert_eq!(faults(|p| (p.id_type, p.id_number) = (Some(IdType::Passport), some("C-1"))), ["/id_number id_format"]);
}

#[test]
fn education_title_and_foreign_degrees() {
    assert_eq!(faults(|p| p.education_level = Some(EducationLevel::College)), ["/degree degree_education_mismatch"]);
    assert_eq!(faults(|p| p.title_date = p.graduated_on), ["/title_date title_before_graduation"]);
    assert_eq!(faults(|p| p.title_level = None), ["/title_level required"]);
    assert_eq!(faults(|p| p.title_series = None), ["/title_series required"]);
    assert_eq!(faults(|p| p.degree_is_foreign = true), ["/degree_recognition_no required"]);
    let late = ["/graduated_on date_in_future", "/title_date title_before_graduation"];
    assert_eq!(faults(|p| p.graduated_on = "2026-07-07".parse().ok()), late);
}

#[test]
fn the_self_employed_need_an_attachment() {
    let change = |p: &mut Profile| {
        p.employment_mode = Some(EmploymentMode::SelfEmployed);
        (p.employer_name, p.employer_uscc) = (None, None);
    };
    assert_eq!(faults(change), ["/attachment_uscc required"]);
    assert_eq!(faults(|p| p.attachment_uscc = some("91350100M000100Y4Z")), ["/attachment_uscc uscc_alphabet"]);
    assert_eq!(faults(|p| p.employer_uscc = some("91310115MA1H8R7C6D")), ["/employer_uscc uscc_checksum"]);
}

#[test]
fn work_history_is_newest_first() {
    assert_eq!(faults(|p| p.work_history.reverse()), ["/work_history/1/from work_history_order"]);
    let month = |text: &str| text.parse::<Month>().ok();
    let reversed = WorkPeriod {
        from: month("2013-07"),
        to: month("2013-06"),
        unit: some("院"),
        role: some("员"),
        ..WorkPeriod::default()
    };
    assert_eq!(faults(|p| p.work_history[1] = reversed), ["/work_history/1/to period_reversed"]);
    assert_eq!(faults(|p| p.transfer_since = month("2026-08")), ["/transfer_since date_in_future"]);
}

#[test]
fn contact_and_text_faults_come_together() {
    let change = |p: &mut Profile| {
        p.mobile = some("12800138000");
        p.email = some("a@b");
        p.nationality = some("cn");
        p.ethnicity = some("99");
        p.school = some("大\u{202e}学");
        p.position = some("  ");
    };
    assert_eq!(
        faults(change),
        [
            "/nationality nationality_format",
            "/ethnicity ethnicity_format",
            "/mobile mobile_format",
            "/email email_format",
            "/school text_control_character",
            "/position required",
        ]
    );
}

#[test]
fn a_normal_profile_has_one_writing() {
    let mut profile = sample_profile();
    profile.name = some(" 买买提•艾力 ");
    profile.id_number = some(" 11010519491231002x");
    profile.mobile = some("138-0013-8000");
    profile.email = some("A@Example.ORG ");
    profile.employer_uscc = some("91350100m000100y43");
    profile.attachment_uscc = some("no code");
    profile.normalise();
    let texts = [
        &profile.name,
        &profile.id_number,
        &profile.mobile,
        &profile.email,
        &profile.employer_uscc,
        &profile.attachment_uscc,
    ];
    let texts = texts.map(|text| text.as_deref().unwrap());
    assert_eq!(
        texts,
        ["买买提·艾力", "11010519491231002X", "13800138000", "A@example.org", "91350100M000100Y43", "no code"]
    );
}
