//! The audit trail: nothing is written without it, and nothing of it is changed unseen.

mod anchor;
mod append;
mod everywhere;
mod line;
mod pace;
mod tamper;
mod trail;
