//! The runner: leases jobs, keeps their leases alive, and settles them, until it is told to stop.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;
use futures_util::FutureExt;
use service::queue::{self, Leased};
use service::{Context, Result};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio_cron_scheduler::{Job as CronJob, JobScheduler};
use tokio_util::sync::CancellationToken;
use tracing::Instrument;
use uuid::Uuid;

use crate::mail::Mailer;
use crate::registry::{self, Answer, Tools};
use crate::schedule::{self, SCHEDULES};

/// How a runner works.
#[derive(Debug, Clone, Copy)]
pub struct RunnerConfig {
    /// Jobs at a time.
    pub concurrency: usize,
    /// Pause between two looks at an empty queue; a wake-up shortens it.
    pub poll: Duration,
    /// How long a job belongs to the runner that took it, unless it is extended.
    pub lease: TimeDelta,
    /// Whether this runner also runs the metronome.
    pub schedules: bool,
}

impl Default for RunnerConfig {
    fn default() -> Self {
        Self { concurrency: 4, poll: Duration::from_secs(1), lease: TimeDelta::seconds(60), schedules: true }
    }
}

/// One runner of the queue.
#[derive(Debug)]
pub struct Runner {
    tools: Tools,
    config: RunnerConfig,
    name: String,
}

impl Runner {
    pub fn new(context: Context, mailer: Mailer, config: RunnerConfig) -> Self {
        let name = format!("runner-{}", context.new_id::<Uuid>());
        Self { tools: Tools { context, mailer }, config, name }
    }

    /// Works until `stop`: no new leases after it, the jobs in hand are finished.
    pub async fn run(self, stop: CancellationToken) {
        let metronome = if self.config.schedules { start_metronome(&self.tools.context).await } else { None };
        let slots = Arc::new(Semaphore::new(self.config.concurrency));
        let mut running = JoinSet::new();
        while !stop.is_cancelled() {
            while running.try_join_next().is_some() {}
            let Ok(slot) = slots.clone().acquire_owned().await else { break };
            if stop.is_cancelled() {
                break;
            }
            match queue::lease(&self.tools.context, &self.name, self.config.lease).await {
                Ok(Some(job)) => {
                    let (tools, lease) = (self.tools.clone(), self.config.lease);
                    running.spawn(async move {
                        work(&tools, &job, lease).await;
                        drop(slot);
                    });
                }
                Ok(None) => self.rest(&stop).await,
                Err(error) => {
                    tracing::warn!(%error, "the queue cannot be read");
                    self.rest(&stop).await;
                }
            }
        }
        if let Some(mut metronome) = metronome
            && let Err(error) = metronome.shutdown().await
        {
            tracing::warn!(%error, "the metronome did not stop cleanly");
        }
        while running.join_next().await.is_some() {}
    }

    async fn rest(&self, stop: &CancellationToken) {
        tokio::select! {
            () = tokio::time::sleep(self.config.poll) => {}
            () = self.tools.context.woken() => {}
            () = stop.cancelled() => {}
        }
    }
}

/// Runs one job and settles it. A panic counts as a failed attempt.
async fn work(tools: &Tools, job: &Leased, lease: TimeDelta) {
    let span = tracing::info_span!("job", job.name = %job.name, job.id = %job.id, job.attempt = job.attempt);
    async {
        let begun = std::time::Instant::now();
        let answer = match AssertUnwindSafe(kept_alive(tools, job, lease)).catch_unwind().await {
            Ok(answer) => answer,
            Err(_) => Answer::Retry(None, "the job panicked".to_owned()),
        };
        metrics::histogram!("job_seconds", "name" => job.name.clone()).record(begun.elapsed().as_secs_f64());
        if let Err(error) = settle(&tools.context, job, answer).await {
            // The lease runs out and the job is taken over.
            tracing::error!(%error, "a job could not be settled");
        }
    }
    .instrument(span)
    .await;
}

/// Extends the lease every third of its length while the job runs.
async fn kept_alive(tools: &Tools, job: &Leased, lease: TimeDelta) -> Answer {
    let beat = (lease / 3).to_std().unwrap_or(Duration::from_secs(20));
    let running = registry::run(tools, job);
    tokio::pin!(running);
    loop {
        tokio::select! {
            answer = &mut running => return answer,
            () = tokio::time::sleep(beat) => match queue::extend(&tools.context, job, lease).await {
                Ok(true) => {}
                Ok(false) => return Answer::Retry(None, "the lease was lost".to_owned()),
                Err(error) => tracing::warn!(%error, "a lease could not be extended"),
            },
        }
    }
}

async fn settle(context: &Context, job: &Leased, answer: Answer) -> Result<()> {
    let is_ours = match answer {
        Answer::Done => queue::finish(context, job).await?,
        Answer::Retry(after, error) => {
            tracing::warn!(error, "a job will be tried again");
            queue::retry(context, job, after, &error).await?
        }
        Answer::Fail(error) => queue::bury(context, job, &error).await?,
    };
    if !is_ours {
        tracing::warn!("another runner took this job over");
    }
    Ok(())
}

/// The metronome only inserts rows; a missed or doubled beat does no harm.
async fn start_metronome(context: &Context) -> Option<JobScheduler> {
    let started = async {
        let scheduler = JobScheduler::new().await?;
        for schedule in SCHEDULES {
            let context = context.clone();
            scheduler
                .add(CronJob::new_async_tz(schedule.cron, chrono_tz::Asia::Shanghai, move |_, _| {
                    let context = context.clone();
                    Box::pin(async move {
                        if let Err(error) = schedule::tick(&context, schedule).await {
                            tracing::warn!(%error, schedule = schedule.name, "a tick was missed");
                        }
                    })
                })?)
                .await?;
        }
        scheduler.start().await?;
        Ok::<_, tokio_cron_scheduler::JobSchedulerError>(scheduler)
    };
    match started.await {
        Ok(scheduler) => {
            // Catch up on what was due while nobody ran.
            for schedule in SCHEDULES {
                if let Err(error) = schedule::tick(context, schedule).await {
                    tracing::warn!(%error, schedule = schedule.name, "a tick was missed");
                }
            }
            Some(scheduler)
        }
        Err(error) => {
            tracing::error!(%error, "the metronome does not run");
            None
        }
    }
}

/// Ticks every schedule and works until nothing is due: for tests, for the demo's clock and for one-shot use. Gives
/// the number of jobs run.
pub async fn run_due(context: &Context, mailer: &Mailer) -> Result<u64> {
    let tools = Tools { context: context.clone(), mailer: mailer.clone() };
    let config = RunnerConfig::default();
    for schedule in SCHEDULES {
        schedule::tick(context, schedule).await?;
    }
    let mut count = 0;
    while let Some(job) = queue::lease(context, "run-due", config.lease).await? {
        work(&tools, &job, config.lease).await;
        count += 1;
    }
    Ok(count)
}
