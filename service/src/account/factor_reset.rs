//! Taking away a lost second factor: one administrator asks, another one decides, neither is the person concerned.

use chrono::{DateTime, Utc};
use domain::access::Permission;
use domain::account::FactorResetState;
use domain::ids::AccountId;
use domain::word::Word;
use entity::account_factor_reset;
use sea_orm::sea_query::Expr;
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter};
use serde_json::json;
use uuid::Uuid;

use super::{factor, load, require_fresh, session, tell};
use crate::audit::Entry;
use crate::caller::{Caller, Outcome};
use crate::code::Code;
use crate::context::Context;
use crate::error::{Error, Result};
use crate::page::{Page, PageRequest, by_id};
use crate::transaction::{Tx, Work};

/// A reset as asked for and decided.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize, utoipa::ToSchema)]
pub struct FactorResetView {
    pub id: Uuid,
    pub account_id: AccountId,
    pub state: FactorResetState,
    pub reason: String,
    pub requested_by: AccountId,
    pub requested_at: DateTime<Utc>,
    pub decided_by: Option<AccountId>,
    pub decided_at: Option<DateTime<Utc>>,
}

impl FactorResetView {
    /// 1 as asked for, 2 once decided.
    pub fn revision(&self) -> i32 {
        match self.state {
            FactorResetState::Requested => 1,
            FactorResetState::Approved | FactorResetState::Refused => 2,
        }
    }
}

impl From<account_factor_reset::Model> for FactorResetView {
    fn from(row: account_factor_reset::Model) -> Self {
        Self {
            id: row.id,
            account_id: row.account_id,
            state: row.state,
            reason: row.reason,
            requested_by: row.requested_by,
            requested_at: row.requested_at,
            decided_by: row.decided_by,
            decided_at: row.decided_at,
        }
    }
}

/// Resets, newest first.
pub async fn list(
    context: &Context,
    caller: &Caller,
    state: Option<FactorResetState>,
    page: &PageRequest,
) -> Result<Page<FactorResetView>> {
    caller.require(Permission::ResetSecondFactor)?;
    let mut query = account_factor_reset::Entity::find();
    if let Some(state) = state {
        query = query.filter(account_factor_reset::Column::State.eq(state));
    }
    let rows = by_id(query, account_factor_reset::Column::Id, page)?.all(context.database().read()).await?;
    Ok(Page::cut(rows, page, |row| row.id.to_string()).map(FactorResetView::from))
}

/// One reset.
pub async fn get(context: &Context, caller: &Caller, id: Uuid) -> Result<FactorResetView> {
    caller.require(Permission::ResetSecondFactor)?;
    let row = account_factor_reset::Entity::find_by_id(id).one(context.database().read()).await?;
    row.map(FactorResetView::from).ok_or(Error::NotFound)
}

/// Asks for the reset of somebody else's second factor.
pub async fn request(
    context: &Context,
    caller: &Caller,
    account: AccountId,
    reason: &str,
) -> Result<Outcome<FactorResetView>> {
    caller.require(Permission::ResetSecondFactor)?;
    require_fresh(context, caller)?;
    if reason.trim().chars().count() < 2 {
        return Err(Error::invalid("/reason", "text_short"));
    }
    context.write_once(caller, "account.request_factor_reset", &Ask { caller, account, reason: reason.trim() }).await
}

struct Ask<'a> {
    caller: &'a Caller,
    account: AccountId,
    reason: &'a str,
}

