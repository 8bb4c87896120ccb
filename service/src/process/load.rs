//! Reading a case as the kernel sees it.

use domain::access::{Grant, Role, Scope};
use domain::deadline::{Deadline, DeadlineState};
use domain::ids::{AccountId, CaseId, OrganisationId};
use domain::process::{Acting, Case, Past, allowed_verbs, needs_facts};
use domain::word::Word;
use entity::{case_file, deadline, organisation_member};
use sea_orm::sea_query::{Expr, ExprTrait, Query, SimpleExpr};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, FromQueryResult, QueryFilter, QuerySelect, QueryTrait};

use super::{Driver, deadline as rows};
use crate::access::visible_cases;
use crate::caller::Caller;
use crate::context::Context;
use crate::error::{Error, Result};
use crate::rows::{Owner, rows_as_json};

/// A case with everything that belongs to it.
#[derive(Debug)]
pub struct Loaded<P: Driver> {
    pub row: case_file::Model,
    pub case: Case<P>,
    pub detail: P::Detail,
    /// All deadlines, open and closed, oldest first.
    pub deadlines: Vec<deadline::Model>,
    /// Whether the one who asked belongs or belonged to the case's organisation.
    pub is_tied: bool,
}

/// How a case is read: with a lock when it is about to change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum For {
    Reading,
    Change,
}

/// Loads a case within a scope, as one account sees it. Foreign and missing cases answer alike.
pub async fn load<P: Driver>(
    connection: &impl ConnectionTrait,
    scope: &Scope,
    asker: Option<AccountId>,
    id: CaseId,
    purpose: For,
) -> Result<Loaded<P>> {
    let query =
        case_file::Entity::find_by_id(id).filter(case_file::Column::Process.eq(P::NAME)).filter(visible_cases(scope));
    let clocks = rows_as_json::<deadline::Entity>(
        connection.get_database_backend(),
        deadline::Column::CaseId,
        &Owner::Column(r#""case_file"."id""#),
        &[deadline::Column::CreatedAt, deadline::Column::Id],
    );
    let mut query = P::joined(query).column_as(tied(asker), IS_TIED).column_as(clocks, CLOCKS);
    if purpose == For::Change {
        // FOR UPDATE on PostgreSQL, nothing on SQLite, where the transaction is immediate.
        query = query.lock_exclusive();
    }
    let found = connection.query_one(query.as_query()).await?.ok_or(Error::NotFound)?;
    let row = case_file::Model::from_query_result(&found, "")?;
    let deadlines: Vec<deadline::Model> = serde_json::from_str(&found.try_get::<String>("", CLOCKS)?)
        .map_err(|_| Error::unreadable("deadline", "*", id))?;
    let case = kernel_case(&row, &deadlines)?;
    let is_tied = found.try_get("", IS_TIED)?;
    Ok(Loaded { detail: P::detail(&found)?, row, case, deadlines, is_tied })
}

/// A case that this transaction opened or moved, as its rows are from here on.
pub(crate) fn as_it_stands<P: Driver>(
    row: case_file::Model,
    detail: P::Detail,
    deadlines: Vec<deadline::Model>,
    is_tied: bool,
) -> Result<Loaded<P>> {
    Ok(Loaded { case: kernel_case(&row, &deadlines)?, row, detail, deadlines, is_tied })
}

const IS_TIED: &str = "is_tied";
const CLOCKS: &str = "clocks";

/// Whether the account belongs or belonged to the case's organisation.
fn tied(asker: Option<AccountId>) -> SimpleExpr {
    let Some(account) = asker else { return Expr::value(false) };
    let membership = Query::select()
        .expr(Expr::value(1))
        .from(organisation_member::Entity)
        .and_where(
            Expr::col((organisation_member::Entity, organisation_member::Column::OrganisationId))
                .equals((case_file::Entity, case_file::Column::OrganisationId)),
        )
        .and_where(organisation_member::Column::AccountId.eq(account))
        .to_owned();
    Expr::exists(membership)
}

/// Loads a case that the caller may read.
pub async fn load_visible<P: Driver>(context: &Context, caller: &Caller, id: CaseId) -> Result<Loaded<P>> {
    let scope = super::scope_of::<P>(caller)?;
    load(context.database().read(), &scope, caller.account(), id, For::Reading).await
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
pub(super) fn actings<P: Driver>(caller: &Caller, loaded: &Loaded<P>) -> Vec<Acting> {
    if caller.is_system() {
        return vec![Acting::system()];
    }
    let ties: Vec<OrganisationId> = loaded.case.organisation.into_iter().filter(|_| loaded.is_tied).collect();
    caller
        .actings(&ties)
        .into_iter()
        .filter(|(grant, _)| reaches(grant, caller.actor.account, &loaded.case))
        .map(|(_, acting)| acting)
        .collect()
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

/// The actions offered to the caller now, computed from the same table as the decision. Facts are loaded only where a
/// guard asks for them.
pub async fn allowed_actions<P: Driver>(
    context: &Context,
    connection: &impl ConnectionTrait,
    caller: &Caller,
    loaded: &Loaded<P>,
) -> Result<Vec<String>> {
    if needs_facts(&loaded.case, &actings(caller, loaded), context.now()) {
        let (facts, _) = P::facts(context, connection, loaded, None, caller.account()).await?;
        return Ok(offered(context, caller, loaded, Some(&facts)));
    }
    Ok(offered(context, caller, loaded, None))
}

/// The same with facts that are at hand.
pub(crate) fn offered<P: Driver>(
    context: &Context,
    caller: &Caller,
    loaded: &Loaded<P>,
    facts: Option<&P::Facts>,
) -> Vec<String> {
    let verbs = allowed_verbs(&loaded.case, &actings(caller, loaded), facts, context.now());
    verbs.into_iter().map(|verb| verb.as_str().to_owned()).collect()
}
