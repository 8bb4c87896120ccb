//! Explanations: every number with its clause, its input, before and after; what did not count and why; what would
//! change the result.

mod input;
mod limit;
mod nearest;
mod render;
mod sentence;
mod step;
mod view;
mod words;

pub use input::Input;
pub use nearest::{Nearest, Threshold, nearest, thresholds};
pub(super) use step::Trace;
pub use step::{Detail, NotCounted, Reason, Stage, Step};
pub use view::{Explanation, Line, explain, leaves};
pub use words::Language;
