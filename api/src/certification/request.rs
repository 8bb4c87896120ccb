//! What the verbs of the process take.

use chrono::{DateTime, Utc};
use domain::certification::process::{Defect, DefectAnswer, Opinion};
use domain::certification::{ApplicationType, CertificationForm, Level};
use domain::ids::{AccountId, FileId, RoundId, RuleSetId};
use domain::region::RegionCode;
use serde::Deserialize;
use service::certification::CertificationFilter;
use utoipa::{IntoParams, ToSchema};

/// What an application begins with.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OpenCertification {
    pub round_id: RoundId,
    pub kind: ApplicationType,
    pub target_level: Level,
}

/// A form to be judged without being stored.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PreviewEligibility {
    pub rule_set_id: RuleSetId,
    pub form: CertificationForm,
}

/// Filters of the list.
#[derive(Debug, Clone, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct CertificationQuery {
    #[param(required = false, example = "city_review")]
    pub state: Option<String>,
    #[param(required = false)]
    pub level: Option<Level>,
    #[param(required = false, value_type = String, example = "450100")]
    pub region: Option<RegionCode>,
    #[param(required = false)]
    pub round_id: Option<RoundId>,
    #[param(required = false)]
    pub updated_since: Option<DateTime<Utc>>,
    #[param(minimum = 1, maximum = 100, default = 50, required = false)]
    pub limit: Option<u64>,
    #[param(max_length = 500, required = false)]
    pub cursor: Option<String>,
}

impl CertificationQuery {
    pub fn filter(&self) -> CertificationFilter {
        CertificationFilter {
            state: self.state.clone(),
            level: self.level,
            region: self.region.clone(),
            round: self.round_id,
            updated_since: self.updated_since,
        }
    }
}

/// A list of defects, all at once.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Defects {
    #[schema(min_items = 1, max_items = 100)]
    pub items: Vec<Defect>,
}

/// The answers to a correction notice, one per item.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Answers {
    #[schema(min_items = 1, max_items = 100)]
    pub answers: Vec<DefectAnswer>,
}

/// An opinion entered from a sealed paper.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PaperOpinion {
    pub opinion: Opinion,
    /// The scanned paper, attached with purpose `employer_opinion`.
    pub file_id: FileId,
}

/// A reason.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Reason {
    #[schema(min_length = 2, max_length = 1000, example = "因工作调动")]
    pub reason: String,
}

/// The experts of a panel.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Panel {
    /// Odd, and at least as many as the rule set says.
    #[schema(min_items = 1, max_items = 25)]
    pub experts: Vec<AccountId>,
}

/// Who leaves a panel and who joins.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Replacement {
    pub leaves: AccountId,
    pub joins: AccountId,
}
