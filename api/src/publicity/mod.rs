//! Publicity: the numbered lists of a round.

use actix_web::{HttpRequest, HttpResponse, get, post, put, web};
use domain::ids::{CaseId, PublicityId, RoundId};
use domain::publicity::PublicityState;
use serde::Deserialize;
use service::Context;
use service::publicity::{self, NewPublicity, PublicityFilter, PublicityView};
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;

use crate::extract::{Body, Empty, IfMatch, Paging, PathId, Post, Public, Query, Require, may};
use crate::problem::{Problem, ProblemBody};
use crate::respond::{self, Cache, ListBody, Versioned};

pub fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(list_public_publicities)
        .service(get_public_publicity)
        .service(list_publicities)
        .service(create_publicity)
        .service(get_publicity)
        .service(set_publicity_cases)
        .service(publish_publicity);
}

impl Versioned for PublicityView {
    fn version(&self) -> i32 {
        self.version
    }
}

/// Filters of the lists.
#[derive(Debug, Clone, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct PublicityQuery {
    #[param(required = false)]
    pub state: Option<PublicityState>,
    #[param(required = false)]
    pub round_id: Option<RoundId>,
    #[param(minimum = 1, maximum = 100, default = 50, required = false)]
    pub limit: Option<u64>,
    #[param(max_length = 500, required = false)]
    pub cursor: Option<String>,
}

impl PublicityQuery {
    fn parts(self) -> Result<(PublicityFilter, service::page::PageRequest), Problem> {
        let filter = PublicityFilter { state: self.state, round: self.round_id };
        Ok((filter, Paging { limit: self.limit, cursor: self.cursor }.request()?))
    }
}

/// Open and ended lists, for everybody.
#[utoipa::path(tag = "publicity", summary = "List the lists open to objection", params(PublicityQuery),
    responses(
        (status = 200, description = "A page", body = ListBody<PublicityView>),
        (status = "4XX", description = "Refused", body = ProblemBody, content_type = "application/problem+json")))]
#[get("/public/publicities")]
pub async fn list_public_publicities(
    _: Public,
    context: web::Data<Context>,
    query: Query<PublicityQuery>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let (filter, paging) = query.0.parts()?;
    respond::list(&request, publicity::list_public(&context, &filter, &paging).await?, Cache::Public)
}

/// One list with its entries, for everybody: names, employers and levels.
#[utoipa::path(tag = "publicity", summary = "Read a list open to objection", params(("id" = PublicityId, Path)),
    responses(
        (status = 200, description = "The list", body = PublicityView),
        (status = 304, description = "Not changed"),
        (status = "4XX", description = "Refused", body = ProblemBody, content_type = "application/problem+json")))]
#[get("/public/publicities/{id}")]
pub async fn get_public_publicity(
    _: Public,
    context: web::Data<Context>,
    id: PathId<PublicityId>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    respond::single(&request, &publicity::read_public(&context, id.0).await?, Cache::Public)
}

/// All lists, drafts included.
#[utoipa::path(tag = "publicity", summary = "List all lists", params(PublicityQuery),
    security(("bearer" = ["publicity.manage", "publicity.publish"])),
    responses(
        (status = 200, description = "A page", body = ListBody<PublicityView>),
        (status = "4XX", description = "Refused", body = ProblemBody, content_type = "application/problem+json")))]
#[get("/publicities")]
pub async fn list_publicities(
    require: Require<may::Anyone>,
    context: web::Data<Context>,
    query: Query<PublicityQuery>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let (filter, paging) = query.0.parts()?;
    respond::list(&request, publicity::list(&context, &require.caller, &filter, &paging).await?, Cache::Private)
}

/// A list to be assembled.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreatePublicity {
    pub round_id: RoundId,
    #[schema(min_length = 4, max_length = 200, example = "2026年第一批技术经纪人拟认定名单公示")]
    pub title: String,
    /// Cases of this round that wait for the decision, in the order of the list.
    #[schema(min_items = 1, max_items = 500)]
    pub case_ids: Vec<CaseId>,
}

/// Assembles a draft list.
#[utoipa::path(tag = "publicity", summary = "Assemble a list", request_body = CreatePublicity,
    security(("bearer" = ["publicity.manage"])),
    responses(
        (status = 201, description = "The draft list", body = PublicityView),
        (status = "4XX", description = "Refused", body = ProblemBody, content_type = "application/problem+json")))]
#[post("/publicities")]
pub async fn create_publicity(
    require: Require<may::ManagePublicities>,
    context: web::Data<Context>,
    post: Post<CreatePublicity>,
) -> Result<HttpResponse, Problem> {
    let caller = post.caller(require.caller);
    let CreatePublicity { round_id, title, case_ids } = post.body;
    let outcome =
        publicity::create(&context, &caller, NewPublicity { round: round_id, title, cases: case_ids }).await?;
    let location = format!("/api/v1/publicities/{}", outcome.value.id);
    respond::created(&outcome, &location)
}

/// One list, drafts included, with the cases behind its entries.
#[utoipa::path(tag = "publicity", summary = "Read a list", params(("id" = PublicityId, Path)),
    security(("bearer" = ["publicity.manage", "publicity.publish"])),
    responses(
        (status = 200, description = "The list", body = PublicityView),
        (status = 304, description = "Not changed"),
        (status = "4XX", description = "Refused", body = ProblemBody, content_type = "application/problem+json")))]
#[get("/publicities/{id}")]
pub async fn get_publicity(
    require: Require<may::Anyone>,
    context: web::Data<Context>,
    id: PathId<PublicityId>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    respond::single(&request, &publicity::read(&context, &require.caller, id.0).await?, Cache::Private)
}

/// The cases of a draft list.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SetPublicityCases {
    #[schema(min_items = 1, max_items = 500)]
    pub case_ids: Vec<CaseId>,
}

/// Replaces the cases of a draft list.
#[utoipa::path(tag = "publicity", summary = "Replace the cases of a draft list", params(("id" = PublicityId, Path)),
    request_body = SetPublicityCases, security(("bearer" = ["publicity.manage"])),
    responses(
        (status = 200, description = "The draft list", body = PublicityView),
        (status = "4XX", description = "Refused", body = ProblemBody, content_type = "application/problem+json")))]
#[put("/publicities/{id}/cases")]
pub async fn set_publicity_cases(
    require: Require<may::ManagePublicities>,
    context: web::Data<Context>,
    id: PathId<PublicityId>,
    version: IfMatch,
    body: Body<SetPublicityCases>,
) -> Result<HttpResponse, Problem> {
    let outcome = publicity::set_cases(&context, &require.caller, id.0, version.0, body.0.case_ids).await?;
    respond::changed(&outcome)
}

/// Approves a list: every case on it is published for objection, all or none.
#[utoipa::path(tag = "publicity", summary = "Approve and publish a list", params(("id" = PublicityId, Path)),
    request_body = Empty, security(("bearer" = ["publicity.publish"])),
    responses(
        (status = 200, description = "The open list", body = PublicityView),
        (status = "4XX", description = "Refused", body = ProblemBody, content_type = "application/problem+json")))]
#[post("/publicities/{id}/actions/publish")]
pub async fn publish_publicity(
    require: Require<may::PublishPublicity>,
    context: web::Data<Context>,
    id: PathId<PublicityId>,
    version: IfMatch,
    post: Post<Empty>,
) -> Result<HttpResponse, Problem> {
    let caller = post.caller(require.caller);
    respond::changed(&publicity::publish(&context, &caller, id.0, version.0).await?)
}
