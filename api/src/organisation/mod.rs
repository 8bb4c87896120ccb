//! Organisations (单位) and their members.

mod member;
mod request;

use actix_web::{HttpRequest, HttpResponse, get, post, web};
use domain::ids::OrganisationId;
use service::Context;
use service::organisation::{self, OrganisationView, Renaming};
use utoipa_actix_web::service_config::ServiceConfig;

use self::request::{
    DissolveOrganisation, OrganisationQuery, RefuseOrganisation, RegisterOrganisation, RenameOrganisation,
};
use crate::extract::{Empty, IfMatch, Paging, PathId, Post, Query, Require, may};
use crate::problem::{Problem, ProblemBody};
use crate::respond::{self, Cache, ListBody, Versioned};

pub fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(list_organisations)
        .service(register_organisation)
        .service(get_organisation)
        .service(verify_organisation)
        .service(refuse_organisation)
        .service(rename_organisation)
        .service(dissolve_organisation)
        .service(member::list_organisation_members)
        .service(member::invite_organisation_member)
        .service(member::remove_organisation_member);
}

impl Versioned for OrganisationView {
    fn version(&self) -> i32 {
        self.version
    }
}

/// Organisations that the caller looks after or registered; with an exact `uscc` also any verified one.
#[utoipa::path(tag = "organisation", summary = "List organisations", params(OrganisationQuery),
    security(("bearer" = ["organisation.read"])),
    responses(
        (status = 200, description = "A page of organisations", body = ListBody<OrganisationView>),
        (status = "4XX", description = "Refused", body = ProblemBody, content_type = "application/problem+json")))]
#[get("/organisations")]
pub async fn list_organisations(
    require: Require<may::ReadOrganisations>,
    context: web::Data<Context>,
    query: Query<OrganisationQuery>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let (filter, limit, cursor) = query.0.parts();
    let paging = Paging { limit, cursor }.request()?;
    respond::list(&request, organisation::list(&context, &require.caller, &filter, &paging).await?, Cache::Private)
}

/// Registers an organisation by its unified social credit code; its city verifies it.
#[utoipa::path(tag = "organisation", summary = "Register an organisation", request_body = RegisterOrganisation,
    security(("bearer" = ["organisation.register"])),
    responses(
        (status = 201, description = "The organisation, waiting for its city", body = OrganisationView),
        (status = "4XX", description = "Refused", body = ProblemBody, content_type = "application/problem+json")))]
#[post("/organisations")]
pub async fn register_organisation(
    require: Require<may::RegisterOrganisation>,
    context: web::Data<Context>,
    post: Post<RegisterOrganisation>,
) -> Result<HttpResponse, Problem> {
    let caller = post.caller(require.caller);
    let outcome = organisation::register(&context, &caller, post.body.into()).await?;
    respond::created(&outcome, &format!("/api/v1/organisations/{}", outcome.value.id))
}

/// One organisation, with the names that it bore.
#[utoipa::path(tag = "organisation", summary = "Read an organisation", params(("id" = OrganisationId, Path)),
    security(("bearer" = ["organisation.read"])),
    responses(
        (status = 200, description = "The organisation", body = OrganisationView),
        (status = 304, description = "Not changed"),
        (status = "4XX", description = "Refused", body = ProblemBody, content_type = "application/problem+json")))]
#[get("/organisations/{id}")]
pub async fn get_organisation(
    require: Require<may::ReadOrganisations>,
    context: web::Data<Context>,
    id: PathId<OrganisationId>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    respond::single(&request, &organisation::get(&context, &require.caller, id.0).await?, Cache::Private)
}

/// Confirms that an organisation is what it says.
#[utoipa::path(tag = "organisation", summary = "Verify an organisation", params(("id" = OrganisationId, Path)),
    request_body = Empty, security(("bearer" = ["organisation.verify"])),
    responses(
        (status = 200, description = "The organisation", body = OrganisationView),
        (status = "4XX", description = "Refused", body = ProblemBody, content_type = "application/problem+json")))]
#[post("/organisations/{id}/actions/verify")]
pub async fn verify_organisation(
    require: Require<may::VerifyOrganisation>,
    context: web::Data<Context>,
    id: PathId<OrganisationId>,
    version: IfMatch,
    post: Post<Empty>,
) -> Result<HttpResponse, Problem> {
    let caller = post.caller(require.caller);
    respond::changed(&organisation::verify(&context, &caller, id.0, version.0).await?)
}

/// Refuses a registration, with a reason. It may be registered anew.
#[utoipa::path(tag = "organisation", summary = "Refuse an organisation", params(("id" = OrganisationId, Path)),
    request_body = RefuseOrganisation, security(("bearer" = ["organisation.verify"])),
    responses(
        (status = 200, description = "The organisation", body = OrganisationView),
        (status = "4XX", description = "Refused", body = ProblemBody, content_type = "application/problem+json")))]
#[post("/organisations/{id}/actions/refuse")]
pub async fn refuse_organisation(
    require: Require<may::VerifyOrganisation>,
    context: web::Data<Context>,
    id: PathId<OrganisationId>,
    version: IfMatch,
    post: Post<RefuseOrganisation>,
) -> Result<HttpResponse, Problem> {
    let caller = post.caller(require.caller);
    respond::changed(&organisation::refuse(&context, &caller, id.0, version.0, &post.body.reason).await?)
}

/// Enters a new name; the old one stays in the history.
#[utoipa::path(tag = "organisation", summary = "Rename an organisation", params(("id" = OrganisationId, Path)),
    request_body = RenameOrganisation, security(("bearer" = ["organisation.change"])),
    responses(
        (status = 200, description = "The organisation", body = OrganisationView),
        (status = "4XX", description = "Refused", body = ProblemBody, content_type = "application/problem+json")))]
#[post("/organisations/{id}/actions/rename")]
pub async fn rename_organisation(
    require: Require<may::ChangeOrganisation>,
    context: web::Data<Context>,
    id: PathId<OrganisationId>,
    version: IfMatch,
    post: Post<RenameOrganisation>,
) -> Result<HttpResponse, Problem> {
    let caller = post.caller(require.caller);
    let RenameOrganisation { name, from_on, evidence } = post.body;
    let renaming = Renaming { name, from_on, evidence };
    respond::changed(&organisation::rename(&context, &caller, id.0, version.0, renaming).await?)
}

/// Marks an organisation as dissolved, with its successor, if any. Its open cases stay.
#[utoipa::path(tag = "organisation", summary = "Dissolve an organisation", params(("id" = OrganisationId, Path)),
    request_body = DissolveOrganisation, security(("bearer" = ["organisation.change"])),
    responses(
        (status = 200, description = "The organisation", body = OrganisationView),
        (status = "4XX", description = "Refused", body = ProblemBody, content_type = "application/problem+json")))]
#[post("/organisations/{id}/actions/dissolve")]
pub async fn dissolve_organisation(
    require: Require<may::ChangeOrganisation>,
    context: web::Data<Context>,
    id: PathId<OrganisationId>,
    version: IfMatch,
    post: Post<DissolveOrganisation>,
) -> Result<HttpResponse, Problem> {
    let caller = post.caller(require.caller);
    let DissolveOrganisation { successor_id, reason } = post.body;
    respond::changed(&organisation::dissolve(&context, &caller, id.0, version.0, successor_id, &reason).await?)
}
