//! The certification as the API shows it.

/// A certification.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize, utoipa::ToSchema)]
pub struct CertificationView {
    pub id: domain::ids::CaseId,
    pub version: i32,
    pub state: String,
    pub allowed_actions: Vec<String>,
}
