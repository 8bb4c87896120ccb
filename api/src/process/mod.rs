//! Processes as published, the worklist of reviewers, and who works on a case.

mod export;
mod worklist;

use actix_web::{HttpRequest, HttpResponse, get, web};
use domain::process::Description;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::extract::Public;
use crate::problem::{Problem, ProblemBody};
use crate::respond::{self, Cache, ListBody};
use service::page::Page;

pub fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(list_processes)
        .service(get_process)
        .service(worklist::list_cases)
        .service(worklist::claim_case)
        .service(worklist::release_case)
        .service(worklist::hand_over_case);
}

/// Every process: states, verbs, roles, guards and deadlines as data, and a chart.
#[utoipa::path(tag = "process", summary = "List the processes", responses(
    (status = 200, description = "The processes", body = ListBody<Description>)))]
#[get("/processes")]
pub async fn list_processes(_: Public, request: HttpRequest) -> Result<HttpResponse, Problem> {
    let items = service::process::describe_all();
    respond::list(&request, Page { items, next: None }, Cache::Public)
}

/// One process.
#[utoipa::path(tag = "process", summary = "Read one process",
    params(("name" = String, Path, description = "The process's name", example = "certification")),
    responses(
        (status = 200, description = "The process", body = Description),
        (status = 404, description = "No such process", body = ProblemBody, content_type = "application/problem+json")))]
#[get("/processes/{name}")]
pub async fn get_process(_: Public, name: web::Path<String>) -> Result<HttpResponse, Problem> {
    respond::plain(&service::process::describe_one(&name)?, Cache::Public)
}
