//! The program: command line, configuration, telemetry, start and stop. It wires the floors and holds no rule.

mod command;
mod config;
mod data;
mod demo;
mod mailer;
mod output;
mod start;
mod stop;
mod store;
mod telemetry;

use std::process::ExitCode;

use clap::Parser;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = command::Arguments::parse();
    match command::run(arguments).await {
        Ok(code) => code,
        Err(error) => {
            output::complain(&format!("{error:#}"));
            ExitCode::FAILURE
        }
    }
}
