//! What we promised: the OpenAPI document as files, its lint, its breaking changes, and whether answers keep it.
//!
//! `openapi.json` is the document that `api/` makes (OpenAPI 3.1); `openapi-3.0.json` is a mechanical copy for
//! generators that know no newer version; `released/` holds every document that clients were told to rely on.

mod answer;
mod diff;
mod document;
mod downgrade;
mod files;
mod lint;

pub use answer::{Answer, Judge};
pub use diff::diff;
pub use document::{Document, Operation};
pub use downgrade::downgrade;
pub use files::{check, folder, released, write};
pub use lint::lint;
