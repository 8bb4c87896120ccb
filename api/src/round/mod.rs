//! Rounds (申报批次).

mod request;

use actix_web::{HttpRequest, HttpResponse, get, patch, post, web};
use domain::ids::RoundId;
use service::Context;
use service::round::{self, Extension, RoundView};
use utoipa_actix_web::service_config::ServiceConfig;

use self::request::{CloseRound, CreateRound, EditRound, ExtendRound, RoundQuery};
use crate::extract::{Body, Empty, IfMatch, Paging, PathId, Post, Query, Require, may};
use crate::problem::{Problem, ProblemBody};
use crate::respond::{self, Cache, ListBody, Versioned};

pub fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(list_rounds)
        .service(create_round)
        .service(get_round)
        .service(edit_round)
        .service(publish_round)
        .service(extend_round)
        .service(close_round);
}

impl Versioned for RoundView {
    fn version(&self) -> i32 {
        self.version
    }
}

/// Rounds, newest first; drafts only for those who make them.
#[utoipa::path(tag = "round", summary = "List rounds", params(RoundQuery),
    security(("bearer" = ["round.read"])),
    responses(
        (status = 200, description = "A page of rounds", body = ListBody<RoundView>),
        (status = "4XX", description = "Refused", body = ProblemBody, content_type = "application/problem+json")))]
#[get("/rounds")]
pub async fn list_rounds(
    require: Require<may::ReadRounds>,
    context: web::Data<Context>,
    query: Query<RoundQuery>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let (filter, limit, cursor) = query.0.parts();
    let paging = Paging { limit, cursor }.request()?;
    respond::list(&request, round::list(&context, &require.caller, &filter, &paging).await?, Cache::Private)
}

/// Drafts a round under one version of the rules.
#[utoipa::path(tag = "round", summary = "Draft a round", request_body = CreateRound,
    security(("bearer" = ["round.manage"])),
    responses(
        (status = 201, description = "The draft", body = RoundView),
        (status = "4XX", description = "Refused", body = ProblemBody, content_type = "application/problem+json")))]
#[post("/rounds")]
pub async fn create_round(
    require: Require<may::ManageRounds>,
    context: web::Data<Context>,
    post: Post<CreateRound>,
) -> Result<HttpResponse, Problem> {
    let caller = post.caller(require.caller);
    let outcome = round::create(&context, &caller, post.body.into()).await?;
    respond::created(&outcome, &format!("/api/v1/rounds/{}", outcome.value.id))
}

/// One round.
#[utoipa::path(tag = "round", summary = "Read a round", params(("id" = RoundId, Path)),
    security(("bearer" = ["round.read"])),
    responses(
        (status = 200, description = "The round", body = RoundView),
        (status = 304, description = "Not changed"),
        (status = "4XX", description = "Refused", body = ProblemBody, content_type = "application/problem+json")))]
#[get("/rounds/{id}")]
pub async fn get_round(
    require: Require<may::ReadRounds>,
    context: web::Data<Context>,
    id: PathId<RoundId>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    respond::single(&request, &round::get(&context, &require.caller, id.0).await?, Cache::Private)
}

/// Changes a draft; absent members stay, `null` clears.
#[utoipa::path(tag = "round", summary = "Change a draft round", params(("id" = RoundId, Path)),
    request_body = EditRound, security(("bearer" = ["round.manage"])),
    responses(
        (status = 200, description = "The draft", body = RoundView),
        (status = "4XX", description = "Refused", body = ProblemBody, content_type = "application/problem+json")))]
#[patch("/rounds/{id}")]
pub async fn edit_round(
    require: Require<may::ManageRounds>,
    context: web::Data<Context>,
    id: PathId<RoundId>,
    version: IfMatch,
    body: Body<EditRound>,
) -> Result<HttpResponse, Problem> {
    respond::changed(&round::edit(&context, &require.caller, id.0, version.0, body.0.into()).await?)
}

/// Publishes a draft.
#[utoipa::path(tag = "round", summary = "Publish a round", params(("id" = RoundId, Path)),
    request_body = Empty, security(("bearer" = ["round.manage"])),
    responses(
        (status = 200, description = "The round", body = RoundView),
        (status = "4XX", description = "Refused", body = ProblemBody, content_type = "application/problem+json")))]
#[post("/rounds/{id}/actions/publish")]
pub async fn publish_round(
    require: Require<may::ManageRounds>,
    context: web::Data<Context>,
    id: PathId<RoundId>,
    version: IfMatch,
    post: Post<Empty>,
) -> Result<HttpResponse, Problem> {
    let caller = post.caller(require.caller);
    respond::changed(&round::publish(&context, &caller, id.0, version.0).await?)
}

/// Moves the end of a published round to a later minute.
#[utoipa::path(tag = "round", summary = "Extend a round", params(("id" = RoundId, Path)),
    request_body = ExtendRound, security(("bearer" = ["round.manage"])),
    responses(
        (status = 200, description = "The round", body = RoundView),
        (status = "4XX", description = "Refused", body = ProblemBody, content_type = "application/problem+json")))]
#[post("/rounds/{id}/actions/extend")]
pub async fn extend_round(
    require: Require<may::ManageRounds>,
    context: web::Data<Context>,
    id: PathId<RoundId>,
    version: IfMatch,
    post: Post<ExtendRound>,
) -> Result<HttpResponse, Problem> {
    let caller = post.caller(require.caller);
    let ExtendRound { closes_at, recommend_until, reason } = post.body;
    let extension = Extension { closes_at, recommend_until, reason };
    respond::changed(&round::extend(&context, &caller, id.0, version.0, extension).await?)
}

/// Closes a published round before its end; open cases go on.
#[utoipa::path(tag = "round", summary = "Close a round", params(("id" = RoundId, Path)),
    request_body = CloseRound, security(("bearer" = ["round.manage"])),
    responses(
        (status = 200, description = "The round", body = RoundView),
        (status = "4XX", description = "Refused", body = ProblemBody, content_type = "application/problem+json")))]
#[post("/rounds/{id}/actions/close")]
pub async fn close_round(
    require: Require<may::ManageRounds>,
    context: web::Data<Context>,
    id: PathId<RoundId>,
    version: IfMatch,
    post: Post<CloseRound>,
) -> Result<HttpResponse, Problem> {
    let caller = post.caller(require.caller);
    respond::changed(&round::close(&context, &caller, id.0, version.0, post.body.reason).await?)
}
