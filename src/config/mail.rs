//! The mail server. Without one, mails are written as `.eml` files; on PostgreSQL that is refused.

use std::path::PathBuf;

use anyhow::ensure;

use super::{Secret, secret_file};

#[derive(Debug, Clone, Default, serde::Serialize, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct MailConfig {
    /// `smtps://user:password@host:465`, or `smtp://user:password@host:587` with STARTTLS.
    pub url: Option<Secret>,
    /// A file that holds the address instead.
    pub url_file: Option<PathBuf>,
}

impl MailConfig {
    /// Whether a mail server is named at all.
    pub fn is_server(&self) -> bool {
        self.url.is_some() || self.url_file.is_some()
    }

    /// The address with its password, from wherever it is kept.
    pub fn secret(&self) -> anyhow::Result<Option<Secret>> {
        ensure!(self.url.is_none() || self.url_file.is_none(), "mail.url and mail.url_file exclude each other");
        match &self.url_file {
            Some(path) => secret_file(path).map(Some),
            None => Ok(self.url.clone()),
        }
    }
}
