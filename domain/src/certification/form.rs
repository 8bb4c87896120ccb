//! What an application for certification states (broker.md section 6.1, rows 1, 2 and 31–39).

use chrono::{DateTime, NaiveDate, Utc};

use super::{ApplicationType, Level};
use crate::FileId;
use crate::rule::Fen;

/// The application's fields. A draft may lack any of them; [`CertificationForm::check`] names what is missing or wrong.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct CertificationForm {
    /// Row 1, 申请类型.
    pub kind: Option<ApplicationType>,
    /// Row 2, 申请级别.
    pub target_level: Option<Level>,
    /// Row 31, 促成技术合同: levels 2 and 3.
    pub contracts: Vec<ContractEntry>,
    /// Row 32, 培训经历.
    pub trainings: Vec<TrainingEntry>,
    /// Row 34, 继续教育: needed by an upgrade.
    pub ce_years: Vec<CeYear>,
    /// Row 35, 典型案例.
    pub achievements: Vec<Achievement>,
    /// Row 36, 奖励: never needed.
    pub honours: Vec<Honour>,
    /// Row 36, 论著: never needed.
    pub publications: Vec<Publication>,
    /// Row 37, 诚信承诺.
    pub integrity_declaration: Option<Declaration>,
    /// Row 38, 无犯罪声明: true when the applicant declares to have no record.
    pub crime_declaration: Option<bool>,
    /// Row 39, 个人信息授权.
    pub privacy_consent: Option<PrivacyConsent>,
}

crate::word! {
    /// Row 31c, 合同类别.
    pub enum ContractKind {
        Development = "development" / "技术开发",
        Transfer = "transfer" / "技术转让",
        Licence = "licence" / "技术许可",
        Consulting = "consulting" / "技术咨询",
        Service = "service" / "技术服务",
    }
}

crate::word! {
    /// Row 31i, 角色.
    pub enum ContractRole {
        Lead = "lead" / "牵头",
        Assist = "assist" / "协助",
    }
}

crate::word! {
    /// Row 31l, 关联关系: the broker's relation to a party of the contract.
    pub enum PartyRelation {
        None = "none" / "无",
        Employee = "employee" / "雇员",
        Shareholder = "shareholder" / "股东",
        Family = "family" / "亲属",
        /// The broker is a party.
        Party = "party" / "本人为当事方",
    }
}

crate::word! {
    /// Row 31n, 双方确认.
    pub enum Confirmation {
        None = "none" / "无",
        Buyer = "buyer" / "买方",
        Seller = "seller" / "卖方",
        Both = "both" / "双方",
    }
}

crate::word! {
    /// What a file of a contract shows (broker.md section 4.2, counted contract 1 and 3).
    pub enum EvidenceKind {
        RegistrationProof = "registration_proof" / "技术合同登记证明",
        IntermediaryContract = "intermediary_contract" / "技术中介合同",
        /// A clause of the technology contract that names the broker or the agency.
        BrokerClause = "broker_clause" / "合同中介条款",
        CommissionInvoice = "commission_invoice" / "佣金发票",
        BankSlip = "bank_slip" / "银行到账凭证",
        /// For in-house staff without a commission (section 8.3 E39).
        InstitutionConfirmation = "institution_confirmation" / "单位确认及履职记录",
        Other = "other" / "其他",
    }
}

