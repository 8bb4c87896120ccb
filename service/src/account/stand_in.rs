//! Absences, and delegations (委托代理): a dated loan of one role to another person, who acts on behalf of the lender.

use chrono::{DateTime, NaiveDate, Utc};
use domain::access::{Permission, Role};
use domain::account::{AccountState, is_administrator};
use domain::fault::Fault;
use domain::ids::AccountId;
use domain::region::RegionCode;
use domain::time::civil_day;
use entity::{account, account_absence, account_delegation};
use sea_orm::sea_query::Expr;
use sea_orm::{ActiveModelTrait, ActiveValue::Set, ColumnTrait, Condition, EntityTrait, QueryFilter};
use serde_json::json;
use uuid::Uuid;

use super::role::active;
use super::tell;
use crate::audit::Entry;
use crate::caller::{Caller, Outcome};
use crate::context::Context;
use crate::error::{Error, Result};
use crate::page::{Page, PageRequest, by_id};
use crate::process::Address;
use crate::transaction::{Tx, Work};

/// A delegation as it stands.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize, utoipa::ToSchema)]
pub struct DelegationView {
    pub id: Uuid,
    pub from_account_id: AccountId,
    pub to_account_id: AccountId,
    pub role: Role,
    /// Only for this region, where one is named.
    pub region: Option<RegionCode>,
    pub from_on: NaiveDate,
    /// The last day.
    pub to_on: NaiveDate,
    pub reason: String,
    pub created_at: DateTime<Utc>,
    pub revoked_at: Option<DateTime<Utc>>,
}

impl From<account_delegation::Model> for DelegationView {
    fn from(row: account_delegation::Model) -> Self {
        Self {
            id: row.id,
            from_account_id: row.from_account_id,
            to_account_id: row.to_account_id,
            role: row.role,
            region: row.region,
            from_on: row.from_on,
            to_on: row.to_on,
            reason: row.reason,
            created_at: row.created_at,
            revoked_at: row.revoked_at,
        }
    }
}

/// A role to be lent.
#[derive(Debug, Clone)]
pub struct NewDelegation {
    pub to_account_id: AccountId,
    pub role: Role,
    pub region: Option<RegionCode>,
    pub from_on: NaiveDate,
    pub to_on: NaiveDate,
    pub reason: String,
}

/// Delegations that the caller gave or was given, newest first.
pub async fn list_delegations(context: &Context, caller: &Caller, page: &PageRequest) -> Result<Page<DelegationView>> {
    caller.require(Permission::OwnAccount)?;
    let query = account_delegation::Entity::find().filter(concerns(caller.actor.account));
    let rows = by_id(query, account_delegation::Column::Id, page)?.all(context.database().read()).await?;
    Ok(Page::cut(rows, page, |row| row.id.to_string()).map(DelegationView::from))
}

/// One of these.
pub async fn get_delegation(context: &Context, caller: &Caller, id: Uuid) -> Result<DelegationView> {
    caller.require(Permission::OwnAccount)?;
    let row = account_delegation::Entity::find_by_id(id)
        .filter(concerns(caller.actor.account))
        .one(context.database().read())
        .await?;
    row.map(DelegationView::from).ok_or(Error::NotFound)
}

fn concerns(account: AccountId) -> Condition {
    Condition::any()
        .add(account_delegation::Column::FromAccountId.eq(account))
        .add(account_delegation::Column::ToAccountId.eq(account))
}

/// Lends a role of the caller's own.
pub async fn delegate(context: &Context, caller: &Caller, new: &NewDelegation) -> Result<Outcome<DelegationView>> {
    caller.require(Permission::DelegateOwn)?;
    context.write_once(caller, "account.delegate", &Delegate { caller, new }).await
}

struct Delegate<'a> {
    caller: &'a Caller,
    new: &'a NewDelegation,
}

