//! Mails about deadlines: reminders, overdue tasks (N80), and dates that moved.

use askama::Template;
use chrono::{DateTime, Utc};
use domain::ids::CaseId;
use serde::Deserialize;
use service::notification::{Locale, clock};

use super::case::{due, link, moment};
use super::inert::inert;
use super::{Content, Given, RenderError, event, params};

domain::word! {
    /// What is told of a deadline.
    enum Event {
        Reminder = "reminder" / "提醒",
        Escalation = "escalation" / "督办",
        Moved = "moved" / "调整",
    }
}

#[derive(Deserialize)]
struct Params {
    number: String,
    title: String,
    applicant: String,
    due_at: DateTime<Utc>,
    case_id: CaseId,
    kind: String,
    #[serde(default)]
    is_overdue: bool,
    provisional: bool,
    /// The date before it moved.
    before: Option<DateTime<Utc>>,
}

struct Shown {
    event: Event,
    number: String,
    title: String,
    applicant: String,
    clock: String,
    due: String,
    before: Option<String>,
    is_overdue: bool,
    is_provisional: bool,
}

#[derive(Template)]
#[template(path = "deadline.zh.txt")]
struct Zh<'a> {
    d: &'a Shown,
}

#[derive(Template)]
#[template(path = "deadline.en.txt")]
struct En<'a> {
    d: &'a Shown,
}

pub fn content(given: &Given<'_>) -> Result<Content, RenderError> {
    let params: Params = params(given)?;
    let shown = &Shown {
        event: event(given)?,
        number: inert(&params.number),
        title: inert(&params.title),
        applicant: inert(&params.applicant),
        clock: inert(&clock(&params.kind, given.locale)),
        due: due(params.due_at, given),
        before: params.before.map(|at| moment(at, given.locale)),
        is_overdue: params.is_overdue,
        is_provisional: params.provisional,
    };
    let body = match given.locale {
        Locale::Zh => Zh { d: shown }.render()?,
        Locale::En => En { d: shown }.render()?,
    };
    Ok(Content { body, link: Some(link(given, params.case_id)) })
}
