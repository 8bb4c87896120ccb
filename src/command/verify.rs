//! `jiqiao verify`.

use anyhow::ensure;
use clap::ValueEnum;

use crate::config::Config;
use crate::{output, start};

#[derive(Debug, Clone, Copy, Default, ValueEnum)]
pub enum Subject {
    /// The chains of the audit trail.
    #[default]
    Audit,
}

pub async fn run(config: &Config, subject: Subject) -> anyhow::Result<()> {
    let house = start::open(config, std::sync::Arc::new(service::SystemClock)).await?;
    match subject {
        Subject::Audit => {
            let report = service::audit::verify(&house).await?;
            output::say(&serde_json::to_string_pretty(&report)?)?;
            ensure!(report.breaks.is_empty(), "{} chains of the audit trail are broken", report.breaks.len());
        }
    }
    start::close(house).await
}
