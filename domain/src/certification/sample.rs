//! Invented persons and applications that pass every check and condition of the seed rule set.
//!
//! For tests and demonstrations only. Area 459999 is not allocated, so no number belongs to anyone.

use std::sync::LazyLock;

use chrono::{Days, Months, NaiveDate};
use uuid::Uuid;

use super::eligibility::{AnnualCheck, Facts, HeldCertificate};
use super::{
    Achievement, ApplicationType, CeYear, CertificationForm, Confirmation, Context, ContractEntry, ContractKind,
    ContractParty, ContractRole, Declaration, Evidence, EvidenceKind, Level, PartyRelation, PrivacyConsent,
    TrainingEntry,
};
use crate::FileId;
use crate::broker::{
    Degree, EducationLevel, EmployerType, EmploymentMode, IdType, Industry, Month, Profile, ServiceLink, Sex,
    TitleLevel, TitleSeries, WorkPeriod, resident_id_check, uscc_check,
};
use crate::rule::{CertificationRules, Fen, GX_BROKER_2026_1, RuleSet};

#[expect(clippy::expect_used, reason = "the seed is compiled in and read by a test")]
static RULES: LazyLock<CertificationRules> = LazyLock::new(|| {
    let set = RuleSet::read(GX_BROKER_2026_1).expect("the seed rule set is read");
    CertificationRules::read(&set).expect("the seed rule set holds every clause")
});

/// The seed rule set's view.
pub fn rules() -> CertificationRules {
    RULES.clone()
}

/// The day of submission that the samples without a day are made for.
pub fn submitted_on() -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 7, 6).unwrap_or_default()
}

/// A person of the sample, the same one each time.
pub fn sample_profile() -> Profile {
    sample_person(3)
}

/// Different persons for different numbers below 1000: born in 1988, with a master's degree and an intermediate title.
pub fn sample_person(number: u32) -> Profile {
    let body = format!("45999919880808{:03}", number % 1000);
    let check = resident_id_check(&body).unwrap_or('X');
    let sex = if number % 2 == 1 { Sex::Male } else { Sex::Female };
    let given = ["明远", "秀兰", "志强", "海燕", "建国"][number as usize % 5];
    Profile {
        name: Some(format!("韦{given}")),
        id_type: Some(IdType::ResidentId),
        id_number: Some(format!("{body}{check}")),
        sex: Some(sex),
        birth_date: NaiveDate::from_ymd_opt(1988, 8, 8),
        nationality: text("CN"),
        ethnicity: text("08"),
        photo: Some(file(1)),
        mobile: Some(format!("1390000{:04}", number % 10_000)),
        email: Some(format!("broker{number}@example.org")),
        residence_city: "450100".parse().ok(),
        mailing_address: text("南宁市示例路1号"),
        education_level: Some(EducationLevel::Postgraduate),
        degree: Some(Degree::Master),
        school: text("示例大学"),
        major: text("材料工程"),
        graduated_on: NaiveDate::from_ymd_opt(2013, 6, 30),
        degree_cert_no: text("1099920130000001"),
        title_level: Some(TitleLevel::Intermediate),
        title_series: Some(TitleSeries::Engineering),
        title_date: NaiveDate::from_ymd_opt(2018, 12, 20),
        employer_name: text("广西示例技术转移有限公司"),
        employer_uscc: Some(guangxi_uscc()),
        employer_type: Some(EmployerType::Intermediary),
        position: text("项目经理"),
        joined_on: NaiveDate::from_ymd_opt(2016, 1, 4),
        employment_mode: Some(EmploymentMode::FullTime),
        transfer_since: month("2016-01"),
        work_history: vec![
            WorkPeriod {
                from: month("2016-01"),
                unit: text("广西示例技术转移有限公司"),
                role: text("项目经理"),
                ..WorkPeriod::default()
            },
            WorkPeriod {
                from: month("2013-07"),
                to: month("2015-12"),
                unit: text("示例研究院"),
                role: text("研究助理"),
                ..WorkPeriod::default()
            },
        ],
        specialties: vec![Industry::NewMaterials, Industry::NonferrousMetals],
        service_links: vec![ServiceLink::Matching, ServiceLink::Negotiation],
        ..Profile::default()
    }
}

/// A credit code of area 459999 with a valid check character.
pub fn guangxi_uscc() -> String {
    let body = "91459999MA0000001";
    format!("{body}{}", uscc_check(body).unwrap_or('0'))
}

/// An application for a level on [`submitted_on`]: initial for 1 and 2 (direct entry), an upgrade for 3.
pub fn sample_form(level: Level) -> CertificationForm {
    sample_form_on(level, submitted_on(), 1)
}

