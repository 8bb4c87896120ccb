//! The mail server. Without one, mails are written as `.eml` files; on PostgreSQL that is refused.

use std::path::PathBuf;

use anyhow::ensure;

use super::{Secret, secret_file};

/// How the connection to the mail server is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MailTls {
    /// TLS from the first byte.
    #[default]
    Implicit,
    /// STARTTLS, required.
    Starttls,
    /// None: a relay on the same host.
    None,
}

#[derive(Debug, Clone, Default, serde::Serialize, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct MailConfig {
    pub host: Option<String>,
    /// The usual one of `tls` when absent: 465, 587 or 25.
    pub port: Option<u16>,
    pub tls: MailTls,
    pub username: Option<String>,
    pub password: Option<Secret>,
    pub password_file: Option<PathBuf>,
}

impl MailConfig {
    /// The password, from wherever it is kept.
    pub fn secret(&self) -> anyhow::Result<Option<Secret>> {
        ensure!(
            self.password.is_none() || self.password_file.is_none(),
            "mail.password and mail.password_file exclude each other"
        );
        match &self.password_file {
            Some(path) => secret_file(path).map(Some),
            None => Ok(self.password.clone()),
        }
    }

    pub fn port(&self) -> u16 {
        self.port.unwrap_or(match self.tls {
            MailTls::Implicit => 465,
            MailTls::Starttls => 587,
            MailTls::None => 25,
        })
    }
}
