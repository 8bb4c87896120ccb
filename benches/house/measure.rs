//! Measuring: rounds in turn between the program and the hand-written server, and their medians.

use std::time::Duration;

use anyhow::Context as _;

use crate::load::{self, Requests, Seen, Until};
use crate::ops::{self, Op, Writers};
use crate::options::Options;
use crate::processes;
use crate::programs::Running;
use crate::same;
use crate::undo;
use crate::world::House;

/// What one server cost and gave in one round, or the medians of several.
#[derive(Debug, Clone, Copy, Default)]
pub struct Sample {
    /// Requests per second.
    pub rate: f64,
    /// Milliseconds.
    pub p50: f64,
    pub p99: f64,
    /// CPU milliseconds of server and database for each request.
    pub cpu: f64,
    /// Bytes of an answer.
    pub bytes: usize,
    /// Answers "busy, come back" among all.
    pub busy: usize,
}

/// A server and the processes that work for it.
#[derive(Debug)]
pub struct Target<'a> {
    pub server: &'a Running,
    /// The database's process, where it has one.
    pub database: Option<u32>,
}

/// What both gave for an operation.
#[derive(Debug, Clone, Copy)]
pub struct Pair {
    pub op: Op,
    pub connections: usize,
    pub ours: Sample,
    pub limit: Sample,
}

impl Target<'_> {
    /// CPU seconds so far.
    fn cpu(&self) -> f64 {
        let roots: Vec<u32> = std::iter::once(self.server.pid()).chain(self.database).collect();
        processes::cpu_seconds(&roots)
    }

    /// Sends the requests and counts what they cost.
    pub async fn sample(&self, requests: &Requests, connections: usize, until: Until) -> anyhow::Result<Sample> {
        let before = self.cpu();
        let seen = load::run(&self.server.address, requests, connections, until).await?.faultless()?;
        Ok(Sample::of(&seen, self.cpu() - before))
    }

    /// A reading round: some seconds that do not count, then those that do.
    pub async fn read(&self, requests: &Requests, connections: usize, options: &Options) -> anyhow::Result<Sample> {
        self.sample(requests, connections, Until::Time(options.before().max(Duration::from_millis(100)))).await?;
        self.sample(requests, connections, Until::Time(options.span())).await
    }
}

impl Sample {
    fn of(seen: &Seen, cpu_seconds: f64) -> Self {
        Self {
            rate: seen.rate(),
            p50: seen.percentile(50),
            p99: seen.percentile(99),
            cpu: cpu_seconds * 1_000.0 / seen.count().max(1.0),
            bytes: seen.bytes,
            busy: seen.busy,
        }
    }

    /// Figure by figure.
    pub fn median(rounds: &[Self]) -> Self {
        let of = |field: fn(&Self) -> f64| {
            let mut values: Vec<f64> = rounds.iter().map(field).collect();
            values.sort_by(f64::total_cmp);
            values.get(values.len() / 2).copied().unwrap_or_default()
        };
        Self {
            rate: of(|sample| sample.rate),
            p50: of(|sample| sample.p50),
            p99: of(|sample| sample.p99),
            cpu: of(|sample| sample.cpu),
            bytes: rounds.iter().map(|sample| sample.bytes).max().unwrap_or(0),
            busy: rounds.iter().map(|sample| sample.busy).sum(),
        }
    }
}

/// A read on both, in turn.
pub async fn reads(
    house: &House,
    op: Op,
    connections: usize,
    both: [&Target<'_>; 2],
    options: &Options,
) -> anyhow::Result<Pair> {
    let requests = ops::reads(house, op).await?;
    alike(house, op, both, &[], || requests.clone()).await?;
    let mut rounds = [Vec::new(), Vec::new()];
    for _ in 0..options.rounds {
        for (target, samples) in both.iter().zip(&mut rounds) {
            samples.push(target.read(&requests, connections, options).await.with_context(|| op.as_str())?);
        }
    }
    let [ours, limit] = rounds.map(|samples| Sample::median(&samples));
    Ok(Pair { op, connections, ours, limit })
}

/// A write on both, in turn; what was written is taken back in between.
pub async fn writes(
    house: &House,
    op: Op,
    connections: usize,
    both: [&Target<'_>; 2],
    options: &Options,
) -> anyhow::Result<Pair> {
    let writers = Writers::new(house, op, options.writes).await?;
    for target in both {
        writers.warm_up(&target.server.address).await?;
    }
    alike(house, op, both, writers.numbers(), || writers.requests(undo::turn())).await?;
    let mut rounds = [Vec::new(), Vec::new()];
    for _ in 0..options.rounds {
        for (target, samples) in both.iter().zip(&mut rounds) {
            samples.push(written(house, op, connections, target, &writers).await.with_context(|| op.as_str())?);
        }
    }
    let [ours, limit] = rounds.map(|samples| Sample::median(&samples));
    Ok(Pair { op, connections, ours, limit })
}

/// Whether both answer the same fields to the same request.
async fn alike(
    house: &House,
    op: Op,
    both: [&Target<'_>; 2],
    numbers: &[u32],
    requests: impl Fn() -> Requests,
) -> anyhow::Result<()> {
    let mut fields = Vec::new();
    for target in both {
        fields.push(same::fields(op.as_str(), &target.server.address, &requests()).await?);
        undo::all(house, op, numbers).await?;
    }
    same::compare(op.as_str(), &fields)
}

/// One writing round.
pub async fn written(
    house: &House,
    op: Op,
    connections: usize,
    target: &Target<'_>,
    writers: &Writers,
) -> anyhow::Result<Sample> {
    let sample = target.sample(&writers.requests(undo::turn()), connections, Until::Done).await?;
    undo::all(house, op, writers.numbers()).await?;
    Ok(sample)
}
