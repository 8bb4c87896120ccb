//! The in-app list of one account: reading it, and marking what was read.

use chrono::{DateTime, Utc};
use domain::access::Permission;
use domain::ids::{AccountId, CaseId, NotificationId};
use entity::notification::{self, Column, Entity};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter, QuerySelect, Select};
use serde_json::{Value, json};

use super::titles::{Locale, title};
use crate::audit::Entry;
use crate::caller::{Caller, Outcome};
use crate::context::Context;
use crate::error::{Error, Result};
use crate::page::{Page, PageRequest, by_id};
use crate::transaction::{Tx, Work};

/// A notification as its reader sees it.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize, utoipa::ToSchema)]
pub struct NotificationView {
    pub id: NotificationId,
    /// What happened.
    #[schema(example = "certification.accepted")]
    pub event: String,
    #[schema(example = "notice.decision")]
    pub category: String,
    /// In the caller's language.
    #[schema(example = "认定申请已受理（CE-2026-000123-X）")]
    pub title: String,
    pub case_id: Option<CaseId>,
    /// The case's number.
    pub number: Option<String>,
    /// The date that the notification is about.
    pub due_at: Option<DateTime<Utc>>,
    pub created_at: DateTime<Utc>,
    /// When it counts as delivered: when it was placed here, or, where the installation says so, when it was read.
    pub delivered_at: Option<DateTime<Utc>>,
    pub read_at: Option<DateTime<Utc>>,
}

fn view(context: &Context, row: notification::Model, locale: Locale) -> Result<NotificationView> {
    let params: Value =
        serde_json::from_str(&row.params).map_err(|_| Error::unreadable("notification", "params", row.id))?;
    let text = |name: &str| params.get(name).and_then(Value::as_str);
    Ok(NotificationView {
        title: title(&row.event, locale, &params),
        number: text("number").map(str::to_owned),
        due_at: text("due_at").and_then(|at| at.parse().ok()),
        id: row.id,
        event: row.event,
        category: row.category,
        case_id: row.case_id,
        created_at: row.created_at,
        delivered_at: if context.settings().placing_is_delivery { Some(row.created_at) } else { row.read_at },
        read_at: row.read_at,
    })
}

/// Lists the caller's own notifications, newest first.
pub async fn list(
    context: &Context,
    caller: &Caller,
    locale: Locale,
    unread: bool,
    page: &PageRequest,
) -> Result<Page<NotificationView>> {
    caller.require(Permission::OwnAccount)?;
    let rows = by_id(own(caller, unread), Column::Id, page)?.all(context.database().read()).await?;
    Page::cut(rows, page, |row| row.id.to_string()).try_map(|row| view(context, row, locale))
}

/// How many of the caller's notifications are unread; stops at 10,000.
pub async fn unread_count(context: &Context, caller: &Caller) -> Result<u64> {
    /// Counting stops here.
    const CAP: u64 = 10_000;
    caller.require(Permission::OwnAccount)?;
    Ok(own(caller, true).limit(CAP).count(context.database().read()).await?)
}

fn own(caller: &Caller, unread: bool) -> Select<Entity> {
    let query = Entity::find().filter(Column::AccountId.eq(caller.actor.account));
    if unread { query.filter(Column::ReadAt.is_null()) } else { query }
}

/// Marks one notification read; one that was read before stays as it is.
pub async fn mark_read(
    context: &Context,
    caller: &Caller,
    locale: Locale,
    id: NotificationId,
) -> Result<Outcome<NotificationView>> {
    caller.require(Permission::OwnAccount)?;
    context.write_once(caller, "notification.read", &MarkRead { caller, locale, id }).await
}

struct MarkRead<'a> {
    caller: &'a Caller,
    locale: Locale,
    id: NotificationId,
}

impl Work for MarkRead<'_> {
    type Output = NotificationView;

    async fn run(&self, tx: &Tx) -> Result<NotificationView> {
        let account = self.caller.actor.account;
        let row = find_own(tx, account, self.id).await?;
        mark(tx, account, Column::Id.eq(self.id)).await?;
        tx.audit(Entry::new(self.caller, "notification", self.id, "notification.read"));
        view(tx.context(), notification::Model { read_at: row.read_at.or(Some(tx.at())), ..row }, self.locale)
    }
}

/// How far a list was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize, utoipa::ToSchema)]
pub struct ReadUpTo {
    pub id: NotificationId,
    /// How many became read by this.
    pub marked: u64,
}

/// Marks everything read up to and with a notification of the caller; what came later stays unread.
pub async fn mark_all_read(context: &Context, caller: &Caller, id: NotificationId) -> Result<Outcome<ReadUpTo>> {
    caller.require(Permission::OwnAccount)?;
    context.write_once(caller, "notification.read_up_to", &MarkAllRead { caller, id }).await
}

struct MarkAllRead<'a> {
    caller: &'a Caller,
    id: NotificationId,
}

impl Work for MarkAllRead<'_> {
    type Output = ReadUpTo;

    async fn run(&self, tx: &Tx) -> Result<ReadUpTo> {
        let account = self.caller.actor.account;
        find_own(tx, account, self.id).await?;
        let marked = mark(tx, account, Column::Id.lte(self.id)).await?;
        let entry = Entry::new(self.caller, "account", account, "notification.read_up_to");
        tx.audit(entry.after(&json!({ "id": self.id, "marked": marked })));
        Ok(ReadUpTo { id: self.id, marked })
    }
}

/// A foreign notification answers like one that is not there.
async fn find_own(tx: &Tx, account: AccountId, id: NotificationId) -> Result<notification::Model> {
    Entity::find_by_id(id).filter(Column::AccountId.eq(account)).one(tx.connection()).await?.ok_or(Error::NotFound)
}

async fn mark(tx: &Tx, account: AccountId, which: sea_orm::sea_query::SimpleExpr) -> Result<u64> {
    let changed = Entity::update_many()
        .col_expr(Column::ReadAt, Expr::value(tx.at()))
        .filter(Column::AccountId.eq(account))
        .filter(Column::ReadAt.is_null())
        .filter(which)
        .exec(tx.connection())
        .await?;
    Ok(changed.rows_affected)
}
