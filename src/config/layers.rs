//! The layers: every later one wins. `JIQIAO_SERVER__LISTEN` stands for `server.listen`.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use anyhow::ensure;
use figment::Figment;
use figment::error::Kind;
use figment::providers::{Format, Toml};
use figment::value::Value;

use super::Config;

const PREFIX: &str = "JIQIAO_";
/// The customary name for `database.url`.
const DATABASE_URL: &str = "DATABASE_URL";
/// Read by the command line: the files to read.
const FILES: &str = "JIQIAO_CONFIG";
/// Read from the working folder when no file is named.
const USUAL_FILE: &str = "jiqiao.toml";
/// Taken as they are: a password of digits is no number.
const TEXTS: &[&str] = &["database.url", "mail.url"];

/// Reads the layers.
pub fn read(files: &[PathBuf], environment: impl IntoIterator<Item = (OsString, OsString)>) -> anyhow::Result<Config> {
    let mut figment = Figment::new();
    for file in files {
        ensure!(file.is_file(), "the configuration file {} does not exist", file.display());
        figment = figment.merge(Toml::file_exact(file));
    }
    if files.is_empty() && Path::new(USUAL_FILE).is_file() {
        figment = figment.merge(Toml::file_exact(USUAL_FILE));
    }
    for (key, text) in variables(environment)? {
        let is_text = TEXTS.contains(&key.as_str());
        figment = if is_text { figment.merge((key, text)) } else { figment.merge((key, parsed(&text))) };
    }
    figment.extract().map_err(|error| anyhow::anyhow!("the configuration is not valid: {}", without_values(error)))
}

/// An error of the configuration without what was configured: a secret may be the value, or stand in the line that a
/// syntax error shows.
fn without_values(errors: figment::Error) -> String {
    let mut said = Vec::new();
    for mut error in errors {
        error.kind = match error.kind {
            Kind::InvalidType(_, expected) | Kind::InvalidValue(_, expected) => {
                Kind::Message(format!("a wrong type of value, expected {expected}"))
            }
            Kind::Message(text) => {
                // `2 | url = "…` and the line that points into it.
                let lines = text.lines().filter(|line| !line.contains(" |") && !line.trim().starts_with('|'));
                Kind::Message(lines.collect::<Vec<_>>().join(" "))
            }
            other => other,
        };
        said.push(error.to_string());
    }
    said.join("; ")
}

/// The variables that concern us, by key. The customary name loses against ours.
fn variables(environment: impl IntoIterator<Item = (OsString, OsString)>) -> anyhow::Result<Vec<(String, String)>> {
    let mut variables = Vec::new();
    for (name, value) in environment {
        let Some(name) = name.to_str() else { continue };
        let key = match name.strip_prefix(PREFIX) {
            _ if name == FILES => continue,
            _ if name == DATABASE_URL => "database.url".to_owned(),
            Some(rest) => rest.to_ascii_lowercase().replace("__", "."),
            None => continue,
        };
        let text = value.into_string().map_err(|_| anyhow::anyhow!("the variable {name} is not UTF-8"))?;
        variables.push((name != DATABASE_URL, key, text));
    }
    variables.sort();
    Ok(variables.into_iter().map(|(_, key, text)| (key, text)).collect())
}

/// Numbers, booleans and lists are read as such; everything else is text.
fn parsed(text: &str) -> Value {
    text.parse().unwrap_or_else(|never| match never {})
}