/// The same on another day; `series` keeps registration numbers of different applications apart.
pub fn sample_form_on(level: Level, day: NaiveDate, series: u32) -> CertificationForm {
    let (contracts, cases) = match level {
        Level::L1 => (0, 0),
        Level::L2 => (5, 1),
        Level::L3 => (15, 2),
    };
    let is_upgrade = level == Level::L3;
    CertificationForm {
        kind: Some(if is_upgrade { ApplicationType::Upgrade } else { ApplicationType::Initial }),
        target_level: Some(level),
        contracts: (0..contracts).map(|at| sample_contract(day, series * 100 + at)).collect(),
        trainings: vec![TrainingEntry {
            certificate_no: Some(format!("PX-{level}-{series:06}")),
            base: text("示例技术转移人才培养基地"),
            level: Some(level),
            from: day.checked_sub_days(Days::new(100)),
            to: day.checked_sub_days(Days::new(90)),
            hours: Some(80),
            exam_score: Some(85),
            national_filing_no: (level > Level::L1).then(|| format!("HJ{series:08}")),
        }],
        ce_years: if is_upgrade { vec![ce_year(chrono::Datelike::year(&day) - 1)] } else { Vec::new() },
        achievements: (1..=cases)
            .map(|at| Achievement {
                title: Some(format!("铝合金成果转化案例{at}")),
                text: Some("促成高校铝合金热处理成果在企业完成中试并签订技术转让合同。".repeat(20)),
            })
            .collect(),
        integrity_declaration: Some(Declaration {
            accepted: true,
            text_version: text("2026-1"),
            ..Declaration::default()
        }),
        crime_declaration: Some(true),
        privacy_consent: Some(PrivacyConsent {
            accepted: true,
            text_version: text("2026-1"),
            publicity_accepted: true,
        }),
        ..CertificationForm::default()
    }
}

/// A contract of 400,000 yuan led alone and registered thirty days before a day.
pub fn sample_contract(day: NaiveDate, number: u32) -> ContractEntry {
    let amount = Some(Fen(40_000_000));
    let party = |name: &str, uscc: String, region: &str| {
        Some(ContractParty { name: text(name), uscc: Some(uscc), region: text(region) })
    };
    let evidence = |at: u128, kind| Evidence { file_id: file(u128::from(number) * 10 + at), kind };
    ContractEntry {
        reg_no: Some(format!("45012026{number:08}")),
        contract_name: Some(format!("铝合金热处理技术转让{number}")),
        contract_kind: Some(ContractKind::Transfer),
        seller: party("示例大学", "11100000000013338W".to_owned(), "110000"),
        buyer: party("示例铝业有限公司", "91350100M000100Y43".to_owned(), "450100"),
        signed_on: day.checked_sub_days(Days::new(60)),
        valid_to: day.checked_add_months(Months::new(24)),
        registered_on: day.checked_sub_days(Days::new(30)),
        registry_office: text("示例技术合同登记处"),
        contract_amount: amount,
        technical_amount: amount,
        role: Some(ContractRole::Lead),
        share_pct: Some(100),
        broker_party_relation: Some(PartyRelation::None),
        evidence: vec![evidence(2, EvidenceKind::RegistrationProof), evidence(3, EvidenceKind::IntermediaryContract)],
        confirmation: Some(Confirmation::Both),
        ..ContractEntry::default()
    }
}

/// What else must be known so that [`sample_form_on`] passes.
pub fn sample_context(level: Level, day: NaiveDate) -> Context {
    Context {
        submitted_on: day,
        held: (level == Level::L3).then_some(Level::L2),
        other_shares: Vec::new(),
        bases: Vec::new(),
    }
}

/// What else must be known so that [`sample_form_on`] is eligible: for level 3 a certificate held for thirty months and
/// its annual checks.
pub fn sample_facts(level: Level, day: NaiveDate) -> Facts {
    let mut facts = Facts::on(day);
    if level == Level::L3 {
        let issued_on = day.checked_sub_months(Months::new(30)).unwrap_or(day);
        facts.held.push(HeldCertificate { level: Level::L2, issued_on });
        facts.annual_checks = (chrono::Datelike::year(&issued_on)..chrono::Datelike::year(&day))
            .map(|year| AnnualCheck { year, is_qualified: true })
            .collect();
    }
    facts
}

fn ce_year(year: i32) -> CeYear {
    CeYear {
        year: Some(year),
        public_hours: Some(30),
        professional_hours: Some(60),
        certificate_no: Some(format!("JX{year}0001")),
    }
}

// Always `Some`: the fields of a form are optional, and these are all given.
#[expect(clippy::unnecessary_wraps, reason = "fills optional fields")]
fn text(value: &str) -> Option<String> {
    Some(value.to_owned())
}

fn month(value: &str) -> Option<Month> {
    value.parse().ok()
}

fn file(number: u128) -> FileId {
    FileId(Uuid::from_u128(number))
}
