//! Consents (PIPL articles 14, 15 and 29): of which document version, when given, when withdrawn.

use chrono::{DateTime, Utc};
use domain::access::Permission;
use domain::account::ConsentKind;
use domain::fault::Fault;
use entity::account_consent;
use sea_orm::sea_query::Expr;
use sea_orm::{ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter};
use serde_json::json;
use uuid::Uuid;

use crate::audit::Entry;
use crate::caller::{Caller, Outcome};
use crate::code::Code;
use crate::context::Context;
use crate::error::{Error, Result};
use crate::page::{Page, PageRequest, by_id};
use crate::transaction::{Tx, Work};

/// A consent as given.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Consent {
    pub kind: ConsentKind,
    /// Of the document that was shown.
    #[schema(min_length = 1, max_length = 20, example = "2026-01")]
    pub version: String,
}

impl Consent {
    /// What is wrong with these consents.
    pub(super) fn faults(pointer: &str, consents: &[Self]) -> Vec<Fault> {
        let mut faults = Vec::new();
        for (index, consent) in consents.iter().enumerate() {
            let is_plain = consent.version.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._".contains(&b));
            if !(1..=20).contains(&consent.version.len()) || !is_plain {
                faults.push(Fault::new(format!("{pointer}/{index}/version"), "wrong_value"));
            }
            if consents.iter().take(index).any(|earlier| earlier.kind == consent.kind) {
                faults.push(Fault::new(format!("{pointer}/{index}/kind"), "duplicate_field"));
            }
        }
        faults
    }
}

/// A consent as kept.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize, utoipa::ToSchema)]
pub struct ConsentView {
    pub id: Uuid,
    pub kind: ConsentKind,
    pub version: String,
    pub given_at: DateTime<Utc>,
    pub withdrawn_at: Option<DateTime<Utc>>,
}

impl ConsentView {
    /// 1 as given, 2 once withdrawn.
    pub fn revision(&self) -> i32 {
        if self.withdrawn_at.is_none() { 1 } else { 2 }
    }
}

impl From<account_consent::Model> for ConsentView {
    fn from(row: account_consent::Model) -> Self {
        Self {
            id: row.id,
            kind: row.kind,
            version: row.document_version,
            given_at: row.given_at,
            withdrawn_at: row.withdrawn_at,
        }
    }
}

/// The caller's consents, newest first.
pub async fn list(context: &Context, caller: &Caller, page: &PageRequest) -> Result<Page<ConsentView>> {
    caller.require(Permission::OwnAccount)?;
    let query = account_consent::Entity::find().filter(account_consent::Column::AccountId.eq(caller.actor.account));
    let rows = by_id(query, account_consent::Column::Id, page)?.all(context.database().read()).await?;
    Ok(Page::cut(rows, page, |row| row.id.to_string()).map(ConsentView::from))
}

/// One of the caller's consents.
pub async fn get(context: &Context, caller: &Caller, id: Uuid) -> Result<ConsentView> {
    caller.require(Permission::OwnAccount)?;
    own(context.database().read(), caller, id).await.map(ConsentView::from)
}

async fn own(connection: &impl ConnectionTrait, caller: &Caller, id: Uuid) -> Result<account_consent::Model> {
    account_consent::Entity::find_by_id(id)
        .filter(account_consent::Column::AccountId.eq(caller.actor.account))
        .one(connection)
        .await?
        .ok_or(Error::NotFound)
}

/// Gives a consent. The same one twice is refused; a newer version stands beside the older.
pub async fn give(context: &Context, caller: &Caller, consent: &Consent) -> Result<Outcome<ConsentView>> {
    let faults = Consent::faults("", std::slice::from_ref(consent));
    if let Some(fault) = faults.into_iter().next() {
        return Err(Error::invalid("/version", &fault.rule));
    }
    context.write_once(caller, "account.give_consent", &Give { caller, consent }).await
}

struct Give<'a> {
    caller: &'a Caller,
    consent: &'a Consent,
}

impl Work for Give<'_> {
    type Output = ConsentView;

    async fn run(&self, tx: &Tx) -> Result<ConsentView> {
        self.caller.require(Permission::OwnAccount)?;
        let account = self.caller.actor.account;
        let standing = account_consent::Entity::find()
            .filter(account_consent::Column::AccountId.eq(account))
            .filter(account_consent::Column::Kind.eq(self.consent.kind))
            .filter(account_consent::Column::DocumentVersion.eq(&self.consent.version))
            .filter(account_consent::Column::WithdrawnAt.is_null())
            .one(tx.connection())
            .await?;
        if standing.is_some() {
            return Err(Error::refused(Code::AlreadyExists));
        }
        let row = account_consent::Model {
            id: tx.context().new_id(),
            account_id: account,
            kind: self.consent.kind,
            document_version: self.consent.version.clone(),
            given_at: tx.at(),
            withdrawn_at: None,
            address: self.caller.meta.address.clone(),
        };
        let active = account_consent::ActiveModel {
            id: Set(row.id),
            account_id: Set(row.account_id),
            kind: Set(row.kind),
            document_version: Set(row.document_version.clone()),
            given_at: Set(row.given_at),
            withdrawn_at: Set(None),
            address: Set(row.address.clone()),
        };
        account_consent::Entity::insert(active).exec_without_returning(tx.connection()).await?;
        tx.audit(Entry::new(self.caller, "account", account, "account.give_consent").after(self.consent));
        Ok(row.into())
    }
}

/// Withdraws a consent; what was done under it stays lawful (PIPL article 15).
pub async fn withdraw(context: &Context, caller: &Caller, id: Uuid, revision: i32) -> Result<Outcome<ConsentView>> {
    context.write_once(caller, "account.withdraw_consent", &Withdraw { caller, id, revision }).await
}

struct Withdraw<'a> {
    caller: &'a Caller,
    id: Uuid,
    revision: i32,
}

impl Work for Withdraw<'_> {
    type Output = ConsentView;

    async fn run(&self, tx: &Tx) -> Result<ConsentView> {
        self.caller.require(Permission::OwnAccount)?;
        let view = ConsentView::from(own(tx.connection(), self.caller, self.id).await?);
        if view.revision() != self.revision {
            return Err(Error::Stale);
        }
        if view.withdrawn_at.is_some() {
            return Err(Error::refused(Code::StateForbids));
        }
        let changed = account_consent::Entity::update_many()
            .col_expr(account_consent::Column::WithdrawnAt, Expr::value(tx.at()))
            .filter(account_consent::Column::Id.eq(self.id))
            .filter(account_consent::Column::WithdrawnAt.is_null())
            .exec(tx.connection())
            .await?;
        if changed.rows_affected != 1 {
            return Err(Error::Stale);
        }
        tx.audit(
            Entry::new(self.caller, "account", self.caller.actor.account, "account.withdraw_consent")
                .after(&json!({ "kind": view.kind, "version": view.version })),
        );
        Ok(ConsentView { withdrawn_at: Some(tx.at()), ..view })
    }
}
