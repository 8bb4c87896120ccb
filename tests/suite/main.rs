//! How we know: the one integration-test binary, a module per folder and feature.
#![expect(
    clippy::expect_used,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a test that cannot go on panics, and one that passes says what it reached"
)]

mod account;
mod audit;
mod calendar;
mod certification;
mod contract;
mod crash;
mod crypto;
mod deadline;
mod edge;
mod fault;
mod file;
mod fuzz;
mod harness;
mod jobs;
mod migration;
mod notification;
mod organisation;
mod process;
mod round;
mod rule;
mod secret;
mod storage;
