//! The edge of every request: its id, its span, who calls, how much they may, and the last hand on every answer.

use std::net::IpAddr;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Instant;

use actix_web::body::{BoxBody, EitherBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::error::InternalError;
use actix_web::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use actix_web::http::{Method, StatusCode};
use actix_web::middleware::Next;
use actix_web::{Error, HttpMessage, web};
use futures_util::FutureExt;
use service::{Code, Context};
use tracing::Instrument;
use uuid::Uuid;

use crate::app::EdgeSettings;
use crate::extract::{Authentication, Language, asker};
use crate::limit::{Limits, Verdict};
use crate::line::Line;
use crate::methods::Methods;
use crate::problem::{PROBLEM_JSON, Problem};

/// The request's id, and where it came from.
#[derive(Debug, Clone)]
pub struct RequestId {
    pub id: String,
    pub address: Option<String>,
}

const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Headers on every answer.
const SECURITY_HEADERS: &[(&str, &str)] = &[
    ("x-content-type-options", "nosniff"),
    ("x-frame-options", "DENY"),
    ("referrer-policy", "no-referrer"),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
    ("permissions-policy", "geolocation=(), camera=(), microphone=()"),
    ("strict-transport-security", "max-age=31536000; includeSubDomains"),
];

const API_POLICY: &str = "default-src 'none'; frame-ancestors 'none'";
/// Swagger UI is served from the binary and needs its own scripts and styles.
const DOCS_POLICY: &str = "default-src 'self'; style-src 'self' 'unsafe-inline'; script-src 'self' 'unsafe-inline'; img-src 'self' data:; frame-ancestors 'none'";

/// What the edge shares over all workers.
#[derive(Debug)]
pub struct Edge {
    pub context: Context,
    pub settings: EdgeSettings,
    pub limits: Limits,
    pub methods: Methods,
}

/// Everything around routing.
pub async fn edge<B: MessageBody + 'static>(
    mut request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B, BoxBody>>, Error> {
    let begun = Instant::now();
    let _pending = request.request().conn_data::<Arc<Line>>().map(Line::begin);
    let Some(edge) = request.app_data::<web::Data<Edge>>().cloned() else {
        return Err(Problem::new(Code::Internal).into());
    };
    let language = Language::of(header_text(request.headers(), &header::ACCEPT_LANGUAGE));
    let id = RequestId { id: request_id(&edge.context, request.headers()), address: address(&request, &edge.settings) };
    let method = request.method().clone();
    let is_docs = request.path().starts_with("/docs");
    request.extensions_mut().insert(id.clone());
    if method == Method::HEAD {
        // Answered like GET; the protocol layer leaves the body out.
        request.head_mut().method = Method::GET;
    }
    let span = tracing::info_span!("http", request.id = %id.id, http.method = %method, http.path = request.path());
    let mut verdict = None;
    let answering = guarded(&edge, request, next, &id, language, &mut verdict).instrument(span.clone());
    // Boxed: it holds the handler of every operation.
    let answer = service::for_a_request(Box::pin(answering)).await;
    let (answer, status, pattern) = match answer {
        Ok(mut response) => {
            dress(response.headers_mut(), &id.id, language, is_docs, verdict);
            let pattern = response.request().match_pattern();
            let status = response.status();
            (Ok(response), status, pattern)
        }
        Err(problem) => {
            // Refused before or beside the handler: dressed, counted and logged like every answer.
            let problem = problem.on(&id.id, language);
            let mut response = actix_web::ResponseError::error_response(&problem);
            dress(response.headers_mut(), &id.id, language, is_docs, verdict);
            let status = response.status();
            (Err(InternalError::from_response(problem, response).into()), status, None)
        }
    };
    let pattern = pattern.unwrap_or_else(|| "unmatched".to_owned());
    let seconds = begun.elapsed().as_secs_f64();
    metrics::histogram!("http_request_seconds", "method" => method_label(&method), "path" => pattern.clone(), "status" => status.as_u16().to_string())
        .record(seconds);
    span.in_scope(|| tracing::info!(http.route = %pattern, http.status = status.as_u16(), duration_ms = seconds * 1_000.0, "request"));
    answer
}

/// The method for metrics: a client may invent methods, but no series.
fn method_label(method: &Method) -> &'static str {
    const KNOWN: [&str; 7] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];
    KNOWN.into_iter().find(|known| method == *known).unwrap_or("OTHER")
}