impl Delegate<'_> {
    /// Only what is held oneself may be lent, to an active person who is neither oneself nor an administrator.
    async fn faults(&self, tx: &Tx) -> Result<Vec<Fault>> {
        let new = self.new;
        let mut faults = period_faults(new.from_on, new.to_on, civil_day(tx.at()));
        if !(2..=500).contains(&new.reason.trim().chars().count()) {
            faults.push(Fault::new("/reason", "text_short"));
        }
        let is_held = self.caller.actor.usable_grants().any(|grant| {
            let is_within = new.region.is_none() || grant.region == new.region;
            grant.role == new.role && grant.on_behalf_of.is_none() && is_within
        });
        if !is_held || !Permission::DelegateOwn.roles().contains(&new.role) {
            faults.push(Fault::new("/role", "role_not_delegable"));
        }
        let person = account::Entity::find_by_id(new.to_account_id)
            .filter(account::Column::State.eq(AccountState::Active))
            .one(tx.connection())
            .await?;
        let is_fit = match person {
            Some(person) if person.id != self.caller.actor.account => {
                let roles = active(tx, person.id).await?;
                roles.iter().any(|row| row.role.is_staff()) && !roles.iter().any(|row| is_administrator(row.role))
            }
            Some(_) | None => false,
        };
        if !is_fit {
            faults.push(Fault::new("/to_account_id", "not_a_colleague"));
        }
        Ok(faults)
    }
}

impl Work for Delegate<'_> {
    type Output = DelegationView;

    async fn run(&self, tx: &Tx) -> Result<DelegationView> {
        let faults = self.faults(tx).await?;
        if !faults.is_empty() {
            return Err(Error::Invalid(faults));
        }
        let new = self.new;
        let row = account_delegation::Model {
            id: tx.context().new_id(),
            from_account_id: self.caller.actor.account,
            to_account_id: new.to_account_id,
            role: new.role,
            region: new.region.clone(),
            from_on: new.from_on,
            to_on: new.to_on,
            reason: new.reason.trim().to_owned(),
            created_at: tx.at(),
            revoked_at: None,
        };
        let active: account_delegation::ActiveModel = row.clone().into();
        account_delegation::Entity::insert(active.reset_all()).exec_without_returning(tx.connection()).await?;
        let view = DelegationView::from(row);
        tx.audit(Entry::new(self.caller, "account", view.from_account_id, "account.delegate").after(&view));
        let params =
            json!({ "name": "", "what": "delegated", "role": new.role, "from_on": new.from_on, "to_on": new.to_on });
        tell::tell(tx, Address::Account(new.to_account_id), "role_changed", params).await?;
        Ok(view)
    }
}

/// A period that is not over and does not end before it begins.
fn period_faults(from_on: NaiveDate, to_on: NaiveDate, today: NaiveDate) -> Vec<Fault> {
    if to_on < from_on {
        vec![Fault::new("/to_on", "period_reversed")]
    } else if to_on < today {
        vec![Fault::new("/to_on", "period_over")]
    } else {
        Vec::new()
    }
}

/// Takes a lent role back, from the next request on.
pub async fn revoke_delegation(context: &Context, caller: &Caller, id: Uuid) -> Result<Outcome<DelegationView>> {
    caller.require(Permission::OwnAccount)?;
    context.write_once(caller, "account.revoke_delegation", &Revoke { caller, id }).await
}

struct Revoke<'a> {
    caller: &'a Caller,
    id: Uuid,
}

impl Work for Revoke<'_> {
    type Output = DelegationView;

    async fn run(&self, tx: &Tx) -> Result<DelegationView> {
        let row = account_delegation::Entity::find_by_id(self.id)
            .filter(account_delegation::Column::FromAccountId.eq(self.caller.actor.account))
            .filter(account_delegation::Column::RevokedAt.is_null())
            .one(tx.connection())
            .await?
            .ok_or(Error::NotFound)?;
        let changed = account_delegation::Entity::update_many()
            .col_expr(account_delegation::Column::RevokedAt, Expr::value(tx.at()))
            .filter(account_delegation::Column::Id.eq(self.id))
            .filter(account_delegation::Column::RevokedAt.is_null())
            .exec(tx.connection())
            .await?;
        if changed.rows_affected != 1 {
            return Err(Error::Stale);
        }
        let view = DelegationView { revoked_at: Some(tx.at()), ..row.into() };
        tx.audit(Entry::new(self.caller, "account", view.from_account_id, "account.revoke_delegation").after(&view));
        Ok(view)
    }
}

/// Days on which a person is away.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize, utoipa::ToSchema)]
pub struct AbsenceView {
    pub id: Uuid,
    pub from_on: NaiveDate,
    /// The last day.
    pub to_on: NaiveDate,
    pub reason: Option<String>,
    pub created_at: DateTime<Utc>,
}

