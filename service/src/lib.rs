//! The use cases of Jiqiao: load, decide, save, tell.
//!
//! This floor owns every transaction ([`Context::write`]) and every rule about when something is told. It knows no
//! HTTP and no SMTP; `api/` and `jobs/` call it alike.

pub mod access;
pub mod account;
pub mod audit;
pub mod calendar;
pub mod caller;
pub mod code;
mod context;
pub mod crypto;
pub mod database;
pub mod deadline;
mod error;
pub mod notification;
pub mod page;
pub mod process;
pub mod queue;
pub mod rule;
mod transaction;

pub use caller::{Caller, Idempotency, Outcome, RequestMeta};
pub use code::{Code, Reaction};
pub use context::{Clock, Context, Parts, Random, Settings, SystemClock, SystemRandom};
pub use error::{Error, Result};
pub use transaction::{Tx, Work};
