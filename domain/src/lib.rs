//! The rules of Jiqiao (技桥): what is allowed, what follows, who may, how much, by when.
//!
//! Everything here is a pure function of values: no I/O, no clock, no database. `now`, the calendar and the rule set
//! are arguments. Quantities carry their unit in the name or the type (fen, working days, months, basis points).

pub mod access;
pub mod account;
pub mod broker;
pub mod calendar;
pub mod certificate;
pub mod certification;
pub mod deadline;
pub mod fault;
pub mod file;
pub mod ids;
pub mod notification;
pub mod organisation;
pub mod process;
pub mod publicity;
pub mod queue;
pub mod region;
pub mod round;
pub mod rule;
pub mod subsidy;
pub mod time;
pub mod word;

pub use ids::*;
