//! What every request meets before its handler, and every answer after it.

mod abuse;
mod body;
mod chain;
mod faults;
mod headers;
mod limit;
mod malformed;
mod query;
mod refusal;
