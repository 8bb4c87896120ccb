//! The deadlines of a case, for everybody who may read the case.

use domain::access::Permission;
use domain::ids::CaseId;
use entity::{case_file, deadline};
use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter, QueryOrder};

use crate::access::visible_cases;
use crate::caller::Caller;
use crate::context::Context;
use crate::error::{Error, Result};
use crate::page::Page;
use crate::process::{DeadlineView, deadline_views};

/// Lists all deadlines of a case, open and closed, oldest first. A case has at most a few dozen.
pub async fn deadlines_of_case(context: &Context, caller: &Caller, case: CaseId) -> Result<Page<DeadlineView>> {
    let scope = caller.require(Permission::ReadCertifications)?;
    let connection = context.database().read();
    // A draft is its applicant's own until it is submitted.
    let is_shown = Condition::any()
        .add(case_file::Column::SubmittedAt.is_not_null())
        .add(case_file::Column::ApplicantId.eq(caller.actor.account));
    case_file::Entity::find_by_id(case)
        .filter(visible_cases(&scope))
        .filter(is_shown)
        .one(connection)
        .await?
        .ok_or(Error::NotFound)?;
    let rows = deadline::Entity::find()
        .filter(deadline::Column::CaseId.eq(case))
        .order_by_asc(deadline::Column::CreatedAt)
        .order_by_asc(deadline::Column::Id)
        .all(connection)
        .await?;
    Ok(Page { items: deadline_views(&rows)?, next: None })
}
