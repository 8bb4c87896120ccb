//! A whole run, part by part.

use std::path::Path;
use std::time::Duration;

use anyhow::ensure;
use service::{Clock, SystemClock};

use crate::cluster::Cluster;
use crate::lifeline::Scratch;
use crate::load::Until;
use crate::measure::{self, Pair, Sample, Target};
use crate::ops::{self, Op, Writers};
use crate::options::{Options, Side};
use crate::programs::Running;
use crate::results::{Overload, Results};
use crate::world::{self, House};
use crate::{beside, output, pages, report, undo};

/// Audit rows of an application.
pub const TRAIL: u32 = 20;
/// Connections of the overload.
const OVERLOAD: usize = 256;
/// How long the program rests before its idle memory is read.
const REST: Duration = Duration::from_secs(2);
/// What is asked at overload, and of the program on SQLite.
const OVERLOADED: [Op; 3] = [Op::R1, Op::R2, Op::R3];
const ON_SQLITE: [Op; 3] = [Op::R1, Op::R3, Op::W1];

/// Runs what was asked for.
pub async fn all(options: &Options) -> anyhow::Result<()> {
    let folder = Scratch::new()?;
    let cluster = Cluster::start(&[])?;
    let url = cluster.url("postgres");
    let mut results = Results {
        day: domain::time::civil_day(SystemClock.now()),
        scale: options.scale,
        rounds: options.rounds,
        ..Results::default()
    };
    {
        let house = House::build(folder.path().join("postgres"), url, options.scale, TRAIL).await?;
        on_postgres(&house, &cluster, options, &mut results).await?;
    }
    drop(cluster);
    if !options.no_sqlite && (options.only.is_empty() || options.on == Side::Sqlite) {
        on_sqlite(folder.path(), options, &mut results).await?;
    }
    output::say(&format!("\n{}", report::text(&results)))?;
    if options.write {
        pages::write_figures(&results)?;
    }
    let refused = results.refused();
    ensure!(refused.is_empty(), "not every request was answered: {}", refused.join(", "));
    Ok(())
}

async fn on_postgres(house: &House, cluster: &Cluster, options: &Options, results: &mut Results) -> anyhow::Result<()> {
    let ours = Running::program(&house.data, &house.url).await?;
    tokio::time::sleep(REST).await;
    let idle = ours.memory().0;
    let limit = Running::limit(&house.data, &house.url).await?;
    let database = Some(cluster.pid());
    let both = [&Target { server: &ours, database }, &Target { server: &limit, database }];
    output::say(report::HEAD)?;
    for (connections, op) in order(options) {
        let pair = pair(house, op, connections, both, options).await?;
        output::say(&report::line(&pair))?;
        results.pairs.push(pair);
    }
    results.pairs.sort_by_key(|pair| pair.connections);
    if !options.only.is_empty() {
        return Ok(());
    }
    results.memory = Some((idle, ours.memory().1.max(idle)));
    results.start = Some(ours.started_in.as_secs_f64());
    for op in OVERLOADED {
        results.overload.push(overloaded(house, op, both[0], options).await?);
    }
    results.bare = Some(bare(house, both[1], options).await?);
    output::tell("audit chains and queue");
    results.chain = Some(beside::verification(house).await?);
    results.jobs = Some((beside::jobs(house, 1).await?, beside::jobs(house, 2).await?));
    Ok(())
}

/// What is measured, in turn. Reads first: nothing that writes leave behind must be in their way.
fn order(options: &Options) -> Vec<(usize, Op)> {
    let mut all = Vec::new();
    for is_write in [false, true] {
        for connections in &options.connections {
            let ops = Op::ALL.into_iter().filter(|op| op.is_write() == is_write && options.asks(*op));
            all.extend(ops.map(|op| (*connections, op)));
        }
    }
    all
}

