//! Who acts for an organisation: inviting, joining, leaving.

use chrono::{DateTime, Utc};
use domain::access::{Permission, Role, Scope};
use domain::broker::email;
use domain::ids::{AccountId, OrganisationId};
use domain::organisation::{MemberState, OrganisationState};
use domain::word::Word;
use entity::{account, account_role, case_file, organisation, organisation_member};
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, Condition, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter, QuerySelect,
};
use serde_json::json;
use uuid::Uuid;

use super::check::{current, inside, save};
use super::invite::invite_confirmer;
use crate::audit::Entry;
use crate::caller::{Caller, Outcome};
use crate::code::Code;
use crate::context::Context;
use crate::error::{Error, Result};
use crate::page::{Page, PageRequest, by_id};
use crate::transaction::{Tx, Work};

/// A person who acts for an organisation, or is invited to.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize, utoipa::ToSchema)]
pub struct MemberView {
    pub id: Uuid,
    pub organisation_id: OrganisationId,
    pub account_id: Option<AccountId>,
    /// The account's name; absent while invited.
    pub name: Option<String>,
    /// Where the invitation went.
    pub email: Option<String>,
    pub role: Role,
    pub state: MemberState,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

/// A membership to be.
#[derive(Debug, Clone)]
pub struct Membership {
    pub email: String,
    pub role: Role,
}

fn view(row: organisation_member::Model, name: Option<String>) -> MemberView {
    MemberView {
        id: row.id,
        organisation_id: row.organisation_id,
        account_id: row.account_id,
        name,
        email: row.email,
        role: row.role,
        state: row.state,
        created_at: row.created_at,
        updated_at: row.updated_at,
    }
}

/// Lists the members of an organisation that the caller looks after, newest first.
pub async fn members(
    context: &Context,
    caller: &Caller,
    id: OrganisationId,
    page: &PageRequest,
) -> Result<Page<MemberView>> {
    let scope = caller.require(Permission::ManageMembers)?;
    let connection = context.database().read();
    organisation::Entity::find_by_id(id).filter(inside(&scope)).one(connection).await?.ok_or(Error::NotFound)?;
    let query = organisation_member::Entity::find().filter(organisation_member::Column::OrganisationId.eq(id));
    let rows = by_id(query, organisation_member::Column::Id, page)?.all(connection).await?;
    let page = Page::cut(rows, page, |row| row.id.to_string());
    let ids = page.items.iter().filter_map(|row| row.account_id);
    let names: Vec<(AccountId, String)> = account::Entity::find()
        .select_only()
        .column(account::Column::Id)
        .column(account::Column::Name)
        .filter(account::Column::Id.is_in(ids))
        .into_tuple()
        .all(connection)
        .await?;
    let name =
        |account: Option<AccountId>| names.iter().find(|(id, _)| Some(*id) == account).map(|(_, name)| name.clone());
    Ok(page.map(|row| {
        let name = name(row.account_id);
        view(row, name)
    }))
}

/// Invites somebody by mail to act for an organisation. Inviting again sends a new link.
pub async fn invite(
    context: &Context,
    caller: &Caller,
    id: OrganisationId,
    membership: Membership,
) -> Result<Outcome<MemberView>> {
    caller.require(Permission::ManageMembers)?;
    let address = email(&membership.email).map_err(|broken| Error::Invalid(vec![broken.at("/email")]))?;
    let membership = Membership { email: address.to_lowercase(), role: membership.role };
    context.write_once(caller, "organisation.invite", &Invite { caller, id, membership: &membership }).await
}

struct Invite<'a> {
    caller: &'a Caller,
    id: OrganisationId,
    membership: &'a Membership,
}

impl Work for Invite<'_> {
    type Output = MemberView;

    async fn run(&self, tx: &Tx) -> Result<MemberView> {
        let scope = inviting_scope(self.caller, self.membership.role)?;
        let organisation = organisation::Entity::find_by_id(self.id)
            .filter(inside(&scope))
            .lock_exclusive()
            .one(tx.connection())
            .await?
            .ok_or(Error::NotFound)?;
        if organisation.state != OrganisationState::Verified {
            return Err(Error::Refused(Code::StateForbids, json!({ "state": organisation.state })));
        }
        let member = match self.known(tx).await? {
            Some(known) if known.state == MemberState::Active => return Err(Error::refused(Code::AlreadyExists)),
            Some(known) => known,
            None => self.insert(tx).await?,
        };
        invite_confirmer(tx, self.caller, &organisation, &self.membership.email, self.membership.role).await?;
        tx.audit(
            Entry::new(self.caller, "organisation", self.id, "organisation.invite")
                .after(&json!({ "member_id": member.id, "role": self.membership.role })),
        );
        Ok(view(member, None))
    }
}

