//! Three replicas on one database: what is scheduled happens once, and the work of one that died is taken over.

use std::collections::BTreeSet;

use chrono::{DateTime, DurationRound, TimeDelta, Utc};
use domain::queue::JobState;
use entity::{queue_job, queue_tick};
use futures_util::future::join_all;
use jobs::SCHEDULES;
use jobs::mail::Mailer;
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter};
use service::queue;

use crate::harness::context::{START, TestContext, instant, replica};
use crate::harness::evidence::{evidence, rounds};
use crate::harness::{TestDb, db_tests};

const SCHEDULED: &str = "schedule.run";

async fn replicas(db: &TestDb) -> Vec<TestContext> {
    let mut all = Vec::new();
    for seed in 1..=3 {
        all.push(replica(db, seed).await);
    }
    service::calendar::seed(&all[0].ctx).await.unwrap();
    service::rule::seed(&all[0].ctx).await.unwrap();
    all
}

db_tests! {
    async fn three_replicas_fire_each_schedule_once(db: TestDb) {
        let all = replicas(&db).await;
        let mailer = Mailer::memory();
        // Three schedules have a due time in every minute.
        let minutes = i64::try_from(rounds(20, 67)).unwrap();
        let mut expected: BTreeSet<(String, DateTime<Utc>)> = BTreeSet::new();
        for minute in 0..minutes {
            let now = instant(START) + TimeDelta::minutes(minute);
            for schedule in SCHEDULES {
                expected.insert((schedule.name.to_owned(), now.duration_trunc(schedule.every).unwrap()));
            }
            for (one, skew) in all.iter().zip([0, 1, 7]) {
                one.clock.set(&(now + TimeDelta::seconds(skew)).to_rfc3339());
            }
            // All at once; the second one comes too late a second time.
            let ran = join_all(all.iter().chain([&all[1]]).map(|one| jobs::run_due(&one.ctx, &mailer))).await;
            assert!(ran.iter().all(Result::is_ok), "{ran:?}");
        }
        let ticks = queue_tick::Entity::find().all(db.connection()).await.unwrap();
        let fired: BTreeSet<_> = ticks.iter().map(|tick| (tick.schedule.clone(), tick.due_at)).collect();
        assert_eq!(fired, expected);
        let jobs = queue_job::Entity::find().filter(queue_job::Column::Name.eq(SCHEDULED)).all(db.connection()).await.unwrap();
        assert_eq!((jobs.len(), ticks.len()), (expected.len(), expected.len()));
        let again: Vec<_> = jobs.iter().filter(|job| job.attempt != 1 || job.state != JobState::Done).collect();
        assert!(again.is_empty(), "{again:?}");
        let (firings, engine) = (expected.len(), db.engine().as_str());
        evidence!("B9", engine, "{firings} firings of 3 replicas: 0 doubled, 0 missed, each run once");
    }

    async fn the_work_of_a_dead_replica_is_taken_over(db: TestDb) {
        let all = replicas(&db).await;
        let lease = TimeDelta::seconds(60);
        let (dead, other) = (&all[0].ctx, &all[1]);
        for schedule in SCHEDULES {
            let job = queue::Job::new(&Note(schedule.name)).unwrap();
            assert!(queue::tick(dead, schedule.name, dead.now(), job).await.unwrap());
        }
        let mut held = Vec::new();
        while let Some(job) = queue::lease(dead, "dead", lease).await.unwrap() {
            held.push(job);
        }
        assert_eq!(held.len(), SCHEDULES.len());
        let mut longest = TimeDelta::zero();
        for step in 1..=12 {
            other.clock.set(&(dead.now() + TimeDelta::seconds(step * 10)).to_rfc3339());
            while let Some(job) = queue::lease(&other.ctx, "other", lease).await.unwrap() {
                assert_eq!(job.attempt, 2);
                assert!(queue::finish(&other.ctx, &job).await.unwrap());
                longest = longest.max(TimeDelta::seconds(step * 10));
            }
        }
        // It was not dead but slow: what it brings now counts for nothing.
        for job in &held {
            assert!(!queue::finish(dead, job).await.unwrap());
        }
        let done = queue_job::Entity::find().filter(queue_job::Column::State.eq(JobState::Done));
        assert_eq!(done.count(db.connection()).await.unwrap(), SCHEDULES.len() as u64);
        assert!(longest <= lease * 2, "{longest}");
        let (jobs, seconds, engine) = (held.len(), longest.num_seconds(), db.engine().as_str());
        evidence!("B9", engine, "{jobs} jobs of a dead replica taken over within {seconds} s of a lease of 60 s");
    }
}

#[derive(serde::Serialize)]
struct Note(&'static str);

impl queue::Payload for Note {
    const NAME: &'static str = "test.note";
}
