//! One deadline as a value.

use chrono::{DateTime, NaiveDate, Utc};

use super::{DeadlineState, Party};
use crate::calendar::{Calendar, Due, Period, Term, Unit};
use crate::time;

/// A clock of one kind on one case.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Deadline {
    /// What is due, such as `correction`: the key of the reminder plans.
    pub kind: String,
    pub party: Party,
    pub state: DeadlineState,
    /// The day of the event from which `period` runs: the start, or the last resumption.
    pub started_on: NaiveDate,
    /// What runs from `started_on`; after an extension or a pause the whole that is left from there.
    pub period: Period,
    /// The legal end, by the calendar version it names.
    pub due: Due,
    /// The end that the person was told.
    pub communicated_at: DateTime<Utc>,
    pub paused_on: Option<NaiveDate>,
    /// Working days used before `started_on`, in runs that ended with a pause.
    #[serde(default)]
    pub used_working_days: u32,
    /// Counts the changes of the effective end; part of each reminder's unique key.
    pub revision: u32,
}

/// Why a clock does not do what was asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The state allows it not.
    #[error("a deadline that is {0} cannot do this")]
    State(DeadlineState),
    /// The day lies before the start or the pause.
    #[error("{day} is before {earliest}")]
    TooEarly { day: NaiveDate, earliest: NaiveDate },
    /// The clock has run out.
    #[error("{day} is after the last day {last_day}")]
    TooLate { day: NaiveDate, last_day: NaiveDate },
    /// It is not over yet.
    #[error("the deadline runs until {0}")]
    StillRunning(DateTime<Utc>),
}

/// What a new calendar did to a deadline.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// The deadline as it is now.
    pub deadline: Deadline,
    /// The legal end before.
    pub before: Due,
    /// Whether the end that counts moved: the person is told, and reminders are planned again.
    pub is_effective: bool,
}

impl Deadline {
    /// Starts the clock with an event at `now`; the person is told the legal end.
    pub fn start(
        kind: impl Into<String>,
        party: Party,
        now: DateTime<Utc>,
        period: Period,
        calendar: &Calendar,
    ) -> Self {
        Self::start_on(kind, party, time::civil_day(now), period, calendar)
    }

    /// Starts the clock with an event on a day that is not the day of the entry, such as the day of delivery.
    pub fn start_on(
        kind: impl Into<String>,
        party: Party,
        day: NaiveDate,
        period: Period,
        calendar: &Calendar,
    ) -> Self {
        let due = calendar.due(day, &period);
        Self {
            kind: kind.into(),
            party,
            state: DeadlineState::Running,
            started_on: day,
            period,
            communicated_at: due.at,
            due,
            paused_on: None,
            used_working_days: 0,
            revision: 0,
        }
    }

    /// The instant that counts: the later of both for the applicant and the public, the legal one for the authority.
    pub fn effective_due_at(&self) -> DateTime<Utc> {
        if self.party.relies_on_told_date() { self.due.at.max(self.communicated_at) } else { self.due.at }
    }

    /// The civil day of [`Self::effective_due_at`].
    pub fn effective_last_day(&self) -> NaiveDate {
        time::civil_day(self.effective_due_at())
    }

    /// Stops the clock; the day itself is used up. A clock that has run out cannot be stopped.
    pub fn pause(&self, on: NaiveDate) -> Result<Self, Refusal> {
        self.must_be(&[DeadlineState::Running])?;
        not_before(on, self.started_on)?;
        if on > self.effective_last_day() {
            return Err(Refusal::TooLate { day: on, last_day: self.effective_last_day() });
        }
        Ok(Self { state: DeadlineState::Paused, paused_on: Some(on), ..self.clone() })
    }

    /// Lets the clock go on: the working days left at the pause run again from the day of resumption.
    ///
    /// Write `w(a, b]` for the working days after `a` up to `b`, `P` for the pause, `R` for the resumption, `E` for the
    /// effective end before and `E'` for the new one. What was left is `w(P, E]`, and `E'` is that many working days
    /// after `R`, hence
    ///
    /// ```text
    /// w(P, E'] = w(P, R] + w(R, E'] = w(P, R] + w(P, E]
    /// ```
    ///
    /// so the end moves by exactly the working days of the pause. Paused Wednesday with Thursday and Friday left and
    /// resumed on Monday: two days from Monday, due on Wednesday; the pause took Thursday, Friday and Monday, and
    /// Friday plus three working days is Wednesday. An end on a rest day (a calendar-day period that does not roll) is
    /// kept if the pause took no working day, so that a pause never shortens. The end is first brought to `calendar`.
    pub fn resume(&self, on: NaiveDate, calendar: &Calendar) -> Result<Self, Refusal> {
        self.must_be(&[DeadlineState::Paused])?;
        let paused_on = self.paused_on.unwrap_or(self.started_on);
        not_before(on, paused_on)?;
        let current = self.brought_to(calendar);
        let end = current.effective_last_day();
        let left = calendar.working_days_between(paused_on, end);
        let new_end = calendar.add_working_days(on, left).max(end);
        let used = calendar.working_days_between(current.started_on, paused_on);
        let resumed = Self {
            state: DeadlineState::Running,
            paused_on: None,
            started_on: on,
            used_working_days: current.used_working_days.saturating_add(used),
            ..current
        };
        Ok(resumed.ending(new_end, Unit::WorkingDay, calendar))
    }

