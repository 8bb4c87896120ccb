//! How the world calls Jiqiao: routes, extractors, responses, problem details and the OpenAPI document.
//!
//! A handler is about ten lines: permission, extractors, one use case of `service/`, one response. It holds no rule.

mod app;
mod edge;
mod extract;
mod health;
mod limit;
mod methods;
mod problem;
mod process;
mod respond;

pub use app::{EdgeSettings, openapi, openapi_bytes, serve};
pub use problem::Problem;
