//! What was measured, for people.

use std::fmt::Write;

use crate::goals::{self, Goal, Verdict};
use crate::measure::{Pair, Sample};
use crate::processes;
use crate::results::{Overload, Results};

/// The head of the table of operations; each figure is the program's, then the limit's.
pub const HEAD: &str = "\
| op | connections | requests/s | p50 ms | p99 ms | CPU ms/request | CPU ratio | throughput ratio | bytes |
|---|---|---|---|---|---|---|---|---|";

/// A line of the table.
pub fn line(pair: &Pair) -> String {
    let Pair { op, connections, ours, limit } = pair;
    format!(
        "| {} | {connections} | {:.0} / {:.0} | {:.2} / {:.2} | {:.2} / {:.2} | {:.3} / {:.3} | {:.2} | {:.2} | {} / {} |",
        op.as_str(),
        ours.rate,
        limit.rate,
        ours.p50,
        limit.p50,
        ours.p99,
        limit.p99,
        ours.cpu,
        limit.cpu,
        ours.cpu / limit.cpu,
        ours.rate / limit.rate,
        ours.bytes,
        limit.bytes,
    )
}

/// A figure of the program alone.
pub fn single(what: &str, sample: &Sample) -> String {
    format!(
        "| {what} | {:.0} | {:.2} | {:.2} | {:.3} | {} |",
        sample.rate, sample.p50, sample.p99, sample.cpu, sample.busy
    )
}

fn goal_line(goal: &Goal) -> String {
    let sign = if goal.more { ">=" } else { "<=" };
    let Goal { id, what, reached, good, ambitious, unit, .. } = goal;
    let figure = |value: f64| if value >= 100.0 { format!("{value:.0}") } else { format!("{value:.2}") };
    format!(
        "| {id} | {what} | {} {unit} | {sign} {} | {sign} {} | {} |",
        figure(*reached),
        figure(*good),
        figure(*ambitious),
        goal.verdict().as_str()
    )
}

/// Everything of a run.
pub fn text(results: &Results) -> String {
    let mut out = String::new();
    operations(&mut out, results);
    alone(&mut out, results);
    let goals = goals::of(results);
    let _ = writeln!(out, "\n## Goals\n\n| goal | what | reached | good | ambitious | |\n|---|---|---|---|---|---|");
    for goal in &goals {
        let _ = writeln!(out, "{}", goal_line(goal));
    }
    below(&mut out, &goals);
    out
}

fn operations(out: &mut String, results: &Results) {
    let _ = writeln!(out, "## Side by side\n\nEach figure: the program / the limit.\n\n{HEAD}");
    for pair in &results.pairs {
        let _ = writeln!(out, "{}", line(pair));
    }
    for what in results.refused() {
        let _ = writeln!(out, "\n**Not every request was answered: {what}.**");
    }
}

fn alone(out: &mut String, results: &Results) {
    let _ = writeln!(
        out,
        "\n## By itself\n\n| what | requests/s | p50 ms | p99 ms | CPU ms/request | answers 503 |\n|---|---|---|---|---|---|"
    );
    for Overload { op, sample, .. } in &results.overload {
        let _ = writeln!(out, "{}", single(&format!("{} at 256 connections", op.as_str()), sample));
    }
    for (op, sample) in &results.sqlite {
        let _ = writeln!(out, "{}", single(&format!("{} on SQLite", op.as_str()), sample));
    }
    if let Some(bare) = &results.bare {
        let _ = writeln!(out, "{}", single("W1 by hand, without token and audit", bare));
    }
    let _ = writeln!(out);
    if let Some((idle, peak)) = results.memory {
        let _ = writeln!(out, "- memory of the program: {idle:.0} MiB idle, {peak:.0} MiB at most");
    }
    if let Some(seconds) = results.start {
        let _ = writeln!(out, "- start to the first answer: {seconds:.3} s");
    }
    if let Some((rate, count)) = results.chain {
        let _ = writeln!(out, "- audit chains: {rate:.0} of {count} entries verified per second, no break");
    }
    if let Some((one, two)) = results.jobs {
        let _ = writeln!(out, "- queue: {one:.0} jobs per second with one runner, {two:.0} with two");
    }
}

fn below(out: &mut String, goals: &[Goal]) {
    for (title, verdict) in [("Below good", Verdict::Below), ("Good, below ambitious", Verdict::Good)] {
        let names: Vec<String> = goals
            .iter()
            .filter(|goal| goal.verdict() == verdict)
            .map(|goal| format!("{} ({})", goal.id, goal.what))
            .collect();
        let list = if names.is_empty() { "nothing".to_owned() } else { names.join("; ") };
        let _ = writeln!(out, "\n{title}: {list}.");
    }
}

/// When, where and how.
pub fn circumstances(results: &Results) -> String {
    let (cores, memory) = processes::machine();
    format!(
        "Measured on {} on a machine of {cores} cores and {memory:.0} GiB, PostgreSQL and both servers and the load on \
         it together; data set at {} percent; medians of {} rounds, program and limit in turn.",
        results.day, results.scale, results.rounds
    )
}
