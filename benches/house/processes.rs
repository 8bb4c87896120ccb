//! What processes cost, read from /proc: CPU time and memory.

use std::collections::HashMap;
use std::fs;

/// Clock ticks of /proc/PID/stat in a second; fixed by the kernel's interface.
const TICKS: f64 = 100.0;

/// The fields of /proc/PID/stat that count here.
#[derive(Debug, Clone, Copy)]
struct Stat {
    parent: u32,
    /// User and system time of the process and of those of its children that it has waited for.
    ticks: u64,
}

fn stat(pid: u32) -> Option<Stat> {
    let text = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name in parentheses may hold anything.
    let fields: Vec<&str> = text.get(text.rfind(')')? + 2..)?.split(' ').collect();
    let ticks = fields.get(11..15)?.iter().filter_map(|field| field.parse::<u64>().ok()).sum();
    Some(Stat { parent: fields.get(1)?.parse().ok()?, ticks })
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
    let ticks: u64 = all.iter().filter(|(pid, _)| is_below(**pid)).map(|(_, stat)| stat.ticks).sum();
    f64::from(u32::try_from(ticks).unwrap_or(u32::MAX)) / TICKS
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
