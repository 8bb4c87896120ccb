//! From a waiting mail to a message: headers that thread and that nobody answers, and two readable bodies.

use std::time::SystemTime;

use domain::time::civil_day;
use lettre::Message;
use lettre::address::{Address, AddressError};
use lettre::message::header::{HeaderName, HeaderValue};
use lettre::message::{Mailbox, MultiPart};
use service::Context;
use service::notification::Outgoing;

use super::text::{self, Given, RenderError};

/// Why a mail cannot become a message.
#[derive(Debug, thiserror::Error)]
pub enum ComposeError {
    #[error(transparent)]
    Render(#[from] RenderError),
    #[error("the address is not one: {0}")]
    Address(#[from] AddressError),
    #[error("the message cannot be built: {0}")]
    Build(#[from] lettre::error::Error),
}

const SENDER: &str = "技桥 Jiqiao";
/// RFC 3834: no machine answers.
const AUTO_SUBMITTED: HeaderName = HeaderName::new_from_ascii_str("Auto-Submitted");

/// Renders a mail. It has no `Reply-To`, no remote image and no link but those to this installation.
pub fn compose(context: &Context, mail: &Outgoing) -> Result<Message, ComposeError> {
    let settings = context.settings();
    let rendered = text::render(&Given {
        event: &mail.event,
        locale: mail.locale,
        params: &mail.params,
        public_url: &settings.public_url,
        today: civil_day(context.now()),
        remedy_until: mail.remedy_until,
    })?;
    let from = Address::new("no-reply", &settings.mail_domain)?;
    let to: Address = mail.to.parse()?;
    let mut builder = Message::builder()
        .from(Mailbox::new(Some(SENDER.to_owned()), from))
        .to(Mailbox::new(None, to))
        .date(SystemTime::from(context.now()))
        .message_id(Some(mail.message_id.clone()))
        .subject(rendered.subject)
        .raw_header(HeaderValue::new(AUTO_SUBMITTED, "auto-generated".to_owned()));
    if let Some(root) = &mail.references {
        builder = builder.in_reply_to(root.clone()).references(root.clone());
    }
    Ok(builder.multipart(MultiPart::alternative_plain_html(rendered.text, rendered.html))?)
}
