//! Whether the program lives, whether it can work, and what it counted.

use std::time::Duration;

use actix_web::{HttpResponse, get, web};
use metrics_exporter_prometheus::PrometheusHandle;
use serde::Serialize;
use service::{Code, Context};

use crate::edge::Edge;
use crate::extract::Public;
use crate::problem::{Problem, ProblemBody};

/// The wait that whoever asks too early is told.
const RETRY: Duration = Duration::from_secs(1);

/// The state of the program.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct Health {
    /// `ok`; whatever else there is to say is a problem.
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
        (status = 503, description = "The database does not answer, or the program is about to stop", body = ProblemBody,
            content_type = "application/problem+json")))]
#[get("/readyz")]
pub async fn get_readiness(
    _: Public,
    context: web::Data<Context>,
    edge: web::Data<Edge>,
) -> Result<HttpResponse, Problem> {
    // One read of a migrated table tells both: the database answers, and its schema is there.
    match service::queue::waiting(&context).await {
        Ok(waiting) if !edge.settings.drain.has_begun() => {
            Ok(HttpResponse::Ok().json(Health { status: "ok".to_owned(), jobs_waiting: Some(waiting) }))
        }
        Ok(_) | Err(_) => Err(Problem { retry_after: Some(RETRY), ..Problem::new(Code::Busy) }),
    }
}

/// The counters, in Prometheus text.
#[utoipa::path(tag = "health", operation_id = "get_metrics", summary = "Counters in Prometheus text",
    responses((status = 200, description = "The counters", body = String, content_type = "text/plain")))]
#[get("/metrics")]
pub async fn get_metrics(_: Public, handle: Option<web::Data<PrometheusHandle>>) -> HttpResponse {
    let text = handle.map(|handle| handle.render()).unwrap_or_default();
    HttpResponse::Ok().content_type("text/plain; version=0.0.4").body(text)
}
