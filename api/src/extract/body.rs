//! JSON bodies: size, time, syntax, then the type; and the idempotency key of a POST.

use std::future::Future;
use std::pin::Pin;

use actix_web::dev::Payload;
use actix_web::http::header::CONTENT_TYPE;
use actix_web::{FromRequest, HttpRequest, web};
use futures_util::StreamExt;
use serde::de::DeserializeOwned;
use service::{Caller, Code, Idempotency, RequestMeta};
use sha2::{Digest, Sha256};

use super::strict_json;
use crate::app::Patience;
use crate::edge::Edge;
use crate::problem::Problem;

/// A JSON body at most.
pub const MAX_BODY: usize = 256 * 1024;
type Extracting<T> = Pin<Box<dyn Future<Output = Result<T, Problem>>>>;

/// A typed JSON body.
#[derive(Debug)]
pub struct Body<T>(pub T);

/// The body and the idempotency of a POST that creates or acts.
#[derive(Debug)]
pub struct Post<T> {
    pub body: T,
    key: String,
    fingerprint: String,
    path: String,
}

impl<T> Post<T> {
    /// The caller with this request's idempotency.
    pub fn caller(&self, mut caller: Caller) -> Caller {
        let scope = format!("{}:{}", caller.actor.account, self.path);
        caller.meta.idempotency = Some(self.idempotency(scope));
        caller
    }

    /// The same for an operation without a login: the key is scoped to the address.
    pub fn meta(&self, mut meta: RequestMeta) -> RequestMeta {
        let scope = format!("{}:{}", meta.address.as_deref().unwrap_or("unknown"), self.path);
        meta.idempotency = Some(self.idempotency(scope));
        meta
    }

    fn idempotency(&self, scope: String) -> Idempotency {
        Idempotency { scope, key: self.key.clone(), fingerprint: self.fingerprint.clone() }
    }
}

impl<T: DeserializeOwned + 'static> FromRequest for Body<T> {
    type Error = Problem;
    type Future = Extracting<Self>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let reading = read(request, payload);
        Box::pin(async move { Ok(Self(parse(&reading.await?)?)) })
    }
}

impl<T: DeserializeOwned + 'static> FromRequest for Post<T> {
    type Error = Problem;
    type Future = Extracting<Self>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let key = key(request);
        let path = format!("{} {}", request.method(), request.path());
        let reading = read(request, payload);
        Box::pin(async move {
            let key = key?;
            let bytes = reading.await?;
            let fingerprint = fingerprint(&path, &bytes);
            Ok(Self { body: parse(&bytes)?, key, fingerprint, path })
        })
    }
}

/// SHA-256 over method, path and body.
pub fn fingerprint(path: &str, bytes: &[u8]) -> String {
    let digest = Sha256::new().chain_update(path).chain_update([0]).chain_update(bytes).finalize();
    data_encoding::HEXLOWER.encode(&digest)
}

/// The key as sent: 1 to 255 visible ASCII characters.
pub fn key(request: &HttpRequest) -> Result<String, Problem> {
    let mut values = request.headers().get_all("idempotency-key");
    let key = values.next().and_then(|value| value.to_str().ok()).map_or("", str::trim);
    let is_usable = (1..=255).contains(&key.len()) && key.bytes().all(|b| b.is_ascii_graphic() || b == b' ');
    if is_usable && values.next().is_none() {
        Ok(key.to_owned())
    } else {
        Err(Problem::new(Code::IdempotencyKeyMissing))
    }
}

fn read(request: &HttpRequest, payload: &mut Payload) -> impl Future<Output = Result<Vec<u8>, Problem>> + use<> {
    let media_type = request.headers().get(CONTENT_TYPE).map(|value| value.to_str().unwrap_or("?").to_owned());
    let mut payload = payload.take();
    // A body that takes longer is cut off.
    let edge = request.app_data::<web::Data<Edge>>();
    let patience = edge.map_or_else(Patience::default, |edge| edge.settings.patience).body;
    async move {
        let collecting = async {
            let mut bytes = Vec::new();
            while let Some(chunk) = payload.next().await {
                let chunk = chunk.map_err(|_| Problem::malformed("the body could not be read"))?;
                if bytes.len() + chunk.len() > MAX_BODY {
                    return Err(Problem::new(Code::TooLarge));
                }
                bytes.extend_from_slice(&chunk);
            }
            Ok(bytes)
        };
        let bytes = tokio::time::timeout(patience, collecting)
            .await
            .map_err(|_| Problem::malformed("the body did not arrive in time"))??;
        if !bytes.is_empty() && !is_json(media_type.as_deref()) {
            return Err(Problem::new(Code::UnsupportedMediaType));
        }
        Ok(bytes)
    }
}

fn is_json(media_type: Option<&str>) -> bool {
    let Some(text) = media_type else { return false };
    let mut parts = text.split(';');
    let essence = parts.next().unwrap_or("").trim().to_ascii_lowercase();
    let charset_fits = parts.all(|part| {
        let part = part.trim().to_ascii_lowercase();
        !part.starts_with("charset=") || part.trim_start_matches("charset=").trim_matches('"') == "utf-8"
    });
    essence == "application/json" && charset_fits
}

fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    // An action without data may come without a body.
    let bytes = if bytes.is_empty() { b"{}" } else { bytes };
    strict_json::check(bytes)?;
    // The typed reader would take an array for an object, member by member.
    if bytes.iter().find(|byte| !byte.is_ascii_whitespace()) != Some(&b'{') {
        return Err(Problem::invalid("/", "wrong_type"));
    }
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    serde_path_to_error::deserialize(&mut reader).map_err(|error| content_fault(&error))
}

/// Where the typed reader stumbled, as a pointer and a rule. Its own words stay inside.
fn content_fault(error: &serde_path_to_error::Error<serde_json::Error>) -> Problem {
    let mut pointer = String::new();
    for segment in error.path() {
        match segment {
            serde_path_to_error::Segment::Seq { index } => pointer.push_str(&format!("/{index}")),
            serde_path_to_error::Segment::Map { key } => {
                pointer.push_str(&format!("/{}", key.replace('~', "~0").replace('/', "~1")));
            }
            serde_path_to_error::Segment::Enum { .. } | serde_path_to_error::Segment::Unknown => {}
        }
    }
    let words = error.inner().to_string();
    let named = words.split('`').nth(1).unwrap_or("");
    let rule = if words.contains("unknown field") {
        "unknown_field"
    } else if words.contains("missing field") {
        pointer.push_str(&format!("/{named}"));
        "missing_field"
    } else if words.contains("unknown variant") {
        "unknown_word"
    } else if words.contains("invalid type") {
        "wrong_type"
    } else {
        "wrong_value"
    };
    Problem::invalid(if pointer.is_empty() { "/" } else { &pointer }, rule)
}
