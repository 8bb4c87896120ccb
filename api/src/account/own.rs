//! `/me`: the caller's own account, its password, address and consents.

use actix_web::{HttpRequest, HttpResponse, get, patch, post, web};
use serde::Deserialize;
use service::Context;
use service::account::{self, Consent, ConsentView, MeView};
use utoipa::ToSchema;
use uuid::Uuid;

use super::{TakenBody, no_content, taken};
use crate::extract::{Body, Empty, IfMatch, Paging, PathId, Post, Query, Require, may};
use crate::problem::{Problem, ProblemBody};
use crate::respond::{self, Cache, ListBody, Versioned};

impl Versioned for MeView {
    fn version(&self) -> i32 {
        self.version
    }
}

impl Versioned for ConsentView {
    fn version(&self) -> i32 {
        self.revision()
    }
}

/// The caller's account with its grants and what may be done.
#[utoipa::path(tag = "account", summary = "Read one's account", security(("bearer" = ["account.own"])),
    responses(
        (status = 200, description = "The account", body = MeView),
        (status = "4XX", description = "Refused", body = ProblemBody, content_type = "application/problem+json")))]
#[get("/me")]
pub async fn get_own_account(
    require: Require<may::OwnAccount>,
    context: web::Data<Context>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    respond::single(&request, &account::me(&context, &require.caller).await?, Cache::Private)
}

/// What to change; what is absent stays.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct UpdateOwnAccount {
    #[schema(min_length = 1, max_length = 50, example = "李明")]
    pub name: Option<String>,
    /// `zh-CN` or `en`.
    #[schema(example = "en")]
    pub locale: Option<String>,
}

/// Changes one's name or language.
#[utoipa::path(tag = "account", summary = "Change one's account", request_body = UpdateOwnAccount,
    security(("bearer" = ["account.own"])),
    responses(
        (status = 200, description = "The account", body = MeView),
        (status = "4XX", description = "Refused", body = ProblemBody, content_type = "application/problem+json")))]
#[patch("/me")]
pub async fn update_own_account(
    require: Require<may::OwnAccount>,
    context: web::Data<Context>,
    version: IfMatch,
    body: Body<UpdateOwnAccount>,
) -> Result<HttpResponse, Problem> {
    let UpdateOwnAccount { name, locale } = body.0;
    respond::changed(&account::update_own_account(&context, &require.caller, version.0, name, locale).await?)
}

/// The present and the new password.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChangePassword {
    #[schema(max_length = 128, format = "password", example = "plum-tile-98-harbour")]
    pub current_password: String,
    #[schema(min_length = 8, max_length = 128, format = "password", example = "ferry-cloud-17-lantern")]
    pub new_password: String,
}

/// Changes one's password: a fresh login is needed, the other sessions end, and access tokens made before end too.
#[utoipa::path(tag = "account", summary = "Change one's password", request_body = ChangePassword,
    security(("bearer" = ["account.own"])),
    responses(
        (status = 204, description = "Done"),
        (status = "4XX", description = "Refused", body = ProblemBody, content_type = "application/problem+json")))]
#[post("/me/actions/change_password")]
pub async fn change_password(
    require: Require<may::OwnAccount>,
    context: web::Data<Context>,
    post: Post<ChangePassword>,
) -> Result<HttpResponse, Problem> {
    let caller = post.caller(require.caller);
    let ChangePassword { current_password, new_password } = post.body;
    Ok(no_content(&account::change_password(&context, &caller, &current_password, &new_password).await?))
}

/// The new address, and the password as proof.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChangeEmail {
    #[schema(max_length = 254, example = "li.ming@new.example.cn")]
    pub email: String,
    #[schema(max_length = 128, format = "password", example = "plum-tile-98-harbour")]
    pub password: String,
}

/// Asks to move the account to another address; it moves when that address is confirmed, and the old one is told.
#[utoipa::path(tag = "account", summary = "Change one's e-mail address", request_body = ChangeEmail,
    security(("bearer" = ["account.own"])),
    responses(
        (status = 202, description = "Taken; a mail goes to the new address", body = TakenBody),
        (status = "4XX", description = "Refused", body = ProblemBody, content_type = "application/problem+json")))]
#[post("/me/actions/change_email")]
pub async fn change_email(
    require: Require<may::OwnAccount>,
    context: web::Data<Context>,
    post: Post<ChangeEmail>,
) -> Result<HttpResponse, Problem> {
    let caller = post.caller(require.caller);
    let ChangeEmail { email, password } = post.body;
    taken(&account::change_email(&context, &caller, &email, &password).await?)
}

/// The caller's consents.
#[utoipa::path(tag = "account", summary = "List one's consents", params(Paging),
    security(("bearer" = ["account.own"])),
    responses(
        (status = 200, description = "A page", body = ListBody<ConsentView>),
        (status = "4XX", description = "Refused", body = ProblemBody, content_type = "application/problem+json")))]
#[get("/me/consents")]
pub async fn list_consents(
    require: Require<may::OwnAccount>,
    context: web::Data<Context>,
    paging: Query<Paging>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let page = account::list_consents(&context, &require.caller, &paging.0.request()?).await?;
    respond::list(&request, page, Cache::Private)
}

/// Gives a consent to a version of a document.
#[utoipa::path(tag = "account", summary = "Give a consent", request_body = Consent,
    security(("bearer" = ["account.own"])),
    responses(
        (status = 201, description = "The consent", body = ConsentView),
        (status = "4XX", description = "Refused", body = ProblemBody, content_type = "application/problem+json")))]
#[post("/me/consents")]
pub async fn give_consent(
    require: Require<may::OwnAccount>,
    context: web::Data<Context>,
    post: Post<Consent>,
) -> Result<HttpResponse, Problem> {
    let caller = post.caller(require.caller);
    let outcome = account::give_consent(&context, &caller, &post.body).await?;
    respond::created(&outcome, &format!("/api/v1/me/consents/{}", outcome.value.id))
}

/// One of the caller's consents.
#[utoipa::path(tag = "account", summary = "Read a consent", params(("id" = Uuid, Path)),
    security(("bearer" = ["account.own"])),
    responses(
        (status = 200, description = "The consent", body = ConsentView),
        (status = "4XX", description = "Refused", body = ProblemBody, content_type = "application/problem+json")))]
#[get("/me/consents/{id}")]
pub async fn get_consent(
    require: Require<may::OwnAccount>,
    context: web::Data<Context>,
    id: PathId<Uuid>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    respond::single(&request, &account::get_consent(&context, &require.caller, id.0).await?, Cache::Private)
}

/// Withdraws a consent.
#[utoipa::path(tag = "account", summary = "Withdraw a consent", params(("id" = Uuid, Path)), request_body = Empty,
    security(("bearer" = ["account.own"])),
    responses(
        (status = 200, description = "The consent", body = ConsentView),
        (status = "4XX", description = "Refused", body = ProblemBody, content_type = "application/problem+json")))]
#[post("/me/consents/{id}/actions/withdraw")]
pub async fn withdraw_consent(
    require: Require<may::OwnAccount>,
    context: web::Data<Context>,
    id: PathId<Uuid>,
    version: IfMatch,
    post: Post<Empty>,
) -> Result<HttpResponse, Problem> {
    let caller = post.caller(require.caller);
    respond::changed(&account::withdraw_consent(&context, &caller, id.0, version.0).await?)
}
