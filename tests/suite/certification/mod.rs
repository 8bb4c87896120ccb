//! One certification through every desk, and every way off that path.

pub mod cast;
mod http;
mod path;
mod statements;
mod warning;
