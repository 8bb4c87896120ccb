//! Mails about one's account. Their links are secrets and stand nowhere else.

use askama::Template;
use chrono::{DateTime, Utc};
use serde::Deserialize;
use service::notification::Locale;

use super::case::moment;
use super::{Content, Given, RenderError, event, missing, own_link, params};

domain::word! {
    /// What is told of an account.
    enum Event {
        ConfirmEmail = "confirm_email" / "确认邮箱",
        AlreadyRegistered = "already_registered" / "已注册",
        ResetPassword = "reset_password" / "重置密码",
        PasswordChanged = "password_changed" / "密码已修改",
        EmailChangeConfirm = "email_change_confirm" / "确认新邮箱",
        EmailChanged = "email_changed" / "邮箱已变更",
        Invitation = "invitation" / "邀请",
        RoleChanged = "role_changed" / "角色变更",
        FactorChanged = "factor_changed" / "双因素变更",
    }
}

#[derive(Deserialize)]
struct Params {
    secret: Option<Secret>,
    expires_at: Option<DateTime<Utc>>,
}

/// What only this mail may hold.
#[derive(Deserialize)]
pub struct Secret {
    pub link: Option<String>,
}

struct Shown {
    event: Event,
    until: Option<String>,
    has_link: bool,
    is_alarm: bool,
}

#[derive(Template)]
#[template(path = "account.zh.txt")]
struct Zh<'a> {
    a: &'a Shown,
}

#[derive(Template)]
#[template(path = "account.en.txt")]
struct En<'a> {
    a: &'a Shown,
}

impl Event {
    /// Whether the mail is worth nothing without its link.
    fn needs_link(self) -> bool {
        match self {
            Self::ConfirmEmail | Self::ResetPassword | Self::EmailChangeConfirm | Self::Invitation => true,
            Self::AlreadyRegistered
            | Self::PasswordChanged
            | Self::EmailChanged
            | Self::RoleChanged
            | Self::FactorChanged => false,
        }
    }

    /// Whether somebody else's doing would be an alarm.
    fn is_alarm(self) -> bool {
        match self {
            Self::PasswordChanged | Self::EmailChanged | Self::RoleChanged | Self::FactorChanged => true,
            Self::ConfirmEmail
            | Self::AlreadyRegistered
            | Self::ResetPassword
            | Self::EmailChangeConfirm
            | Self::Invitation => false,
        }
    }
}

pub fn content(given: &Given<'_>) -> Result<Content, RenderError> {
    let event: Event = event(given)?;
    let params: Params = params(given)?;
    let link = link(given, params.secret.as_ref(), event.needs_link())?;
    let shown = &Shown {
        event,
        until: params.expires_at.filter(|_| link.is_some()).map(|at| moment(at, given.locale)),
        has_link: link.is_some(),
        is_alarm: event.is_alarm(),
    };
    let body = match given.locale {
        Locale::Zh => Zh { a: shown }.render()?,
        Locale::En => En { a: shown }.render()?,
    };
    Ok(Content { body, link })
}

/// The link of a secret, checked; where it is needed, its absence is an error.
pub fn link(given: &Given<'_>, secret: Option<&Secret>, is_needed: bool) -> Result<Option<String>, RenderError> {
    match secret.and_then(|secret| secret.link.as_deref()) {
        Some(link) => own_link(given, link).map(Some),
        None if is_needed => Err(missing(given, "missing field `secret.link`")),
        None => Ok(None),
    }
}
