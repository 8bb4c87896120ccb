//! Reading the trail: auditors only.

use chrono::{DateTime, Utc};
use domain::access::{Permission, Role};
use domain::ids::{AccountId, ApiClientId, AuditId};
use entity::{audit, audit_refusal};
use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use crate::caller::Caller;
use crate::context::Context;
use crate::error::{Error, Result};
use crate::page::{Page, PageRequest, by_id};

/// What a list of audit entries may be narrowed to.
#[derive(Debug, Clone, Default)]
pub struct AuditFilter {
    pub object_kind: Option<String>,
    pub object_id: Option<String>,
    pub actor_id: Option<AccountId>,
    pub since: Option<DateTime<Utc>>,
}

/// One entry as auditors read it.
#[derive(Debug, Clone, serde::Serialize, utoipa::ToSchema)]
pub struct AuditView {
    pub id: AuditId,
    pub object_kind: String,
    pub object_id: String,
    pub seq: i64,
    pub at: DateTime<Utc>,
    pub actor_id: Option<AccountId>,
    pub actor_role: Option<Role>,
    pub on_behalf_of: Option<AccountId>,
    pub client_id: Option<ApiClientId>,
    pub action: String,
    pub state_from: Option<String>,
    pub state_to: Option<String>,
    pub before: Option<String>,
    pub after: Option<String>,
    pub reason: Option<String>,
    pub request_id: Option<String>,
    pub outcome: String,
    pub hash: String,
}

/// Lists entries, newest first.
pub async fn list(
    context: &Context,
    caller: &Caller,
    filter: &AuditFilter,
    page: &PageRequest,
) -> Result<Page<AuditView>> {
    caller.require(Permission::ReadAudit)?;
    let mut query = audit::Entity::find();
    if let Some(kind) = &filter.object_kind {
        query = query.filter(audit::Column::ObjectKind.eq(kind));
    }
    if filter.object_id.is_some() && filter.object_kind.is_none() {
        // Ids are kept by kind.
        return Err(Error::invalid("/object_kind", "object_kind_required"));
    }
    if let Some(id) = &filter.object_id {
        query = query.filter(audit::Column::ObjectId.eq(id));
    }
    if let Some(actor) = filter.actor_id {
        query = query.filter(audit::Column::ActorId.eq(actor));
    }
    if let Some(since) = filter.since {
        query = query.filter(audit::Column::At.gte(since));
    }
    let rows = by_id(query, audit::Column::Id, page)?.all(context.database().read()).await?;
    Ok(Page::cut(rows, page, |row| row.id.to_string()).map(view))
}

fn view(row: audit::Model) -> AuditView {
    AuditView {
        id: row.id,
        object_kind: row.object_kind,
        object_id: row.object_id,
        seq: row.seq,
        at: row.at,
        actor_id: row.actor_id,
        actor_role: row.actor_role,
        on_behalf_of: row.on_behalf_of,
        client_id: row.client_id,
        action: row.action,
        state_from: row.state_from,
        state_to: row.state_to,
        before: row.before,
        after: row.after,
        reason: row.reason,
        request_id: row.request_id,
        outcome: row.outcome,
        hash: row.hash,
    }
}

/// What a list of refusals may be narrowed to.
#[derive(Debug, Clone, Default)]
pub struct RefusalFilter {
    /// An account's id, or `address:` and where the request came from.
    pub actor: Option<String>,
    pub since: Option<DateTime<Utc>>,
}

/// Refusals of one kind within one minute.
#[derive(Debug, Clone, serde::Serialize, utoipa::ToSchema)]
pub struct RefusalView {
    pub actor: String,
    pub operation: String,
    pub minute: DateTime<Utc>,
    /// The problem code.
    pub code: String,
    pub count: i32,
    /// Of the first request.
    pub request_id: String,
}

/// Lists counted refusals, newest minute first.
pub async fn refusals(
    context: &Context,
    caller: &Caller,
    filter: &RefusalFilter,
    page: &PageRequest,
) -> Result<Page<RefusalView>> {
    caller.require(Permission::ReadAudit)?;
    let mut query = audit_refusal::Entity::find();
    if let Some(actor) = &filter.actor {
        query = query.filter(audit_refusal::Column::Actor.eq(actor));
    }
    if let Some(since) = filter.since {
        query = query.filter(audit_refusal::Column::Minute.gte(since));
    }
    if let Some(parts) = page.parts()? {
        query = query.filter(later(&parts)?);
    }
    let rows = query
        .order_by_desc(audit_refusal::Column::Minute)
        .order_by_asc(audit_refusal::Column::Actor)
        .order_by_asc(audit_refusal::Column::Operation)
        .order_by_asc(audit_refusal::Column::Code)
        .limit(page.limit + 1)
        .all(context.database().read())
        .await?;
    let key = |row: &audit_refusal::Model| {
        vec![row.minute.to_rfc3339(), row.actor.clone(), row.operation.clone(), row.code.clone()]
    };
    Ok(Page::cut_by(rows, page, key).map(|row| RefusalView {
        actor: row.actor,
        operation: row.operation,
        minute: row.minute,
        code: row.code,
        count: row.count,
        request_id: row.request_id,
    }))
}

/// What follows the row that a cursor names, in the order of the list.
fn later(parts: &[String]) -> Result<Condition> {
    use audit_refusal::Column;
    let unreadable = || Error::invalid("/cursor", "cursor_format");
    let [minute, actor, operation, code] = parts else { return Err(unreadable()) };
    let minute: DateTime<Utc> = minute.parse().map_err(|_| unreadable())?;
    let same_minute = || Condition::all().add(Column::Minute.eq(minute));
    let same_actor = || same_minute().add(Column::Actor.eq(actor));
    Ok(Condition::any()
        .add(Column::Minute.lt(minute))
        .add(same_minute().add(Column::Actor.gt(actor)))
        .add(same_actor().add(Column::Operation.gt(operation)))
        .add(same_actor().add(Column::Operation.eq(operation)).add(Column::Code.gt(code))))
}