impl From<account_absence::Model> for AbsenceView {
    fn from(row: account_absence::Model) -> Self {
        Self { id: row.id, from_on: row.from_on, to_on: row.to_on, reason: row.reason, created_at: row.created_at }
    }
}

/// The caller's absences, newest first.
pub async fn list_absences(context: &Context, caller: &Caller, page: &PageRequest) -> Result<Page<AbsenceView>> {
    caller.require(Permission::OwnAccount)?;
    let query = account_absence::Entity::find().filter(account_absence::Column::AccountId.eq(caller.actor.account));
    let rows = by_id(query, account_absence::Column::Id, page)?.all(context.database().read()).await?;
    Ok(Page::cut(rows, page, |row| row.id.to_string()).map(AbsenceView::from))
}

/// One of the caller's absences.
pub async fn get_absence(context: &Context, caller: &Caller, id: Uuid) -> Result<AbsenceView> {
    caller.require(Permission::OwnAccount)?;
    let row = account_absence::Entity::find_by_id(id)
        .filter(account_absence::Column::AccountId.eq(caller.actor.account))
        .one(context.database().read())
        .await?;
    row.map(AbsenceView::from).ok_or(Error::NotFound)
}

/// Enters an absence; while it lasts, delegates are told instead.
pub async fn add_absence(
    context: &Context,
    caller: &Caller,
    from_on: NaiveDate,
    to_on: NaiveDate,
    reason: Option<String>,
) -> Result<Outcome<AbsenceView>> {
    caller.require(Permission::OwnAccount)?;
    context.write_once(caller, "account.add_absence", &AddAbsence { caller, from_on, to_on, reason }).await
}

struct AddAbsence<'a> {
    caller: &'a Caller,
    from_on: NaiveDate,
    to_on: NaiveDate,
    reason: Option<String>,
}

impl Work for AddAbsence<'_> {
    type Output = AbsenceView;

    async fn run(&self, tx: &Tx) -> Result<AbsenceView> {
        let mut faults = period_faults(self.from_on, self.to_on, civil_day(tx.at()));
        if self.reason.as_ref().is_some_and(|reason| reason.chars().count() > 500) {
            faults.push(Fault::new("/reason", "text_long"));
        }
        if !faults.is_empty() {
            return Err(Error::Invalid(faults));
        }
        let account = self.caller.actor.account;
        let id: Uuid = tx.context().new_id();
        let row = account_absence::ActiveModel {
            id: Set(id),
            account_id: Set(account),
            from_on: Set(self.from_on),
            to_on: Set(self.to_on),
            reason: Set(self.reason.clone()),
            created_at: Set(tx.at()),
        };
        account_absence::Entity::insert(row).exec_without_returning(tx.connection()).await?;
        tx.audit(
            Entry::new(self.caller, "account", account, "account.add_absence")
                .after(&json!({ "from_on": self.from_on, "to_on": self.to_on })),
        );
        Ok(AbsenceView {
            id,
            from_on: self.from_on,
            to_on: self.to_on,
            reason: self.reason.clone(),
            created_at: tx.at(),
        })
    }
}

/// Removes an absence.
pub async fn remove_absence(context: &Context, caller: &Caller, id: Uuid) -> Result<Outcome<()>> {
    caller.require(Permission::OwnAccount)?;
    context.write_once(caller, "account.remove_absence", &RemoveAbsence { caller, id }).await
}

struct RemoveAbsence<'a> {
    caller: &'a Caller,
    id: Uuid,
}

impl Work for RemoveAbsence<'_> {
    type Output = ();

    async fn run(&self, tx: &Tx) -> Result<()> {
        let account = self.caller.actor.account;
        let removed = account_absence::Entity::delete_many()
            .filter(account_absence::Column::Id.eq(self.id))
            .filter(account_absence::Column::AccountId.eq(account))
            .exec(tx.connection())
            .await?;
        if removed.rows_affected != 1 {
            return Err(Error::NotFound);
        }
        tx.audit(
            Entry::new(self.caller, "account", account, "account.remove_absence").after(&json!({ "absence": self.id })),
        );
        Ok(())
    }
}
