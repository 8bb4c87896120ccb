//! Where mails go: a mail server, a folder, or memory.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use chrono::{DateTime, Utc};
use lettre::transport::smtp::PoolConfig;
use lettre::{AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor};

/// How an installation sends mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MailConfig {
    /// `smtps://user:password@host:465` or `smtp://host:587`, which then must offer STARTTLS; without TLS to the own
    /// host only.
    Smtp { url: String },
    /// Mails become `.eml` files in this folder.
    Files { folder: PathBuf },
    /// Mails are kept for tests.
    Memory,
}

/// Why mail cannot be sent as configured. Never shows the address of the server, which may hold a password.
#[derive(Debug, thiserror::Error)]
pub enum MailConfigError {
    #[error("the mail server's address must begin with smtps:// or smtp://")]
    Scheme,
    #[error("smtp:// to another host requires STARTTLS: leave out `tls` or say tls=required")]
    Unencrypted,
    #[error("the mail server's address cannot be read")]
    Unreadable,
    #[error("the mail folder cannot be made: {0}")]
    Folder(#[from] std::io::Error),
}

/// A mail as [`Mailer::Memory`] keeps it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SentMail {
    pub at: DateTime<Utc>,
    pub message_id: String,
    pub to: Vec<String>,
    /// The whole message, headers and bodies.
    pub raw: String,
}

/// Why a mail was not sent.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SendError {
    /// Worth another attempt: no connection, 4xx, an answer that never came.
    #[error("{0}")]
    Transient(String),
    /// Refused for good (5xx).
    #[error("{0}")]
    Permanent(String),
}

/// Sends mail. Cheap to clone.
#[derive(Clone)]
pub enum Mailer {
    /// With the time that one mail may take altogether.
    Smtp(AsyncSmtpTransport<Tokio1Executor>, Duration),
    Files(Arc<Path>),
    Memory(Arc<Mutex<Vec<SentMail>>>),
}

impl fmt::Debug for Mailer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            // Its own words hold the password.
            Self::Smtp(..) => f.write_str("Mailer::Smtp"),
            Self::Files(folder) => write!(f, "Mailer::Files({})", folder.display()),
            Self::Memory(_) => f.write_str("Mailer::Memory"),
        }
    }
}

/// For connecting; answers are waited for as long as the mail may take.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(30);
/// For one mail altogether.
const MAIL_TIMEOUT: Duration = Duration::from_mins(2);
const CONNECTIONS: u32 = 4;
const IDLE: Duration = Duration::from_secs(30);
/// Replies about our login, not about the mail: an administrator mends the configuration and nothing is lost.
const LOGIN_REFUSED: [u16; 5] = [521, 530, 534, 535, 538];

impl Mailer {
    /// The mailer of a configuration. Opens no connection yet, but must be called inside the runtime: the pool of
    /// connections lives there.
    pub fn from_config(config: &MailConfig) -> Result<Self, MailConfigError> {
        match config {
            MailConfig::Smtp { url } => Self::smtp(url, MAIL_TIMEOUT),
            MailConfig::Files { folder } => {
                std::fs::create_dir_all(folder)?;
                Ok(Self::Files(folder.as_path().into()))
            }
            MailConfig::Memory => Ok(Self::memory()),
        }
    }

    /// To a mail server that is given this long for each mail.
    pub fn smtp(url: &str, patience: Duration) -> Result<Self, MailConfigError> {
        Ok(Self::Smtp(smtp(url)?, patience))
    }

    /// A mailer that keeps its mails.
    pub fn memory() -> Self {
        Self::Memory(Arc::default())
    }

    /// The mails kept so far; none for other transports.
    pub fn sent(&self) -> Vec<SentMail> {
        match self {
            Self::Memory(sent) => sent.lock().unwrap_or_else(PoisonError::into_inner).clone(),
            Self::Smtp(..) | Self::Files(_) => Vec::new(),
        }
    }

    /// Hands a message over. After `Ok` it is somebody else's to deliver.
    pub async fn send(&self, at: DateTime<Utc>, message_id: &str, message: &Message) -> Result<(), SendError> {
        match self {
            Self::Smtp(transport, patience) => send_smtp(transport, *patience, message).await,
            Self::Files(folder) => {
                let path = folder.join(file_name(at, message_id));
                write_file(&path, &message.formatted())
                    .await
                    .map_err(|error| SendError::Transient(format!("mail folder: {error}")))
            }
            Self::Memory(sent) => {
                sent.lock().unwrap_or_else(PoisonError::into_inner).push(SentMail {
                    at,
                    message_id: message_id.to_owned(),
                    to: message.envelope().to().iter().map(ToString::to_string).collect(),
                    raw: String::from_utf8_lossy(&message.formatted()).into_owned(),
                });
                Ok(())
            }
        }
    }
}

