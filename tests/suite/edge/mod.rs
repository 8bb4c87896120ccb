//! What every request meets before its handler, and every answer after it.

mod abuse;
mod headers;
mod limit;
mod refusal;
