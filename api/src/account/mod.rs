//! Accounts: registration, sessions, roles, second factors, clients of other systems.

mod client;
mod factor;
mod factor_reset;
mod invitation;
mod oauth;
mod own;
mod people;
mod register;
mod session;
mod stand_in;

use std::str::FromStr;

use actix_web::{HttpRequest, HttpResponse};
use serde::Serialize;
use service::{Code, Outcome};
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::problem::Problem;
use crate::respond::{self, REPLAYED};

pub fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(register::register_account)
        .service(register::confirm_email)
        .service(register::request_password_reset)
        .service(register::complete_password_reset)
        .service(session::create_session)
        .service(session::refresh_session)
        .service(session::list_sessions)
        .service(session::revoke_other_sessions)
        .service(session::delete_session)
        .service(own::get_own_account)
        .service(own::update_own_account)
        .service(own::change_password)
        .service(own::change_email)
        .service(own::list_consents)
        .service(own::give_consent)
        .service(own::get_consent)
        .service(own::withdraw_consent)
        .service(factor::enrol_second_factor)
        .service(factor::confirm_second_factor)
        .service(factor::disable_second_factor)
        .service(factor::regenerate_recovery_codes)
        .service(stand_in::list_delegations)
        .service(stand_in::create_delegation)
        .service(stand_in::get_delegation)
        .service(stand_in::delete_delegation)
        .service(stand_in::list_absences)
        .service(stand_in::create_absence)
        .service(stand_in::get_absence)
        .service(stand_in::delete_absence)
        .service(people::list_accounts)
        .service(people::get_account)
        .service(people::grant_role)
        .service(people::revoke_role)
        .service(people::disable_account)
        .service(people::enable_account)
        .service(factor_reset::list_factor_resets)
        .service(factor_reset::request_factor_reset)
        .service(factor_reset::get_factor_reset)
        .service(factor_reset::approve_factor_reset)
        .service(factor_reset::refuse_factor_reset)
        .service(invitation::list_invitations)
        .service(invitation::create_invitation)
        .service(invitation::accept_invitation)
        .service(invitation::get_invitation)
        .service(invitation::delete_invitation)
        .service(client::list_api_clients)
        .service(client::create_api_client)
        .service(client::get_api_client)
        .service(client::create_client_secret)
        .service(client::revoke_client_secret)
        .service(client::revoke_api_client);
}

/// Operations outside the versioned base, where their standards want them.
pub fn root_routes(config: &mut ServiceConfig<'_>) {
    config.service(oauth::create_client_token).service(oauth::get_key_set);
}

/// The one answer of requests whose outcome only a mail tells.
#[derive(Debug, Serialize, ToSchema)]
pub struct TakenBody {
    #[schema(example = "accepted")]
    pub status: &'static str,
}

/// 202, whatever is known about the address.
fn taken(outcome: &Outcome<()>) -> Result<HttpResponse, Problem> {
    let outcome = Outcome { value: TakenBody { status: "accepted" }, replayed: outcome.replayed };
    respond::done(HttpResponse::Accepted(), &outcome)
}

/// 204, marked when it is a repetition.
fn no_content(outcome: &Outcome<()>) -> HttpResponse {
    let mut response = respond::nothing();
    if outcome.replayed {
        let name = actix_web::http::header::HeaderName::from_static(REPLAYED);
        response.headers_mut().insert(name, actix_web::http::header::HeaderValue::from_static("true"));
    }
    response
}

/// A further id of the path; a text that is no id is a thing that does not exist.
fn segment<T: FromStr>(request: &HttpRequest, name: &str) -> Result<T, Problem> {
    let value = request.match_info().get(name).and_then(|text| text.parse().ok());
    value.ok_or_else(|| Problem::new(Code::NotFound))
}
