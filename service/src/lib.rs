//! The use cases of Jiqiao: load, decide, save, tell.
//!
//! This floor owns every transaction ([`Context::write`]) and every rule about when something is told. It knows no
//! HTTP and no SMTP; `api/` and `jobs/` call it alike.

// What a request may reach never panics: what is not there is an answer, not an index.
#![cfg_attr(
    not(test),
    deny(clippy::indexing_slicing, clippy::panic, clippy::string_slice, clippy::unimplemented, clippy::get_unwrap)
)]

pub mod access;
pub mod account;
pub mod audit;
pub mod broker;
pub mod calendar;
pub mod caller;
pub mod certificate;
pub mod certification;
mod change;
pub mod code;
mod context;
pub mod crypto;
pub mod database;
pub mod deadline;
pub mod door;
mod error;
pub mod file;
mod flight;
mod lane;
pub mod notification;
pub mod organisation;
pub mod page;
mod patience;
pub mod process;
pub mod publicity;
pub mod queue;
pub mod round;
mod rows;
pub mod rule;
pub mod settings;
mod transaction;
pub mod verification;

pub use caller::{Caller, Idempotency, Outcome, RequestMeta};
pub use code::{Code, Reaction};
pub use context::{Clock, Context, Parts, Random, SystemClock, SystemRandom};
pub use error::{Error, Result};
pub use patience::for_a_request;
pub use settings::{FileLimits, Lockout, Periods, Settings};
pub use transaction::{Tx, Work};
