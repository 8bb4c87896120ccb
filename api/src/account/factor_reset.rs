//! `/factor-resets`: taking away somebody's lost second factor, by two people.

use actix_web::{HttpRequest, HttpResponse, get, post, web};
use domain::account::FactorResetState;
use domain::ids::AccountId;
use serde::Deserialize;
use service::Context;
use service::account::{self, FactorResetView};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::extract::{Empty, IfMatch, Paging, PathId, Post, Query, Require, may};
use crate::problem::{Problem, ProblemBody};
use crate::respond::{self, Cache, ListBody, Versioned};

impl Versioned for FactorResetView {
    fn version(&self) -> i32 {
        self.revision()
    }
}

/// Filters of the list of resets.
#[derive(Debug, Clone, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct FactorResetsQuery {
    #[param(required = false)]
    pub state: Option<FactorResetState>,
    #[param(minimum = 1, maximum = 100, default = 50, required = false)]
    pub limit: Option<u64>,
    #[param(max_length = 500, required = false)]
    pub cursor: Option<String>,
}

/// Resets asked for and decided.
#[utoipa::path(tag = "account", summary = "List second-factor resets", params(FactorResetsQuery),
    security(("bearer" = ["account.reset_second_factor"])),
    responses(
        (status = 200, description = "A page", body = ListBody<FactorResetView>),
        (status = "4XX", description = "Refused", body = ProblemBody, content_type = "application/problem+json")))]
#[get("/factor-resets")]
pub async fn list_factor_resets(
    require: Require<may::ResetSecondFactor>,
    context: web::Data<Context>,
    query: Query<FactorResetsQuery>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let FactorResetsQuery { state, limit, cursor } = query.0;
    let page = Paging { limit, cursor }.request()?;
    respond::list(&request, account::list_factor_resets(&context, &require.caller, state, &page).await?, Cache::Private)
}

/// Whose second factor is lost, and how that is known.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RequestFactorReset {
    pub account_id: AccountId,
    #[schema(min_length = 2, max_length = 500, example = "手机遗失，已当面核对工作证")]
    pub reason: String,
}

/// Asks for a reset, after a fresh login; another administrator decides.
#[utoipa::path(tag = "account", summary = "Ask for a second-factor reset", request_body = RequestFactorReset,
    security(("bearer" = ["account.reset_second_factor"])),
    responses(
        (status = 201, description = "The reset", body = FactorResetView),
        (status = "4XX", description = "Refused", body = ProblemBody, content_type = "application/problem+json")))]
#[post("/factor-resets")]
pub async fn request_factor_reset(
    require: Require<may::ResetSecondFactor>,
    context: web::Data<Context>,
    post: Post<RequestFactorReset>,
) -> Result<HttpResponse, Problem> {
    let caller = post.caller(require.caller);
    let RequestFactorReset { account_id, reason } = &post.body;
    let outcome = account::request_factor_reset(&context, &caller, *account_id, reason).await?;
    respond::created(&outcome, &format!("/api/v1/factor-resets/{}", outcome.value.id))
}

/// One reset.
#[utoipa::path(tag = "account", summary = "Read a second-factor reset", params(("id" = Uuid, Path)),
    security(("bearer" = ["account.reset_second_factor"])),
    responses(
        (status = 200, description = "The reset", body = FactorResetView),
        (status = "4XX", description = "Refused", body = ProblemBody, content_type = "application/problem+json")))]
#[get("/factor-resets/{id}")]
pub async fn get_factor_reset(
    require: Require<may::ResetSecondFactor>,
    context: web::Data<Context>,
    id: PathId<Uuid>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    respond::single(&request, &account::get_factor_reset(&context, &require.caller, id.0).await?, Cache::Private)
}

/// Approves a reset that somebody else asked for.
#[utoipa::path(tag = "account", summary = "Approve a second-factor reset", params(("id" = Uuid, Path)),
    request_body = Empty, security(("bearer" = ["account.reset_second_factor"])),
    responses(
        (status = 200, description = "The reset", body = FactorResetView),
        (status = "4XX", description = "Refused", body = ProblemBody, content_type = "application/problem+json")))]
#[post("/factor-resets/{id}/actions/approve")]
pub async fn approve_factor_reset(
    require: Require<may::ResetSecondFactor>,
    context: web::Data<Context>,
    id: PathId<Uuid>,
    version: IfMatch,
    post: Post<Empty>,
) -> Result<HttpResponse, Problem> {
    let caller = post.caller(require.caller);
    respond::changed(&account::decide_factor_reset(&context, &caller, id.0, version.0, true).await?)
}

/// Refuses a reset that somebody else asked for.
#[utoipa::path(tag = "account", summary = "Refuse a second-factor reset", params(("id" = Uuid, Path)),
    request_body = Empty, security(("bearer" = ["account.reset_second_factor"])),
    responses(
        (status = 200, description = "The reset", body = FactorResetView),
        (status = "4XX", description = "Refused", body = ProblemBody, content_type = "application/problem+json")))]
#[post("/factor-resets/{id}/actions/refuse")]
pub async fn refuse_factor_reset(
    require: Require<may::ResetSecondFactor>,
    context: web::Data<Context>,
    id: PathId<Uuid>,
    version: IfMatch,
    post: Post<Empty>,
) -> Result<HttpResponse, Problem> {
    let caller = post.caller(require.caller);
    respond::changed(&account::decide_factor_reset(&context, &caller, id.0, version.0, false).await?)
}
