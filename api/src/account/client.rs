//! `/api-clients`: clients of other systems and their secrets.

use actix_web::http::header::LOCATION;
use actix_web::{HttpRequest, HttpResponse, delete, get, post, web};
use domain::access::Permission;
use domain::ids::{AccountId, ApiClientId, OrganisationId};
use serde::Deserialize;
use service::Context;
use service::account::{self, ClientView, NewClient, NewSecret};
use utoipa::ToSchema;

use super::segment;
use crate::extract::{Empty, IfMatch, Paging, PathId, Post, Query, Require, may};
use crate::problem::{Problem, ProblemBody};
use crate::respond::{self, Cache, ListBody, Versioned};

impl Versioned for ClientView {
    fn version(&self) -> i32 {
        self.version
    }
}

/// Every client.
#[utoipa::path(tag = "account", summary = "List API clients", params(Paging),
    security(("bearer" = ["account.manage_api_clients"])),
    responses(
        (status = 200, description = "A page", body = ListBody<ClientView>),
        (status = "4XX", description = "Refused", body = ProblemBody, content_type = "application/problem+json")))]
#[get("/api-clients")]
pub async fn list_api_clients(
    require: Require<may::ManageApiClients>,
    context: web::Data<Context>,
    paging: Query<Paging>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let page = account::list_clients(&context, &require.caller, &paging.0.request()?).await?;
    respond::list(&request, page, Cache::Private)
}

/// A client: for whom it acts, and what it may do at most.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateApiClient {
    #[schema(min_length = 1, max_length = 50, example = "财政厅数据接口")]
    pub name: String,
    pub organisation_id: Option<OrganisationId>,
    /// Whose roles it uses, and who answers for it.
    pub accountable_account_id: AccountId,
    #[schema(value_type = Vec<String>, min_items = 1, max_items = 50, example = json!(["certificate.read"]))]
    pub scopes: Vec<Permission>,
}

/// Creates a client, after a fresh login; it needs a secret before it can ask for tokens.
#[utoipa::path(tag = "account", summary = "Create an API client", request_body = CreateApiClient,
    security(("bearer" = ["account.manage_api_clients"])),
    responses(
        (status = 201, description = "The client", body = ClientView),
        (status = "4XX", description = "Refused", body = ProblemBody, content_type = "application/problem+json")))]
#[post("/api-clients")]
pub async fn create_api_client(
    require: Require<may::ManageApiClients>,
    context: web::Data<Context>,
    post: Post<CreateApiClient>,
) -> Result<HttpResponse, Problem> {
    let caller = post.caller(require.caller);
    let CreateApiClient { name, organisation_id, accountable_account_id, scopes } = post.body;
    let new = NewClient { name, organisation_id, accountable_account_id, scopes };
    let outcome = account::create_client(&context, &caller, &new).await?;
    respond::created(&outcome, &format!("/api/v1/api-clients/{}", outcome.value.id))
}

/// One client.
#[utoipa::path(tag = "account", summary = "Read an API client", params(("id" = ApiClientId, Path)),
    security(("bearer" = ["account.manage_api_clients"])),
    responses(
        (status = 200, description = "The client", body = ClientView),
        (status = "4XX", description = "Refused", body = ProblemBody, content_type = "application/problem+json")))]
#[get("/api-clients/{id}")]
pub async fn get_api_client(
    require: Require<may::ManageApiClients>,
    context: web::Data<Context>,
    id: PathId<ApiClientId>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    respond::single(&request, &account::get_client(&context, &require.caller, id.0).await?, Cache::Private)
}

/// How long the secret is to be good.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateClientSecret {
    /// Until it is revoked, when absent.
    #[schema(minimum = 1, maximum = 366, example = 180)]
    pub valid_days: Option<i64>,
}

/// Makes a secret, after a fresh login; it is shown once. Two may be good at a time, for rotation.
#[utoipa::path(tag = "account", summary = "Make a client secret", params(("id" = ApiClientId, Path)),
    request_body = CreateClientSecret, security(("bearer" = ["account.manage_api_clients"])),
    responses(
        (status = 201, description = "The secret", body = NewSecret),
        (status = "4XX", description = "Refused", body = ProblemBody, content_type = "application/problem+json")))]
#[post("/api-clients/{id}/secrets")]
pub async fn create_client_secret(
    require: Require<may::ManageApiClients>,
    context: web::Data<Context>,
    id: PathId<ApiClientId>,
    post: Post<CreateClientSecret>,
) -> Result<HttpResponse, Problem> {
    let caller = post.caller(require.caller);
    let outcome = account::create_client_secret(&context, &caller, id.0, post.body.valid_days).await?;
    let mut response = HttpResponse::Created();
    response.insert_header((LOCATION, format!("/api/v1/api-clients/{}", id.0)));
    respond::done(response, &outcome)
}

/// Revokes a secret at once, with the tokens obtained by it. A secret has no version, so no If-Match.
#[utoipa::path(tag = "account", summary = "Revoke a client secret",
    params(("id" = ApiClientId, Path), ("secret_id" = Uuid, Path)),
    security(("bearer" = ["account.manage_api_clients"])),
    responses(
        (status = 200, description = "The client without the secret", body = ClientView),
        (status = "4XX", description = "Refused", body = ProblemBody, content_type = "application/problem+json")))]
#[delete("/api-clients/{id}/secrets/{secret_id}")]
pub async fn revoke_client_secret(
    require: Require<may::ManageApiClients>,
    context: web::Data<Context>,
    id: PathId<ApiClientId>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let secret = segment(&request, "secret_id")?;
    respond::changed(&account::revoke_client_secret(&context, &require.caller, id.0, secret).await?)
}

/// Revokes a client for good, with its secrets and tokens.
#[utoipa::path(tag = "account", summary = "Revoke an API client", params(("id" = ApiClientId, Path)),
    request_body = Empty, security(("bearer" = ["account.manage_api_clients"])),
    responses(
        (status = 200, description = "The client, revoked", body = ClientView),
        (status = "4XX", description = "Refused", body = ProblemBody, content_type = "application/problem+json")))]
#[post("/api-clients/{id}/actions/revoke")]
pub async fn revoke_api_client(
    require: Require<may::ManageApiClients>,
    context: web::Data<Context>,
    id: PathId<ApiClientId>,
    version: IfMatch,
    post: Post<Empty>,
) -> Result<HttpResponse, Problem> {
    let caller = post.caller(require.caller);
    respond::changed(&account::revoke_client(&context, &caller, id.0, version.0).await?)
}
