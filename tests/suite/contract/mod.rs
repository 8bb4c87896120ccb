//! What is promised beyond a single feature: the documents, the codes, the permissions, and who depends on whom.

mod authorisation;
mod codes;
mod documents;
mod edges;
mod floors;
mod forgery;
pub mod headers;
mod matrix;
mod permissions;
mod stage;
mod truth;
