//! Which database.

use super::Secret;

#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DatabaseConfig {
    /// `postgres://…` or `sqlite:…`; the file of the data folder when absent. Also read from `DATABASE_URL`.
    pub url: Option<Secret>,
    /// Connections of this process to PostgreSQL.
    pub pool_size: u32,
}

impl Default for DatabaseConfig {
    fn default() -> Self {
        Self { url: None, pool_size: 16 }
    }
}
