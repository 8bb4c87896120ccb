//! Explanations: every number with its clause, its input, before and after.

mod step;

pub(super) use step::Trace;
pub use step::{Detail, NotCounted, Reason, Stage, Step};
