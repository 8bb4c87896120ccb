//! Which way mails leave: from this program's configuration to a mailer.

use jobs::mail::{MailConfig, Mailer, SmtpConfig, SmtpTls};

use crate::config::{Config, MailTls};
use crate::data;

/// The mailer of this installation: a mail server, or the folder of mails when none is configured. Called inside the
/// runtime.
pub fn mailer(config: &Config) -> anyhow::Result<Mailer> {
    let mail = &config.mail;
    let way = if let Some(host) = &mail.host {
        tracing::info!(host, port = mail.port(), "mails go to a server");
        MailConfig::Smtp(SmtpConfig {
            host: host.clone(),
            port: mail.port(),
            tls: match mail.tls {
                MailTls::Implicit => SmtpTls::Implicit,
                MailTls::Starttls => SmtpTls::Starttls,
                MailTls::None => SmtpTls::None,
            },
            username: mail.username.clone(),
            password: mail.secret()?.map(|secret| secret.reveal().to_owned()),
        })
    } else {
        let folder = config.mail_folder();
        data::folder(&folder)?;
        tracing::info!(folder = %folder.display(), "mails are written to files");
        MailConfig::Files { folder }
    };
    Ok(Mailer::from_config(&way)?)
}
