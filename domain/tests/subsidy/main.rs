//! The subsidy engine against a second evaluator, at every boundary, under mutation, and with random bytes.
//!
//! `JIQIAO_LONG=1` runs the long versions; `JIQIAO_SEED` sets the seed, which every run prints.
#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a test that cannot go on panics, and tells its seed")]

mod boundaries;
mod engine;
mod explain;
mod generate;
mod hour;
mod laws;
mod mutation;
mod person;
mod probe;
mod random;
mod reader;
mod rng;
mod slow;
mod unseen;
