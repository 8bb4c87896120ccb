//! The command line.

mod admin;
mod backup;
mod manifest;
pub mod migrate;
mod verify;

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Parser, Subcommand};

use crate::config::Config;
use crate::start::{self, Parts};
use crate::{demo, output};

/// Jiqiao (技桥): certification of technology brokers.
#[derive(Debug, Parser)]
#[command(version, about, propagate_version = true)]
pub struct Arguments {
    /// A configuration file; a later one wins. Without any, ./jiqiao.toml is read if it is there.
    #[arg(long = "config", value_name = "FILE", env = "JIQIAO_CONFIG", value_delimiter = ',', global = true)]
    files: Vec<PathBuf>,
    /// The folder of database file, keys, uploaded files and mails.
    #[arg(long, value_name = "DIR", global = true)]
    data: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serves the API, and runs jobs beside it.
    Serve {
        /// Address and port; port 0 takes a free one.
        #[arg(long, value_name = "ADDRESS")]
        listen: Option<SocketAddr>,
        /// Leaves the jobs to other processes.
        #[arg(long)]
        no_jobs: bool,
    },
    /// Runs jobs only.
    Jobs,
    /// Brings the database to the newest schema, one step back, or tells where it stands.
    Migrate {
        #[arg(value_enum, default_value_t)]
        direction: migrate::Direction,
    },
    /// Serves the API with a year of invented applications, on a folder of its own unless --data names one.
    Demo {
        /// Address and port; port 0 takes a free one.
        #[arg(long, value_name = "ADDRESS")]
        listen: Option<SocketAddr>,
        #[command(subcommand)]
        ask: Option<demo::Ask>,
    },
    /// What only the operator of the installation may do.
    #[command(subcommand)]
    Admin(admin::Command),
    /// Recomputes what must hold; fails when something does not.
    Verify {
        #[arg(value_enum, default_value_t)]
        subject: verify::Subject,
    },
    /// Copies a running SQLite installation, without its keys, to a new folder.
    Backup { folder: PathBuf },
    /// Brings a backup into an empty data folder whose keys are in place.
    Restore { folder: PathBuf },
    /// Prints the OpenAPI document.
    Openapi,
    /// Prints the configuration, with secrets hidden.
    Config,
}

/// Runs the command.
pub async fn run(arguments: Arguments) -> anyhow::Result<()> {
    if let Command::Openapi = arguments.command {
        return Ok(output::pass(&api::openapi_bytes())?);
    }
    let mut config = Config::load(&arguments.files)?;
    let named = arguments.data.is_some();
    if let Some(data) = arguments.data {
        config.data = data;
    }
    if let Command::Serve { listen: Some(listen), .. } | Command::Demo { listen: Some(listen), .. } = &arguments.command
    {
        config.server.listen = *listen;
    }
    if let Command::Demo { .. } = &arguments.command {
        demo::quieten(&mut config);
    }
    start::foundations(&config)?;
    match arguments.command {
        Command::Serve { no_jobs, .. } => start::serve(&config, Parts { runner: !no_jobs, demo: None }).await,
        Command::Jobs => start::work(&config).await,
        Command::Migrate { direction } => migrate::run(&config, direction).await,
        Command::Demo { ask: Some(ask), .. } => demo::ask(config, named, ask).await,
        Command::Demo { ask: None, .. } => demo::run(config, named).await,
        Command::Admin(command) => admin::run(&config, command).await,
        Command::Verify { subject } => verify::run(&config, subject).await,
        Command::Backup { folder } => backup::backup(&config, &folder).await,
        Command::Restore { folder } => backup::restore(&config, &folder).await,
        Command::Openapi => Ok(output::pass(&api::openapi_bytes())?),
        Command::Config => Ok(output::say(&config.redacted()?)?),
    }
}
