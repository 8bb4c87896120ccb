//! How we know: the one integration-test binary, a module per folder and feature.
#![expect(clippy::expect_used, clippy::unwrap_used, reason = "a test that cannot go on panics")]
#![expect(clippy::print_stdout, reason = "a test tells its seed and the figure that it reached")]

mod account;
mod calendar;
mod certification;
mod contract;
mod crash;
mod crypto;
mod deadline;
mod edge;
mod fault;
mod file;
mod harness;
mod jobs;
mod migration;
mod notification;
mod organisation;
mod process;
mod round;
mod rule;
mod storage;
