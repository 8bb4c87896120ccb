//! What no request waits for: verifying the audit chains, and working off the queue.

use std::sync::Arc;
use std::time::Instant;

use anyhow::ensure;
use chrono::TimeDelta;
use domain::ids::JobId;
use domain::queue::JobState;
use entity::queue_job;
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter};
use service::{Context, Result, audit, queue};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use crate::data::{Kind, put};
use crate::world::House;

/// Jobs of one measurement.
const JOBS: u32 = 2_000;
/// Jobs that a runner has in hand at a time, as the program's own.
const IN_HAND: usize = 4;
const NAME: &str = "bench.nothing";

/// Audit entries verified per second, and how many there were. A break is an error.
pub async fn verification(house: &House) -> anyhow::Result<(f64, u64)> {
    let begun = Instant::now();
    let report = audit::verify(&house.context).await?;
    let took = begun.elapsed().as_secs_f64();
    ensure!(report.breaks.is_empty(), "broken chains: {:?}", report.breaks.first());
    Ok((f64::from(u32::try_from(report.entries)?) / took, report.entries))
}

/// Jobs per second of so many runners, each leasing, doing nothing and finishing.
pub async fn jobs(house: &House, runners: u32) -> anyhow::Result<f64> {
    put::<queue_job::Entity>(&house.connection, (0..JOBS).map(|number| job(house, number)).collect()).await?;
    let begun = Instant::now();
    let mut working = JoinSet::new();
    for number in 0..runners {
        working.spawn(runner(house.context.clone(), format!("bench-{number}")));
    }
    while let Some(done) = working.join_next().await {
        done??;
    }
    let took = begun.elapsed().as_secs_f64();
    let ours = || queue_job::Column::Name.eq(NAME);
    let left = queue_job::Entity::find().filter(ours()).filter(queue_job::Column::State.ne(JobState::Done));
    ensure!(left.count(&house.connection).await? == 0, "jobs were left undone");
    queue_job::Entity::delete_many().filter(ours()).exec(&house.connection).await?;
    Ok(f64::from(JOBS) / took)
}

/// As `jobs::Runner` works: it leases one job after the other and does a few at a time.
async fn runner(context: Context, name: String) -> Result<()> {
    let slots = Arc::new(Semaphore::new(IN_HAND));
    let mut running = JoinSet::new();
    while let Ok(slot) = slots.clone().acquire_owned().await {
        let Some(job) = queue::lease(&context, &name, TimeDelta::seconds(60)).await? else { break };
        let context = context.clone();
        running.spawn(async move {
            let done = queue::finish(&context, &job).await;
            drop(slot);
            done
        });
    }
    while let Some(done) = running.join_next().await {
        done.map_err(|error| service::Error::internal(error.to_string()))??;
    }
    Ok(())
}

fn job(house: &House, number: u32) -> queue_job::Model {
    queue_job::Model {
        id: JobId(house.plan.id(Kind::Job, number)),
        name: NAME.to_owned(),
        payload: "{}".to_owned(),
        unique_key: None,
        state: JobState::Ready,
        run_at: house.plan.now,
        attempt: 0,
        max_attempts: 20,
        leased_until: None,
        leased_by: None,
        last_error: None,
        created_at: house.plan.now,
        finished_at: None,
    }
}
