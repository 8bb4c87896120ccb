//! Worked examples of the sources.

mod clock;
mod properties;
mod reminders;

use std::sync::LazyLock;

use chrono::{DateTime, Days, NaiveDate, NaiveTime, TimeDelta, Utc};

use super::*;
use crate::calendar::{Calendar, ListedDay, Mark, NationalYear, Period, Term, Unit, YearDocument};
use crate::time;

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

/// A local time such as `2023-04-10 09:00`, as an instant.
fn at(text: &str) -> DateTime<Utc> {
    let (date, clock) = text.split_once(' ').unwrap();
    time::instant(day(date), NaiveTime::parse_from_str(clock, "%H:%M").unwrap())
}

fn calendar() -> Calendar {
    static SEEDED: LazyLock<Calendar> = LazyLock::new(|| Calendar::new("GX-1".to_owned(), Calendar::seed().unwrap()));
    SEEDED.clone()
}

fn plans() -> ReminderPlans {
    parse_plans(SEED).unwrap()
}

fn running(kind: &str, party: Party, from: &str, period: Period) -> Deadline {
    Deadline::start(kind, party, at(&format!("{from} 10:00")), period, &calendar())
}

/// Marks of one national day, laid over the seed.
fn with_day(calendar: &Calendar, date: NaiveDate, mark: Mark) -> Calendar {
    let year = chrono::Datelike::year(&date);
    let known = calendar.documents().find_map(|document| match document {
        YearDocument::National(national) if national.year == year => Some(national),
        YearDocument::National(_) | YearDocument::Regional(_) => None,
    });
    let mut national = known.unwrap_or(NationalYear { year, papers: Vec::new(), days: Vec::new() });
    national.days.retain(|listed| listed.date != date);
    national.days.push(ListedDay { date, name: "更正".to_owned(), mark });
    calendar.corrected(YearDocument::National(national), "GX-2".to_owned())
}

fn planned(deadline: &Deadline, created: &str) -> Vec<(Stage, String, PlannedState)> {
    let plans = plans();
    let chosen = plans.plan_for(&deadline.kind, deadline.party).unwrap();
    let local = |at: DateTime<Utc>| at.with_timezone(&chrono_tz::Asia::Shanghai).format("%F %H:%M").to_string();
    let reminders = plan(chosen, at(created), deadline, &calendar());
    reminders.iter().map(|reminder| (reminder.stage, local(reminder.send_at), reminder.state)).collect()
}

fn line(stage: Stage, on: &str, state: PlannedState) -> (Stage, String, PlannedState) {
    (stage, format!("{on} 09:00"), state)
}

use PlannedState::{Planned, SkippedTooShort, Superseded};
