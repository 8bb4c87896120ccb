//! What an installation decides: defaults, then files, then the environment. Secrets come from files or the
//! environment, never from the command line.

mod database;
mod edge;
mod files;
mod keys;
mod layers;
mod log;
mod mail;
mod runner;
mod secret;
mod server;
#[cfg(test)]
mod tests;

use service::Settings;
use std::path::{Path, PathBuf};

use anyhow::Context as _;

pub use database::DatabaseConfig;
pub use edge::RatesConfig;
pub use files::FilesConfig;
pub use keys::KeysConfig;
pub use log::{LogConfig, LogFormat};
pub use mail::MailConfig;
pub use runner::RunnerConfig;
pub use secret::Secret;
pub use server::ServerConfig;

/// The whole configuration; one part per concern.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// The folder of everything that the program keeps outside a PostgreSQL database.
    pub data: PathBuf,
    pub server: ServerConfig,
    pub database: DatabaseConfig,
    pub mail: MailConfig,
    pub keys: KeysConfig,
    pub files: FilesConfig,
    pub rates: RatesConfig,
    pub runner: RunnerConfig,
    pub office: Settings,
    pub log: LogConfig,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            data: PathBuf::from("./data"),
            server: ServerConfig::default(),
            database: DatabaseConfig::default(),
            mail: MailConfig::default(),
            keys: KeysConfig::default(),
            files: FilesConfig::default(),
            rates: RatesConfig::default(),
            runner: RunnerConfig::default(),
            office: Settings::default(),
            log: LogConfig::default(),
        }
    }
}

impl Config {
    /// Reads files and environment. A file that was named must be there; unknown keys are errors.
    pub fn load(files: &[PathBuf]) -> anyhow::Result<Self> {
        layers::read(files, std::env::vars_os())
    }

    /// As JSON, with every secret hidden.
    pub fn redacted(&self) -> anyhow::Result<String> {
        Ok(serde_json::to_string_pretty(self)?)
    }

    /// Where the keys are.
    pub fn keys_folder(&self) -> PathBuf {
        self.keys.folder.clone().unwrap_or_else(|| self.data.join("keys"))
    }

    /// Where uploaded files are.
    pub fn files_folder(&self) -> PathBuf {
        self.files.folder.clone().unwrap_or_else(|| self.data.join("files"))
    }

    /// Where mails are written when no mail server is configured.
    pub fn mail_folder(&self) -> PathBuf {
        self.data.join("mail")
    }

    /// The SQLite file of the data folder.
    pub fn sqlite_file(&self) -> PathBuf {
        self.data.join("jiqiao.db")
    }

    /// The address of the database: as configured, or the file of the data folder.
    pub fn database_url(&self) -> String {
        match &self.database.url {
            Some(url) => url.reveal().to_owned(),
            None => sqlite_url(&self.sqlite_file()),
        }
    }

    pub fn is_sqlite(&self) -> bool {
        self.database_url().starts_with("sqlite:")
    }
}

/// A file that is created when missing.
fn sqlite_url(file: &Path) -> String {
    format!("sqlite://{}?mode=rwc", file.display())
}

/// The content of a file that holds a secret, without its last line end.
pub fn secret_file(path: &Path) -> anyhow::Result<Secret> {
    let text =
        std::fs::read_to_string(path).with_context(|| format!("the secret {} cannot be read", path.display()))?;
    Ok(Secret::new(text.trim_end_matches(['\r', '\n'])))
}
