//! Accounts as shown: to those who look after them, and to their owner.

use chrono::{DateTime, Utc};
use domain::access::{Permission, Role};
use domain::account::AccountState;
use domain::fault::Fault;
use domain::ids::{AccountId, OrganisationId, SessionId};
use domain::region::RegionCode;
use domain::word::Word;
use entity::{account, account_recovery_code, account_role};
use sea_orm::sea_query::{Expr, ExprTrait, Query};
use sea_orm::{ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder};
use serde_json::json;
use uuid::Uuid;

use super::{change, email, load, register};
use crate::audit::Entry;
use crate::caller::{Caller, Outcome};
use crate::context::Context;
use crate::error::{Error, Result};
use crate::page::{Page, PageRequest, by_id};
use crate::transaction::{Tx, Work};

/// A role as held.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize, utoipa::ToSchema)]
pub struct RoleView {
    pub id: Uuid,
    pub role: Role,
    pub region: Option<RegionCode>,
    pub organisation_id: Option<OrganisationId>,
    pub granted_by: Option<AccountId>,
    pub granted_at: DateTime<Utc>,
}

/// An account as those see it who look after accounts.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize, utoipa::ToSchema)]
pub struct AccountView {
    pub id: AccountId,
    pub email: String,
    pub name: String,
    pub locale: String,
    pub state: AccountState,
    pub has_second_factor: bool,
    pub roles: Vec<RoleView>,
    /// Failed logins since the last good one.
    pub failed_logins: i32,
    pub locked_until: Option<DateTime<Utc>>,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
    pub version: i32,
}

/// What a list of accounts may be narrowed to.
#[derive(Debug, Clone, Default)]
pub struct AccountFilter {
    pub role: Option<Role>,
    pub region: Option<RegionCode>,
    pub state: Option<AccountState>,
    /// The whole address.
    pub email: Option<String>,
}

fn role_view(row: account_role::Model) -> RoleView {
    RoleView {
        id: row.id,
        role: row.role,
        region: row.region,
        organisation_id: row.organisation_id,
        granted_by: row.granted_by,
        granted_at: row.granted_at,
    }
}

fn account_view(row: account::Model, roles: Vec<RoleView>) -> AccountView {
    AccountView {
        id: row.id,
        email: row.email,
        name: row.name,
        locale: row.locale,
        state: row.state,
        has_second_factor: row.totp_confirmed_at.is_some(),
        roles,
        failed_logins: row.failed_logins,
        locked_until: row.locked_until,
        created_at: row.created_at,
        updated_at: row.updated_at,
        version: row.version,
    }
}

async fn roles_of(connection: &impl ConnectionTrait, accounts: Vec<AccountId>) -> Result<Vec<account_role::Model>> {
    Ok(account_role::Entity::find()
        .filter(account_role::Column::AccountId.is_in(accounts))
        .filter(account_role::Column::RevokedAt.is_null())
        .order_by_asc(account_role::Column::Id)
        .all(connection)
        .await?)
}

async fn read(connection: &impl ConnectionTrait, id: AccountId) -> Result<(account::Model, Vec<RoleView>)> {
    let row = account::Entity::find_by_id(id).one(connection).await?.ok_or(Error::NotFound)?;
    let roles = roles_of(connection, vec![id]).await?.into_iter().map(role_view).collect();
    Ok((row, roles))
}

/// The account as a transaction leaves it.
pub(super) async fn view_in(tx: &Tx, id: AccountId) -> Result<AccountView> {
    let (row, roles) = read(tx.connection(), id).await?;
    Ok(account_view(row, roles))
}

/// Accounts, newest first.
pub async fn list(
    context: &Context,
    caller: &Caller,
    filter: &AccountFilter,
    page: &PageRequest,
) -> Result<Page<AccountView>> {
    caller.require(Permission::ReadAccounts)?;
    let mut query = account::Entity::find();
    if let Some(state) = filter.state {
        query = query.filter(account::Column::State.eq(state));
    }
    if let Some(address) = &filter.email {
        query = query.filter(account::Column::Email.eq(email::normalised(address)));
    }
    if filter.role.is_some() || filter.region.is_some() {
        let mut holders = Query::select();
        holders
            .column(account_role::Column::AccountId)
            .from(account_role::Entity)
            .and_where(Expr::col(account_role::Column::RevokedAt).is_null());
        if let Some(role) = filter.role {
            holders.and_where(Expr::col(account_role::Column::Role).eq(role.as_str()));
        }
        if let Some(region) = &filter.region {
            holders.and_where(Expr::col(account_role::Column::Region).eq(region.as_str()));
        }
        query = query.filter(account::Column::Id.in_subquery(holders));
    }
    let connection = context.database().read();
    let rows = by_id(query, account::Column::Id, page)?.all(connection).await?;
    let page = Page::cut(rows, page, |row| row.id.to_string());
    let roles = roles_of(connection, page.items.iter().map(|row| row.id).collect()).await?;
    Ok(page.map(|row| {
        let own = roles.iter().filter(|role| role.account_id == row.id).cloned().map(role_view).collect();
        account_view(row, own)
    }))
}

