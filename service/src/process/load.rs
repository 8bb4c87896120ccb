//! Reading a case as the kernel sees it.

use domain::access::{Grant, Role, Scope};
use domain::deadline::{Deadline, DeadlineState};
use domain::ids::{AccountId, CaseId, OrganisationId};
use domain::process::{Acting, Case, Past, allowed_verbs};
use domain::word::Word;
use entity::{case_file, deadline, organisation_member};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use super::{Driver, deadline as rows};
use crate::access::visible_cases;
use crate::caller::Caller;
use crate::context::Context;
use crate::error::{Error, Result};

/// A case with everything that belongs to it.
#[derive(Debug)]
pub struct Loaded<P: Driver> {
    pub row: case_file::Model,
    pub case: Case<P>,
    pub detail: P::Detail,
    /// All deadlines, open and closed, oldest first.
    pub deadlines: Vec<deadline::Model>,
}

/// How a case is read: with a lock when it is about to change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum For {
    Reading,
    Change,
}

/// Loads a case within a scope. Foreign and missing cases answer alike.
pub async fn load<P: Driver>(
    connection: &impl ConnectionTrait,
    scope: &Scope,
    id: CaseId,
    purpose: For,
) -> Result<Loaded<P>> {
    let mut query =
        case_file::Entity::find_by_id(id).filter(case_file::Column::Process.eq(P::NAME)).filter(visible_cases(scope));
    if purpose == For::Change {
        // FOR UPDATE on PostgreSQL, nothing on SQLite, where the transaction is immediate.
        query = query.lock_exclusive();
    }
    let row = query.one(connection).await?.ok_or(Error::NotFound)?;
    let deadlines = deadline::Entity::find()
        .filter(deadline::Column::CaseId.eq(id))
        .order_by_asc(deadline::Column::CreatedAt)
        .order_by_asc(deadline::Column::Id)
        .all(connection)
        .await?;
    let detail = P::detail(connection, &row).await?;
    let case = kernel_case(&row, &deadlines)?;
    Ok(Loaded { row, case, detail, deadlines })
}

/// Loads a case that the caller may read.
pub async fn load_visible<P: Driver>(context: &Context, caller: &Caller, id: CaseId) -> Result<Loaded<P>> {
    let scope = super::scope_of::<P>(caller)?;
    load(context.database().read(), &scope, id, For::Reading).await
}

fn kernel_case<P: Driver>(row: &case_file::Model, deadlines: &[deadline::Model]) -> Result<Case<P>> {
    let state = |text: &str| P::State::parse(text).ok_or_else(|| Error::unreadable("case_file", "state", row.id));
    let open = deadlines
        .iter()
        .filter(|deadline| matches!(deadline.state, DeadlineState::Running | DeadlineState::Paused))
        .map(rows::value)
        .collect::<Result<Vec<Deadline>>>()?;
    Ok(Case {
        id: row.id,
        state: state(&row.state)?,
        resume_state: row.resume_state.as_deref().map(state).transpose()?,
        version: row.version,
        region: row.region.clone(),
        organisation: row.organisation_id,
        applicant: row.applicant_id,
        assignee: row.assignee_id,
        past: past::<P>(row)?,
        deadlines: open,
    })
}

/// Who did what, as the case row keeps it: `[[verb, account, principal or null], …]`.
pub(super) type Acts = Vec<(String, AccountId, Option<AccountId>)>;

pub(super) fn acts(row: &case_file::Model) -> Result<Acts> {
    serde_json::from_str(&row.acts).map_err(|_| Error::unreadable("case_file", "acts", row.id))
}

fn past<P: Driver>(row: &case_file::Model) -> Result<Vec<Past<P::Verb>>> {
    Ok(acts(row)?
        .into_iter()
        // Words of an older table version that no longer exist guard nothing.
        .filter_map(|(verb, by, on_behalf_of)| P::Verb::parse(&verb).map(|verb| Past { verb, by, on_behalf_of }))
        .collect())
}

/// The ways in which a caller may act on this case: the grants that reach it.
pub(super) async fn actings<P: Driver>(
    connection: &impl ConnectionTrait,
    caller: &Caller,
    case: &Case<P>,
) -> Result<Vec<Acting>> {
    if caller.is_system() {
        return Ok(vec![Acting::system()]);
    }
    let ties = ties(connection, caller.actor.account).await?;
    Ok(caller
        .actings(&ties)
        .into_iter()
        .filter(|(grant, _)| reaches(grant, caller.actor.account, case))
        .map(|(_, acting)| acting)
        .collect())
}

/// Whether a grant reaches a case: by region, by organisation, or by person.
fn reaches<P: Driver>(grant: &Grant, account: AccountId, case: &Case<P>) -> bool {
    match grant.role {
        Role::Broker => case.applicant == account,
        Role::EmployerConfirmer | Role::AgencyClerk | Role::AgencyHead => {
            grant.organisation.is_some() && grant.organisation == case.organisation
        }
        Role::CityClerk | Role::CityLead | Role::BaseAdministrator | Role::Instructor => {
            grant.region.as_ref().is_some_and(|region| region.covers(&case.region))
        }
        Role::RegionClerk
        | Role::RegionLead
        | Role::Expert
        | Role::IntegrityOfficer
        | Role::FinanceReviewer
        | Role::Auditor => true,
        Role::SystemAdministrator | Role::SecurityAdministrator | Role::System => false,
    }
}

/// The organisations an account belongs to or belonged to.
async fn ties(connection: &impl ConnectionTrait, account: AccountId) -> Result<Vec<OrganisationId>> {
    Ok(organisation_member::Entity::find()
        .select_only()
        .column(organisation_member::Column::OrganisationId)
        .filter(organisation_member::Column::AccountId.eq(account))
        .into_tuple()
        .all(connection)
        .await?)
}

/// The actions offered to the caller now, computed from the same table as the decision.
pub async fn allowed_actions<P: Driver>(
    context: &Context,
    connection: &impl ConnectionTrait,
    caller: &Caller,
    loaded: &Loaded<P>,
) -> Result<Vec<String>> {
    let actings = actings(connection, caller, &loaded.case).await?;
    let facts = P::facts(context, connection, &loaded.row, &loaded.detail, None, caller.account()).await?;
    let verbs = allowed_verbs(&loaded.case, &actings, Some(&facts), context.now());
    Ok(verbs.into_iter().map(|verb| verb.as_str().to_owned()).collect())
}
