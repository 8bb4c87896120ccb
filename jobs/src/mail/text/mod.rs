//! The words of mails: templates per family of events, compiled in, in both languages, inside one layout.
//!
//! A family's template matches on the closed vocabulary of its events, so an event without words does not compile. What
//! people typed reaches a template only as [`inert`](inert::inert) text.

mod account;
mod case;
mod certification;
mod deadline;
mod inert;
mod layout;
mod organisation;
mod other;
mod samples;
#[cfg(test)]
mod tests;

use chrono::NaiveDate;
use serde::de::DeserializeOwned;
use serde_json::Value;
use service::notification::{Locale, heading, subject};

use inert::inert_subject;

/// What a mail is made from.
#[derive(Debug, Clone, Copy)]
pub struct Given<'a> {
    pub event: &'a str,
    pub locale: Locale,
    pub params: &'a Value,
    /// Base address of links, without a trailing slash.
    pub public_url: &'a str,
    /// The day from which days are counted.
    pub today: NaiveDate,
    pub remedy_until: Option<NaiveDate>,
}

/// A mail's words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rendered {
    pub subject: String,
    pub text: String,
    pub html: String,
}

/// Why a mail has no words.
#[derive(Debug, thiserror::Error)]
pub enum RenderError {
    /// A variable is missing or has the wrong shape.
    #[error("{event}: {fault}")]
    Params { event: String, fault: String },
    /// A link that does not lead to this installation.
    #[error("{event}: a link leads elsewhere")]
    ForeignLink { event: String },
    #[error(transparent)]
    Template(#[from] askama::Error),
}

/// What a family's template yields: paragraphs, and where the mail leads.
#[derive(Debug)]
pub(super) struct Content {
    body: String,
    link: Option<String>,
}

/// How an event becomes content, and particulars to try it with.
#[derive(Debug, Clone, Copy)]
pub struct Template {
    pub event: &'static str,
    content: fn(&Given<'_>) -> Result<Content, RenderError>,
    sample: fn() -> Value,
}

impl Template {
    /// Invented particulars in the shape that the event needs.
    pub fn particulars(&self) -> Value {
        (self.sample)()
    }
}

/// Ties every event to the family that words it and to sample particulars; titles and subjects stand in
/// `service::notification::TITLES`, and a test holds the two tables together.
macro_rules! templates {
    ($($family:ident, $sample:ident: [$($event:literal),+ $(,)?];)+) => {
        /// Every event that becomes a mail.
        pub const TEMPLATES: &[Template] = &[$($(
            Template { event: $event, content: $family::content, sample: samples::$sample },
        )+)+];
    };
}

templates! {
    certification, case: [
        "certification.submitted",
        "certification.employer_confirmed",
        "certification.recommended",
        "certification.accepted",
        "certification.review_task",
        "certification.conflict_declared",
    ];
    certification, ended: ["certification.lapsed", "certification.draft_expired"];
    certification, published: ["certification.publicity_opened", "certification.publicity_clean"];
    certification, corrected: [
        "certification.correction_requested",
        "certification.correction_extended",
        "certification.correction_answered",
    ];
    certification, closed: ["certification.employer_returned"];
    certification, withdrawn: ["certification.withdrawn"];
    certification, refused: [
        "certification.not_recommended",
        "certification.not_accepted",
        "certification.not_approved",
    ];
    certification, reviewed: ["certification.review_passed", "certification.not_passed"];
    certification, certified: ["certification.certified"];
    deadline, clock: ["deadline.reminder", "deadline.escalation"];
    deadline, moved: ["deadline.moved"];
    account, linked: [
        "account.confirm_email",
        "account.reset_password",
        "account.email_change_confirm",
        "account.invitation",
    ];
    account, told: [
        "account.already_registered",
        "account.password_changed",
        "account.email_changed",
        "account.role_changed",
        "account.factor_changed",
    ];
    organisation, organisation: [
        "organisation.confirmer_invited",
        "organisation.verified",
        "organisation.refused",
        "organisation.dissolved",
    ];
    other, undeliverable: ["notification.undeliverable"];
}

/// Words a mail. An event of a newer version becomes a mail that says to log in; a missing variable is an error.
pub fn render(given: &Given<'_>) -> Result<Rendered, RenderError> {
    let content = match TEMPLATES.iter().find(|template| template.event == given.event) {
        Some(template) => (template.content)(given)?,
        None => {
            tracing::error!(event = given.event, "no template; a general one is used");
            other::generic(given)?
        }
    };
    let subject = inert_subject(&subject(given.event, given.locale, given.params));
    layout::dress(given.locale, subject, heading(given.event, given.locale), &content)
}

/// A template with its sample particulars, as administrators and tests look at it.
pub fn preview(template: &Template, locale: Locale, today: NaiveDate) -> Result<Rendered, RenderError> {
    let params = template.particulars();
    render(&Given {
        event: template.event,
        locale,
        params: &params,
        public_url: samples::PUBLIC_URL,
        today,
        remedy_until: today.checked_add_days(chrono::Days::new(21)),
    })
}

/// The particulars in the shape that the family needs.
fn params<T: DeserializeOwned>(given: &Given<'_>) -> Result<T, RenderError> {
    T::deserialize(given.params).map_err(|error| missing(given, &error.to_string()))
}

fn missing(given: &Given<'_>, fault: &str) -> RenderError {
    RenderError::Params { event: given.event.to_owned(), fault: fault.to_owned() }
}

/// The member of a vocabulary behind the last part of the event's name.
fn event<T: domain::word::Word>(given: &Given<'_>) -> Result<T, RenderError> {
    let word = given.event.rsplit('.').next().unwrap_or(given.event);
    T::parse(word).ok_or_else(|| missing(given, "unknown event of its family"))
}

/// A link of ours, whole: one that leads anywhere else is refused.
fn own_link(given: &Given<'_>, link: &str) -> Result<String, RenderError> {
    let whole = if link.starts_with('/') { format!("{}{link}", given.public_url) } else { link.to_owned() };
    let is_own = whole.strip_prefix(given.public_url).is_some_and(|rest| rest.starts_with(['/', '?', '#']));
    if is_own && !whole.chars().any(|c| c.is_whitespace() || c.is_control()) {
        Ok(whole)
    } else {
        Err(RenderError::ForeignLink { event: given.event.to_owned() })
    }
}
