//! What a backup says about itself.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::{Context as _, ensure};
use chrono::{DateTime, Utc};
use service::crypto::sha256_hex;

use crate::data;

const FILE: &str = "manifest.json";

/// The manifest of a backup. Keys are named by their hash only: they are kept elsewhere.
#[derive(Debug, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    pub created_at: DateTime<Utc>,
    /// The version of the program that made it.
    pub version: String,
    /// SHA-256 of the database file.
    pub database: String,
    /// Uploaded files by relative path, with the SHA-256 of their content.
    pub files: BTreeMap<String, String>,
    /// Key files by name, with their SHA-256.
    pub keys: BTreeMap<String, String>,
}

impl Manifest {
    pub fn read(folder: &Path) -> anyhow::Result<Self> {
        let path = folder.join(FILE);
        let text = fs::read_to_string(&path).with_context(|| format!("{} cannot be read", path.display()))?;
        serde_json::from_str(&text).with_context(|| format!("{} is no manifest", path.display()))
    }

    pub fn write(&self, folder: &Path) -> anyhow::Result<()> {
        Ok(fs::write(folder.join(FILE), serde_json::to_vec_pretty(self)?)?)
    }

    /// Refuses unless every key that the backup was made under is there.
    pub fn check_keys(&self, folder: &Path) -> anyhow::Result<()> {
        let present = if folder.is_dir() { keys(folder)? } else { BTreeMap::new() };
        for (name, hash) in &self.keys {
            ensure!(
                present.get(name) == Some(hash),
                "the key {name} of this backup is not in {}: put it there first, or sealed fields cannot be opened",
                folder.display()
            );
        }
        Ok(())
    }
}

/// The hash of every key file.
pub fn keys(folder: &Path) -> anyhow::Result<BTreeMap<String, String>> {
    data::key_files(folder)?
        .into_iter()
        .map(|name| {
            let hash = hash(&folder.join(&name))?;
            Ok((name, hash))
        })
        .collect()
}

/// SHA-256 of a file's content.
pub fn hash(path: &Path) -> anyhow::Result<String> {
    Ok(sha256_hex(&fs::read(path).with_context(|| format!("{} cannot be read", path.display()))?))
}
