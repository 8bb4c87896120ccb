//! Registration, confirmation of addresses, forgotten passwords: all without a login.

use actix_web::{HttpResponse, post, web};
use serde::{Deserialize, Serialize};
use service::account::{self, Confirmed, Consent, Registration};
use service::{Context, Outcome};
use utoipa::ToSchema;

use super::{TakenBody, no_content, taken};
use crate::extract::{Post, Public};
use crate::problem::{Problem, ProblemBody};
use crate::respond;

/// A registration.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RegisterAccount {
    #[schema(max_length = 254, example = "li.ming@example.cn")]
    pub email: String,
    #[schema(min_length = 1, max_length = 50, example = "李明")]
    pub name: String,
    /// Not among the common ones.
    #[schema(min_length = 8, max_length = 128, format = "password", example = "plum-tile-98-harbour")]
    pub password: String,
    /// `zh-CN` or `en`.
    #[schema(example = "zh-CN")]
    pub locale: Option<String>,
    /// `personal_data` at least.
    #[schema(max_items = 10)]
    pub consents: Vec<Consent>,
}

/// Registers an account. The answer is the same whether the address is known or not; the mail tells.
#[utoipa::path(tag = "account", summary = "Register an account", request_body = RegisterAccount,
    responses(
        (status = 202, description = "Taken; a mail follows", body = TakenBody),
        (status = "4XX", description = "Refused", body = ProblemBody, content_type = "application/problem+json")))]
#[post("/accounts")]
pub async fn register_account(
    public: Public,
    context: web::Data<Context>,
    post: Post<RegisterAccount>,
) -> Result<HttpResponse, Problem> {
    let meta = post.meta(public.meta);
    let RegisterAccount { email, name, password, locale, consents } = post.body;
    let locale = locale.unwrap_or_else(|| "zh-CN".to_owned());
    let registration = Registration { email, name, password, locale, consents };
    taken(&account::request_registration(&context, meta, &registration).await?)
}

/// The token of a mail.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ConfirmEmail {
    #[schema(max_length = 100, example = "kJ2b0m4cQ1mY8m1fV0q3Zs7x5a9c2e4g6i8k0m2o4q6")]
    pub token: String,
}

/// What an address was confirmed for.
#[derive(Debug, Serialize, ToSchema)]
pub struct ConfirmedBody {
    pub confirmed: Confirmed,
}

/// Confirms the address of a registration, or the new address of an account.
#[utoipa::path(tag = "account", summary = "Confirm an e-mail address", request_body = ConfirmEmail,
    responses(
        (status = 200, description = "Confirmed", body = ConfirmedBody),
        (status = "4XX", description = "Refused", body = ProblemBody, content_type = "application/problem+json")))]
#[post("/email-confirmations")]
pub async fn confirm_email(
    public: Public,
    context: web::Data<Context>,
    post: Post<ConfirmEmail>,
) -> Result<HttpResponse, Problem> {
    let outcome = account::confirm_email(&context, post.meta(public.meta), &post.body.token).await?;
    let body = ConfirmedBody { confirmed: outcome.value };
    respond::done(HttpResponse::Ok(), &Outcome { value: body, replayed: outcome.replayed })
}

/// Whose password was forgotten.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RequestPasswordReset {
    #[schema(max_length = 254, example = "li.ming@example.cn")]
    pub email: String,
}

/// Asks for the reset of a password. The answer is the same whether the address is known or not.
#[utoipa::path(tag = "account", summary = "Ask for a password reset", request_body = RequestPasswordReset,
    responses(
        (status = 202, description = "Taken; a mail follows if there is an account", body = TakenBody),
        (status = "4XX", description = "Refused", body = ProblemBody, content_type = "application/problem+json")))]
#[post("/password-resets")]
pub async fn request_password_reset(
    public: Public,
    context: web::Data<Context>,
    post: Post<RequestPasswordReset>,
) -> Result<HttpResponse, Problem> {
    let meta = post.meta(public.meta);
    taken(&account::request_reset(&context, meta, &post.body.email).await?)
}

/// The token of the mail and the new password.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CompletePasswordReset {
    #[schema(max_length = 100, example = "kJ2b0m4cQ1mY8m1fV0q3Zs7x5a9c2e4g6i8k0m2o4q6")]
    pub token: String,
    #[schema(min_length = 8, max_length = 128, format = "password", example = "plum-tile-98-harbour")]
    pub password: String,
}

/// Sets a new password by the token of the mail; every session of the account ends.
#[utoipa::path(tag = "account", summary = "Complete a password reset", request_body = CompletePasswordReset,
    responses(
        (status = 204, description = "Done"),
        (status = "4XX", description = "Refused", body = ProblemBody, content_type = "application/problem+json")))]
#[post("/password-resets/actions/complete")]
pub async fn complete_password_reset(
    public: Public,
    context: web::Data<Context>,
    post: Post<CompletePasswordReset>,
) -> Result<HttpResponse, Problem> {
    let meta = post.meta(public.meta);
    let CompletePasswordReset { token, password } = post.body;
    Ok(no_content(&account::complete_reset(&context, meta, &token, &password).await?))
}
