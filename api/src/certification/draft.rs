//! Drafts, reading and lists.

use actix_web::{HttpRequest, HttpResponse, get, post, put, web};
use domain::certification::CertificationForm;
use domain::certification::eligibility::Eligibility;
use domain::ids::CaseId;
use service::Context;
use service::certification::{self, CertificationSummary, CertificationView, ExpertView, NewCertification};
use service::page::Page;
use utoipa_actix_web::service_config::ServiceConfig;

use super::request::{CertificationQuery, OpenCertification, PreviewEligibility};
use crate::extract::{Body, IfMatch, Paging, PathId, Post, Query, Require, may};
use crate::problem::{Problem, ProblemBody};
use crate::respond::{self, Cache, ListBody, Versioned};

pub fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(open_certification)
        .service(list_certifications)
        .service(preview_eligibility)
        .service(get_certification)
        .service(save_certification_form)
        .service(get_certification_eligibility)
        .service(list_certification_experts);
}

impl Versioned for CertificationView {
    fn version(&self) -> i32 {
        self.version
    }
}

/// Opens a draft in a published round. A person has one open application at most.
#[utoipa::path(tag = "certification", summary = "Open an application", request_body = OpenCertification,
    security(("bearer" = ["certification.draft"])),
    responses(
        (status = 201, description = "The draft", body = CertificationView),
        (status = "4XX", description = "Refused", body = ProblemBody, content_type = "application/problem+json")))]
#[post("/certifications")]
pub async fn open_certification(
    require: Require<may::DraftCertification>,
    context: web::Data<Context>,
    post: Post<OpenCertification>,
) -> Result<HttpResponse, Problem> {
    let caller = post.caller(require.caller);
    let OpenCertification { round_id, kind, target_level } = post.body;
    let new = NewCertification { round: round_id, kind, target_level };
    let outcome = certification::open(&context, &caller, new).await?;
    let location = format!("/api/v1/certifications/{}", outcome.value.id);
    respond::created(&outcome, &location)
}

/// Applications in the caller's scope, newest first.
#[utoipa::path(tag = "certification", summary = "List applications", params(CertificationQuery),
    security(("bearer" = ["certification.read"])),
    responses(
        (status = 200, description = "A page", body = ListBody<CertificationSummary>),
        (status = "4XX", description = "Refused", body = ProblemBody, content_type = "application/problem+json")))]
#[get("/certifications")]
pub async fn list_certifications(
    require: Require<may::ReadCertifications>,
    context: web::Data<Context>,
    query: Query<CertificationQuery>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let filter = query.0.filter();
    let paging = Paging { limit: query.0.limit, cursor: query.0.cursor }.request()?;
    let page = certification::list(&context, &require.caller, &filter, &paging).await?;
    respond::list(&request, page, Cache::Private)
}

/// Judges a form without storing it: every condition of the level, met or not, with its basis.
#[utoipa::path(tag = "certification", summary = "Preview the conditions of a level", request_body = PreviewEligibility,
    security(("bearer" = ["certification.draft"])),
    responses(
        (status = 200, description = "The conditions", body = Eligibility),
        (status = "4XX", description = "Refused", body = ProblemBody, content_type = "application/problem+json")))]
#[post("/certifications/eligibility-previews")]
pub async fn preview_eligibility(
    require: Require<may::DraftCertification>,
    context: web::Data<Context>,
    body: Body<PreviewEligibility>,
) -> Result<HttpResponse, Problem> {
    let PreviewEligibility { rule_set_id, form } = body.0;
    let answer = certification::preview_of(&context, &require.caller, rule_set_id, form).await?;
    respond::plain(&answer, Cache::Private)
}

/// One application, with its deadlines and what the caller may do now.
#[utoipa::path(tag = "certification", summary = "Read an application", params(("id" = CaseId, Path)),
    security(("bearer" = ["certification.read"])),
    responses(
        (status = 200, description = "The application", body = CertificationView),
        (status = 304, description = "Not changed"),
        (status = "4XX", description = "Refused", body = ProblemBody, content_type = "application/problem+json")))]
#[get("/certifications/{id}")]
pub async fn get_certification(
    require: Require<may::ReadCertifications>,
    context: web::Data<Context>,
    id: PathId<CaseId>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let view = certification::read(&context, &require.caller, id.0).await?;
    respond::single(&request, &view, Cache::Private)
}

/// Replaces the form: as a draft, or the parts that a correction asked for. Faults are listed and stop nothing yet.
#[utoipa::path(tag = "certification", summary = "Save the form", params(("id" = CaseId, Path)),
    request_body = CertificationForm, security(("bearer" = ["certification.draft"])),
    responses(
        (status = 200, description = "The application", body = CertificationView),
        (status = "4XX", description = "Refused", body = ProblemBody, content_type = "application/problem+json")))]
#[put("/certifications/{id}/form")]
pub async fn save_certification_form(
    require: Require<may::DraftCertification>,
    context: web::Data<Context>,
    id: PathId<CaseId>,
    version: IfMatch,
    body: Body<CertificationForm>,
) -> Result<HttpResponse, Problem> {
    respond::changed(&certification::save_form(&context, &require.caller, id.0, version.0, body.0).await?)
}

/// Whether the level is reached, condition by condition: live for a draft, frozen once submitted.
#[utoipa::path(tag = "certification", summary = "Read the conditions of an application", params(("id" = CaseId, Path)),
    security(("bearer" = ["certification.read"])),
    responses(
        (status = 200, description = "The conditions", body = Eligibility),
        (status = "4XX", description = "Refused", body = ProblemBody, content_type = "application/problem+json")))]
#[get("/certifications/{id}/eligibility")]
pub async fn get_certification_eligibility(
    require: Require<may::ReadCertifications>,
    context: web::Data<Context>,
    id: PathId<CaseId>,
) -> Result<HttpResponse, Problem> {
    respond::plain(&certification::preview(&context, &require.caller, id.0).await?, Cache::Private)
}

/// The panel's seats; scores are hidden until the review is closed, one's own excepted.
#[utoipa::path(tag = "certification", summary = "List the experts of an application", params(("id" = CaseId, Path)),
    security(("bearer" = ["certification.read"])),
    responses(
        (status = 200, description = "The seats", body = ListBody<ExpertView>),
        (status = "4XX", description = "Refused", body = ProblemBody, content_type = "application/problem+json")))]
#[get("/certifications/{id}/experts")]
pub async fn list_certification_experts(
    require: Require<may::ReadCertifications>,
    context: web::Data<Context>,
    id: PathId<CaseId>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let items = certification::experts(&context, &require.caller, id.0).await?;
    respond::list(&request, Page { items, next: None }, Cache::Private)
}