async fn send_smtp(
    transport: &AsyncSmtpTransport<Tokio1Executor>,
    patience: Duration,
    message: &Message,
) -> Result<(), SendError> {
    let answer = tokio::time::timeout(patience, transport.send(message.clone()))
        .await
        .map_err(|_| SendError::Transient("the mail server did not answer in time".to_owned()))?;
    answer.map(|_| ()).map_err(|error| {
        let code = error.status().map(u16::from);
        let is_about_login = code.is_some_and(|code| LOGIN_REFUSED.contains(&code));
        if error.is_permanent() && !is_about_login {
            SendError::Permanent(error.to_string())
        } else {
            SendError::Transient(error.to_string())
        }
    })
}

fn smtp(url: &str) -> Result<AsyncSmtpTransport<Tokio1Executor>, MailConfigError> {
    let url = with_tls(url)?;
    let builder = AsyncSmtpTransport::<Tokio1Executor>::from_url(&url).map_err(|_| MailConfigError::Unreadable)?;
    Ok(builder
        .timeout(Some(CONNECT_TIMEOUT))
        .pool_config(PoolConfig::new().max_size(CONNECTIONS).idle_timeout(IDLE))
        .build())
}

/// The address with TLS demanded, unless it leads to the own host.
fn with_tls(url: &str) -> Result<String, MailConfigError> {
    if url.starts_with("smtps://") {
        return Ok(url.to_owned());
    }
    let rest = url.strip_prefix("smtp://").ok_or(MailConfigError::Scheme)?;
    let (place, query) = rest.split_once('?').unwrap_or((rest, ""));
    let authority = place.split('/').next().unwrap_or("");
    let host_and_port = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    let host = match host_and_port.strip_prefix('[') {
        Some(inner) => inner.split(']').next().unwrap_or(""),
        None => host_and_port.split(':').next().unwrap_or(""),
    };
    let is_own_host =
        host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback());
    match query {
        "tls=required" => Ok(url.to_owned()),
        "" if is_own_host => Ok(url.to_owned()),
        "" => Ok(format!("smtp://{place}?tls=required")),
        _ => Err(MailConfigError::Unencrypted),
    }
}

/// `<time>-<message-id>.eml` with nothing in it that a file system could misread.
fn file_name(at: DateTime<Utc>, message_id: &str) -> String {
    let id: String = message_id.chars().filter(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '@' | '.')).collect();
    format!("{}-{id}.eml", at.format("%Y%m%dT%H%M%S%.3fZ"))
}

/// Whole or not at all: a reader never sees half a mail.
async fn write_file(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let partial = path.with_extension("partial");
    tokio::fs::write(&partial, bytes).await?;
    tokio::fs::File::open(&partial).await?.sync_all().await?;
    tokio::fs::rename(&partial, path).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_host_is_only_reached_through_tls() {
        assert_eq!(with_tls("smtps://u:p@mail.example:465").unwrap(), "smtps://u:p@mail.example:465");
        assert_eq!(with_tls("smtp://u:p@mail.example").unwrap(), "smtp://u:p@mail.example?tls=required");
        assert_eq!(with_tls("smtp://mail.example?tls=required").unwrap(), "smtp://mail.example?tls=required");
        for own in ["smtp://127.0.0.1:2525", "smtp://localhost", "smtp://[::1]:25"] {
            assert_eq!(with_tls(own).unwrap(), own);
        }
        for refused in ["smtp://mail.example?tls=opportunistic", "http://mail.example", "mail.example"] {
            assert!(with_tls(refused).is_err(), "{refused}");
        }
        // A user name is no host.
        assert_eq!(with_tls("smtp://localhost@mail.example").unwrap(), "smtp://localhost@mail.example?tls=required");
    }

    #[test]
    fn file_names_are_plain() {
        let at = "2026-11-24T01:02:03Z".parse().unwrap();
        assert_eq!(file_name(at, "<m-1@jiqiao.invalid>"), "20261124T010203.000Z-m-1@jiqiao.invalid.eml");
        assert!(!file_name(at, "<../../etc/passwd>").contains('/'));
    }

    #[tokio::test]
    async fn a_mailer_shows_no_password() {
        let config = MailConfig::Smtp { url: "smtps://user:hunter2@mail.example".to_owned() };
        assert_eq!(format!("{:?}", Mailer::from_config(&config).unwrap()), "Mailer::Smtp");
    }
}
