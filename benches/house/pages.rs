//! docs/performance.md: one half is written by the main run, the other by the growth run.

use std::fs;
use std::path::PathBuf;

use anyhow::Context as _;

use crate::output;
use crate::report;
use crate::results::Results;

const TITLE: &str = "# Performance\n\n\
    Written by the benchmark; nothing here is typed by hand. The *limit* is a server written by hand for these \
    operations alone (`benches/house/limit`): actix-web and tokio-postgres, one prepared and pipelined statement per \
    operation (two for a submission), the same checks of token, session and rights, the same audit rows. CPU is that of the server's process \
    tree and of PostgreSQL's. fsync and synchronous_commit are on, SQLite runs with `synchronous=FULL`.\n\n\
    ```sh\n\
    cargo bench --bench house -- --scale 100 --write             # the figures\n\
    cargo bench --bench house -- --scale 100 --growth --write    # the growth\n\
    cargo bench --bench house -- --only R1,R3                    # two operations, quickly\n\
    cargo bench --bench house -- --only R1 --profile 60          # for `perf record -p`\n\
    ```\n";
const FIGURES: &str = "<!-- figures -->";
const GROWTH: &str = "<!-- growth -->";

fn path() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("docs").join("performance.md")
}

/// The halves as they are.
fn halves() -> (String, String) {
    let text = fs::read_to_string(path()).unwrap_or_default();
    let (before, growth) = text.split_once(GROWTH).unwrap_or((&text, ""));
    let figures = before.split_once(FIGURES).map_or("", |(_, figures)| figures);
    (figures.trim().to_owned(), growth.trim().to_owned())
}

fn write(figures: &str, growth: &str) -> anyhow::Result<()> {
    let text = format!("{TITLE}\n{FIGURES}\n\n{figures}\n\n{GROWTH}\n\n{growth}\n");
    fs::write(path(), text.replace("\n\n\n", "\n\n")).context("docs/performance.md cannot be written")?;
    output::tell("docs/performance.md is written");
    Ok(())
}

/// Replaces the figures.
pub fn write_figures(results: &Results) -> anyhow::Result<()> {
    let (_, growth) = halves();
    write(&format!("{}\n\n{}", report::circumstances(results), report::text(results)), &growth)
}

/// Replaces the growth.
pub fn write_growth(text: &str) -> anyhow::Result<()> {
    let (figures, _) = halves();
    write(&figures, text)
}
