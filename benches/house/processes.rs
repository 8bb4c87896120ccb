//! What processes cost, read from /proc: CPU time and memory.

use std::collections::HashMap;
use std::fs;

/// Clock ticks of /proc/PID/stat in a second; fixed by the kernel's interface.
const TICKS: f64 = 100.0;
const NANOSECONDS: f64 = 1e9;

/// What of a process counts here.
#[derive(Debug, Clone, Copy)]
struct Stat {
    parent: u32,
    seconds: f64,
}

fn stat(pid: u32) -> Option<Stat> {
    let text = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name in parentheses may hold anything.
    let fields: Vec<&str> = text.get(text.rfind(')')? + 2..)?.split(' ').collect();
    // Of the children that ended and were waited for, in ticks; its own threads' time is known to the nanosecond.
    let ended: u32 = fields.get(13..15)?.iter().filter_map(|field| field.parse::<u32>().ok()).sum();
    Some(Stat { parent: fields.get(1)?.parse().ok()?, seconds: f64::from(ended) / TICKS + on_cpu(pid) })
}

/// Seconds that the threads of a process were on a CPU.
fn on_cpu(pid: u32) -> f64 {
    let threads = fs::read_dir(format!("/proc/{pid}/task")).into_iter().flatten().flatten();
    let texts = threads.filter_map(|thread| fs::read_to_string(thread.path().join("schedstat")).ok());
    texts.filter_map(|text| text.split(' ').next()?.parse::<f64>().ok()).sum::<f64>() / NANOSECONDS
}

/// CPU seconds used so far by the trees below these processes.
pub fn cpu_seconds(roots: &[u32]) -> f64 {
    let pids = fs::read_dir("/proc").into_iter().flatten().flatten();
    let pids = pids.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    let all: HashMap<u32, Stat> = pids.filter_map(|pid| Some((pid, stat(pid)?))).collect();
    let is_below = |pid: u32| {
        let mut at = pid;
        loop {
            if roots.contains(&at) {
                return true;
            }
            match all.get(&at) {
                Some(stat) if stat.parent != 0 => at = stat.parent,
                Some(_) | None => return false,
            }
        }
    };
    all.iter().filter(|(pid, _)| is_below(**pid)).map(|(_, stat)| stat.seconds).sum()
}

/// Resident memory of a process in MiB: now, and the most it ever had.
pub fn memory(pid: u32) -> (f64, f64) {
    let text = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let field = |name: &str| {
        let line = text.lines().find_map(|line| line.strip_prefix(name));
        line.and_then(|rest| rest.split_whitespace().next()?.parse::<u32>().ok()).map_or(0.0, f64::from) / 1024.0
    };
    (field("VmRSS:"), field("VmHWM:"))
}

/// Cores and memory in GiB of this machine.
pub fn machine() -> (usize, f64) {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let text = fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let total = text.lines().find_map(|line| line.strip_prefix("MemTotal:")?.split_whitespace().next()?.parse().ok());
    (cores, f64::from(total.unwrap_or(0_u32)) / 1024.0 / 1024.0)
}
