//! Certification (认定) of technology brokers: the application form, the conditions of a level, and the experts' scores.

pub mod eligibility;
mod form;
mod form_check;
pub mod process;
#[doc(hidden)]
pub mod sample;
pub mod scoring;

pub use form::{
    Achievement, CeYear, CertificationForm, Confirmation, ContractEntry, ContractKind, ContractParty, ContractRole,
    Declaration, Evidence, EvidenceKind, Honour, PartyRelation, PrivacyConsent, Publication, TrainingEntry,
};
pub use form_check::{BaseRecognition, Context, ContractElsewhere, OtherShare, Surroundings};
pub use scoring::Dimension;

crate::word! {
    /// Levels of the national training vocabulary (broker.md section 0.1).
    pub enum Level {
        L1 = "L1" / "初级",
        L2 = "L2" / "中级",
        L3 = "L3" / "高级",
    }
}

crate::word! {
    pub enum ApplicationType {
        Initial = "initial" / "初次认定",
        Upgrade = "upgrade" / "升级认定",
    }
}
