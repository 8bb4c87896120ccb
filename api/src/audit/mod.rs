//! The audit trail (审计), for auditors.

use actix_web::{HttpRequest, HttpResponse, get, web};
use chrono::{DateTime, Utc};
use domain::ids::AccountId;
use serde::Deserialize;
use service::Context;
use service::audit::{self, AuditFilter, AuditView, RefusalFilter, RefusalView};
use utoipa::IntoParams;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::extract::{Paging, Query, Require, may};
use crate::problem::{Problem, ProblemBody};
use crate::respond::{self, Cache, ListBody};

pub fn routes(config: &mut ServiceConfig<'_>) {
    config.service(list_audit_entries).service(list_refusals);
}

/// Filters of the audit trail.
#[derive(Debug, Clone, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct AuditQuery {
    #[param(required = false, example = "organisation")]
    pub object_kind: Option<String>,
    /// Only with `object_kind`.
    #[param(required = false, example = "0198f2a0-0000-7000-8000-000000000001")]
    pub object_id: Option<String>,
    #[param(required = false)]
    pub actor_id: Option<AccountId>,
    #[param(required = false)]
    pub since: Option<DateTime<Utc>>,
    #[param(minimum = 1, maximum = 100, default = 50, required = false)]
    pub limit: Option<u64>,
    #[param(max_length = 500, required = false)]
    pub cursor: Option<String>,
}

/// Who did what to which object, newest first.
#[utoipa::path(tag = "audit", summary = "List the audit trail", params(AuditQuery),
    security(("bearer" = ["audit.read"])),
    responses(
        (status = 200, description = "A page of the trail", body = ListBody<AuditView>),
        (status = "4XX", description = "Refused", body = ProblemBody, content_type = "application/problem+json")))]
#[get("/audit")]
pub async fn list_audit_entries(
    require: Require<may::ReadAudit>,
    context: web::Data<Context>,
    query: Query<AuditQuery>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let AuditQuery { object_kind, object_id, actor_id, since, limit, cursor } = query.0;
    let filter = AuditFilter { object_kind, object_id, actor_id, since };
    let paging = Paging { limit, cursor }.request()?;
    respond::list(&request, audit::list(&context, &require.caller, &filter, &paging).await?, Cache::Private)
}

/// Filters of the counted refusals.
#[derive(Debug, Clone, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct RefusalQuery {
    /// An account's id, or `address:` and where the request came from.
    #[param(required = false, example = "address:192.0.2.7")]
    pub actor: Option<String>,
    #[param(required = false)]
    pub since: Option<DateTime<Utc>>,
    #[param(minimum = 1, maximum = 100, default = 50, required = false)]
    pub limit: Option<u64>,
    #[param(max_length = 500, required = false)]
    pub cursor: Option<String>,
}

/// Refused requests, counted per actor, operation, code and minute.
#[utoipa::path(tag = "audit", summary = "List counted refusals", params(RefusalQuery),
    security(("bearer" = ["audit.read"])),
    responses(
        (status = 200, description = "A page of refusals", body = ListBody<RefusalView>),
        (status = "4XX", description = "Refused", body = ProblemBody, content_type = "application/problem+json")))]
#[get("/audit/refusals")]
pub async fn list_refusals(
    require: Require<may::ReadAudit>,
    context: web::Data<Context>,
    query: Query<RefusalQuery>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let RefusalQuery { actor, since, limit, cursor } = query.0;
    let paging = Paging { limit, cursor }.request()?;
    let page = audit::refusals(&context, &require.caller, &RefusalFilter { actor, since }, &paging).await?;
    respond::list(&request, page, Cache::Private)
}
