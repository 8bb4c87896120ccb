//! `jiqiao rule`: subsidy rules on the command line, without an installation.
//!
//! Exit codes: 0 as expected, 1 a result differs, 2 a file or a case that cannot be read.

mod check;
mod explain;
mod what_if;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Subcommand, ValueEnum};
use domain::subsidy::Problem;
use domain::subsidy::explain::Language;
use domain::subsidy::read::{Document, SCHEMA, TEMPLATE, read};

use crate::output;

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Runs every example or golden case of the files: one line each, expected and computed.
    Check {
        #[arg(required = true)]
        files: Vec<PathBuf>,
    },
    /// Explains one example line by line.
    Explain {
        file: PathBuf,
        /// The id of an example or golden case.
        example: String,
        #[arg(long, value_enum, default_value_t)]
        lang: Lang,
        #[arg(long, value_enum, default_value_t)]
        format: Format,
    },
    /// Compares a draft with the rules in force over the same facts: winners, losers, totals, caps, by group.
    WhatIf {
        #[arg(long, value_name = "FILE")]
        draft: PathBuf,
        #[arg(long, value_name = "FILE")]
        against: PathBuf,
        /// A table with the columns `beneficiary`, `group`, `item` and the measures of the rules.
        #[arg(long, value_name = "FILE.csv")]
        facts: PathBuf,
        /// The formula to compare, where a file holds several.
        #[arg(long, value_name = "ID")]
        formula: Option<String>,
        /// Prints the whole comparison as JSON.
        #[arg(long)]
        json: bool,
    },
    /// Writes a commented template that passes `check`.
    New {
        /// Without a file it is printed.
        file: Option<PathBuf>,
    },
    /// Prints the JSON schema of rule sets.
    Schema,
}

#[derive(Debug, Clone, Copy, Default, ValueEnum)]
pub enum Lang {
    #[default]
    #[value(name = "zh-CN")]
    Zh,
    En,
}

#[derive(Debug, Clone, Copy, Default, ValueEnum)]
pub enum Format {
    #[default]
    Text,
    Json,
    Html,
}

impl From<Lang> for Language {
    fn from(lang: Lang) -> Self {
        match lang {
            Lang::Zh => Self::Zh,
            Lang::En => Self::En,
        }
    }
}

/// A result that differs.
const DIFFERS: u8 = 1;
/// A file that cannot be read.
const UNREADABLE: u8 = 2;

pub fn run(command: &Command) -> anyhow::Result<ExitCode> {
    let code = match command {
        Command::Check { files } => check::run(files)?,
        Command::Explain { file, example, lang, format } => explain::run(file, example, (*lang).into(), *format)?,
        Command::WhatIf { draft, against, facts, formula, json } => {
            what_if::run(draft, against, facts, formula.as_deref(), *json)?
        }
        Command::New { file } => new(file.as_deref())?,
        Command::Schema => {
            output::pass(SCHEMA.as_bytes())?;
            0
        }
    };
    Ok(ExitCode::from(code))
}

fn new(file: Option<&Path>) -> anyhow::Result<u8> {
    let Some(file) = file else {
        output::pass(TEMPLATE.as_bytes())?;
        return Ok(0);
    };
    if file.exists() {
        return Ok(unreadable(file, "is there already: nothing is overwritten"));
    }
    std::fs::write(file, TEMPLATE)?;
    Ok(0)
}

fn unreadable(file: &Path, why: &str) -> u8 {
    output::complain(&format!("{}: {why}", file.display()));
    UNREADABLE
}

/// `file:line:column: …`, as editors jump to.
fn unreadable_at(file: &Path, line: usize, column: usize, why: &str) -> u8 {
    output::complain(&format!("{}:{line}:{column}: {why}", file.display()));
    UNREADABLE
}

/// Reads a document, or complains about every problem with its position.
fn document(file: &Path) -> Result<Document, u8> {
    let bytes = std::fs::read(file).map_err(|error| unreadable(file, &error.to_string()))?;
    let text = String::from_utf8(bytes).map_err(|error| {
        let before = String::from_utf8_lossy(&error.as_bytes()[..error.utf8_error().valid_up_to()]);
        let last = before.rsplit('\n').next().unwrap_or_default();
        let (line, column) = (before.matches('\n').count() + 1, last.chars().count() + 1);
        unreadable_at(file, line, column, "not_readable: this is no UTF-8")
    })?;
    read(&text).map_err(|problems| complain_at(file, &problems))
}

/// Every problem with its position.
fn complain_at(file: &Path, problems: &[Problem]) -> u8 {
    for problem in problems {
        output::complain(&format!("{}:{problem}", file.display()));
    }
    UNREADABLE
}
