//! Reading the trail: auditors only.

use chrono::{DateTime, Utc};
use domain::access::{Permission, Role};
use domain::ids::{AccountId, ApiClientId, AuditId};
use entity::audit;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};

use crate::caller::Caller;
use crate::context::Context;
use crate::error::Result;
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
