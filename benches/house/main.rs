//! The benchmark: the program, started as its users start it, beside a hand-written server that does the same work.
//!
//! `cargo bench --bench house -- --help` tells what it can do; docs/performance.md is written by `-- --write`.

mod beside;
mod cluster;
mod data;
mod goals;
mod growth;
mod lifeline;
mod limit;
mod load;
mod measure;
mod ops;
mod options;
mod output;
mod pages;
mod processes;
mod programs;
mod report;
mod results;
mod run;
mod same;
mod undo;
mod world;

use std::process::ExitCode;

use clap::Parser;

use options::Options;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().collect();
    let done = match arguments.as_slice() {
        [_, first, data, url] if first == programs::AS_LIMIT => limit::main(data.into(), url.clone()),
        _ => bench(&Options::parse()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            output::complain(&error);
            ExitCode::FAILURE
        }
    }
}

fn bench(options: &Options) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().worker_threads(2).build()?;
    match options.profile {
        Some(seconds) => runtime.block_on(run::profile(seconds, options)),
        None if options.growth => runtime.block_on(growth::compare(options)),
        None => runtime.block_on(run::all(options)),
    }
}
