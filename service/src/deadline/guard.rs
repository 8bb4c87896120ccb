//! Whether what is told of a deadline is still true.

use domain::access::Role;
use domain::deadline::{DeadlineState, Party};
use domain::ids::DeadlineId;
use entity::{case_file, deadline};
use sea_orm::EntityTrait;

use crate::context::Context;
use crate::error::Result;

/// What a mail about a deadline takes for granted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Guard {
    pub deadline_id: DeadlineId,
    pub revision: i32,
    /// Told after the end: a missed clock still counts.
    pub is_overdue: bool,
}

/// Whether it still is so: the same date, the clock not stopped, the case still waiting for this party.
pub async fn still_applies(context: &Context, guard: Guard) -> Result<bool> {
    let found = deadline::Entity::find_by_id(guard.deadline_id)
        .find_also_related(case_file::Entity)
        .one(context.database().read())
        .await?;
    let Some((deadline, Some(case))) = found else { return Ok(false) };
    let runs = match deadline.state {
        DeadlineState::Running => true,
        DeadlineState::Missed => guard.is_overdue,
        DeadlineState::Paused | DeadlineState::Met | DeadlineState::Cancelled => false,
    };
    Ok(runs && deadline.revision == guard.revision && waits_for(&case, deadline.party))
}

/// Whether a case waits for this party: for the one whose desk it lies on.
pub(super) fn waits_for(case: &case_file::Model, party: Party) -> bool {
    if case.closed_at.is_some() {
        return false;
    }
    match (party, case.desk_role) {
        (Party::Public, _) | (Party::Authority, None) => true,
        (Party::Applicant, Some(role)) => is_party(role),
        (Party::Authority, Some(role)) => !is_party(role),
        (Party::Applicant, None) => false,
    }
}

fn is_party(role: Role) -> bool {
    matches!(role, Role::Broker | Role::EmployerConfirmer | Role::AgencyClerk | Role::AgencyHead)
}
