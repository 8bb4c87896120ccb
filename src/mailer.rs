//! Which way mails leave: the one place that knows how a mailer is made.

use jobs::mail::Mailer;

use crate::config::Config;
use crate::data;

/// The mailer of this installation: a mail server, or the folder of mails when none is configured.
pub fn mailer(config: &Config) -> anyhow::Result<Mailer> {
    if let Some(host) = &config.mail.host {
        config.mail.secret()?;
        tracing::info!(host, port = config.mail.port(), "mails go to a server");
    } else {
        let folder = config.mail_folder();
        data::folder(&folder)?;
        tracing::info!(folder = %folder.display(), "mails are written to files");
    }
    Ok(Mailer)
}