impl Work for Ask<'_> {
    type Output = FactorResetView;

    async fn run(&self, tx: &Tx) -> Result<FactorResetView> {
        let me = self.caller.actor.account;
        if me == self.account {
            return Err(Error::Refused(Code::FourEyes, json!({ "account": "own" })));
        }
        let row = load(tx, self.account).await?;
        if row.totp_confirmed_at.is_none() {
            return Err(Error::Refused(Code::StateForbids, json!({ "second_factor": "none" })));
        }
        let open = account_factor_reset::Entity::find()
            .filter(account_factor_reset::Column::AccountId.eq(row.id))
            .filter(account_factor_reset::Column::State.eq(FactorResetState::Requested))
            .one(tx.connection())
            .await?;
        if open.is_some() {
            return Err(Error::refused(Code::AlreadyExists));
        }
        let id: Uuid = tx.context().new_id();
        let active = account_factor_reset::ActiveModel {
            id: Set(id),
            account_id: Set(row.id),
            requested_by: Set(me),
            requested_at: Set(tx.at()),
            reason: Set(self.reason.to_owned()),
            decided_by: Set(None),
            decided_at: Set(None),
            state: Set(FactorResetState::Requested),
        };
        account_factor_reset::Entity::insert(active).exec_without_returning(tx.connection()).await?;
        tx.audit(
            Entry::new(self.caller, "account", row.id, "account.request_factor_reset")
                .reason(self.reason)
                .after(&json!({ "factor_reset": id })),
        );
        tell::factor_changed(tx, &row, "reset_requested").await?;
        Ok(FactorResetView {
            id,
            account_id: row.id,
            state: FactorResetState::Requested,
            reason: self.reason.to_owned(),
            requested_by: me,
            requested_at: tx.at(),
            decided_by: None,
            decided_at: None,
        })
    }
}

/// Approves or refuses a reset that somebody else asked for. Approved, the person logs in by password alone and enrols
/// anew; until then staff roles count for nothing.
pub async fn decide(
    context: &Context,
    caller: &Caller,
    id: Uuid,
    revision: i32,
    is_approved: bool,
) -> Result<Outcome<FactorResetView>> {
    caller.require(Permission::ResetSecondFactor)?;
    require_fresh(context, caller)?;
    let state = if is_approved { FactorResetState::Approved } else { FactorResetState::Refused };
    context.write_once(caller, "account.decide_factor_reset", &Decide { caller, id, revision, state }).await
}

struct Decide<'a> {
    caller: &'a Caller,
    id: Uuid,
    revision: i32,
    state: FactorResetState,
}

impl Work for Decide<'_> {
    type Output = FactorResetView;

    async fn run(&self, tx: &Tx) -> Result<FactorResetView> {
        use account_factor_reset::Column;
        let row = account_factor_reset::Entity::find_by_id(self.id).one(tx.connection()).await?;
        let view = FactorResetView::from(row.ok_or(Error::NotFound)?);
        let me = self.caller.actor.account;
        if view.revision() != self.revision {
            return Err(Error::Stale);
        }
        if view.state != FactorResetState::Requested {
            return Err(Error::Refused(Code::StateForbids, json!({ "state": view.state })));
        }
        if me == view.requested_by || me == view.account_id {
            return Err(Error::Refused(Code::FourEyes, json!({ "earlier_action": "request" })));
        }
        let changed = account_factor_reset::Entity::update_many()
            .col_expr(Column::State, Expr::value(self.state))
            .col_expr(Column::DecidedBy, Expr::value(me))
            .col_expr(Column::DecidedAt, Expr::value(tx.at()))
            .filter(Column::Id.eq(self.id))
            .filter(Column::State.eq(FactorResetState::Requested))
            .exec(tx.connection())
            .await?;
        if changed.rows_affected != 1 {
            return Err(Error::Stale);
        }
        let account = load(tx, view.account_id).await?;
        if self.state == FactorResetState::Approved {
            factor::remove(tx, &account).await?;
            session::end_all(tx, account.id, None, "factor_reset").await?;
            tell::factor_changed(tx, &account, "reset").await?;
        }
        tx.audit(
            Entry::new(self.caller, "account", account.id, "account.decide_factor_reset")
                .states(view.state.as_str(), self.state.as_str())
                .after(&json!({ "factor_reset": self.id })),
        );
        Ok(FactorResetView { state: self.state, decided_by: Some(me), decided_at: Some(tx.at()), ..view })
    }
}
