//! Mails about organisations and those who confirm for them.

use askama::Template;
use chrono::{DateTime, Utc};
use serde::Deserialize;
use service::notification::Locale;

use super::account::{Secret, link};
use super::case::moment;
use super::inert::inert;
use super::{Content, Given, RenderError, event, params};

domain::word! {
    /// What is told of an organisation.
    enum Event {
        ConfirmerInvited = "confirmer_invited" / "邀请确认人",
        Verified = "verified" / "核验通过",
        Refused = "refused" / "核验未通过",
        Dissolved = "dissolved" / "已注销",
    }
}

#[derive(Deserialize)]
struct Params {
    secret: Option<Secret>,
    /// The organisation's name.
    organisation: Option<String>,
    reason: Option<String>,
    expires_at: Option<DateTime<Utc>>,
}

struct Shown {
    event: Event,
    organisation: Option<String>,
    reason: Option<String>,
    until: Option<String>,
}

#[derive(Template)]
#[template(path = "organisation.zh.txt")]
struct Zh<'a> {
    o: &'a Shown,
}

#[derive(Template)]
#[template(path = "organisation.en.txt")]
struct En<'a> {
    o: &'a Shown,
}

pub fn content(given: &Given<'_>) -> Result<Content, RenderError> {
    let event: Event = event(given)?;
    let params: Params = params(given)?;
    let link = link(given, params.secret.as_ref(), event == Event::ConfirmerInvited)?;
    let shown = &Shown {
        event,
        organisation: params.organisation.as_deref().map(inert),
        reason: params.reason.as_deref().filter(|_| matches!(event, Event::Refused | Event::Dissolved)).map(inert),
        until: params.expires_at.filter(|_| link.is_some()).map(|at| moment(at, given.locale)),
    };
    let body = match given.locale {
        Locale::Zh => Zh { o: shown }.render()?,
        Locale::En => En { o: shown }.render()?,
    };
    Ok(Content { body, link })
}
