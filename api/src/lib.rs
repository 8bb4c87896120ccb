//! How the world calls Jiqiao: routes, extractors, responses, problem details and the OpenAPI document.
//!
//! A handler is about ten lines: permission, extractors, one use case of `service/`, one response. It holds no rule.

// What a request may reach never panics: what is not there is an answer, not an index.
#![cfg_attr(
    not(test),
    deny(clippy::indexing_slicing, clippy::panic, clippy::string_slice, clippy::unimplemented, clippy::get_unwrap)
)]

mod account;
mod actions;
mod app;
mod audit;
mod broker;
mod calendar;
mod certificate;
mod certification;
mod deadline;
mod describe;
mod edge;
mod extract;
mod file;
mod health;
mod limit;
mod line;
mod methods;
mod notification;
mod organisation;
mod problem;
mod process;
mod publicity;
mod queue;
mod respond;
mod round;
mod rule;
mod verification;

pub use app::{Drain, EdgeSettings, Patience, openapi, openapi_bytes, serve};
pub use limit::Rates;
pub use problem::Problem;
