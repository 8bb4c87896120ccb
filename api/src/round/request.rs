//! What rounds are asked for and made of.

use chrono::{DateTime, Utc};
use domain::ids::RuleSetId;
use domain::region::RegionCode;
use domain::round::RoundState;
use serde::{Deserialize, Deserializer};
use service::round::{NewRound, RoundChange, RoundFilter};
use utoipa::{IntoParams, ToSchema};

/// Filters of the rounds.
#[derive(Debug, Clone, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct RoundQuery {
    #[param(required = false, example = "certification")]
    pub process: Option<String>,
    #[param(required = false)]
    pub state: Option<RoundState>,
    /// Rounds that take applications of this region.
    #[param(required = false, value_type = String, example = "450100")]
    pub region: Option<RegionCode>,
    /// Only rounds that take applications now.
    #[param(required = false)]
    pub open: Option<bool>,
    #[param(minimum = 1, maximum = 100, default = 50, required = false)]
    pub limit: Option<u64>,
    #[param(max_length = 500, required = false)]
    pub cursor: Option<String>,
}

impl RoundQuery {
    pub fn parts(self) -> (RoundFilter, Option<u64>, Option<String>) {
        let filter = RoundFilter {
            process: self.process,
            state: self.state,
            region: self.region,
            open: self.open.unwrap_or(false),
        };
        (filter, self.limit, self.cursor)
    }
}

/// A round to be drafted.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateRound {
    #[schema(example = "certification")]
    pub process: String,
    /// Absent: the whole autonomous region.
    #[schema(example = "450000")]
    pub region: Option<RegionCode>,
    #[schema(min_length = 2, max_length = 200, example = "2026年技术经纪人认定（第一批）")]
    pub title: String,
    /// A whole minute.
    #[schema(example = "2026-09-01T09:00:00+08:00")]
    pub opens_at: DateTime<Utc>,
    /// A whole minute; the last instant at which a submission is in time.
    #[schema(example = "2026-09-30T17:30:00+08:00")]
    pub closes_at: DateTime<Utc>,
    /// Until when cities recommend; not before `closes_at`.
    #[schema(example = "2026-10-20T17:30:00+08:00")]
    pub recommend_until: Option<DateTime<Utc>>,
    pub rule_set_id: RuleSetId,
    #[schema(minimum = 1, example = 20_971_520)]
    pub max_file_bytes: u64,
    #[schema(minimum = 1, example = 50)]
    pub max_files: u32,
}

impl From<CreateRound> for NewRound {
    fn from(request: CreateRound) -> Self {
        Self {
            process: request.process,
            region: request.region,
            title: request.title,
            opens_at: request.opens_at,
            closes_at: request.closes_at,
            recommend_until: request.recommend_until,
            rule_set_id: request.rule_set_id,
            max_file_bytes: request.max_file_bytes,
            max_files: request.max_files,
        }
    }
}

/// What a draft is changed to; absent members stay, `null` clears.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[expect(clippy::option_option, reason = "absent, null and a value are three things")]
pub struct EditRound {
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<RegionCode>)]
    pub region: Option<Option<RegionCode>>,
    #[schema(min_length = 2, max_length = 200, example = "2026年技术经纪人认定（第一批）")]
    pub title: Option<String>,
    pub opens_at: Option<DateTime<Utc>>,
    pub closes_at: Option<DateTime<Utc>>,
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<DateTime<Utc>>)]
    pub recommend_until: Option<Option<DateTime<Utc>>>,
    pub rule_set_id: Option<RuleSetId>,
    #[schema(minimum = 1)]
    pub max_file_bytes: Option<u64>,
    #[schema(minimum = 1)]
    pub max_files: Option<u32>,
}

/// Tells a member that is `null` from one that is absent.
#[expect(clippy::option_option, reason = "absent, null and a value are three things")]
fn present<'de, D, T>(deserializer: D) -> Result<Option<Option<T>>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    Option::deserialize(deserializer).map(Some)
}

impl From<EditRound> for RoundChange {
    fn from(request: EditRound) -> Self {
        Self {
            region: request.region,
            title: request.title,
            opens_at: request.opens_at,
            closes_at: request.closes_at,
            recommend_until: request.recommend_until,
            rule_set_id: request.rule_set_id,
            max_file_bytes: request.max_file_bytes,
            max_files: request.max_files,
        }
    }
}

/// A later end, and why.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ExtendRound {
    #[schema(example = "2026-10-15T17:30:00+08:00")]
    pub closes_at: DateTime<Utc>,
    /// Stays when absent.
    pub recommend_until: Option<DateTime<Utc>>,
    #[schema(min_length = 2, max_length = 500, example = "系统维护影响申报，顺延")]
    pub reason: String,
}

/// Why a round is closed.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CloseRound {
    #[schema(min_length = 2, max_length = 500, example = "本批次名额已满")]
    pub reason: String,
}
