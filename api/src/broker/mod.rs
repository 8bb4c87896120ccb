//! The broker's profile.

use actix_web::{HttpRequest, HttpResponse, get, post, put, web};
use domain::broker::Profile;
use domain::ids::BrokerId;
use serde::Deserialize;
use service::Context;
use service::broker::{self, BrokerSummary, BrokerView, Unmasked};
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::extract::{Body, IfMatch, Paging, PathId, Post, Query, Require, may};
use crate::problem::{Problem, ProblemBody};
use crate::respond::{self, Cache, ListBody, Versioned};

pub fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(create_broker)
        .service(get_own_broker)
        .service(save_broker)
        .service(list_brokers)
        .service(get_broker)
        .service(unmask_broker);
}

impl Versioned for BrokerView {
    fn version(&self) -> i32 {
        self.version
    }
}

/// Creates one's own profile. A person has one; an identity number belongs to one person.
#[utoipa::path(tag = "broker", summary = "Create one's own profile", request_body = Profile,
    security(("bearer" = ["broker.own"])),
    responses(
        (status = 201, description = "The profile, numbers masked, with what is still missing", body = BrokerView),
        (status = "4XX", description = "Refused", body = ProblemBody, content_type = "application/problem+json")))]
#[post("/brokers")]
pub async fn create_broker(
    require: Require<may::OwnBroker>,
    context: web::Data<Context>,
    post: Post<Profile>,
) -> Result<HttpResponse, Problem> {
    let caller = post.caller(require.caller);
    let outcome = broker::create(&context, &caller, post.body).await?;
    respond::created(&outcome, "/api/v1/brokers/me")
}

/// One's own profile.
#[utoipa::path(tag = "broker", summary = "Read one's own profile", security(("bearer" = ["broker.own"])),
    responses(
        (status = 200, description = "The profile, numbers masked", body = BrokerView),
        (status = 304, description = "Not changed"),
        (status = "4XX", description = "Refused", body = ProblemBody, content_type = "application/problem+json")))]
#[get("/brokers/me")]
pub async fn get_own_broker(
    require: Require<may::OwnBroker>,
    context: web::Data<Context>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    respond::single(&request, &broker::own(&context, &require.caller).await?, Cache::Private)
}

/// Replaces one's own profile. Identity and telephone number are kept when they are left out.
#[utoipa::path(tag = "broker", summary = "Replace one's own profile", params(("id" = BrokerId, Path)),
    request_body = Profile, security(("bearer" = ["broker.own"])),
    responses(
        (status = 200, description = "The profile", body = BrokerView),
        (status = "4XX", description = "Refused", body = ProblemBody, content_type = "application/problem+json")))]
#[put("/brokers/{id}")]
pub async fn save_broker(
    require: Require<may::OwnBroker>,
    context: web::Data<Context>,
    id: PathId<BrokerId>,
    version: IfMatch,
    body: Body<Profile>,
) -> Result<HttpResponse, Problem> {
    respond::changed(&broker::save(&context, &require.caller, id.0, version.0, body.0).await?)
}

/// Brokers with an application in the caller's scope.
#[utoipa::path(tag = "broker", summary = "List brokers", params(Paging), security(("bearer" = ["broker.read"])),
    responses(
        (status = 200, description = "A page", body = ListBody<BrokerSummary>),
        (status = "4XX", description = "Refused", body = ProblemBody, content_type = "application/problem+json")))]
#[get("/brokers")]
pub async fn list_brokers(
    require: Require<may::ReadBrokers>,
    context: web::Data<Context>,
    paging: Query<Paging>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let page = broker::list(&context, &require.caller, &paging.0.request()?).await?;
    respond::list(&request, page, Cache::Private)
}

/// A broker's profile, numbers masked.
#[utoipa::path(tag = "broker", summary = "Read a broker", params(("id" = BrokerId, Path)),
    security(("bearer" = ["broker.read"])),
    responses(
        (status = 200, description = "The profile", body = BrokerView),
        (status = 304, description = "Not changed"),
        (status = "4XX", description = "Refused", body = ProblemBody, content_type = "application/problem+json")))]
#[get("/brokers/{id}")]
pub async fn get_broker(
    require: Require<may::ReadBrokers>,
    context: web::Data<Context>,
    id: PathId<BrokerId>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    respond::single(&request, &broker::read(&context, &require.caller, id.0).await?, Cache::Private)
}

/// Why the whole numbers are read.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct UnmaskBroker {
    #[schema(min_length = 4, max_length = 500, example = "核对身份证原件")]
    pub purpose: String,
}

/// Reads the whole identity and telephone number; the reading and its purpose go to the audit trail.
#[utoipa::path(tag = "broker", summary = "Read a broker's whole numbers", params(("id" = BrokerId, Path)),
    request_body = UnmaskBroker, security(("bearer" = ["broker.unmask"])),
    responses(
        (status = 200, description = "The numbers", body = Unmasked),
        (status = "4XX", description = "Refused", body = ProblemBody, content_type = "application/problem+json")))]
#[post("/brokers/{id}/actions/unmask")]
pub async fn unmask_broker(
    require: Require<may::UnmaskIdentity>,
    context: web::Data<Context>,
    id: PathId<BrokerId>,
    post: Post<UnmaskBroker>,
) -> Result<HttpResponse, Problem> {
    let caller = post.caller(require.caller);
    let outcome = broker::unmask(&context, &caller, id.0, &post.body.purpose).await?;
    respond::done(HttpResponse::Ok(), &outcome)
}