/// Rate limit, authentication, the handler, and its failure turned into a problem.
async fn guarded<B: MessageBody + 'static>(
    edge: &Arc<Edge>,
    request: ServiceRequest,
    next: Next<B>,
    id: &RequestId,
    language: Language,
    verdict: &mut Option<Verdict>,
) -> Result<ServiceResponse<EitherBody<B, BoxBody>>, Problem> {
    let (authentication, unanswered) = match authenticate(&edge.context, &request).await {
        Ok(authentication) => (authentication, None),
        // Counted by address: who asks while the database is away is limited too.
        Err(problem) => (Authentication::Anonymous, Some(problem)),
    };
    let found = verdict.insert(edge.limits.check(&request, &authentication, id.address.as_deref()));
    if let Verdict::Refused { wait, .. } = found {
        return Err(Problem { retry_after: Some(*wait), ..Problem::new(Code::RateLimited) });
    }
    if let Some(problem) = unanswered {
        return Err(problem);
    }
    if *request.method() == Method::TRACE || *request.method() == Method::CONNECT {
        return Err(Problem::new(Code::MethodNotAllowed));
    }
    request.extensions_mut().insert(authentication);
    let path = request.path().to_owned();
    let method = request.method().clone();
    // A panic ends this request, not the worker.
    let called = AssertUnwindSafe(next.call(request)).catch_unwind().await;
    let response = match called {
        Err(_) => {
            tracing::error!("panic in a handler");
            return Err(Problem::new(Code::Internal));
        }
        Ok(Err(error)) => return Err(problem_of(&error, StatusCode::INTERNAL_SERVER_ERROR)),
        Ok(Ok(response)) => response,
    };
    record_refusal(edge, &response).await;
    Ok(finish(edge, response, &method, &path, &id.id, language))
}

/// Counts in the audit trail who lacked the right or the sight of a thing, and tokens that are no good: the one place
/// for these three, because reads are refused like writes.
async fn record_refusal<B>(edge: &Edge, response: &ServiceResponse<B>) {
    let problem = response.response().error().and_then(|error| error.as_error::<Problem>());
    let Some(code @ (Code::Forbidden | Code::NotFound | Code::Unauthenticated)) = problem.map(|problem| problem.code)
    else {
        return;
    };
    let Some(caller) = asker(response.request()) else { return };
    if let Err(error) = service::audit::refused(&edge.context, &caller, &service::Error::refused(code)).await {
        tracing::error!(%error, "a refusal could not be recorded");
    }
}

/// Gives every failure the one body that failures have.
fn finish<B: MessageBody + 'static>(
    edge: &Edge,
    response: ServiceResponse<B>,
    method: &Method,
    path: &str,
    id: &str,
    language: Language,
) -> ServiceResponse<EitherBody<B, BoxBody>> {
    let status = response.status();
    let is_problem = header_text(response.headers(), &header::CONTENT_TYPE) == Some(PROBLEM_JSON);
    if !status.is_client_error() && !status.is_server_error() {
        return response.map_into_left_body();
    }
    let ours = response.response().error().and_then(|error| error.as_error::<Problem>()).cloned();
    let problem = match (edge.methods.allowed(path), ours) {
        // Nobody answered: the path exists, but not for this method.
        (Some(allow), _) if status == StatusCode::NOT_FOUND && !allow.split(", ").any(|known| known == method) => {
            Problem { allow: Some(allow), ..Problem::new(Code::MethodNotAllowed) }
        }
        (_, Some(problem)) => problem,
        (_, None) if is_problem || path == "/oauth/token" => return response.map_into_left_body(),
        (_, None) => of_status(status),
    };
    let answer = actix_web::ResponseError::error_response(&problem.on(id, language));
    response.into_response(answer).map_into_right_body()
}

