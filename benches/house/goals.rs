//! The goals, and how far from them a run is.

use crate::measure::Pair;
use crate::ops::Op;
use crate::results::{Overload, Results};

/// A goal with the figure reached.
#[derive(Debug, Clone)]
pub struct Goal {
    pub id: &'static str,
    pub what: String,
    pub reached: f64,
    pub good: f64,
    pub ambitious: f64,
    /// Whether more is better.
    pub more: bool,
    pub unit: &'static str,
}

/// How a goal stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    Ambitious,
    Good,
    Below,
}

impl Goal {
    pub fn verdict(&self) -> Verdict {
        let reaches = |aim: f64| if self.more { self.reached >= aim } else { self.reached <= aim };
        match (reaches(self.ambitious), reaches(self.good)) {
            (true, _) => Verdict::Ambitious,
            (false, true) => Verdict::Good,
            (false, false) => Verdict::Below,
        }
    }
}

impl Verdict {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ambitious => "ambitious",
            Self::Good => "good",
            Self::Below => "**below good**",
        }
    }
}

/// A goal that less of is better.
fn most(id: &'static str, what: String, reached: f64, aims: (f64, f64), unit: &'static str) -> Goal {
    Goal { id, what, reached, good: aims.0, ambitious: aims.1, more: false, unit }
}

/// A goal that more of is better.
fn least(id: &'static str, what: String, reached: f64, aims: (f64, f64), unit: &'static str) -> Goal {
    Goal { more: true, ..most(id, what, reached, aims, unit) }
}

/// Every goal that the run says something about.
pub fn of(results: &Results) -> Vec<Goal> {
    let mut goals: Vec<Goal> = results.pairs.iter().map(against_limit).collect();
    goals.extend(deep_page(results));
    goals.extend(tails(results));
    goals.extend(overload(results));
    goals.extend(resources(results));
    goals.extend(sqlite(results));
    goals.extend(trail(results));
    goals.sort_by_key(|goal| goal.id.trim_start_matches(['G', 'U']).parse::<u32>().unwrap_or(0));
    goals
}

fn at(pair: &Pair, text: &str) -> String {
    format!("{} at {}: {text}", pair.op.as_str(), pair.connections)
}

/// G1, G2, G3.
fn against_limit(pair: &Pair) -> Goal {
    let cpu = pair.ours.cpu / pair.limit.cpu;
    let rate = pair.ours.rate / pair.limit.rate;
    match pair.op {
        Op::R1 | Op::R3 => most("G1", at(pair, "CPU per request, of the limit's"), cpu, (1.6, 1.25), "x"),
        Op::R2 | Op::R2C => most("G2", at(pair, "CPU per request, of the limit's"), cpu, (1.4, 1.0), "x"),
        Op::W1 | Op::W2 => least("G3", at(pair, "throughput, of the limit's"), rate, (0.7, 0.9), "x"),
    }
}

/// G8.
fn deep_page(results: &Results) -> Vec<Goal> {
    let of = |connections: usize| {
        let (first, deep) = (results.pair(Op::R2, connections)?, results.pair(Op::R2C, connections)?);
        let ratio = deep.ours.cpu / first.ours.cpu;
        Some(most("G8", at(deep, "CPU per request, of page 1"), ratio, (1.2, 1.05), "x"))
    };
    results.connections().into_iter().filter_map(of).collect()
}

/// G11.
fn tails(results: &Results) -> Vec<Goal> {
    let most_connections = results.connections().last().copied();
    let pairs = results.pairs.iter().filter(|pair| Some(pair.connections) == most_connections);
    pairs.map(|pair| most("G11", at(pair, "p99, of p50"), pair.ours.p99 / pair.ours.p50, (4.0, 3.0), "x")).collect()
}

/// G12.
fn overload(results: &Results) -> Vec<Goal> {
    let of = |overload: &Overload| {
        let Overload { op, sample, best } = overload;
        let what = format!("{} at 256: throughput, of the best ({} answers 503)", op.as_str(), sample.busy);
        least("G12", what, sample.rate / best, (0.9, 0.97), "x")
    };
    results.overload.iter().map(of).collect()
}

/// G13, G14.
fn resources(results: &Results) -> Vec<Goal> {
    let mut goals = Vec::new();
    if let Some((idle, peak)) = results.memory {
        goals.push(most("G13", "memory, idle".to_owned(), idle, (30.0, 15.0), "MiB"));
        goals.push(most("G13", "memory, peak".to_owned(), peak, (80.0, 40.0), "MiB"));
    }
    if let Some(seconds) = results.start {
        goals.push(most("G14", "start to the first 200".to_owned(), seconds, (1.0, 0.3), "s"));
    }
    goals
}

/// G15, without A2.
fn sqlite(results: &Results) -> Vec<Goal> {
    let of = |(op, sample): &(Op, crate::measure::Sample)| {
        let own = results.pair(*op, *results.connections().first()?)?;
        let what = format!("{} on SQLite: CPU per request, of that on PostgreSQL", op.as_str());
        Some(most("G15", what, sample.cpu / own.ours.cpu, (1.0, 0.5), "x"))
    };
    results.sqlite.iter().filter_map(of).collect()
}

/// G17, U8.
fn trail(results: &Results) -> Vec<Goal> {
    let mut goals = Vec::new();
    let first = results.connections().first().copied();
    if let (Some(bare), Some(pair)) = (results.bare, first.and_then(|first| results.pair(Op::W1, first))) {
        let what = "W1: CPU per request, of the bare inserts by hand".to_owned();
        goals.push(most("G17", what, pair.ours.cpu / bare.cpu, (1.5, 1.25), "x"));
        let what = "W1 by hand: CPU per request with token and audit, of without".to_owned();
        goals.push(most("G17", what, pair.limit.cpu / bare.cpu, (1.5, 1.25), "x"));
    }
    if let Some((rate, count)) = results.chain {
        let what = format!("audit entries verified per second, of {count}");
        goals.push(least("U8", what, rate, (100_000.0, 100_000.0), "/s"));
    }
    goals
}
