//! What every request meets before its handler, and every answer after it.

mod abuse;
mod answers;
mod body;
mod chain;
mod condition;
mod export;
mod faults;
mod grow;
mod headers;
mod injection;
mod large;
mod limit;
mod mail;
pub mod malformed;
mod memory;
mod plan;
mod query;
mod refusal;
mod unknown;
