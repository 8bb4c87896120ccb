//! Answers: single resources with their ETag, lists with their links, and replays marked as such.

use actix_web::http::header::{CACHE_CONTROL, ETAG, IF_NONE_MATCH, LINK, LOCATION, VARY};
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder};
use serde::Serialize;
use service::Outcome;
use service::page::Page;
use sha2::{Digest, Sha256};

use crate::problem::Problem;

/// A resource with a version; the version is what `If-Match` compares.
pub trait Versioned {
    fn version(&self) -> i32;
}

/// Marks an answer that was stored with an earlier request.
pub const REPLAYED: &str = "idempotency-replayed";

const VARY_ON: &str = "Accept-Language, Authorization, Accept-Encoding";

/// How long an answer may be kept.
#[derive(Debug, Clone, Copy)]
pub enum Cache {
    /// Personal data: never.
    Private,
    /// Public registers: briefly, then ask again.
    Public,
}

impl Cache {
    fn header(self) -> &'static str {
        match self {
            Self::Private => "no-store",
            Self::Public => "public, max-age=60, must-revalidate",
        }
    }
}

fn etag(version: i32, bytes: &[u8]) -> String {
    let hash = Sha256::digest(bytes);
    format!("\"{version}.{}\"", data_encoding::HEXLOWER.encode(hash.get(..8).unwrap_or(&hash)))
}

/// 200 with the resource, or 304 when the caller has this very representation.
pub fn single<T: Serialize + Versioned>(
    request: &HttpRequest,
    value: &T,
    cache: Cache,
) -> Result<HttpResponse, Problem> {
    let bytes = bytes(value)?;
    let tag = etag(value.version(), &bytes);
    let known = request.headers().get(IF_NONE_MATCH).and_then(|header| header.to_str().ok()).unwrap_or("");
    if known.split(',').any(|candidate| candidate.trim().trim_start_matches("W/") == tag) {
        return Ok(headers(HttpResponse::NotModified(), cache).insert_header((ETAG, tag)).finish());
    }
    Ok(headers(HttpResponse::Ok(), cache).insert_header((ETAG, tag)).content_type("application/json").body(bytes))
}

/// 200 with the resource after a change.
pub fn changed<T: Serialize + Versioned>(outcome: &Outcome<T>) -> Result<HttpResponse, Problem> {
    written(HttpResponse::Ok(), outcome)
}

/// 201 with the new resource and where it is.
pub fn created<T: Serialize + Versioned>(outcome: &Outcome<T>, location: &str) -> Result<HttpResponse, Problem> {
    let mut response = HttpResponse::Created();
    response.insert_header((LOCATION, location));
    written(response, outcome)
}

fn written<T: Serialize + Versioned>(
    mut response: HttpResponseBuilder,
    outcome: &Outcome<T>,
) -> Result<HttpResponse, Problem> {
    let bytes = bytes(&outcome.value)?;
    if outcome.replayed {
        response.insert_header((REPLAYED, "true"));
    }
    let tag = etag(outcome.value.version(), &bytes);
    Ok(headers(response, Cache::Private).insert_header((ETAG, tag)).content_type("application/json").body(bytes))
}

/// 200 with something that has no version.
pub fn plain<T: Serialize>(value: &T, cache: Cache) -> Result<HttpResponse, Problem> {
    Ok(headers(HttpResponse::Ok(), cache).content_type("application/json").body(bytes(value)?))
}

/// The answer of an act that has no version: 200, or 201 where `status` says so.
pub fn done<T: Serialize>(mut response: HttpResponseBuilder, outcome: &Outcome<T>) -> Result<HttpResponse, Problem> {
    if outcome.replayed {
        response.insert_header((REPLAYED, "true"));
    }
    Ok(headers(response, Cache::Private).content_type("application/json").body(bytes(&outcome.value)?))
}

/// 204.
pub fn nothing() -> HttpResponse {
    headers(HttpResponse::NoContent(), Cache::Private).finish()
}

/// A page as sent: `items`, and `next` where the list goes on.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct ListBody<T> {
    pub items: Vec<T>,
    /// The cursor of the next page; absent on the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
    /// Only with `count=true`; stops at 10,000.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub count: Option<u64>,
}

/// 200 with a page and a `Link` to the next one.
pub fn list<T: Serialize>(request: &HttpRequest, page: Page<T>, cache: Cache) -> Result<HttpResponse, Problem> {
    counted(request, page, None, cache)
}

/// The same with a total.
pub fn counted<T: Serialize>(
    request: &HttpRequest,
    page: Page<T>,
    count: Option<u64>,
    cache: Cache,
) -> Result<HttpResponse, Problem> {
    let mut response = headers(HttpResponse::Ok(), cache);
    if let Some(next) = &page.next {
        response.insert_header((LINK, format!("<{}>; rel=\"next\"", next_url(request, next))));
    }
    let body = ListBody { items: page.items, next: page.next, count };
    Ok(response.content_type("application/json").body(bytes(&body)?))
}

/// The same address with the cursor replaced.
fn next_url(request: &HttpRequest, cursor: &str) -> String {
    let kept: Vec<&str> =
        request.query_string().split('&').filter(|pair| !pair.is_empty() && !pair.starts_with("cursor=")).collect();
    let cursor = format!("cursor={cursor}");
    let query: Vec<&str> = kept.into_iter().chain(std::iter::once(cursor.as_str())).collect();
    format!("{}?{}", request.path(), query.join("&"))
}

fn headers(mut response: HttpResponseBuilder, cache: Cache) -> HttpResponseBuilder {
    response.insert_header((CACHE_CONTROL, cache.header())).insert_header((VARY, VARY_ON));
    response
}

fn bytes<T: Serialize>(value: &T) -> Result<Vec<u8>, Problem> {
    serde_json::to_vec(value).map_err(|error| Problem::from(service::Error::from(error)))
}
