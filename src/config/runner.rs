//! How the job runner works.

use std::time::Duration;

use chrono::TimeDelta;

#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RunnerConfig {
    /// Jobs at a time.
    pub concurrency: usize,
    /// Milliseconds between two looks at an empty queue.
    pub poll_millis: u64,
    /// Seconds for which a job belongs to the runner that took it, unless it is extended.
    pub lease_seconds: u32,
    /// Whether this process also keeps the schedules.
    pub schedules: bool,
}

impl Default for RunnerConfig {
    fn default() -> Self {
        Self { concurrency: 4, poll_millis: 1_000, lease_seconds: 60, schedules: true }
    }
}

impl RunnerConfig {
    pub fn runner(&self) -> jobs::RunnerConfig {
        jobs::RunnerConfig {
            concurrency: self.concurrency.max(1),
            poll: Duration::from_millis(self.poll_millis.max(1)),
            lease: TimeDelta::seconds(i64::from(self.lease_seconds.max(1))),
            schedules: self.schedules,
        }
    }
}