async fn pair(
    house: &House,
    op: Op,
    connections: usize,
    both: [&Target<'_>; 2],
    options: &Options,
) -> anyhow::Result<Pair> {
    if op.is_write() {
        measure::writes(house, op, connections, both, options).await
    } else {
        measure::reads(house, op, connections, both, options).await
    }
}

/// An operation at far too many connections, in turn with the usual numbers of them.
async fn overloaded(house: &House, op: Op, target: &Target<'_>, options: &Options) -> anyhow::Result<Overload> {
    output::tell(&format!("{} at {OVERLOAD} connections", op.as_str()));
    let requests = ops::reads(house, op).await?;
    let all: Vec<usize> = options.connections.iter().copied().chain([OVERLOAD]).collect();
    let mut rounds = vec![Vec::new(); all.len()];
    for _ in 0..options.rounds {
        for (connections, samples) in all.iter().zip(&mut rounds) {
            samples.push(target.read(&requests, *connections, options).await?);
        }
    }
    let mut samples: Vec<Sample> = rounds.iter().map(|samples| Sample::median(samples)).collect();
    let sample = samples.pop().unwrap_or_default();
    let best = samples.iter().map(|sample| sample.rate).fold(sample.rate, f64::max);
    Ok(Overload { op, sample, best })
}

async fn median(
    target: &Target<'_>,
    requests: &crate::load::Requests,
    connections: usize,
    options: &Options,
) -> anyhow::Result<Sample> {
    let mut rounds = Vec::new();
    for _ in 0..options.rounds {
        rounds.push(target.read(requests, connections, options).await?);
    }
    Ok(Sample::median(&rounds))
}

/// Rounds of a write on one server.
async fn written(house: &House, target: &Target<'_>, writers: &Writers, options: &Options) -> anyhow::Result<Sample> {
    let connections = options.connections.first().copied().unwrap_or(16);
    let mut rounds = Vec::new();
    for _ in 0..options.rounds {
        rounds.push(measure::written(house, Op::W1, connections, target, writers).await?);
    }
    Ok(Sample::median(&rounds))
}

/// W1 of the hand-written server without token and audit.
async fn bare(house: &House, limit: &Target<'_>, options: &Options) -> anyhow::Result<Sample> {
    output::tell("W1 without token and audit");
    let writers = Writers::bare(house, options.writes);
    written(house, limit, &writers, options).await
}

/// The program on a SQLite file, as most try it first.
async fn on_sqlite(folder: &Path, options: &Options, results: &mut Results) -> anyhow::Result<()> {
    let data = folder.join("sqlite");
    let url = world::sqlite_url(&data);
    let house = House::build(data, url, options.scale, TRAIL).await?;
    let ours = Running::program(&house.data, &house.url).await?;
    let target = Target { server: &ours, database: None };
    let connections = options.connections.first().copied().unwrap_or(16);
    for op in ON_SQLITE.into_iter().filter(|op| options.asks(*op)) {
        output::tell(&format!("{} on SQLite", op.as_str()));
        let sample = if op.is_write() {
            let writers = Writers::new(&house, op, options.writes).await?;
            writers.warm_up(&ours.address).await?;
            written(&house, &target, &writers, options).await?
        } else {
            median(&target, &ops::reads(&house, op).await?, connections, options).await?
        };
        results.sqlite.push((op, sample));
    }
    Ok(())
}

/// One operation for a while, for a profiler that is attached meanwhile.
pub async fn profile(seconds: u64, options: &Options) -> anyhow::Result<()> {
    let folder = Scratch::new()?;
    let op = options.only.first().copied().unwrap_or(Op::R1);
    let connections = options.connections.first().copied().unwrap_or(16);
    let data = folder.path().join("data");
    let cluster = if options.on == Side::Sqlite { None } else { Some(Cluster::start(&[])?) };
    let url = cluster.as_ref().map_or_else(|| world::sqlite_url(&data), |cluster| cluster.url("postgres"));
    let house = House::build(data, url, options.scale, 1).await?;
    let server = match options.on {
        Side::Limit => Running::limit(&house.data, &house.url).await?,
        Side::Postgres | Side::Sqlite => Running::program(&house.data, &house.url).await?,
    };
    let target = Target { server: &server, database: cluster.as_ref().map(Cluster::pid) };
    output::say(&format!("{} on process {} for {seconds} s", op.as_str(), server.pid()))?;
    let sample = if op.is_write() {
        again_and_again(&house, &target, op, connections, seconds, options).await?
    } else {
        target.sample(&ops::reads(&house, op).await?, connections, Until::Time(Duration::from_secs(seconds))).await?
    };
    output::say(&format!("{:.0} requests per second, {:.3} ms CPU each", sample.rate, sample.cpu))?;
    Ok(())
}

/// Writing rounds until the time is over.
async fn again_and_again(
    house: &House,
    target: &Target<'_>,
    op: Op,
    connections: usize,
    seconds: u64,
    options: &Options,
) -> anyhow::Result<Sample> {
    let writers = Writers::new(house, op, options.writes).await?;
    writers.warm_up(&target.server.address).await?;
    let until = std::time::Instant::now() + Duration::from_secs(seconds);
    let mut rounds = Vec::new();
    while rounds.is_empty() || std::time::Instant::now() < until {
        rounds.push(measure::written(house, op, connections, target, &writers).await?);
    }
    undo::all(house, op, writers.numbers()).await?;
    Ok(Sample::median(&rounds))
}
