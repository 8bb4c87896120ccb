//! The deadlines of a case.

use actix_web::{HttpRequest, HttpResponse, get, web};
use domain::ids::CaseId;
use service::Context;
use service::deadline;
use service::process::DeadlineView;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::extract::{PathId, Require, may};
use crate::problem::{Problem, ProblemBody};
use crate::respond::{self, Cache, ListBody};

pub fn routes(config: &mut ServiceConfig<'_>) {
    config.service(list_deadlines);
}

/// Every clock of a case: its end, the length and unit it came from, the calendar version, and whether it may move.
#[utoipa::path(tag = "deadline", summary = "List the deadlines of a case", params(("id" = CaseId, Path)),
    security(("bearer" = ["certification.read"])),
    responses(
        (status = 200, description = "All deadlines, open and closed", body = ListBody<DeadlineView>),
        (status = "4XX", description = "Refused", body = ProblemBody, content_type = "application/problem+json")))]
#[get("/cases/{id}/deadlines")]
pub async fn list_deadlines(
    require: Require<may::ReadCertifications>,
    context: web::Data<Context>,
    id: PathId<CaseId>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    respond::list(&request, deadline::deadlines_of_case(&context, &require.caller, id.0).await?, Cache::Private)
}
