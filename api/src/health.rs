//! Whether the program lives, whether it can work, and what it counted.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, HttpResponseBuilder, get, web};
use metrics_exporter_prometheus::PrometheusHandle;
use serde::Serialize;
use service::Context;

use crate::edge::Edge;
use crate::extract::Public;

/// The state of the program.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct Health {
    /// `ok` or `unavailable`.
    #[schema(example = "ok")]
    pub status: String,
    /// Jobs that are due and wait; shown, never decisive.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub jobs_waiting: Option<u64>,
}

/// Live: the process answers.
#[utoipa::path(tag = "health", operation_id = "get_liveness", summary = "Whether the program lives",
    responses((status = 200, description = "It lives", body = Health)))]
#[get("/healthz")]
pub async fn get_liveness(_: Public) -> HttpResponse {
    HttpResponse::Ok().json(Health { status: "ok".to_owned(), jobs_waiting: None })
}

/// Ready: the database answers and its schema is the expected one. Never the mail server, never the queue's length.
#[utoipa::path(tag = "health", operation_id = "get_readiness", summary = "Whether the program can work",
    responses(
        (status = 200, description = "It can", body = Health),
        (status = 503, description = "The database does not answer, or the program is about to stop", body = Health)))]
#[get("/readyz")]
pub async fn get_readiness(_: Public, context: web::Data<Context>, edge: web::Data<Edge>) -> HttpResponse {
    // One read of a migrated table tells both: the database answers, and its schema is there.
    let waiting = service::queue::waiting(&context).await.ok();
    let (status, word) = match waiting {
        Some(_) if !edge.settings.drain.has_begun() => (StatusCode::OK, "ok"),
        Some(_) | None => (StatusCode::SERVICE_UNAVAILABLE, "unavailable"),
    };
    HttpResponseBuilder::new(status).json(Health { status: word.to_owned(), jobs_waiting: waiting })
}

/// The counters, in Prometheus text.
#[utoipa::path(tag = "health", operation_id = "get_metrics", summary = "Counters in Prometheus text",
    responses((status = 200, description = "The counters", body = String, content_type = "text/plain")))]
#[get("/metrics")]
pub async fn get_metrics(_: Public, handle: Option<web::Data<PrometheusHandle>>) -> HttpResponse {
    let text = handle.map(|handle| handle.render()).unwrap_or_default();
    HttpResponse::Ok().content_type("text/plain; version=0.0.4").body(text)
}
