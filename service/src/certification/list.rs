//! Applications in the caller's scope.

use chrono::{DateTime, Utc};
use domain::access::Permission;
use domain::certification::Level;
use domain::ids::{CaseId, RoundId};
use domain::region::RegionCode;
use entity::{case_file, certification};
use sea_orm::{
    ColumnTrait, Condition, EntityTrait, FromQueryResult, JoinType, QueryFilter, QuerySelect, RelationTrait,
};

use super::facts::PROCESS;
use crate::access::visible_cases;
use crate::caller::Caller;
use crate::context::Context;
use crate::error::Result;
use crate::page::{Page, PageRequest, by_id};

/// What a list may be narrowed to.
#[derive(Debug, Clone, Default)]
pub struct CertificationFilter {
    pub state: Option<String>,
    pub level: Option<Level>,
    pub region: Option<RegionCode>,
    pub round: Option<RoundId>,
    pub updated_since: Option<DateTime<Utc>>,
}

/// An application in a list.
#[derive(Debug, Clone, PartialEq, Eq, FromQueryResult, serde::Serialize, serde::Deserialize, utoipa::ToSchema)]
pub struct CertificationSummary {
    pub id: CaseId,
    pub number: String,
    pub version: i32,
    pub state: String,
    pub target_level: Level,
    pub region: RegionCode,
    pub round_id: Option<RoundId>,
    pub applicant_name: String,
    pub next_due_at: Option<DateTime<Utc>>,
    pub submitted_at: Option<DateTime<Utc>>,
    pub updated_at: DateTime<Utc>,
}

/// Lists applications, newest first. Drafts are shown to nobody but their applicant.
pub async fn list(
    context: &Context,
    caller: &Caller,
    filter: &CertificationFilter,
    page: &PageRequest,
) -> Result<Page<CertificationSummary>> {
    let scope = caller.require(Permission::ReadCertifications)?;
    let own_or_submitted = Condition::any()
        .add(case_file::Column::SubmittedAt.is_not_null())
        .add(case_file::Column::ApplicantId.eq(caller.actor.account));
    let mut all =
        Condition::all().add(case_file::Column::Process.eq(PROCESS)).add(visible_cases(&scope)).add(own_or_submitted);
    if let Some(state) = &filter.state {
        all = all.add(case_file::Column::State.eq(state));
    }
    if let Some(level) = filter.level {
        all = all.add(certification::Column::TargetLevel.eq(level));
    }
    if let Some(region) = &filter.region {
        all = all.add(case_file::Column::Region.eq(region.clone()));
    }
    if let Some(round) = filter.round {
        all = all.add(case_file::Column::RoundId.eq(round));
    }
    if let Some(since) = filter.updated_since {
        all = all.add(case_file::Column::UpdatedAt.gte(since));
    }
    // Only what is shown: a form is many times as long as its line in a list.
    let query = case_file::Entity::find()
        .select_only()
        .columns([
            case_file::Column::Id,
            case_file::Column::Number,
            case_file::Column::Version,
            case_file::Column::State,
            case_file::Column::Region,
            case_file::Column::RoundId,
            case_file::Column::ApplicantName,
            case_file::Column::NextDueAt,
            case_file::Column::SubmittedAt,
            case_file::Column::UpdatedAt,
        ])
        .column(certification::Column::TargetLevel)
        .join(JoinType::InnerJoin, certification::Relation::Case.def().rev())
        .filter(all);
    let rows = by_id(query, case_file::Column::Id, page)?
        .into_model::<CertificationSummary>()
        .all(context.database().read())
        .await?;
    Ok(Page::cut(rows, page, |row| row.id.to_string()))
}
