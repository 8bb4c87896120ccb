//! What happens by itself: one runner for the queue, a metronome for the schedules, and the mail.
//!
//! The runner is hosted by `jiqiao serve` or by `jiqiao jobs`; there is no second code path. Every job may run twice
//! and says why that is harmless. Schedules insert a row per due time and leave the work to the queue, so any number of
//! replicas may run the metronome.

pub mod mail;
mod registry;
mod runner;
mod schedule;

pub use registry::Answer;
pub use runner::{Runner, RunnerConfig, run_due};
pub use schedule::{SCHEDULES, Schedule};
