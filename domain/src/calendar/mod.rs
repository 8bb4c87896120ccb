//! Working days of Guangxi: regional notice before national notice before Monday to Friday.

mod period;

pub use period::{Due, Period, Term, Unit};
