//! How the world calls Jiqiao: routes, extractors, responses, problem details and the OpenAPI document.
//!
//! A handler is about ten lines: permission, extractors, one use case of `service/`, one response. It holds no rule.

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
