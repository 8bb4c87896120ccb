//! Mails about lost mails, and the general one for events of a newer version.

use askama::Template;
use domain::ids::CaseId;
use domain::notification::DeliveryState;
use domain::word::Word;
use serde::Deserialize;
use serde_json::Value;
use service::notification::{Locale, heading};

use super::case::link;
use super::inert::inert;
use super::{Content, Given, RenderError, params};

#[derive(Deserialize)]
struct Params {
    number: Option<String>,
    case_id: Option<CaseId>,
    /// The event that was to be told.
    event: String,
    /// Masked.
    address: String,
    outcome: DeliveryState,
    error: Option<String>,
}

struct Shown {
    number: Option<String>,
    what: &'static str,
    address: String,
    outcome: &'static str,
    outcome_zh: &'static str,
    error: Option<String>,
}

#[derive(Template)]
#[template(path = "undeliverable.zh.txt")]
struct Zh<'a> {
    u: &'a Shown,
}

#[derive(Template)]
#[template(path = "undeliverable.en.txt")]
struct En<'a> {
    u: &'a Shown,
}

pub fn content(given: &Given<'_>) -> Result<Content, RenderError> {
    let params: Params = params(given)?;
    let shown = &Shown {
        number: params.number.as_deref().map(inert),
        what: heading(&params.event, given.locale),
        address: inert(&params.address),
        outcome: params.outcome.as_str(),
        outcome_zh: params.outcome.zh(),
        error: params.error.as_deref().map(inert),
    };
    let body = match given.locale {
        Locale::Zh => Zh { u: shown }.render()?,
        Locale::En => En { u: shown }.render()?,
    };
    Ok(Content { body, link: params.case_id.map(|case| link(given, case)) })
}

#[derive(Template)]
#[template(path = "generic.zh.txt")]
struct GenericZh {
    number: Option<String>,
}

#[derive(Template)]
#[template(path = "generic.en.txt")]
struct GenericEn {
    number: Option<String>,
}

/// Says to log in, and which case it is about when it is about one.
pub fn generic(given: &Given<'_>) -> Result<Content, RenderError> {
    let number = given.params.get("number").and_then(Value::as_str).map(inert);
    let case = given.params.get("case_id").and_then(Value::as_str).and_then(|id| id.parse().ok());
    let body = match given.locale {
        Locale::Zh => GenericZh { number }.render()?,
        Locale::En => GenericEn { number }.render()?,
    };
    Ok(Content { body, link: case.map(|case| link(given, case)) })
}
