//! `jiqiao admin`: what only the operator of the installation may do.

use std::sync::Arc;

use clap::Subcommand;
use domain::ids::JobId;
use service::{Caller, SystemClock};

use crate::config::Config;
use crate::{data, output, start};

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Invites the first security administrator, who grants all other roles; prints the link once.
    CreateAdministrator {
        #[arg(long)]
        email: String,
        #[arg(long)]
        name: String,
    },
    /// Gives a dead job all its attempts again.
    Requeue { job: JobId },
    /// Makes new keys for sealing, comparing and signing. Restart all processes afterwards: they know them and use the old.
    PrepareKeys,
    /// Puts the prepared keys to use; old ones keep opening and verifying. Restart all processes afterwards.
    RotateKeys,
    /// Seals and indexes everything with the newest keys that older ones did. Run it after a rotation and its restarts.
    Reseal,
}

pub async fn run(config: &Config, command: Command) -> anyhow::Result<()> {
    match command {
        Command::CreateAdministrator { email, name } => {
            let house = start::open(config, Arc::new(SystemClock)).await?;
            start::schema(config, &house).await?;
            let setup = service::account::admin::create_administrator(&house, &email, &name).await?;
            output::say(&setup.link)?;
            output::say(&format!("good until {}", setup.expires_at))?;
            start::close(house).await
        }
        Command::Requeue { job } => {
            let house = start::open(config, Arc::new(SystemClock)).await?;
            let outcome = service::queue::requeue(&house, &Caller::system("admin.requeue"), job).await?;
            output::say(&serde_json::to_string_pretty(&outcome.value)?)?;
            start::close(house).await
        }
        Command::PrepareKeys => {
            for name in data::prepare_keys(&config.keys_folder())? {
                output::say(&name)?;
            }
            Ok(())
        }
        Command::RotateKeys => {
            for name in data::rotate_keys(&config.keys_folder())? {
                output::say(&name)?;
            }
            Ok(())
        }
        Command::Reseal => {
            let house = start::open(config, Arc::new(SystemClock)).await?;
            let count = service::crypto::reseal(&house).await?;
            output::say(&format!("{count} values sealed anew"))?;
            start::close(house).await
        }
    }
}
