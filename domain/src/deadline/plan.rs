//! When each reminder of a deadline goes out, and what becomes of those that a stopped scheduler missed.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use chrono::{DateTime, Days, NaiveDate, TimeDelta, Utc};
use chrono_tz::Asia::Shanghai;

use super::{Deadline, DeadlineState, Recipient, ReminderPlan, RestDay, SendWindow, Stage, StageAt};
use crate::calendar::Calendar;
use crate::time;

crate::word! {
    /// How a stage stands when it is planned.
    pub enum PlannedState {
        Planned = "planned" / "已计划",
        /// Too close to its creation.
        SkippedTooShort = "skipped_too_short" / "时间过短不发送",
        /// A more urgent stage, an earlier run of the clock or the end itself takes its place.
        Superseded = "superseded" / "已被替代",
    }
}

/// One stage of one deadline, with its instant.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct PlannedReminder {
    pub stage: Stage,
    pub send_at: DateTime<Utc>,
    pub state: PlannedState,
    pub recipients: Vec<Recipient>,
    /// The revision of the deadline it was planned for.
    pub revision: u32,
}

/// Plans every stage of a running or missed deadline, in the order of the plan; none for any other state.
///
/// `created_at` is the time of planning: the start of the clock, its resumption, or a change of the date.
pub fn plan(
    plan: &ReminderPlan,
    created_at: DateTime<Utc>,
    deadline: &Deadline,
    calendar: &Calendar,
) -> Vec<PlannedReminder> {
    if !matches!(deadline.state, DeadlineState::Running | DeadlineState::Missed) {
        return Vec::new();
    }
    let due = deadline.effective_due_at();
    let earliest = created_at.checked_add_signed(TimeDelta::hours(plan.min_lead_hours.into()));
    let mut planned: Vec<_> = plan
        .stages
        .iter()
        .map(|rule| {
            let day = day_of(rule.at, deadline, calendar);
            let send_on = match plan.rest_day {
                RestDay::PreviousWorkingDay => calendar.roll_back(day.unwrap_or(deadline.started_on)),
                RestDay::Keep => day.unwrap_or(deadline.started_on),
            };
            let send_at = time::instant(send_on, plan.send_at);
            let state = match rule.at {
                StageAt::AfterWorkingDays(_) => PlannedState::Planned,
                StageAt::BeforeCalendarDays(_)
                | StageAt::BeforeWorkingDays(_)
                | StageAt::ElapsedWorkingDays(_)
                | StageAt::PercentElapsed(_) => {
                    if day.is_none() || send_at > due {
                        PlannedState::Superseded
                    } else if earliest.is_none_or(|earliest| send_at < earliest) {
                        PlannedState::SkippedTooShort
                    } else {
                        PlannedState::Planned
                    }
                }
            };
            let recipients = rule.recipients.clone();
            PlannedReminder { stage: rule.stage, send_at, state, recipients, revision: deadline.revision }
        })
        .collect();
    keep_one_a_day(&mut planned);
    planned
}

/// Of the planned stages of one day only the most urgent stays.
fn keep_one_a_day(planned: &mut [PlannedReminder]) {
    let mut by_urgency: Vec<_> =
        planned.iter_mut().filter(|reminder| reminder.state == PlannedState::Planned).collect();
    by_urgency.sort_by_key(|reminder| Reverse(reminder.stage));
    let mut taken = BTreeSet::new();
    for reminder in by_urgency {
        if !taken.insert(reminder.send_at) {
            reminder.state = PlannedState::Superseded;
        }
    }
}

/// The day of a stage before any move off a rest day; `None` when an earlier run of the clock passed it.
fn day_of(at: StageAt, deadline: &Deadline, calendar: &Calendar) -> Option<NaiveDate> {
    let last = deadline.effective_last_day();
    let (start, used) = (deadline.started_on, deadline.used_working_days);
    let left = calendar.working_days_between(start, last);
    let after_used = |count: u32| match count.saturating_sub(used) {
        _ if left == 0 => Some(last),
        0 => None,
        more => Some(calendar.add_working_days(start, more)),
    };
    match at {
        StageAt::BeforeCalendarDays(days) => last.checked_sub_days(Days::new(days.into())),
        StageAt::BeforeWorkingDays(days) => Some(calendar.subtract_working_days(last, days)),
        StageAt::ElapsedWorkingDays(days) => after_used(days),
        StageAt::PercentElapsed(percent) => after_used(used.saturating_add(left).saturating_mul(percent).div_ceil(100)),
        StageAt::AfterWorkingDays(days) => Some(calendar.add_working_days(last, days)),
    }
}

/// What to do about the stages between two runs of the scheduler.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CatchUp<'a> {
    /// The one to send now.
    pub send: Option<&'a PlannedReminder>,
    /// Those to be marked as missed.
    pub missed: Vec<&'a PlannedReminder>,
}

/// Chooses among the stages whose time came after `last_run` and up to `now`.
///
/// While `now` is not past `due`, only the most urgent one is sent; after it, only the most urgent one that falls after
/// the end. A stale reminder never goes out, later stages stay as planned.
pub fn catch_up(
    planned: &[PlannedReminder],
    last_run: DateTime<Utc>,
    now: DateTime<Utc>,
    due: DateTime<Utc>,
) -> CatchUp<'_> {
    let came = planned.iter().filter(|reminder| {
        reminder.state == PlannedState::Planned && reminder.send_at > last_run && reminder.send_at <= now
    });
    let mut missed: Vec<_> = came.collect();
    missed.sort_by_key(|reminder| (reminder.send_at, reminder.stage));
    let is_current = |reminder: &&PlannedReminder| now <= due || reminder.send_at > due;
    let send = missed.pop_if(|reminder| is_current(reminder));
    CatchUp { send, missed }
}

/// Whether a reminder still says the truth at the moment of sending: same revision, clock running, or missed for the
/// stages after the end.
pub fn may_send(reminder: &PlannedReminder, deadline: &Deadline) -> bool {
    let is_waiting = match deadline.state {
        DeadlineState::Running => true,
        DeadlineState::Missed => reminder.send_at > deadline.effective_due_at(),
        DeadlineState::Paused | DeadlineState::Met | DeadlineState::Cancelled => false,
    };
    is_waiting && reminder.state == PlannedState::Planned && reminder.revision == deadline.revision
}

/// Whether messages go out at `now`.
pub fn in_send_window(now: DateTime<Utc>, window: &SendWindow, calendar: &Calendar) -> bool {
    deferred(now, window, calendar) == now
}

/// `now` if the window is open, or else when it opens next.
pub fn deferred(now: DateTime<Utc>, window: &SendWindow, calendar: &Calendar) -> DateTime<Utc> {
    let local = now.with_timezone(&Shanghai);
    let (day, clock) = (local.date_naive(), local.time());
    let opens = !window.working_days_only || calendar.is_working_day(day);
    if opens && clock >= window.from && clock < window.to {
        return now;
    }
    let opening = if opens && clock < window.from {
        day
    } else if window.working_days_only {
        calendar.next_working_day(day)
    } else {
        day.succ_opt().unwrap_or(day)
    };
    time::instant(opening, window.from)
}