/// The scope in which the caller may invite to a role: confirmers name confirmers, heads their agency's people, the
/// city anybody.
fn inviting_scope(caller: &Caller, role: Role) -> Result<Scope> {
    let inviters: &[Role] = match role {
        Role::EmployerConfirmer => &[Role::CityClerk, Role::EmployerConfirmer],
        Role::AgencyClerk | Role::AgencyHead => &[Role::CityClerk, Role::AgencyHead],
        _ => return Err(Error::invalid("/role", "unknown_word")),
    };
    let scope = Scope::of(&caller.actor, inviters);
    if scope.is_empty() { Err(Error::Forbidden) } else { Ok(scope) }
}

impl Invite<'_> {
    /// A membership of this person in this role that is invited or active.
    async fn known(&self, tx: &Tx) -> Result<Option<organisation_member::Model>> {
        let person: Option<AccountId> = account::Entity::find()
            .select_only()
            .column(account::Column::Id)
            .filter(account::Column::Email.eq(&self.membership.email))
            .into_tuple()
            .one(tx.connection())
            .await?;
        let mut who = Condition::any().add(organisation_member::Column::Email.eq(&self.membership.email));
        if let Some(person) = person {
            who = who.add(organisation_member::Column::AccountId.eq(person));
        }
        Ok(organisation_member::Entity::find()
            .filter(organisation_member::Column::OrganisationId.eq(self.id))
            .filter(organisation_member::Column::Role.eq(self.membership.role))
            .filter(organisation_member::Column::State.ne(MemberState::Left))
            .filter(who)
            .one(tx.connection())
            .await?)
    }

    async fn insert(&self, tx: &Tx) -> Result<organisation_member::Model> {
        let row = organisation_member::Model {
            id: tx.context().new_id(),
            organisation_id: self.id,
            account_id: None,
            email: Some(self.membership.email.clone()),
            role: self.membership.role,
            state: MemberState::Invited,
            invited_by: Some(self.caller.actor.account),
            created_at: tx.at(),
            updated_at: tx.at(),
        };
        let new = organisation_member::ActiveModel {
            id: Set(row.id),
            organisation_id: Set(row.organisation_id),
            account_id: Set(None),
            email: Set(row.email.clone()),
            role: Set(row.role),
            state: Set(row.state),
            invited_by: Set(row.invited_by),
            created_at: Set(row.created_at),
            updated_at: Set(row.updated_at),
        };
        organisation_member::Entity::insert(new).exec_without_returning(tx.connection()).await?;
        Ok(row)
    }
}

/// Gives the seat that an organisation kept for an address to the account that takes the invitation, inside that
/// transaction. Without a kept seat nothing happens.
pub(crate) async fn seat(
    tx: &Tx,
    organisation: OrganisationId,
    email: &str,
    role: Role,
    account: AccountId,
) -> Result<()> {
    let kept = organisation_member::Entity::find()
        .filter(organisation_member::Column::OrganisationId.eq(organisation))
        .filter(organisation_member::Column::Email.eq(email))
        .filter(organisation_member::Column::Role.eq(role))
        .filter(organisation_member::Column::State.eq(MemberState::Invited))
        .one(tx.connection())
        .await?;
    match kept {
        Some(member) => activate_member(tx, member.id, account).await,
        None => Ok(()),
    }
}

/// Turns an invited member into an active one. The grant of the role is written by whoever accepts the invitation.
///
/// # Errors
/// `token_spent` when the membership is no longer waiting.
pub async fn activate_member(tx: &Tx, member_id: Uuid, account: AccountId) -> Result<()> {
    let spent = || Error::refused(Code::TokenSpent);
    let row = organisation_member::Entity::find_by_id(member_id).one(tx.connection()).await?.ok_or_else(spent)?;
    let changed = organisation_member::Entity::update_many()
        .col_expr(organisation_member::Column::State, Expr::value(MemberState::Active))
        .col_expr(organisation_member::Column::AccountId, Expr::value(account))
        .col_expr(organisation_member::Column::UpdatedAt, Expr::value(tx.at()))
        .filter(organisation_member::Column::Id.eq(member_id))
        .filter(organisation_member::Column::State.eq(MemberState::Invited))
        .exec(tx.connection())
        .await?;
    if changed.rows_affected != 1 {
        return Err(spent());
    }
    tx.audit(Entry {
        object_kind: "organisation".to_owned(),
        object_id: row.organisation_id.to_string(),
        action: "organisation.member_joined".to_owned(),
        actor_id: Some(account),
        after: Some(json!({ "member_id": member_id, "role": row.role }).to_string()),
        ..Entry::default()
    });
    Ok(())
}

