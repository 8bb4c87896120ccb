//! Granting and revoking roles, disabling and enabling accounts: the security administrator alone, never on oneself.

use domain::access::{Permission, Role};
use domain::account::{AccountState, grant_faults};
use domain::ids::{AccountId, OrganisationId};
use domain::region::RegionCode;
use domain::time::civil_day;
use entity::{account, account_delegation, account_role, organisation};
use sea_orm::sea_query::Expr;
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter};
use serde_json::json;
use uuid::Uuid;

use super::register::{Held, insert_role};
use super::view::{AccountView, view_in};
use super::{change, load, require_fresh, session, tell};
use crate::audit::Entry;
use crate::caller::{Caller, Outcome};
use crate::code::Code;
use crate::context::Context;
use crate::error::{Error, Result};
use crate::transaction::{Tx, Work};

/// A role for what it reaches.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct RoleGrant {
    pub role: Role,
    pub region: Option<RegionCode>,
    pub organisation_id: Option<OrganisationId>,
}

impl RoleGrant {
    pub(super) fn held(&self, granted_by: Option<AccountId>) -> Held {
        Held { role: self.role, region: self.region.clone(), organisation: self.organisation_id, granted_by }
    }
}

/// The active roles of an account.
pub(super) async fn active(tx: &Tx, account: AccountId) -> Result<Vec<account_role::Model>> {
    Ok(account_role::Entity::find()
        .filter(account_role::Column::AccountId.eq(account))
        .filter(account_role::Column::RevokedAt.is_null())
        .all(tx.connection())
        .await?)
}

/// Refuses a role that this account may not hold, or not for that region or organisation.
pub(super) async fn check_grant(tx: &Tx, account: Option<AccountId>, grant: &RoleGrant) -> Result<()> {
    let held: Vec<Role> = match account {
        Some(account) => active(tx, account).await?.into_iter().map(|row| row.role).collect(),
        None => Vec::new(),
    };
    let mut faults = grant_faults(grant.role, grant.region.as_ref(), grant.organisation_id.is_some(), &held);
    if let Some(id) = grant.organisation_id
        && organisation::Entity::find_by_id(id).one(tx.connection()).await?.is_none()
    {
        faults.push(domain::fault::Fault::new("/organisation_id", "organisation_unknown"));
    }
    if faults.is_empty() { Ok(()) } else { Err(Error::Invalid(faults)) }
}

/// Grants a role. The account's sessions end: it logs in again, with a second factor where the role is a staff role.
pub async fn grant(
    context: &Context,
    caller: &Caller,
    account: AccountId,
    grant: &RoleGrant,
) -> Result<Outcome<AccountView>> {
    caller.require(Permission::GrantRoles)?;
    require_fresh(context, caller)?;
    context.write_once(caller, "account.grant_role", &Grant { caller, account, offered: grant }).await
}

struct Grant<'a> {
    caller: &'a Caller,
    account: AccountId,
    offered: &'a RoleGrant,
}

impl Work for Grant<'_> {
    type Output = AccountView;

    async fn run(&self, tx: &Tx) -> Result<AccountView> {
        let row = other(tx, self.caller, self.account).await?;
        if row.state != AccountState::Active {
            return Err(Error::Refused(Code::StateForbids, json!({ "state": row.state })));
        }
        check_grant(tx, Some(row.id), self.offered).await?;
        insert_role(tx, row.id, self.offered.held(self.caller.account())).await?;
        end_rights(tx, &row, account::ActiveModel::default()).await?;
        tx.audit(Entry::new(self.caller, "account", row.id, "account.grant_role").after(self.offered));
        tell::role_changed(tx, &row, "granted", self.offered.role).await?;
        view_in(tx, row.id).await
    }
}

/// Somebody else's account: nobody grants to, revokes from or disables themselves.
async fn other(tx: &Tx, caller: &Caller, id: AccountId) -> Result<account::Model> {
    let row = load(tx, id).await?;
    if caller.account() == Some(id) {
        return Err(Error::Refused(Code::FourEyes, json!({ "account": "own" })));
    }
    Ok(row)
}

/// Changes the account so that its rights are read anew and its sessions end.
async fn end_rights(tx: &Tx, row: &account::Model, set: account::ActiveModel) -> Result<()> {
    change(tx, row, set, true).await?;
    session::end_all(tx, row.id, None, "rights_changed").await?;
    Ok(())
}

