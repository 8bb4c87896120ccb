//! `/oauth/token` and the key set, as their standards want them (RFC 6749, RFC 7517).

use actix_web::http::StatusCode;
use actix_web::http::header::{AUTHORIZATION, CACHE_CONTROL, PRAGMA, WWW_AUTHENTICATE};
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder, get, post, web};
use serde::{Deserialize, Serialize};
use service::Context;
use service::account::{self, ClientCredentials, ClientToken, Jwks, OauthError};
use utoipa::ToSchema;

use crate::extract::Public;
use crate::problem::Problem;
use crate::respond::{self, Cache};

/// The form of RFC 6749 section 4.4.2. Client id and secret come here or in a Basic header, not both.
#[derive(Deserialize, ToSchema)]
pub struct TokenForm {
    #[schema(example = "client_credentials")]
    pub grant_type: Option<String>,
    /// Separated by spaces; all of the client's when absent.
    #[schema(example = "certificate.read")]
    pub scope: Option<String>,
    #[schema(example = "c-0193a1b2c3d47e5f8a9b0c1d2e3f4a5b")]
    pub client_id: Option<String>,
    #[schema(format = "password")]
    pub client_secret: Option<String>,
}

/// The refusal of RFC 6749 section 5.2.
#[derive(Debug, Serialize, ToSchema)]
pub struct OauthErrorBody {
    #[schema(example = "invalid_client")]
    pub error: &'static str,
}

/// Gives an API client an access token for its credentials.
#[utoipa::path(tag = "account", summary = "Ask for a client's access token",
    request_body(content = TokenForm, content_type = "application/x-www-form-urlencoded"),
    responses(
        (status = 200, description = "A token", body = ClientToken),
        (status = "4XX", description = "Refused, as RFC 6749 says", body = OauthErrorBody)))]
#[post("/oauth/token")]
pub async fn create_client_token(
    public: Public,
    context: web::Data<Context>,
    request: HttpRequest,
    form: Result<web::Form<TokenForm>, actix_web::Error>,
) -> Result<HttpResponse, Problem> {
    let credentials = match form.map_err(|_| OauthError::InvalidRequest).and_then(|form| read(&request, form.0)) {
        Ok(credentials) => credentials,
        Err(error) => return Ok(refusal(&request, error)),
    };
    match account::client_token(&context, public.meta, &credentials).await? {
        Ok(token) => Ok(unstored(HttpResponse::Ok()).json(token)),
        Err(error) => Ok(refusal(&request, error)),
    }
}

fn read(request: &HttpRequest, form: TokenForm) -> Result<ClientCredentials, OauthError> {
    match form.grant_type.as_deref() {
        Some("client_credentials") => {}
        Some(_) => return Err(OauthError::UnsupportedGrantType),
        None => return Err(OauthError::InvalidRequest),
    }
    let is_header = request.headers().contains_key(AUTHORIZATION);
    let (client_id, client_secret) = match (is_header, form.client_id, form.client_secret) {
        (true, _, Some(_)) => return Err(OauthError::InvalidRequest),
        (true, id, None) => {
            let basic = basic(request).ok_or(OauthError::InvalidClient)?;
            if id.is_some_and(|id| id != basic.0) {
                return Err(OauthError::InvalidRequest);
            }
            basic
        }
        (false, Some(id), Some(secret)) => (id, secret),
        (false, _, _) => return Err(OauthError::InvalidClient),
    };
    Ok(ClientCredentials { client_id, client_secret, scope: form.scope })
}

/// Id and secret of a Basic header. Ours hold no character that its form encoding changes.
fn basic(request: &HttpRequest) -> Option<(String, String)> {
    let header = request.headers().get(AUTHORIZATION)?.to_str().ok()?;
    let (scheme, encoded) = header.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let bytes = data_encoding::BASE64.decode(encoded.trim().as_bytes()).ok()?;
    let text = String::from_utf8(bytes).ok()?;
    text.split_once(':').map(|(id, secret)| (id.to_owned(), secret.to_owned()))
}

fn refusal(request: &HttpRequest, error: OauthError) -> HttpResponse {
    let mut response = unstored(HttpResponseBuilder::new(StatusCode::BAD_REQUEST));
    if error == OauthError::InvalidClient {
        response.status(StatusCode::UNAUTHORIZED);
        if request.headers().contains_key(AUTHORIZATION) {
            response.insert_header((WWW_AUTHENTICATE, "Basic realm=\"oauth\""));
        }
    }
    response.json(OauthErrorBody { error: error.as_str() })
}

fn unstored(mut response: HttpResponseBuilder) -> HttpResponseBuilder {
    response.insert_header((CACHE_CONTROL, "no-store")).insert_header((PRAGMA, "no-cache"));
    response
}

/// The public keys that verify our access tokens.
#[utoipa::path(tag = "account", summary = "Read the key set",
    responses((status = 200, description = "The keys (RFC 7517)", body = Jwks)))]
#[get("/.well-known/jwks.json")]
pub async fn get_key_set(_: Public, context: web::Data<Context>) -> Result<HttpResponse, Problem> {
    respond::plain(&account::jwks(&context), Cache::Public)
}
