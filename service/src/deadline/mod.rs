//! Deadlines beyond the kernel: reminders, escalation, and what a case's people see of its clocks.
//!
//! Reminders are derived: they are planned again whenever a clock moves, and each is true or is not sent. The guard is
//! asked when a reminder falls due and once more when its mail leaves the house.

mod guard;
mod list;
mod plan;
mod remind;

pub use guard::{Guard, still_applies};
pub use list::deadlines_of_case;
pub(crate) use plan::plan_in;
pub use plan::plan_reminders;
pub use remind::remind_due;

use std::sync::LazyLock;

use domain::deadline::{ReminderPlans, SEED, parse_plans};

use crate::error::{Error, Result};

static PLANS: LazyLock<Option<ReminderPlans>> = LazyLock::new(|| parse_plans(SEED).ok());

/// The reminder plans of the build.
fn plans() -> Result<&'static ReminderPlans> {
    PLANS.as_ref().ok_or_else(|| Error::internal("the reminder plans cannot be read"))
}
