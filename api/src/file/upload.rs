//! A file as the body of a request: never held as a whole, and cut off when it comes too slowly.

use std::future::{Ready, ready};
use std::time::Duration;

use actix_web::dev::Payload;
use actix_web::http::header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE};
use actix_web::web::Bytes;
use actix_web::{FromRequest, HttpRequest};
use futures_util::{Stream, StreamExt, stream};
use service::file::NewFile;
use service::{Caller, Code, Error, Idempotency};
use tokio::time::{Instant, timeout};

use super::UploadQuery;
use crate::extract::{fingerprint, key};
use crate::problem::Problem;

/// The span over which the speed of an upload is looked at.
const WINDOW: Duration = Duration::from_secs(30);
/// Bytes that must come within it: 64 KiB/s.
const WINDOW_BYTES: usize = 30 * 64 * 1024;

/// The headers and the unread body of an upload.
pub struct Upload {
    key: String,
    path: String,
    query: String,
    declared: Option<String>,
    length: Option<u64>,
    payload: Payload,
}

/// What makes a repetition of an upload recognisable.
#[derive(Debug)]
pub struct UploadRequest {
    scope: String,
    key: String,
    /// Path, query and declared type.
    what: String,
}

impl UploadRequest {
    /// The caller with this request's idempotency; the fingerprint covers the hash of the bytes, once it is known.
    pub fn caller(&self, caller: &Caller, sha256: &str) -> Caller {
        let mut caller = caller.clone();
        caller.meta.idempotency = Some(Idempotency {
            scope: self.scope.clone(),
            key: self.key.clone(),
            fingerprint: fingerprint(&self.what, sha256.as_bytes()),
        });
        caller
    }
}

impl FromRequest for Upload {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        ready(read(request, payload))
    }
}

fn read(request: &HttpRequest, payload: &mut Payload) -> Result<Upload, Problem> {
    let text = |name| request.headers().get(name).map(|value| value.to_str().unwrap_or("?").to_owned());
    let is_encoded = text(CONTENT_ENCODING).is_some_and(|encoding| !encoding.eq_ignore_ascii_case("identity"));
    if is_encoded {
        return Err(Problem::new(Code::UnsupportedMediaType));
    }
    Ok(Upload {
        key: key(request)?,
        path: format!("{} {}", request.method(), request.path()),
        query: request.query_string().to_owned(),
        declared: text(CONTENT_TYPE),
        length: text(CONTENT_LENGTH).and_then(|length| length.parse().ok()),
        payload: payload.take(),
    })
}

impl Upload {
    /// The announcement, the request's identity, and the bytes.
    pub fn split(
        self,
        caller: &Caller,
        query: UploadQuery,
    ) -> (NewFile, UploadRequest, impl Stream<Item = service::Result<Bytes>>) {
        let request = UploadRequest {
            scope: format!("{}:{}", caller.actor.account, self.path),
            key: self.key,
            what: format!("{}?{} {}", self.path, self.query, self.declared.as_deref().unwrap_or("")),
        };
        let file = NewFile { name: query.name, purpose: query.purpose, declared: self.declared, length: self.length };
        (file, request, paced(self.payload))
    }
}

struct Pace {
    payload: Payload,
    /// Time spent waiting for the client in this window; what the store takes is not the client's fault.
    waited: Duration,
    bytes: usize,
}

fn paced(payload: Payload) -> impl Stream<Item = service::Result<Bytes>> {
    let pace = Pace { payload, waited: Duration::ZERO, bytes: 0 };
    stream::try_unfold(pace, |mut pace| async move {
        let chunk = pace.next().await?;
        Ok(chunk.map(|chunk| (chunk, pace)))
    })
}

impl Pace {
    async fn next(&mut self) -> service::Result<Option<Bytes>> {
        loop {
            let begun = Instant::now();
            let arrived = timeout(WINDOW.saturating_sub(self.waited), self.payload.next()).await;
            self.waited += begun.elapsed();
            if let Ok(Some(Ok(chunk))) = &arrived {
                self.bytes += chunk.len();
            }
            if self.waited >= WINDOW || arrived.is_err() {
                if self.bytes < WINDOW_BYTES {
                    return Err(broken("the body came too slowly"));
                }
                (self.waited, self.bytes) = (Duration::ZERO, 0);
            }
            match arrived {
                Ok(None) => return Ok(None),
                Ok(Some(chunk)) => return chunk.map(Some).map_err(|_| broken("the body could not be read")),
                Err(_) => {}
            }
        }
    }
}

fn broken(why: &str) -> Error {
    Error::Refused(Code::MalformedRequest, serde_json::json!({ "why": why }))
}
