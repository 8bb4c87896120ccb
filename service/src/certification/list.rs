//! Applications in the caller's scope.

use chrono::{DateTime, Utc};
use domain::access::Permission;
use domain::certification::Level;
use domain::ids::{CaseId, RoundId};
use domain::region::RegionCode;
use entity::{case_file, certification};
use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter};

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
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize, utoipa::ToSchema)]
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
    let query = certification::Entity::find().find_also_related(case_file::Entity).filter(all);
    let rows = page_of(query, page)?.all(context.database().read()).await?;
    let page = Page::cut(rows, page, |(detail, _)| detail.case_id.to_string());
    Ok(Page {
        items: page.items.into_iter().filter_map(|(detail, row)| Some(summary(row?, &detail))).collect(),
        next: page.next,
    })
}

type Joined = sea_orm::SelectTwo<certification::Entity, case_file::Entity>;

fn page_of(query: Joined, page: &PageRequest) -> Result<Joined> {
    by_id(query, case_file::Column::Id, page)
}

fn summary(row: case_file::Model, detail: &certification::Model) -> CertificationSummary {
    CertificationSummary {
        id: row.id,
        number: row.number,
        version: row.version,
        state: row.state,
        target_level: detail.target_level,
        region: row.region,
        round_id: row.round_id,
        applicant_name: row.applicant_name,
        next_due_at: row.next_due_at,
        submitted_at: row.submitted_at,
        updated_at: row.updated_at,
    }
}