fn problem_of(error: &Error, otherwise: StatusCode) -> Problem {
    if let Some(problem) = error.as_error::<Problem>() {
        return problem.clone();
    }
    let status = error.as_response_error().status_code();
    of_status(if status.is_success() { otherwise } else { status })
}

/// The problem of a failure that the framework made.
fn of_status(status: StatusCode) -> Problem {
    Problem::new(match status {
        StatusCode::BAD_REQUEST => Code::MalformedRequest,
        StatusCode::UNAUTHORIZED => Code::Unauthenticated,
        StatusCode::FORBIDDEN => Code::Forbidden,
        StatusCode::NOT_FOUND => Code::NotFound,
        StatusCode::METHOD_NOT_ALLOWED => Code::MethodNotAllowed,
        StatusCode::NOT_ACCEPTABLE => Code::NotAcceptable,
        StatusCode::PAYLOAD_TOO_LARGE => Code::TooLarge,
        StatusCode::UNSUPPORTED_MEDIA_TYPE => Code::UnsupportedMediaType,
        StatusCode::TOO_MANY_REQUESTS => Code::RateLimited,
        StatusCode::SERVICE_UNAVAILABLE => Code::Busy,
        _ if status.is_client_error() => Code::MalformedRequest,
        _ => Code::Internal,
    })
}

/// Who calls. Only the `Authorization` header counts; no other header, and no token in an address.
async fn authenticate(context: &Context, request: &ServiceRequest) -> Result<Authentication, Problem> {
    let mut headers = request.headers().get_all(header::AUTHORIZATION);
    let (Some(value), None) = (headers.next(), headers.next()) else {
        return Ok(if request.headers().contains_key(header::AUTHORIZATION) {
            Authentication::Failed(Problem::new(Code::Unauthenticated))
        } else {
            Authentication::Anonymous
        });
    };
    let token = value
        .to_str()
        .ok()
        .and_then(|text| text.split_once(' '))
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
    let Some((_, token)) = token else {
        // Basic credentials belong to /oauth/token, which reads them itself.
        return Ok(Authentication::Failed(Problem::new(Code::Unauthenticated)));
    };
    match service::account::authenticate(context, token.trim()).await {
        Ok(known) => Ok(Authentication::Known(Box::new(known))),
        Err(error) if error.is_ours() => Err(Problem::from(error)),
        Err(error) => Ok(Authentication::Failed(Problem::from(error))),
    }
}

/// The caller's own request id when it is harmless, otherwise a new one.
fn request_id(context: &Context, headers: &HeaderMap) -> String {
    let sent = header_text(headers, &X_REQUEST_ID)
        .filter(|id| (8..=64).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-'));
    sent.map_or_else(|| context.new_id::<Uuid>().to_string(), str::to_owned)
}

/// The client's address: the peer's, or what a trusted proxy says.
fn address(request: &ServiceRequest, settings: &EdgeSettings) -> Option<String> {
    let peer = request.peer_addr().map(|peer| peer.ip());
    let is_trusted = peer.is_some_and(|peer| settings.trusted_proxies.contains(&peer));
    let forwarded = request
        .headers()
        .get("x-forwarded-for")
        .and_then(|value| value.to_str().ok())
        .and_then(|text| text.rsplit(',').next())
        .and_then(|text| text.trim().parse::<IpAddr>().ok());
    let address = if is_trusted { forwarded.or(peer) } else { peer };
    address.map(|address| address.to_string())
}

fn dress(headers: &mut HeaderMap, id: &str, language: Language, is_docs: bool, verdict: Option<Verdict>) {
    if let Some(verdict) = verdict {
        verdict.write(headers);
    }
    for (name, value) in SECURITY_HEADERS {
        headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
    let policy = if is_docs { DOCS_POLICY } else { API_POLICY };
    if !headers.contains_key(header::CONTENT_SECURITY_POLICY) {
        headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(policy));
    }
    headers.insert(header::CONTENT_LANGUAGE, HeaderValue::from_static(language.tag()));
    if let Ok(id) = HeaderValue::from_str(id) {
        headers.insert(X_REQUEST_ID, id);
    }
}

fn header_text<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}