/// Ends a membership: one's own, or one of an organisation that the caller manages.
pub async fn remove(
    context: &Context,
    caller: &Caller,
    id: OrganisationId,
    member_id: Uuid,
    version: i32,
) -> Result<Outcome<MemberView>> {
    caller.require(Permission::ManageMembers)?;
    context.write_once(caller, "organisation.remove_member", &Remove { caller, id, member_id, version }).await
}

struct Remove<'a> {
    caller: &'a Caller,
    id: OrganisationId,
    member_id: Uuid,
    /// Of the organisation: memberships are part of it, so that two removals cannot miss each other.
    version: i32,
}

impl Work for Remove<'_> {
    type Output = MemberView;

    async fn run(&self, tx: &Tx) -> Result<MemberView> {
        let scope = self.caller.require(Permission::ManageMembers)?;
        let organisation = current(tx, &scope, self.id, self.version).await?;
        let row = organisation_member::Entity::find_by_id(self.member_id)
            .filter(organisation_member::Column::OrganisationId.eq(self.id))
            .filter(organisation_member::Column::State.ne(MemberState::Left))
            .one(tx.connection())
            .await?
            .ok_or(Error::NotFound)?;
        if row.role == Role::EmployerConfirmer && row.state == MemberState::Active {
            keep_a_confirmer(tx.connection(), &row).await?;
        }
        let changed = organisation_member::Entity::update_many()
            .col_expr(organisation_member::Column::State, Expr::value(MemberState::Left))
            .col_expr(organisation_member::Column::UpdatedAt, Expr::value(tx.at()))
            .filter(organisation_member::Column::Id.eq(row.id))
            .filter(organisation_member::Column::State.eq(row.state))
            .exec(tx.connection())
            .await?;
        if changed.rows_affected != 1 {
            return Err(Error::Stale);
        }
        save(tx, &organisation, &organisation).await?;
        self.revoke(tx, &row).await?;
        tx.audit(
            Entry::new(self.caller, "organisation", self.id, "organisation.remove_member")
                .states(row.state.as_str(), MemberState::Left.as_str())
                .before(&json!({ "member_id": row.id, "account_id": row.account_id, "role": row.role })),
        );
        Ok(view(organisation_member::Model { state: MemberState::Left, updated_at: tx.at(), ..row }, None))
    }
}

/// The last confirmer stays while cases wait for a confirmation.
async fn keep_a_confirmer(connection: &impl ConnectionTrait, leaving: &organisation_member::Model) -> Result<()> {
    let others = confirmers(connection, leaving.organisation_id).await?;
    if others.iter().any(|account| Some(*account) != leaving.account_id) {
        return Ok(());
    }
    let waiting = case_file::Entity::find()
        .filter(case_file::Column::OrganisationId.eq(leaving.organisation_id))
        .filter(case_file::Column::DeskRole.eq(Role::EmployerConfirmer))
        .filter(case_file::Column::ClosedAt.is_null())
        .count(connection)
        .await?;
    if waiting == 0 { Ok(()) } else { Err(Error::Refused(Code::InUse, json!({ "cases": waiting }))) }
}

impl Remove<'_> {
    /// The role ends with the membership, on the very next request.
    async fn revoke(&self, tx: &Tx, row: &organisation_member::Model) -> Result<()> {
        let Some(account) = row.account_id else { return Ok(()) };
        account_role::Entity::update_many()
            .col_expr(account_role::Column::RevokedAt, Expr::value(tx.at()))
            .col_expr(account_role::Column::RevokedBy, Expr::value(self.caller.actor.account))
            .filter(account_role::Column::AccountId.eq(account))
            .filter(account_role::Column::OrganisationId.eq(self.id))
            .filter(account_role::Column::Role.eq(row.role))
            .filter(account_role::Column::RevokedAt.is_null())
            .exec(tx.connection())
            .await?;
        account::Entity::update_many()
            .col_expr(account::Column::RightsVersion, Expr::col(account::Column::RightsVersion).add(1))
            .filter(account::Column::Id.eq(account))
            .exec(tx.connection())
            .await?;
        Ok(())
    }
}

/// Everybody who may confirm for an organisation now.
pub async fn confirmers(connection: &impl ConnectionTrait, id: OrganisationId) -> Result<Vec<AccountId>> {
    let accounts: Vec<Option<AccountId>> = organisation_member::Entity::find()
        .select_only()
        .column(organisation_member::Column::AccountId)
        .filter(organisation_member::Column::OrganisationId.eq(id))
        .filter(organisation_member::Column::Role.eq(Role::EmployerConfirmer))
        .filter(organisation_member::Column::State.eq(MemberState::Active))
        .into_tuple()
        .all(connection)
        .await?;
    Ok(accounts.into_iter().flatten().collect())
}

/// Whether an organisation has somebody who can confirm online.
pub async fn has_confirmer(connection: &impl ConnectionTrait, id: OrganisationId) -> Result<bool> {
    Ok(!confirmers(connection, id).await?.is_empty())
}
