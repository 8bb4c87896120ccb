//! What is promised beyond a single feature: the documents, the codes, the permissions, and who depends on whom.

mod at_once;
mod authorisation;
mod codes;
mod documents;
mod edges;
mod eyes;
mod floors;
mod forgery;
pub mod headers;
mod lists;
mod matrix;
mod order;
mod permissions;
mod reliability;
pub mod stage;
mod things;
mod truth;
pub mod unzip;
