//! `cargo run -p openapi -- write|check|lint|diff FILE`.

use std::io::Write;
use std::path::Path;
use std::process::ExitCode;

use openapi::{Document, check, diff, folder, lint, write};

fn main() -> anyhow::Result<ExitCode> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let faults: Vec<String> = match words.as_slice() {
        ["write"] => {
            write(folder())?;
            Vec::new()
        }
        ["check"] => check(folder())?
            .iter()
            .map(|name| format!("openapi/{name} is not the document of this build: cargo run -p openapi -- write"))
            .collect(),
        ["lint"] => lint(&Document::built()?),
        ["diff", file] => diff(&Document::parse(&std::fs::read(Path::new(file))?)?, &Document::built()?),
        _ => vec!["write, check, lint or diff FILE".to_owned()],
    };
    let mut out = std::io::stderr().lock();
    for fault in &faults {
        writeln!(out, "{fault}")?;
    }
    Ok(if faults.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
