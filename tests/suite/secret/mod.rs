//! What must be nowhere: numbers, passwords and tokens, and secrets that are none.

mod canary;
mod config;
mod index;
mod inventory;
mod leak;
pub mod program;
pub mod scan;
mod source;
