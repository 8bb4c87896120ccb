//! Public verification of certificates.

use actix_web::{HttpResponse, get, post, web};
use chrono::NaiveDate;
use serde::Deserialize;
use service::Context;
use service::verification::{self, VerificationView};
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;

use crate::extract::{Body, Public, Query};
use crate::problem::{Problem, ProblemBody};
use crate::respond::{self, Cache};

pub fn routes(config: &mut ServiceConfig<'_>) {
    config.service(get_verification).service(verify_certificate);
}

/// The day asked for.
#[derive(Debug, Clone, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct VerificationQuery {
    /// Today when absent; a past day tells the state of that day.
    #[param(required = false)]
    pub on: Option<NaiveDate>,
}

/// Verifies by the code of the QR code.
#[utoipa::path(tag = "verification", summary = "Verify a certificate by its code",
    params(("code" = String, Path, description = "The verification code", example = "0123456789ABCDEF"), VerificationQuery),
    responses(
        (status = 200, description = "Valid, not valid, not found, or out of scope", body = VerificationView),
        (status = "4XX", description = "Refused", body = ProblemBody, content_type = "application/problem+json")))]
#[get("/verifications/{code}")]
pub async fn get_verification(
    _: Public,
    context: web::Data<Context>,
    code: web::Path<String>,
    query: Query<VerificationQuery>,
) -> Result<HttpResponse, Problem> {
    respond::plain(&verification::by_code(&context, &code, query.0.on).await?, Cache::Private)
}

/// A certificate's number and its holder's full name; a name never stands in an address.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct VerifyCertificate {
    #[schema(min_length = 18, max_length = 18, example = "GXJ22026450100018G")]
    pub number: String,
    #[schema(min_length = 2, max_length = 50, example = "韦明远")]
    pub name: String,
    pub on: Option<NaiveDate>,
}

/// Verifies by number and name.
#[utoipa::path(tag = "verification", summary = "Verify a certificate by number and name", request_body = VerifyCertificate,
    responses(
        (status = 200, description = "Valid, not valid, not found, or out of scope", body = VerificationView),
        (status = "4XX", description = "Refused", body = ProblemBody, content_type = "application/problem+json")))]
#[post("/verifications")]
pub async fn verify_certificate(
    _: Public,
    context: web::Data<Context>,
    body: Body<VerifyCertificate>,
) -> Result<HttpResponse, Problem> {
    let VerifyCertificate { number, name, on } = body.0;
    respond::plain(&verification::by_number(&context, &number, &name, on).await?, Cache::Private)
}