/// Row 31: one technology contract (技术合同) that the broker brought about.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct ContractEntry {
    /// 31a, 合同登记编号: 14 or 16 digits; blanks are dropped.
    pub reg_no: Option<String>,
    /// 31b, 项目名称.
    pub contract_name: Option<String>,
    /// 31c, 合同类别.
    pub contract_kind: Option<ContractKind>,
    /// 31d, 卖方.
    pub seller: Option<ContractParty>,
    /// 31d, 买方.
    pub buyer: Option<ContractParty>,
    /// 31e, 签订日期.
    pub signed_on: Option<NaiveDate>,
    /// 31e, 有效期止.
    pub valid_to: Option<NaiveDate>,
    /// 31f, 登记日期.
    pub registered_on: Option<NaiveDate>,
    /// 31f, 登记机构.
    pub registry_office: Option<String>,
    /// 31g, 合同成交额.
    pub contract_amount: Option<Fen>,
    /// 31g, 技术交易额.
    pub technical_amount: Option<Fen>,
    /// 31h, 到账金额, by bank slips.
    pub arrived_amount: Option<Fen>,
    /// 31h, 到账日期.
    pub arrived_on: Option<NaiveDate>,
    /// 31i, 角色.
    pub role: Option<ContractRole>,
    /// 31j, 贡献占比, in percent from 1 to 100.
    #[cfg_attr(feature = "schema", schema(minimum = 1, maximum = 100))]
    pub share_pct: Option<u32>,
    /// 31k, 佣金.
    pub commission_amount: Option<Fen>,
    /// 31k, 发票号码: 8 digits on paper, 20 when fully digital.
    pub invoice_no: Option<String>,
    /// 31k, 开票日期.
    pub invoice_on: Option<NaiveDate>,
    /// 31l, 关联关系.
    pub broker_party_relation: Option<PartyRelation>,
    /// 31l: a shareholder's stake in the party, in percent rounded up.
    #[cfg_attr(feature = "schema", schema(minimum = 0, maximum = 100))]
    pub party_stake_pct: Option<u32>,
    /// 31m, 佐证.
    pub evidence: Vec<Evidence>,
    /// 31n, 双方确认.
    pub confirmation: Option<Confirmation>,
}

/// Row 31d: a party of a contract.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct ContractParty {
    pub name: Option<String>,
    pub uscc: Option<String>,
    /// Four digits of the older list (Guangxi is `4500`) or six of GB/T 2260.
    pub region: Option<String>,
}

/// Row 31m: a file and what it shows.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Evidence {
    pub file_id: FileId,
    pub kind: EvidenceKind,
}

/// Rows 32 and 33: one training (培训).
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct TrainingEntry {
    pub certificate_no: Option<String>,
    /// 培训基地.
    pub base: Option<String>,
    pub level: Option<Level>,
    /// First day.
    pub from: Option<NaiveDate>,
    /// Last day.
    pub to: Option<NaiveDate>,
    /// Class hours (学时).
    pub hours: Option<u32>,
    /// Of 100.
    pub exam_score: Option<u32>,
    /// Row 33, 火炬中心备案编号: levels 2 and 3.
    pub national_filing_no: Option<String>,
}

/// Row 34: continuing education (继续教育) of a calendar year.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct CeYear {
    pub year: Option<i32>,
    /// 公需科目, class hours.
    pub public_hours: Option<u32>,
    /// 专业科目, class hours.
    pub professional_hours: Option<u32>,
    pub certificate_no: Option<String>,
}

/// Row 35: one typical case.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Achievement {
    pub title: Option<String>,
    pub text: Option<String>,
}

/// Row 36: a prize.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Honour {
    pub name: Option<String>,
    pub issuer: Option<String>,
    pub awarded_on: Option<NaiveDate>,
}

/// Row 36: an article or book.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Publication {
    pub title: Option<String>,
    pub outlet: Option<String>,
    pub published_on: Option<NaiveDate>,
}

/// Row 37: a declaration, and the wording that was declared.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Declaration {
    pub accepted: bool,
    pub text_version: Option<String>,
    /// Set by the server.
    pub accepted_at: Option<DateTime<Utc>>,
    /// Set by the server.
    pub ip: Option<String>,
}

/// Row 39: consent to processing, and separately to publicity (公示).
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct PrivacyConsent {
    pub accepted: bool,
    pub text_version: Option<String>,
    pub publicity_accepted: bool,
}

impl CertificationForm {
    /// Registration numbers without blanks and with ASCII digits.
    pub fn normalise(&mut self) {
        for contract in &mut self.contracts {
            contract.reg_no = contract.reg_no.is_some().then(|| contract.registration());
        }
    }
}

impl ContractEntry {
    /// The registration number without blanks: the form in which numbers are compared.
    pub fn registration(&self) -> String {
        let text = self.reg_no.as_deref().unwrap_or_default();
        crate::broker::half_width(text).chars().filter(|c| !c.is_whitespace()).collect()
    }

    /// Whether a file of this kind is listed.
    pub fn shows(&self, kind: EvidenceKind) -> bool {
        self.evidence.iter().any(|evidence| evidence.kind == kind)
    }

    /// Whether a party lies in Guangxi (45…).
    pub fn has_guangxi_party(&self) -> bool {
        [&self.seller, &self.buyer]
            .into_iter()
            .flatten()
            .any(|party| party.region.as_deref().is_some_and(|region| region.starts_with("45")))
    }
}
