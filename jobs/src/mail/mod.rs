//! Mail: rendering, transports, and the delivery of one mail.

mod compose;
mod text;
mod transport;

pub use compose::{ComposeError, compose};
pub use text::{RenderError, Rendered, TEMPLATES, Template, preview};
pub use transport::{MailConfig, MailConfigError, Mailer, SendError, SentMail};

use chrono::TimeDelta;
use domain::notification::DeliveryState;
use domain::queue::backoff_seconds;
use service::notification::{self, Outgoing, Standing, masked, masked_error};
use service::{Context, Result};
use uuid::Uuid;

use crate::registry::Answer;

/// Sends one mail. Harmless when run twice but for the instant between sending and marking; both copies then carry the
/// same Message-ID. Whatever happens, the mail ends sent, skipped, or with a clerk who knows that it was lost.
pub async fn deliver(context: &Context, mailer: &Mailer, delivery_id: Uuid) -> Answer {
    match attempt(context, mailer, delivery_id).await {
        Ok(answer) => answer,
        Err(error) => Answer::Retry(None, error.to_string()),
    }
}

async fn attempt(context: &Context, mailer: &Mailer, id: Uuid) -> Result<Answer> {
    let mail = match notification::standing(context, id).await? {
        Standing::Send(mail) => mail,
        Standing::Expired(mail) => {
            return lost(context, &mail, DeliveryState::Expired, "not sent within the time allowed").await;
        }
        Standing::Settled => return Ok(Answer::Done),
    };
    let message = match compose(context, &mail) {
        Ok(message) => message,
        // Missing variables and impossible addresses do not mend themselves.
        Err(error) => return lost(context, &mail, DeliveryState::Failed, &error.to_string()).await,
    };
    match mailer.send(context.now(), &mail.message_id, &message).await {
        Ok(()) => {
            tracing::info!(delivery.id = %mail.id, to = %masked(&mail.to), event = %mail.event, "mail sent");
            notification::mark_sent(context, &mail).await?;
            Ok(Answer::Done)
        }
        Err(SendError::Permanent(error)) => lost(context, &mail, DeliveryState::Failed, &error).await,
        Err(SendError::Transient(error)) => later(context, &mail, &error).await,
    }
}

async fn lost(context: &Context, mail: &Outgoing, state: DeliveryState, error: &str) -> Result<Answer> {
    tracing::warn!(delivery.id = %mail.id, to = %masked(&mail.to), outcome = %state, error = %masked_error(error), "mail lost");
    notification::give_up(context, mail, state, error).await?;
    Ok(Answer::Done)
}

/// The row and the queue agree on the next attempt, the last of which falls on the end of the mail's time.
async fn later(context: &Context, mail: &Outgoing, error: &str) -> Result<Answer> {
    let mut byte = [0u8; 1];
    context.fill_random(&mut byte);
    let seconds = backoff_seconds(mail.attempts.saturating_add(1), f64::from(byte[0]) / 256.0);
    let now = context.now();
    let wait = TimeDelta::seconds(i64::try_from(seconds).unwrap_or(i64::from(u16::MAX))).min(mail.expires_at - now);
    notification::defer(context, mail, error, now + wait).await?;
    Ok(Answer::Retry(Some(wait), masked_error(error)))
}
