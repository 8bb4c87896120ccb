//! The caller's second factor and recovery codes.

use actix_web::{HttpResponse, post, web};
use serde::Deserialize;
use service::Context;
use service::account::{self, Enrolment, RecoveryCodes};
use utoipa::ToSchema;

use super::no_content;
use crate::extract::{Empty, Post, Require, may};
use crate::problem::{Problem, ProblemBody};
use crate::respond;

/// Begins to enrol an authenticator; its secret is shown once and counts when a code of it was confirmed.
#[utoipa::path(tag = "account", summary = "Enrol a second factor", request_body = Empty,
    security(("bearer" = ["account.own"])),
    responses(
        (status = 200, description = "The secret for the authenticator", body = Enrolment),
        (status = "4XX", description = "Refused", body = ProblemBody, content_type = "application/problem+json")))]
#[post("/me/second-factor/actions/enrol")]
pub async fn enrol_second_factor(
    require: Require<may::OwnAccount>,
    context: web::Data<Context>,
    post: Post<Empty>,
) -> Result<HttpResponse, Problem> {
    let caller = post.caller(require.caller);
    respond::done(HttpResponse::Ok(), &account::enrol_factor(&context, &caller).await?)
}

/// A code of the authenticator.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ConfirmSecondFactor {
    #[schema(pattern = "^\\d{6}$", example = "492039")]
    pub code: String,
}

/// Confirms the authenticator. This session has proven the second factor from then on; the others end.
#[utoipa::path(tag = "account", summary = "Confirm a second factor", request_body = ConfirmSecondFactor,
    security(("bearer" = ["account.own"])),
    responses(
        (status = 200, description = "Recovery codes, shown once", body = RecoveryCodes),
        (status = "4XX", description = "Refused", body = ProblemBody, content_type = "application/problem+json")))]
#[post("/me/second-factor/actions/confirm")]
pub async fn confirm_second_factor(
    require: Require<may::OwnAccount>,
    context: web::Data<Context>,
    post: Post<ConfirmSecondFactor>,
) -> Result<HttpResponse, Problem> {
    let caller = post.caller(require.caller);
    respond::done(HttpResponse::Ok(), &account::confirm_factor(&context, &caller, &post.body.code).await?)
}

/// Password and a last code, of the authenticator or for recovery.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DisableSecondFactor {
    #[schema(max_length = 128, format = "password", example = "plum-tile-98-harbour")]
    pub password: String,
    #[schema(max_length = 30, example = "492039")]
    pub code: String,
}

/// Removes the second factor; staff must keep theirs.
#[utoipa::path(tag = "account", summary = "Disable the second factor", request_body = DisableSecondFactor,
    security(("bearer" = ["account.own"])),
    responses(
        (status = 204, description = "Done"),
        (status = "4XX", description = "Refused", body = ProblemBody, content_type = "application/problem+json")))]
#[post("/me/second-factor/actions/disable")]
pub async fn disable_second_factor(
    require: Require<may::OwnAccount>,
    context: web::Data<Context>,
    post: Post<DisableSecondFactor>,
) -> Result<HttpResponse, Problem> {
    let caller = post.caller(require.caller);
    let DisableSecondFactor { password, code } = post.body;
    Ok(no_content(&account::disable_factor(&context, &caller, &password, &code).await?))
}

/// Makes new recovery codes; the old ones stop working.
#[utoipa::path(tag = "account", summary = "Make new recovery codes", request_body = Empty,
    security(("bearer" = ["account.own"])),
    responses(
        (status = 200, description = "Recovery codes, shown once", body = RecoveryCodes),
        (status = "4XX", description = "Refused", body = ProblemBody, content_type = "application/problem+json")))]
#[post("/me/recovery-codes/actions/regenerate")]
pub async fn regenerate_recovery_codes(
    require: Require<may::OwnAccount>,
    context: web::Data<Context>,
    post: Post<Empty>,
) -> Result<HttpResponse, Problem> {
    let caller = post.caller(require.caller);
    respond::done(HttpResponse::Ok(), &account::regenerate_recovery_codes(&context, &caller).await?)
}
