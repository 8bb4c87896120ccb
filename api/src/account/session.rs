//! Sessions: login, refresh, the list of one's own, logout.

use actix_web::http::header::USER_AGENT;
use actix_web::{HttpRequest, HttpResponse, delete, get, post, web};
use domain::ids::SessionId;
use serde::Deserialize;
use service::Context;
use service::account::{self, Ended, Login, SessionView, Tokens};
use utoipa::ToSchema;

use crate::extract::{Body, Empty, Paging, PathId, Post, Public, Query, Require, may};
use crate::problem::{Problem, ProblemBody};
use crate::respond::{self, Cache, ListBody};

/// A login.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateSession {
    #[schema(max_length = 254, example = "li.ming@example.cn")]
    pub email: String,
    #[schema(max_length = 128, format = "password", example = "plum-tile-98-harbour")]
    pub password: String,
    /// The code of the authenticator, where one is enrolled.
    #[schema(pattern = "^\\d{6}$", example = "492039")]
    pub totp: Option<String>,
    /// Instead of the authenticator's code; each works once.
    #[schema(max_length = 30, example = "JBSW-Y3DP-EHPK-3PXP")]
    pub recovery_code: Option<String>,
}

/// Logs in. Needs no Idempotency-Key: a repetition is another session.
#[utoipa::path(tag = "account", summary = "Log in", request_body = CreateSession,
    responses(
        (status = 200, description = "Tokens of a new session", body = Tokens),
        (status = "4XX", description = "Refused", body = ProblemBody, content_type = "application/problem+json")))]
#[post("/sessions")]
pub async fn create_session(
    public: Public,
    context: web::Data<Context>,
    request: HttpRequest,
    body: Body<CreateSession>,
) -> Result<HttpResponse, Problem> {
    let CreateSession { email, password, totp, recovery_code } = body.0;
    let user_agent = request.headers().get(USER_AGENT).and_then(|value| value.to_str().ok()).map(str::to_owned);
    let login = Login { email, password, totp, recovery_code, user_agent };
    respond::plain(&account::login(&context, public.meta, &login).await?, Cache::Private)
}

/// A refresh token.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RefreshSession {
    #[schema(max_length = 300, example = "0193…")]
    pub refresh_token: String,
}

/// Exchanges a refresh token, which works once, for a new pair of tokens.
#[utoipa::path(tag = "account", summary = "Refresh a session", request_body = RefreshSession,
    responses(
        (status = 200, description = "A new pair of tokens", body = Tokens),
        (status = "4XX", description = "Refused", body = ProblemBody, content_type = "application/problem+json")))]
#[post("/sessions/actions/refresh")]
pub async fn refresh_session(
    public: Public,
    context: web::Data<Context>,
    body: Body<RefreshSession>,
) -> Result<HttpResponse, Problem> {
    respond::plain(&account::refresh(&context, public.meta, &body.0.refresh_token).await?, Cache::Private)
}

/// The caller's live sessions.
#[utoipa::path(tag = "account", summary = "List one's sessions", params(Paging),
    security(("bearer" = ["account.own"])),
    responses(
        (status = 200, description = "A page", body = ListBody<SessionView>),
        (status = "4XX", description = "Refused", body = ProblemBody, content_type = "application/problem+json")))]
#[get("/sessions")]
pub async fn list_sessions(
    require: Require<may::OwnAccount>,
    context: web::Data<Context>,
    paging: Query<Paging>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let page = account::list_sessions(&context, &require.caller, &paging.0.request()?).await?;
    respond::list(&request, page, Cache::Private)
}

/// Ends all sessions but the one that asks.
#[utoipa::path(tag = "account", summary = "End one's other sessions", request_body = Empty,
    security(("bearer" = ["account.own"])),
    responses(
        (status = 200, description = "How many ended", body = Ended),
        (status = "4XX", description = "Refused", body = ProblemBody, content_type = "application/problem+json")))]
#[post("/sessions/actions/revoke_others")]
pub async fn revoke_other_sessions(
    require: Require<may::OwnAccount>,
    context: web::Data<Context>,
    post: Post<Empty>,
) -> Result<HttpResponse, Problem> {
    let caller = post.caller(require.caller);
    respond::done(HttpResponse::Ok(), &account::end_other_sessions(&context, &caller).await?)
}

/// Ends a session of one's own; ending the present one is the logout. A session has no version, so no If-Match.
#[utoipa::path(tag = "account", summary = "End a session (log out)", params(("id" = SessionId, Path)),
    security(("bearer" = ["account.own"])),
    responses(
        (status = 204, description = "Ended"),
        (status = "4XX", description = "Refused", body = ProblemBody, content_type = "application/problem+json")))]
#[delete("/sessions/{id}")]
pub async fn delete_session(
    require: Require<may::OwnAccount>,
    context: web::Data<Context>,
    id: PathId<SessionId>,
) -> Result<HttpResponse, Problem> {
    account::end_session(&context, &require.caller, id.0).await?;
    Ok(respond::nothing())
}