/// One account.
pub async fn get(context: &Context, caller: &Caller, id: AccountId) -> Result<AccountView> {
    caller.require(Permission::ReadAccounts)?;
    let (row, roles) = read(context.database().read(), id).await?;
    Ok(account_view(row, roles))
}

/// A grant as used by this session, own or lent.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize, utoipa::ToSchema)]
pub struct GrantView {
    pub role: Role,
    pub region: Option<RegionCode>,
    pub organisation_id: Option<OrganisationId>,
    /// Whose role it is, when it is exercised under a delegation.
    pub on_behalf_of: Option<AccountId>,
    /// Staff roles count only with a second factor.
    pub is_usable: bool,
}

/// The caller's own account.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize, utoipa::ToSchema)]
pub struct MeView {
    pub id: AccountId,
    pub email: String,
    pub name: String,
    pub locale: String,
    pub session_id: Option<SessionId>,
    pub grants: Vec<GrantView>,
    /// What may be done now, outside the verbs of processes.
    #[schema(value_type = Vec<String>, example = json!(["account.own", "broker.own"]))]
    pub permissions: Vec<Permission>,
    /// Whether an authenticator is enrolled.
    pub has_second_factor: bool,
    /// A staff role is held that counts for nothing yet.
    pub second_factor_missing: bool,
    pub recovery_codes_left: u64,
    pub created_at: DateTime<Utc>,
    pub version: i32,
}

/// The caller's own account with what may be done.
pub async fn me(context: &Context, caller: &Caller) -> Result<MeView> {
    caller.require(Permission::OwnAccount)?;
    me_in(context.database().read(), caller).await
}

async fn me_in(connection: &impl ConnectionTrait, caller: &Caller) -> Result<MeView> {
    let (row, _) = read(connection, caller.actor.account).await?;
    let left = account_recovery_code::Entity::find()
        .filter(account_recovery_code::Column::AccountId.eq(row.id))
        .filter(account_recovery_code::Column::UsedAt.is_null())
        .count(connection)
        .await?;
    let usable: Vec<_> = caller.actor.usable_grants().collect();
    let grants = caller.actor.grants.iter().map(|grant| GrantView {
        role: grant.role,
        region: grant.region.clone(),
        organisation_id: grant.organisation,
        on_behalf_of: grant.on_behalf_of,
        is_usable: usable.contains(&grant),
    });
    let is_staff = caller.actor.grants.iter().any(|grant| grant.role.is_staff());
    Ok(MeView {
        id: row.id,
        email: row.email,
        name: row.name,
        locale: row.locale,
        session_id: caller.session,
        grants: grants.collect(),
        permissions: Permission::ALL.iter().copied().filter(|permission| caller.holds(*permission)).collect(),
        has_second_factor: row.totp_confirmed_at.is_some(),
        second_factor_missing: is_staff && !caller.actor.has_second_factor,
        recovery_codes_left: left,
        created_at: row.created_at,
        version: row.version,
    })
}

/// Changes the caller's own name or language.
pub async fn update_own(
    context: &Context,
    caller: &Caller,
    version: i32,
    name: Option<String>,
    locale: Option<String>,
) -> Result<Outcome<MeView>> {
    let mut faults: Vec<Fault> = Vec::new();
    faults.extend(name.iter().flat_map(|name| register::name_faults("/name", name)));
    faults.extend(locale.iter().flat_map(|locale| register::locale_faults("/locale", locale)));
    if !faults.is_empty() {
        return Err(Error::Invalid(faults));
    }
    context.write_once(caller, "account.update", &Update { caller, version, name, locale }).await
}

struct Update<'a> {
    caller: &'a Caller,
    version: i32,
    name: Option<String>,
    locale: Option<String>,
}

impl Work for Update<'_> {
    type Output = MeView;

    async fn run(&self, tx: &Tx) -> Result<MeView> {
        self.caller.require(Permission::OwnAccount)?;
        let row = load(tx, self.caller.actor.account).await?;
        if row.version != self.version {
            return Err(Error::Stale);
        }
        let mut set = account::ActiveModel::default();
        if let Some(name) = &self.name {
            set.name = Set(name.trim().to_owned());
        }
        if let Some(locale) = &self.locale {
            set.locale = Set(locale.clone());
        }
        change(tx, &row, set, false).await?;
        tx.audit(
            Entry::new(self.caller, "account", row.id, "account.update")
                .before(&json!({ "locale": row.locale }))
                .after(&json!({ "name_changed": self.name.is_some(), "locale": self.locale })),
        );
        me_in(tx.connection(), self.caller).await
    }
}
