//! Versions, ids and keys from headers and path.

use std::future::{Ready, ready};
use std::str::FromStr;

use actix_web::dev::Payload;
use actix_web::http::header::IF_MATCH;
use actix_web::{FromRequest, HttpRequest};
use service::Code;

use crate::problem::Problem;

/// The version that the caller saw, from `If-Match: "<version>.<hash>"`. Only the version is compared.
#[derive(Debug, Clone, Copy)]
pub struct IfMatch(pub i32);

impl FromRequest for IfMatch {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _payload: &mut Payload) -> Self::Future {
        let header = request.headers().get(IF_MATCH).map(|value| value.to_str().unwrap_or(""));
        ready(match header {
            None => Err(Problem::new(Code::PreconditionMissing)),
            Some(text) => version(text).map(Self).ok_or_else(|| Problem::malformed("If-Match is not an ETag of ours")),
        })
    }
}

fn version(text: &str) -> Option<i32> {
    let tag = text.trim().strip_prefix("W/").unwrap_or(text.trim());
    let tag = tag.strip_prefix('"')?.strip_suffix('"').filter(|tag| !tag.contains('"'))?;
    tag.split('.').next()?.parse().ok().filter(|version| *version > 0)
}

/// A typed id from the path segment `{id}`; a text that is no id is a thing that does not exist.
#[derive(Debug, Clone, Copy)]
pub struct PathId<T>(pub T);

impl<T: FromStr> FromRequest for PathId<T> {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _payload: &mut Payload) -> Self::Future {
        let id = request.match_info().get("id").and_then(|text| text.parse().ok());
        ready(id.map(Self).ok_or_else(|| Problem::new(Code::NotFound)))
    }
}

#[cfg(test)]
mod tests {
    use super::version;

    #[test]
    fn the_version_is_what_stands_before_the_point() {
        assert_eq!(version("\"7.abc\""), Some(7));
        assert_eq!(version("W/\"7.abc\""), Some(7));
        assert_eq!(version("\"0.abc\""), None);
        assert_eq!(version("7"), None);
        assert_eq!(version("*"), None);
        assert_eq!(version("\"7.abc\", \"8.abc\""), None);
    }
}
