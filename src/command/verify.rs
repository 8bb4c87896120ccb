//! `jiqiao verify`.

use std::path::Path;

use anyhow::{Context as _, ensure};
use clap::ValueEnum;
use object_store::local::LocalFileSystem;

use crate::config::Config;
use crate::{output, start};

#[derive(Debug, Clone, Copy, Default, ValueEnum)]
pub enum Subject {
    /// The chains of the audit trail.
    #[default]
    Audit,
}

pub async fn run(config: &Config, subject: Subject, anchors: Option<&Path>) -> anyhow::Result<()> {
    let house = start::open(config, std::sync::Arc::new(service::SystemClock)).await?;
    match subject {
        Subject::Audit => {
            let report = match anchors {
                Some(folder) => {
                    let store = LocalFileSystem::new_with_prefix(folder)
                        .with_context(|| format!("the folder {} cannot be read", folder.display()))?;
                    service::audit::verify_with(&house, &store).await?
                }
                None => service::audit::verify(&house).await?,
            };
            output::say(&serde_json::to_string_pretty(&report)?)?;
            ensure!(report.breaks.is_empty(), "the audit trail is broken in {} places", report.breaks.len());
        }
    }
    start::close(house).await
}
