//! How we know: the one integration-test binary, a module per folder and feature.
#![expect(clippy::expect_used, clippy::unwrap_used, reason = "a test that cannot go on panics")]

mod account;
mod certification;
mod edge;
mod harness;
mod migration;
