//! Deadlines: clocks that a process starts, pauses and stops, and the reminders that follow from them.
//!
//! Two dates are kept. The *legal* one follows the newest calendar; the *communicated* one is what the person was told.
//! For the applicant and for the public the later of the two counts, so that a corrected calendar never takes a day
//! away from them; for the authority the legal one counts (platform.md section 6.5).
//!
//! Each function gives a new value; none sends, stores or asks for the time. Reminders are derived: whenever
//! [`Deadline::revision`] changes, [`plan()`] them again and let those of older revisions lapse ([`may_send`]).

mod clock;
mod plan;
mod reminder;

#[cfg(test)]
mod tests;

pub use clock::{Change, Deadline, Refusal};
pub use plan::{CatchUp, PlannedReminder, PlannedState, catch_up, deferred, in_send_window, may_send, plan};
pub use reminder::{
    PlanEntry, Recipient, ReminderError, ReminderPlan, ReminderPlans, RestDay, SEED, SendWindow, Stage, StageAt,
    StageRule, parse_plans,
};

crate::word! {
    pub enum DeadlineState {
        Running = "running" / "计时中",
        Paused = "paused" / "暂停",
        Met = "met" / "已办结",
        Missed = "missed" / "已逾期",
        Cancelled = "cancelled" / "已取消",
    }
}

crate::word! {
    /// How a stored reminder fares.
    pub enum ReminderState {
        Planned = "planned" / "已计划",
        Sent = "sent" / "已发送",
        SkippedTooShort = "skipped_too_short" / "时间过短不发送",
        /// The date moved, or a more urgent stage falls on the same day.
        Superseded = "superseded" / "已被替代",
        /// Its time passed while nobody ran, and a more urgent one took its place.
        Missed = "missed" / "错过",
        /// No longer true when it was due.
        Skipped = "skipped" / "已略过",
    }
}

impl From<PlannedState> for ReminderState {
    fn from(planned: PlannedState) -> Self {
        match planned {
            PlannedState::Planned => Self::Planned,
            PlannedState::SkippedTooShort => Self::SkippedTooShort,
            PlannedState::Superseded => Self::Superseded,
        }
    }
}

crate::word! {
    /// Whose duty a deadline is.
    pub enum Party {
        /// The applicant or the applicant's employer: the date never gets earlier.
        Applicant = "applicant" / "申请方",
        Authority = "authority" / "主管部门",
        Public = "public" / "公众",
    }
}

impl Party {
    /// Whether a date that was told may be relied on even when the law's date moves to an earlier day.
    pub fn relies_on_told_date(self) -> bool {
        match self {
            Self::Applicant | Self::Public => true,
            Self::Authority => false,
        }
    }
}

impl DeadlineState {
    /// Whether the duty is still open: running, or paused.
    pub fn is_open(self) -> bool {
        match self {
            Self::Running | Self::Paused => true,
            Self::Met | Self::Missed | Self::Cancelled => false,
        }
    }
}
