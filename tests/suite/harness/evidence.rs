//! What a test of a numbered requirement reached, kept for `docs/reliability.md`.
//!
//! A test says `evidence!("B1", db.engine().as_str(), "{kills} kills, 0 acknowledged writes lost")` after its last
//! assertion, so a figure exists only where the test passed. `contract::reliability` writes the page from these.

use std::{
    fs,
    path::{Path, PathBuf},
};

/// One figure: what was reached, by which test, on which engine (`-` where there is none).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Evidence {
    pub requirement: String,
    pub test: String,
    pub engine: String,
    pub figure: String,
}

/// The figures of earlier runs stay until a test writes its own again.
fn folder() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("evidence")
}

pub fn reached(requirement: &str, place: &str, engine: &str, figure: &str) {
    let test = test_name(place);
    let file = format!("{requirement}.{}.{engine}", test.replace("::", "."));
    fs::create_dir_all(folder()).expect("a folder for evidence can be made");
    fs::write(folder().join(file), format!("{requirement}\t{test}\t{engine}\t{figure}\n")).expect("evidence is kept");
    println!("{requirement} ({engine}): {figure}");
}

/// All figures, in order.
pub fn all() -> Vec<Evidence> {
    let Ok(entries) = fs::read_dir(folder()) else { return Vec::new() };
    let mut all: Vec<_> = entries
        .map(|entry| fs::read_to_string(entry.expect("evidence is listed").path()).expect("evidence is read"))
        .map(|line| parse(line.trim_end()))
        .collect();
    all.sort();
    all
}

fn parse(line: &str) -> Evidence {
    let parts: Vec<_> = line.splitn(4, '\t').map(str::to_owned).collect();
    let [requirement, test, engine, figure] = parts.try_into().expect("evidence has four parts");
    Evidence { requirement, test, engine, figure }
}

/// `suite::crash::kill::{{closure}}::here` is the test `crash::kill`.
fn test_name(place: &str) -> String {
    let parts: Vec<_> = place.split("::").filter(|part| !matches!(*part, "suite" | "{{closure}}" | "here")).collect();
    parts.join("::")
}

/// `evidence!(requirement, engine, format…)`: see the module.
macro_rules! evidence {
    ($requirement:literal, $engine:expr, $($figure:tt)+) => {{
        fn here() {}
        $crate::harness::evidence::reached($requirement, std::any::type_name_of_val(&here), $engine, &format!($($figure)+));
    }};
}
pub(crate) use evidence;

/// How often a repeated test repeats: the short count in every run, the long one with `JIQIAO_LONG=1`.
pub fn rounds(short: u64, long: u64) -> u64 {
    if std::env::var("JIQIAO_LONG").is_ok_and(|value| value == "1") { long } else { short }
}

/// Says that this host cannot run a test; in CI, where everything needed is installed, that is a failure.
pub fn not_run(why: &str) {
    assert!(std::env::var_os("CI").is_none(), "CI runs every test, but {why}");
    println!("not run: {why}");
}

/// The seed of a random test, from `JIQIAO_SEED`; a test prints it, so that a failure can be run again.
pub fn seed() -> u64 {
    std::env::var("JIQIAO_SEED").ok().and_then(|value| value.parse().ok()).unwrap_or(20_150_091)
}
