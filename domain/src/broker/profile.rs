//! What a broker states about the person, once for all applications (broker.md section 6.1, rows 3–30).

use chrono::NaiveDate;

use super::month::Month;
use super::uscc::Uscc;
use super::vocabulary::{
    Degree, EducationLevel, EmployerType, EmploymentMode, IdType, Industry, ServiceLink, Sex, TitleLevel, TitleSeries,
};
use super::{resident_id, text};
use crate::FileId;
use crate::region::RegionCode;

/// The person-level fields of the form. A draft may lack any of them; [`Profile::check`] names what is missing or wrong.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Profile {
    /// Row 3, 姓名: equal to the ID record.
    pub name: Option<String>,
    /// Row 4, 曾用名.
    pub former_names: Vec<String>,
    /// Row 5, 证件类型.
    pub id_type: Option<IdType>,
    /// Row 6, 证件号码: 18 characters for a resident ID.
    pub id_number: Option<String>,
    /// Row 7, 性别.
    pub sex: Option<Sex>,
    /// Row 8, 出生日期.
    pub birth_date: Option<NaiveDate>,
    /// Row 9, 国籍: ISO 3166-1 alpha-2.
    pub nationality: Option<String>,
    /// Row 9, 民族: two-digit code of GB 3304.
    pub ethnicity: Option<String>,
    /// Row 10, 证件照.
    pub photo: Option<FileId>,
    /// Row 11, 手机.
    pub mobile: Option<String>,
    /// Row 12, 电子邮箱.
    pub email: Option<String>,
    /// Row 13, 常住城市.
    pub residence_city: Option<RegionCode>,
    /// Row 14, 通讯地址.
    pub mailing_address: Option<String>,
    /// Row 15, 最高学历.
    pub education_level: Option<EducationLevel>,
    /// Row 16, 学位.
    pub degree: Option<Degree>,
    /// Row 17, 毕业院校.
    pub school: Option<String>,
    /// Row 17, 专业.
    pub major: Option<String>,
    /// Row 17, 毕业时间.
    pub graduated_on: Option<NaiveDate>,
    /// Row 18, 证书编号.
    pub degree_cert_no: Option<String>,
    /// Row 18: whether the degree is foreign and needs the recognition letter (国外学历学位认证书).
    pub degree_is_foreign: bool,
    /// Row 18: number of the recognition letter of a foreign degree.
    pub degree_recognition_no: Option<String>,
    /// Row 19, 职称级别.
    pub title_level: Option<TitleLevel>,
    /// Row 19, 职称系列.
    pub title_series: Option<TitleSeries>,
    /// Row 19, 职称取得日期.
    pub title_date: Option<NaiveDate>,
    /// Row 20, 职业资格.
    pub vocational_quals: Vec<VocationalQual>,
    /// Row 21, 工作单位.
    pub employer_name: Option<String>,
    /// Row 22, 统一社会信用代码.
    pub employer_uscc: Option<String>,
    /// Row 23, 单位性质.
    pub employer_type: Option<EmployerType>,
    /// Row 24, 职务.
    pub position: Option<String>,
    /// Row 24, 入职时间.
    pub joined_on: Option<NaiveDate>,
    /// Row 25, 挂靠单位: needed by the self-employed.
    pub attachment_uscc: Option<String>,
    /// Row 26, 专职/兼职.
    pub employment_mode: Option<EmploymentMode>,
    /// Row 27, 从事技术转移起始.
    pub transfer_since: Option<Month>,
    /// Section 6.3 X3: months without technology transfer, taken off the years.
    pub transfer_breaks: Vec<TransferBreak>,
    /// Row 28, 工作经历, newest first.
    pub work_history: Vec<WorkPeriod>,
    /// Row 29, 技术领域.
    pub specialties: Vec<Industry>,
    /// Row 30, 服务环节.
    pub service_links: Vec<ServiceLink>,
}

/// Row 20: a vocational qualification (职业资格), such as patent agent or RTTP.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct VocationalQual {
    pub name: Option<String>,
    pub number: Option<String>,
    pub issuer: Option<String>,
    pub issued_on: Option<NaiveDate>,
}

/// Row 28: one employment (工作经历).
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct WorkPeriod {
    pub from: Option<Month>,
    /// The last month; none while it lasts.
    pub to: Option<Month>,
    pub unit: Option<String>,
    pub role: Option<String>,
    pub evidence: Option<FileId>,
    /// Why there is a gap between the employment before and this one, when the rules ask for it.
    pub gap_reason: Option<String>,
}

/// A declared break in technology transfer, first and last month included.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct TransferBreak {
    pub from: Month,
    pub to: Month,
    pub reason: Option<String>,
}

impl Profile {
    /// Brings names, numbers and addresses to the one form in which they are compared and stored; what is malformed
    /// stays as typed, for [`Profile::check`] to name.
    pub fn normalise(&mut self) {
        fn apply(field: &mut Option<String>, read: impl Fn(&str) -> Option<String>) {
            if let Some(normal) = field.as_deref().and_then(read) {
                *field = Some(normal);
            }
        }
        apply(&mut self.name, |text| text::name(text).ok());
        apply(&mut self.id_number, |text| Some(resident_id::normalise(text)));
        apply(&mut self.mobile, |text| text::mobile(text).ok());
        apply(&mut self.email, |text| text::email(text).ok());
        for code in [&mut self.employer_uscc, &mut self.attachment_uscc] {
            apply(code, |text| Some(Uscc::parse(text).ok()?.as_str().to_owned()));
        }
    }

    /// Whole months in technology transfer on a day: from `transfer_since`, minus the declared breaks, each month once.
    pub fn transfer_months(&self, day: NaiveDate) -> u32 {
        let Some(since) = self.transfer_since else {
            return 0;
        };
        let now = Month::of(day);
        let mut pauses: Vec<(Month, Month)> = self
            .transfer_breaks
            .iter()
            .map(|pause| (pause.from.max(since), pause.to.plus(1).min(now)))
            .filter(|(from, end)| from < end)
            .collect();
        pauses.sort_unstable();
        let (mut paused, mut reached) = (0, since);
        for (from, end) in pauses {
            paused += from.max(reached).months_until(end).max(0);
            reached = reached.max(end);
        }
        u32::try_from(since.months_until(now) - paused).unwrap_or(0)
    }

    /// Whole years in technology transfer on a day, rounded down (section 6.3 X3).
    pub fn transfer_years(&self, day: NaiveDate) -> u32 {
        self.transfer_months(day) / 12
    }
}
