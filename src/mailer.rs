//! Which way mails leave: the one place that knows how a mailer is made.

use anyhow::Context as _;
use jobs::mail::{MailConfig, Mailer};

use crate::config::Config;
use crate::data;

/// The mailer of this installation: a mail server, or the folder of mails when none is configured.
pub fn mailer(config: &Config) -> anyhow::Result<Mailer> {
    let way = match config.mail.secret()? {
        Some(url) => {
            tracing::info!("mails go to a server");
            MailConfig::Smtp { url: url.reveal().to_owned() }
        }
        None => {
            let folder = config.mail_folder();
            data::folder(&folder)?;
            tracing::info!(folder = %folder.display(), "mails are written to files");
            MailConfig::Files { folder }
        }
    };
    Mailer::from_config(&way).context("mail")
}
