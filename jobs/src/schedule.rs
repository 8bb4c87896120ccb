//! Schedules: a constant table. A tick inserts a row that is unique by schedule and due time; the queue does the work.

use chrono::{DateTime, DurationRound, TimeDelta, Utc};
use service::queue::{self, Job, Payload};
use service::{Context, Error, Result};

/// Something that happens regularly.
#[derive(Debug, Clone, Copy)]
pub struct Schedule {
    pub name: &'static str,
    /// Six fields, seconds first, in Asia/Shanghai.
    pub cron: &'static str,
    /// Due times are multiples of this; two replicas that fire together meet on the same row.
    pub every: TimeDelta,
}

/// All of them.
pub const SCHEDULES: &[Schedule] = &[
    Schedule { name: "process.run_due", cron: "0 * * * * *", every: TimeDelta::minutes(1) },
    Schedule { name: "deadline.remind_due", cron: "10 * * * * *", every: TimeDelta::minutes(1) },
    Schedule { name: "file.scan_pending", cron: "20 * * * * *", every: TimeDelta::minutes(1) },
    Schedule { name: "file.sweep_orphans", cron: "0 10 3 * * *", every: TimeDelta::days(1) },
    Schedule { name: "account.sweep", cron: "0 40 3 * * *", every: TimeDelta::days(1) },
    Schedule { name: "audit.anchor", cron: "0 5 * * * *", every: TimeDelta::hours(1) },
    Schedule { name: "queue.sweep", cron: "0 30 3 * * *", every: TimeDelta::days(1) },
];

/// The work of a due time. Harmless when run twice: each schedule looks at what is due and does what is missing.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Scheduled {
    pub schedule: String,
}

impl Payload for Scheduled {
    const NAME: &'static str = "schedule.run";
}

/// Puts the present due time of a schedule into the queue, once for all replicas.
pub async fn tick(context: &Context, schedule: &Schedule) -> Result<bool> {
    let due_at = due_time(context.now(), schedule.every);
    let job = Job::new(&Scheduled { schedule: schedule.name.to_owned() })?;
    queue::tick(context, schedule.name, due_at, job).await
}

fn due_time(now: DateTime<Utc>, every: TimeDelta) -> DateTime<Utc> {
    now.duration_trunc(every).unwrap_or(now)
}

/// Does the work of a schedule.
pub async fn run(context: &Context, job: &Scheduled) -> Result<()> {
    match job.schedule.as_str() {
        "process.run_due" => service::process::run_due(context).await.map(|_| ()),
        "deadline.remind_due" => service::deadline::remind_due(context).await,
        "file.scan_pending" => service::file::scan_pending(context).await,
        "file.sweep_orphans" => service::file::sweep_orphans(context).await.map(|_| ()),
        "account.sweep" => service::account::sweep(context).await,
        "audit.anchor" => service::audit::anchor(context).await,
        "queue.sweep" => queue::sweep(context).await,
        unknown => Err(Error::internal(format!("no schedule `{unknown}`"))),
    }
}