    /// Adds a period that runs from the effective last day.
    ///
    /// Written as one period from `started_on`: 10 working days extended by 5 are 15. Two calendar-day periods stay
    /// calendar days, any other mixture becomes working days.
    pub fn extend(&self, period: &Period, calendar: &Calendar) -> Result<Self, Refusal> {
        self.must_be(&[DeadlineState::Running])?;
        let current = self.brought_to(calendar);
        let end = calendar.due(current.effective_last_day(), period).last_day;
        let mut terms = current.period.terms.iter().chain(&period.terms);
        let unit = if terms.all(|term| term.unit == Unit::CalendarDay) { Unit::CalendarDay } else { Unit::WorkingDay };
        Ok(current.ending(end, unit, calendar))
    }

    /// The duty was done.
    pub fn meet(&self) -> Result<Self, Refusal> {
        self.close(&[DeadlineState::Running, DeadlineState::Paused], DeadlineState::Met)
    }

    /// The effective end has passed at `now` with the duty undone.
    pub fn miss(&self, now: DateTime<Utc>) -> Result<Self, Refusal> {
        let missed = self.close(&[DeadlineState::Running], DeadlineState::Missed)?;
        if now <= self.effective_due_at() {
            return Err(Refusal::StillRunning(self.effective_due_at()));
        }
        Ok(missed)
    }

    /// The duty fell away.
    pub fn cancel(&self) -> Result<Self, Refusal> {
        self.close(&[DeadlineState::Running, DeadlineState::Paused], DeadlineState::Cancelled)
    }

    /// Computes the legal end again; `None` when neither the end nor its certainty changed, or the clock has ended.
    ///
    /// The revision goes up only when the end that counts moves, and the communicated end follows it, because the
    /// caller tells the person.
    pub fn replan(&self, new_calendar: &Calendar) -> Option<Change> {
        let due = new_calendar.due(self.started_on, &self.period);
        let is_same = due.at == self.due.at && due.provisional == self.due.provisional;
        if is_same || !self.state.is_open() {
            return None;
        }
        let deadline = Self { due, ..self.clone() }.told(self.effective_due_at());
        let is_effective = deadline.revision != self.revision;
        Some(Change { deadline, before: self.due.clone(), is_effective })
    }

    /// The same clock on this calendar, so that days are counted on the one by which its end was found.
    fn brought_to(&self, calendar: &Calendar) -> Self {
        self.replan(calendar).map_or_else(|| self.clone(), |change| change.deadline)
    }

    /// The same clock with `end` as its last day, as a period from `started_on` in one unit.
    ///
    /// An end on a rest day cannot be said in working days, nor a working day be reached by calendar days once another
    /// calendar makes it a rest day; the first becomes calendar days, the second rolls.
    fn ending(self, end: NaiveDate, unit: Unit, calendar: &Calendar) -> Self {
        let works = calendar.is_working_day(end);
        let unit = if works { unit } else { Unit::CalendarDay };
        let length = match unit {
            Unit::WorkingDay => calendar.working_days_between(self.started_on, end),
            Unit::CalendarDay => {
                let days = end.signed_duration_since(self.started_on).num_days();
                u32::try_from(days).unwrap_or(if days < 0 { 0 } else { u32::MAX })
            }
        };
        let rolls = unit == Unit::CalendarDay && works;
        let term = Term { length, unit, counts_first_day: false, rolls };
        let period = Period { terms: vec![term], ends_at: self.period.ends_at };
        let effective = self.effective_due_at();
        let due = calendar.due(self.started_on, &period);
        Self { period, due, ..self }.told(effective)
    }

    /// Tells the person the end that counts, and counts it as a revision if it is not `before`.
    fn told(self, before: DateTime<Utc>) -> Self {
        let effective = self.effective_due_at();
        let revision = self.revision.saturating_add(u32::from(effective != before));
        Self { communicated_at: effective, revision, ..self }
    }

    fn close(&self, from: &[DeadlineState], state: DeadlineState) -> Result<Self, Refusal> {
        self.must_be(from)?;
        Ok(Self { state, ..self.clone() })
    }

    fn must_be(&self, states: &[DeadlineState]) -> Result<(), Refusal> {
        if states.contains(&self.state) { Ok(()) } else { Err(Refusal::State(self.state)) }
    }
}

fn not_before(day: NaiveDate, earliest: NaiveDate) -> Result<(), Refusal> {
    if day < earliest { Err(Refusal::TooEarly { day, earliest }) } else { Ok(()) }
}
