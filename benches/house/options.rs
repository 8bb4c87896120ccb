//! What the bench is asked to do.

use std::time::Duration;

use clap::Parser;

use crate::ops::Op;

/// Measures the program beside a hand-written server that does the same work.
#[derive(Debug, Clone, Parser)]
#[command(name = "house")]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of its own")]
pub struct Options {
    /// Size of the data set in percent: 100 is the one of the goals, 1000 ten times of it.
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..=1_000))]
    pub scale: u32,
    /// Rounds, of which the median counts.
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..=99))]
    pub rounds: u32,
    /// Seconds of one reading measurement.
    #[arg(long, default_value_t = 5)]
    pub seconds: u64,
    /// Seconds before it that are not counted.
    #[arg(long, default_value_t = 1)]
    pub warm_up: u64,
    /// Requests of one writing measurement; at most as many as there are brokers for it.
    #[arg(long, default_value_t = 400)]
    pub writes: u32,
    /// Connections of the main measurements.
    #[arg(long, value_delimiter = ',', default_values_t = [16, 64])]
    pub connections: Vec<usize>,
    /// Only these operations, and nothing beside them.
    #[arg(long, value_delimiter = ',')]
    pub only: Vec<Op>,
    /// Runs one operation for so many seconds and prints whose process it is, for a profiler.
    #[arg(long, value_name = "SECONDS")]
    pub profile: Option<u64>,
    /// Whom `--profile` and the SQLite part ask: the program on PostgreSQL, on SQLite, or the hand-written server.
    #[arg(long, value_enum, default_value_t)]
    pub on: Side,
    /// Compares this size with ten times of it, by buffers, and measures nothing else.
    #[arg(long)]
    pub growth: bool,
    /// Writes docs/performance.md.
    #[arg(long)]
    pub write: bool,
    /// Leaves the program on SQLite out.
    #[arg(long)]
    pub no_sqlite: bool,
    /// Set by cargo.
    #[arg(long, hide = true)]
    pub bench: bool,
}

/// Who is asked.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Side {
    #[default]
    Postgres,
    Sqlite,
    Limit,
}

impl Options {
    pub fn span(&self) -> Duration {
        Duration::from_secs(self.seconds)
    }

    pub fn before(&self) -> Duration {
        Duration::from_secs(self.warm_up)
    }

    /// Whether an operation is to be measured.
    pub fn asks(&self, op: Op) -> bool {
        self.only.is_empty() || self.only.contains(&op)
    }
}