/// Revokes a role, with the delegations that lent it.
pub async fn revoke(
    context: &Context,
    caller: &Caller,
    account: AccountId,
    role: Uuid,
    version: i32,
) -> Result<Outcome<AccountView>> {
    caller.require(Permission::GrantRoles)?;
    require_fresh(context, caller)?;
    context.write_once(caller, "account.revoke_role", &Revoke { caller, account, role, version }).await
}

struct Revoke<'a> {
    caller: &'a Caller,
    account: AccountId,
    role: Uuid,
    version: i32,
}

impl Work for Revoke<'_> {
    type Output = AccountView;

    async fn run(&self, tx: &Tx) -> Result<AccountView> {
        let row = other(tx, self.caller, self.account).await?;
        if row.version != self.version {
            return Err(Error::Stale);
        }
        let roles = active(tx, row.id).await?;
        let gone = roles.iter().find(|role| role.id == self.role).ok_or(Error::NotFound)?;
        let changed = account_role::Entity::update_many()
            .col_expr(account_role::Column::RevokedAt, Expr::value(tx.at()))
            .col_expr(account_role::Column::RevokedBy, Expr::value(self.caller.account()))
            .filter(account_role::Column::Id.eq(gone.id))
            .filter(account_role::Column::RevokedAt.is_null())
            .exec(tx.connection())
            .await?;
        if changed.rows_affected != 1 {
            return Err(Error::Stale);
        }
        end_delegations(tx, &row, gone, &roles).await?;
        end_rights(tx, &row, account::ActiveModel::default()).await?;
        tx.audit(
            Entry::new(self.caller, "account", row.id, "account.revoke_role")
                .before(&json!({ "role": gone.role, "region": gone.region, "organisation": gone.organisation_id })),
        );
        tell::role_changed(tx, &row, "revoked", gone.role).await?;
        view_in(tx, row.id).await
    }
}

/// A role that is held no more cannot be lent; a later grant does not revive an old loan.
async fn end_delegations(
    tx: &Tx,
    row: &account::Model,
    gone: &account_role::Model,
    roles: &[account_role::Model],
) -> Result<()> {
    use account_delegation::Column;
    if roles.iter().any(|role| role.id != gone.id && role.role == gone.role) {
        return Ok(());
    }
    account_delegation::Entity::update_many()
        .col_expr(Column::RevokedAt, Expr::value(tx.at()))
        .filter(Column::FromAccountId.eq(row.id))
        .filter(Column::Role.eq(gone.role))
        .filter(Column::RevokedAt.is_null())
        .filter(Column::ToOn.gte(civil_day(tx.at())))
        .exec(tx.connection())
        .await?;
    Ok(())
}

/// Disables or enables an account, with a reason. A disabled one cannot log in, and its sessions end.
pub async fn set_enabled(
    context: &Context,
    caller: &Caller,
    account: AccountId,
    version: i32,
    is_enabled: bool,
    reason: &str,
) -> Result<Outcome<AccountView>> {
    caller.require(Permission::GrantRoles)?;
    require_fresh(context, caller)?;
    if reason.trim().chars().count() < 2 {
        return Err(Error::invalid("/reason", "text_short"));
    }
    let name = if is_enabled { "account.enable" } else { "account.disable" };
    context.write_once(caller, name, &SetEnabled { caller, account, version, is_enabled, reason, name }).await
}

struct SetEnabled<'a> {
    caller: &'a Caller,
    account: AccountId,
    version: i32,
    is_enabled: bool,
    reason: &'a str,
    name: &'static str,
}

impl Work for SetEnabled<'_> {
    type Output = AccountView;

    async fn run(&self, tx: &Tx) -> Result<AccountView> {
        let row = other(tx, self.caller, self.account).await?;
        if row.version != self.version {
            return Err(Error::Stale);
        }
        let (from, to) = if self.is_enabled {
            (AccountState::Disabled, AccountState::Active)
        } else {
            (AccountState::Active, AccountState::Disabled)
        };
        if row.state != from {
            return Err(Error::Refused(Code::StateForbids, json!({ "state": row.state })));
        }
        end_rights(tx, &row, account::ActiveModel { state: Set(to), ..Default::default() }).await?;
        let words = |state: AccountState| domain::word::Word::as_str(state);
        tx.audit(
            Entry::new(self.caller, "account", row.id, self.name)
                .states(words(from), words(to))
                .reason(self.reason.trim()),
        );
        view_in(tx, row.id).await
    }
}
