//! G16: the reads at one size and at ten times of it, by CPU time and by the buffers that their statements touch.

use std::fmt::Write;

use sea_orm::ConnectionTrait;

use crate::cluster::Cluster;
use crate::lifeline::Scratch;
use crate::load::Client;
use crate::measure::{Sample, Target};
use crate::ops::{self, Op};
use crate::options::Options;
use crate::programs::Running;
use crate::world::House;
use crate::{output, pages};

const READS: [Op; 4] = [Op::R1, Op::R2, Op::R2C, Op::R3];
/// Statements are planned anew for the first five times.
const PROBES: usize = 8;
const PRELOAD: &str = "shared_preload_libraries=auto_explain";
/// What a grown data set may cost, from 10,000 to ten million rows: three times ten times.
const DECADES: f64 = 3.0;
/// Applications at one percent.
const APPLICATIONS: u32 = 500;
const GOOD: f64 = 1.3;
const AMBITIOUS: f64 = 1.15;

/// A statement as PostgreSQL ran it.
#[derive(Debug, Clone)]
struct Plan {
    /// Shared buffers touched.
    buffers: u64,
    /// Its nodes, indented.
    nodes: String,
}

/// An operation at one size.
#[derive(Debug)]
struct At {
    op: Op,
    sample: Sample,
    plans: Vec<Plan>,
}

impl At {
    fn buffers(&self) -> u64 {
        self.plans.iter().map(|plan| plan.buffers).sum()
    }
}

/// Compares two sizes.
pub async fn compare(options: &Options) -> anyhow::Result<()> {
    let small = at(options.scale, options).await?;
    let large = at(options.scale * 10, options).await?;
    let text = text(options.scale, &small, &large);
    output::say(&text)?;
    if options.write {
        pages::write_growth(&text)?;
    }
    Ok(())
}

async fn at(percent: u32, options: &Options) -> anyhow::Result<Vec<At>> {
    let folder = Scratch::new()?;
    let cluster = Cluster::start(&[PRELOAD])?;
    // The trail is not read here.
    let house = House::build(folder.path().join("data"), cluster.url("postgres"), percent, 1).await?;
    let mut all = Vec::new();
    for op in READS.into_iter().filter(|op| options.asks(*op)) {
        all.push(one(&house, &cluster, op, options).await?);
    }
    Ok(all)
}

async fn one(house: &House, cluster: &Cluster, op: Op, options: &Options) -> anyhow::Result<At> {
    output::tell(&format!("{} with {} brokers", op.as_str(), house.plan.brokers));
    let connections = options.connections.first().copied().unwrap_or(16);
    let requests = ops::reads(house, op).await?;
    explain(house, false).await?;
    let server = Running::program(&house.data, &house.url).await?;
    let target = Target { server: &server, database: Some(cluster.pid()) };
    let mut rounds = Vec::new();
    for _ in 0..options.rounds {
        rounds.push(target.read(&requests, connections, options).await?);
    }
    drop(server);
    explain(house, true).await?;
    let server = Running::program(&house.data, &house.url).await?;
    let mut client = Client::connect(&server.address).await?;
    let mut plans = Vec::new();
    for request in requests.iter().cycle().take(PROBES) {
        let from = cluster.log().len();
        client.ask(request).await?;
        plans = read(cluster.log().get(from..).unwrap_or_default());
    }
    Ok(At { op, sample: Sample::median(&rounds), plans })
}

/// Whether sessions that begin from now on write down how each statement ran.
async fn explain(house: &House, on: bool) -> anyhow::Result<()> {
    let least = if on { "0" } else { "-1" };
    for (name, value) in [("log_min_duration", least), ("log_analyze", "on"), ("log_buffers", "on")] {
        let set = format!("ALTER DATABASE postgres SET auto_explain.{name} = '{value}'");
        house.connection.execute_unprepared(&set).await?;
    }
    Ok(())
}

/// The plans in a piece of the server's log.
fn read(log: &str) -> Vec<Plan> {
    log.split("  plan:\n").skip(1).map(plan).collect()
}

fn plan(text: &str) -> Plan {
    let lines: Vec<&str> = text.lines().take_while(|line| line.starts_with('\t')).collect();
    let nodes: Vec<&str> = lines.iter().copied().filter(|line| line.contains("(cost=")).collect();
    let nodes =
        nodes.iter().map(|line| line.split("  (cost=").next().unwrap_or(line).replace('\t', "")).collect::<Vec<_>>();
    // The first one is that of the root, which holds all others'.
    let buffers = lines.iter().find(|line| line.contains("Buffers: shared"));
    let numbers = buffers.into_iter().flat_map(|line| line.split([' ', '=']));
    let parts: Vec<&str> = numbers.collect();
    let of = |name: &str| {
        let at = parts.iter().position(|part| *part == name);
        at.and_then(|at| parts.get(at + 1)?.parse::<u64>().ok()).unwrap_or(0)
    };
    Plan { buffers: of("hit") + of("read"), nodes: nodes.join("\n") }
}

fn text(scale: u32, small: &[At], large: &[At]) -> String {
    let mut out = format!(
        "## Growth\n\nThe program with {} and with {} applications. Three decades lie between 10,000 and ten million rows; \
         the law is taken as logarithmic: each decade costs what this one did.\n\n\
         | op | statements | buffers | CPU ms/request | of the smaller | over three decades | goal G16 |\n\
         |---|---|---|---|---|---|---|\n",
        scale * APPLICATIONS,
        scale * APPLICATIONS * 10
    );
    for (small, large) in small.iter().zip(large) {
        let ratio = large.sample.cpu / small.sample.cpu;
        let law = 1.0 + DECADES * (ratio - 1.0).max(0.0);
        let verdict = match law {
            _ if law <= AMBITIOUS => "ambitious",
            _ if law <= GOOD => "good",
            _ => "**below good**",
        };
        let _ = writeln!(
            out,
            "| {} | {} | {} -> {} | {:.3} -> {:.3} | {ratio:.2} | {law:.2} | {verdict} |",
            small.op.as_str(),
            large.plans.len(),
            small.buffers(),
            large.buffers(),
            small.sample.cpu,
            large.sample.cpu,
        );
    }
    for at in large {
        let _ = writeln!(out, "\nPlans of {} at the larger size:\n", at.op.as_str());
        for plan in &at.plans {
            let _ = writeln!(out, "```text\n{} buffers\n{}\n```", plan.buffers, plan.nodes);
        }
    }
    out
}
