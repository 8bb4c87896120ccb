//! A text that shows itself to nobody by accident.

use std::fmt;

use serde::{Serialize, Serializer};

/// What every print of a secret shows.
const HIDDEN: &str = "(hidden)";

/// Passwords that were meant to be changed.
const PLACEHOLDERS: &[&str] = &[
    "password",
    "passwort",
    "passw0rd",
    "postgres",
    "changeme",
    "change-me",
    "change_me",
    "secret",
    "admin",
    "root",
    "jiqiao",
    "example",
    "test",
    "123456",
    "12345678",
    "…",
    "...",
];

#[derive(Clone, PartialEq, Eq, serde::Deserialize)]
pub struct Secret(String);

impl Secret {
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// Whether this address of another host carries a password that manuals and examples use.
    pub fn has_placeholder(&self) -> bool {
        let Some((_, rest)) = self.0.split_once("://") else { return false };
        let Some((user, host)) = rest.split(['/', '?']).next().and_then(|authority| authority.rsplit_once('@')) else {
            return false;
        };
        let is_here = ["localhost", "127.0.0.1", "[::1]"].iter().any(|here| host.starts_with(here));
        let password = user.split_once(':').map_or("", |(_, password)| password);
        !is_here && PLACEHOLDERS.contains(&password.to_ascii_lowercase().as_str())
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(HIDDEN)
    }
}

impl Serialize for Secret {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(HIDDEN)
    }
}
