//! What handlers take: permission first, then headers, path and query, and the body last.

mod body;
mod headers;
mod language;
mod query;
mod require;
mod strict_json;

pub use body::{Body, Post, fingerprint, key};
pub use headers::{IfMatch, PathId};
pub use language::{Language, rule_message};
pub use query::{Paging, Query};
pub use require::{Authentication, Public, Require, asker, may};

/// A body without content: `{}` or nothing.
#[derive(Debug, Clone, Copy, Default, serde::Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Empty {}
