//! Everything that one run found.

use chrono::NaiveDate;

use crate::measure::{Pair, Sample};
use crate::ops::Op;

/// An operation at far too many connections.
#[derive(Debug, Clone, Copy)]
pub struct Overload {
    pub op: Op,
    pub sample: Sample,
    /// The best rate in the same rounds, at any number of connections.
    pub best: f64,
}

/// The results; parts that were not asked for are empty.
#[derive(Debug, Default)]
pub struct Results {
    pub day: NaiveDate,
    pub scale: u32,
    pub rounds: u32,
    pub pairs: Vec<Pair>,
    /// At 256 connections: the program's own.
    pub overload: Vec<Overload>,
    /// The program on SQLite, at the first number of connections.
    pub sqlite: Vec<(Op, Sample)>,
    /// W1 without token and audit on the hand-written server, at the first number of connections.
    pub bare: Option<Sample>,
    /// Resident MiB: idle, and the most at the main measurements.
    pub memory: Option<(f64, f64)>,
    /// Seconds to the first answer.
    pub start: Option<f64>,
    /// Audit entries per second, and their number.
    pub chain: Option<(f64, u64)>,
    /// Jobs per second of one and two runners.
    pub jobs: Option<(f64, f64)>,
}

impl Results {
    pub fn pair(&self, op: Op, connections: usize) -> Option<&Pair> {
        self.pairs.iter().find(|pair| pair.op == op && pair.connections == connections)
    }

    /// Operations that were not answered each time: everything but the overload must be.
    pub fn refused(&self) -> Vec<String> {
        let pairs = self.pairs.iter().filter(|pair| pair.ours.busy + pair.limit.busy > 0);
        let sqlite = self.sqlite.iter().filter(|(_, sample)| sample.busy > 0);
        let pairs = pairs.map(|pair| format!("{} at {}", pair.op.as_str(), pair.connections));
        pairs.chain(sqlite.map(|(op, _)| format!("{} on SQLite", op.as_str()))).collect()
    }

    /// The connections that were measured, fewest first.
    pub fn connections(&self) -> Vec<usize> {
        let mut all: Vec<usize> = self.pairs.iter().map(|pair| pair.connections).collect();
        all.sort_unstable();
        all.dedup();
        all
    }
}
