//! One certification through every desk, and every way off that path.

pub mod cast;
mod path;
mod statements;
