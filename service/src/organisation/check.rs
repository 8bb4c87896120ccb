//! What every change of an organisation checks first.

use domain::access::Scope;
use domain::ids::{AccountId, OrganisationId};
use entity::{organisation, organisation_member};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, Condition, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter, QuerySelect};

use crate::caller::Caller;
use crate::code::Code;
use crate::error::{Error, Result};
use crate::transaction::Tx;

/// The organisations that a caller looks after: by region as staff, by membership otherwise.
pub(super) fn inside(scope: &Scope) -> Condition {
    if scope.all {
        return Condition::all();
    }
    let mut any = Condition::any().add(Expr::value(false));
    if !scope.regions.is_empty() {
        any = any.add(organisation::Column::Region.is_in(scope.regions.iter().cloned()));
    }
    if !scope.organisations.is_empty() {
        any = any.add(organisation::Column::Id.is_in(scope.organisations.iter().copied()));
    }
    any
}

/// The organisation within the scope, locked, in the version that the caller saw.
pub(super) async fn current(tx: &Tx, scope: &Scope, id: OrganisationId, version: i32) -> Result<organisation::Model> {
    let row = organisation::Entity::find_by_id(id)
        .filter(inside(scope))
        .lock_exclusive()
        .one(tx.connection())
        .await?
        .ok_or(Error::NotFound)?;
    if row.version == version { Ok(row) } else { Err(Error::Stale) }
}

/// Nobody decides about an organisation of their own (回避), not even one that they left.
pub(super) async fn recuse(
    connection: &impl ConnectionTrait,
    caller: &Caller,
    organisation: OrganisationId,
) -> Result<()> {
    let ties = organisation_member::Entity::find()
        .filter(organisation_member::Column::OrganisationId.eq(organisation))
        .filter(organisation_member::Column::AccountId.eq(caller.actor.account))
        .count(connection)
        .await?;
    if ties == 0 { Ok(()) } else { Err(Error::refused(Code::DeciderConflict)) }
}

/// The people who act for an organisation now.
pub(super) async fn active_people(
    connection: &impl ConnectionTrait,
    organisation: OrganisationId,
) -> Result<Vec<AccountId>> {
    let people: Vec<Option<AccountId>> = organisation_member::Entity::find()
        .select_only()
        .column(organisation_member::Column::AccountId)
        .filter(organisation_member::Column::OrganisationId.eq(organisation))
        .filter(organisation_member::Column::State.eq(domain::organisation::MemberState::Active))
        .into_tuple()
        .all(connection)
        .await?;
    let mut people: Vec<AccountId> = people.into_iter().flatten().collect();
    people.sort_unstable();
    people.dedup();
    Ok(people)
}

/// One update of everything that may change; its WHERE names version and state.
pub(super) async fn save(tx: &Tx, before: &organisation::Model, after: &organisation::Model) -> Result<()> {
    let changed = organisation::Entity::update_many()
        .col_expr(organisation::Column::Name, Expr::value(after.name.as_str()))
        .col_expr(organisation::Column::Kind, Expr::value(after.kind))
        .col_expr(organisation::Column::Region, Expr::value(after.region.clone()))
        .col_expr(organisation::Column::State, Expr::value(after.state))
        .col_expr(organisation::Column::LegalRepresentative, Expr::value(after.legal_representative.clone()))
        .col_expr(organisation::Column::Address, Expr::value(after.address.clone()))
        .col_expr(organisation::Column::ContactEmail, Expr::value(after.contact_email.clone()))
        .col_expr(organisation::Column::RegisteredBy, Expr::value(after.registered_by))
        .col_expr(organisation::Column::VerifiedBy, Expr::value(after.verified_by))
        .col_expr(organisation::Column::VerifiedAt, Expr::value(after.verified_at))
        .col_expr(organisation::Column::RefusalReason, Expr::value(after.refusal_reason.clone()))
        .col_expr(organisation::Column::SuccessorId, Expr::value(after.successor_id))
        .col_expr(organisation::Column::UpdatedAt, Expr::value(tx.at()))
        .col_expr(organisation::Column::Version, Expr::value(before.version + 1))
        .filter(organisation::Column::Id.eq(before.id))
        .filter(organisation::Column::Version.eq(before.version))
        .filter(organisation::Column::State.eq(before.state))
        .exec(tx.connection())
        .await?;
    if changed.rows_affected == 1 { Ok(()) } else { Err(Error::Stale) }
}
