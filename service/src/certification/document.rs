//! The JSON columns of a certification, each with its type.

use chrono::{DateTime, Utc};
use domain::broker::Profile;
use domain::certification::CertificationForm;
use domain::certification::process::{Correction, Opinion};
use domain::ids::{AccountId, FileId};
use entity::certification;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::{Error, Result};

/// A signed opinion with who entered it and when.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize, utoipa::ToSchema)]
pub struct SignedOpinion {
    pub opinion: Opinion,
    pub by: Option<AccountId>,
    pub at: DateTime<Utc>,
    /// The sealed paper, when the opinion was entered from one.
    pub file_id: Option<FileId>,
}

/// How acceptance came about.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize, utoipa::ToSchema)]
pub struct Acceptance {
    pub at: DateTime<Utc>,
    /// The period for a notice passed without one (逾期视为受理).
    pub by_silence: bool,
}

/// The text of a column, read.
pub fn parse<T: DeserializeOwned>(row: &certification::Model, column: &str, text: Option<&str>) -> Result<Option<T>> {
    text.map(|text| serde_json::from_str(text).map_err(|_| Error::unreadable("certification", column, row.case_id)))
        .transpose()
}

/// The text of a value.
pub fn text<T: Serialize>(value: &T) -> Result<Option<String>> {
    Ok(Some(serde_json::to_string(value)?))
}

pub fn form(row: &certification::Model) -> Result<CertificationForm> {
    Ok(parse(row, "form", Some(&row.form))?.unwrap_or_default())
}

pub fn profile(row: &certification::Model) -> Result<Option<Profile>> {
    parse(row, "profile", row.profile.as_deref())
}

pub fn correction(row: &certification::Model) -> Result<Option<Correction>> {
    parse(row, "correction", row.correction.as_deref())
}

/// Every correction asked so far, oldest first.
pub fn corrections(row: &certification::Model) -> Result<Vec<Correction>> {
    Ok(parse(row, "correction_rounds", row.correction_rounds.as_deref())?.unwrap_or_default())
}
