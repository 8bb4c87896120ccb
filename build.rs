//! Decides at build time whether the PostgreSQL half of the tests can run: absent programs must be visible, not a pass.

use std::env;
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

/// Where Debian keeps one folder for each major version.
const VERSIONED: &str = "/usr/lib/postgresql";

fn main() {
    println!("cargo::rustc-check-cfg=cfg(postgres_found)");
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-env-changed=CI");
    println!("cargo::rerun-if-env-changed=PATH");

    if let Some(folder) = on_path().or_else(newest_version) {
        println!("cargo::rustc-cfg=postgres_found");
        println!("cargo::rustc-env=POSTGRES_BIN={}", folder.display());
        println!("cargo::rerun-if-changed={}", folder.join("postgres").display());
    } else {
        assert!(
            env::var_os("CI").is_none(),
            "no PostgreSQL programs (initdb, postgres) in PATH or {VERSIONED}: CI runs both halves of the tests"
        );
        println!("cargo::warning=no PostgreSQL programs found: the PostgreSQL half of the tests is ignored");
        // A path that does not exist makes cargo look again at every build.
        println!("cargo::rerun-if-changed={VERSIONED}/absent");
    }
}

fn on_path() -> Option<PathBuf> {
    env::split_paths(&env::var_os("PATH")?).find(|folder| has_server(folder))
}

fn newest_version() -> Option<PathBuf> {
    let mut versions: Vec<(u32, PathBuf)> = fs::read_dir(VERSIONED)
        .ok()?
        .filter_map(|entry| {
            let path = entry.ok()?.path();
            let version = path.file_name().and_then(OsStr::to_str)?.parse().ok()?;
            Some((version, path.join("bin")))
        })
        .filter(|(_, folder)| has_server(folder))
        .collect();
    versions.sort();
    versions.pop().map(|(_, folder)| folder)
}

fn has_server(folder: &Path) -> bool {
    ["initdb", "postgres", "pg_isready"].iter().all(|program| folder.join(program).is_file())
}
