//! The queue as administrators see it.

use actix_web::{HttpRequest, HttpResponse, get, post, web};
use domain::ids::JobId;
use domain::queue::JobState;
use serde::Deserialize;
use service::Context;
use service::queue::{self, JobFilter, JobView};
use utoipa::IntoParams;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::extract::{Empty, Paging, PathId, Post, Query, Require, may};
use crate::problem::{Problem, ProblemBody};
use crate::respond::{self, Cache, ListBody};

pub fn routes(config: &mut ServiceConfig<'_>) {
    config.service(list_jobs).service(requeue_job);
}

/// Filters of the jobs.
#[derive(Debug, Clone, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct JobQuery {
    #[param(required = false)]
    pub state: Option<JobState>,
    #[param(required = false, example = "notification.deliver")]
    pub name: Option<String>,
    #[param(minimum = 1, maximum = 100, default = 50, required = false)]
    pub limit: Option<u64>,
    #[param(max_length = 500, required = false)]
    pub cursor: Option<String>,
}

/// Jobs, newest first, without their payload.
#[utoipa::path(tag = "queue", summary = "List jobs", params(JobQuery),
    security(("bearer" = ["queue.manage"])),
    responses(
        (status = 200, description = "A page of jobs", body = ListBody<JobView>),
        (status = "4XX", description = "Refused", body = ProblemBody, content_type = "application/problem+json")))]
#[get("/jobs")]
pub async fn list_jobs(
    require: Require<may::ManageQueue>,
    context: web::Data<Context>,
    query: Query<JobQuery>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let JobQuery { state, name, limit, cursor } = query.0;
    let paging = Paging { limit, cursor }.request()?;
    let page = queue::list(&context, &require.caller, &JobFilter { state, name }, &paging).await?;
    respond::list(&request, page, Cache::Private)
}

/// Puts a dead job back in the queue. A job has no version: only a dead one can be requeued.
#[utoipa::path(tag = "queue", summary = "Requeue a dead job", params(("id" = JobId, Path)),
    request_body = Empty, security(("bearer" = ["queue.manage"])),
    responses(
        (status = 200, description = "The job", body = JobView),
        (status = "4XX", description = "Refused", body = ProblemBody, content_type = "application/problem+json")))]
#[post("/jobs/{id}/actions/requeue")]
pub async fn requeue_job(
    require: Require<may::ManageQueue>,
    context: web::Data<Context>,
    id: PathId<JobId>,
    post: Post<Empty>,
) -> Result<HttpResponse, Problem> {
    let caller = post.caller(require.caller);
    respond::done(HttpResponse::Ok(), &queue::requeue(&context, &caller, id.0).await?)
}
