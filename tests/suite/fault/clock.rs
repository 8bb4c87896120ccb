//! The clock jumps: no storm of jobs, nothing that was over is good again, nobody is shut out, nothing panics.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use domain::access::Role;
use domain::queue::JobState;
use entity::{queue_job, queue_tick};
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter};
use serde_json::json;

use crate::account::scene::{PASSWORD, broker, in_region, is_let_in, login, login_call, person, refresh, token_for};
use crate::harness::app::TestApp;
use crate::harness::context::{TestContext, instant};
use crate::harness::db_tests;
use crate::harness::evidence::evidence;

/// Firings of this very instant.
async fn fired_now(app: &TestContext) -> u64 {
    let all = queue_job::Entity::find()
        .filter(queue_job::Column::Name.eq("schedule.run"))
        .filter(queue_job::Column::CreatedAt.eq(app.ctx.now()));
    all.count(app.connection()).await.unwrap()
}

/// Instants at which clocks do something odd, somewhere.
const ODD: &[(&str, &str)] = &[
    ("leap day", "2028-02-28T15:58:00Z"),
    ("after a leap day", "2028-02-29T15:58:00Z"),
    ("a year without one", "2027-02-28T15:58:00Z"),
    ("new year", "2026-12-31T15:58:00Z"),
    ("summer time begins in Shanghai", "1986-05-03T15:58:00Z"),
    ("summer time ends in Shanghai", "1991-09-14T14:58:00Z"),
    ("summer time begins in Europe", "2026-03-29T00:58:00Z"),
    ("summer time ends in America", "2026-11-01T05:58:00Z"),
    ("the end of 32 bits", "2038-01-19T03:12:00Z"),
];

db_tests! {
    async fn a_jump_fires_each_schedule_at_most_once(app: TestApp) {
        app.run_due().await;
        let start = app.ctx.now();
        let jumps = [TimeDelta::days(30), TimeDelta::days(-400), TimeDelta::days(366), TimeDelta::hours(-1), TimeDelta::hours(1)];
        let mut most = 0;
        for jump in jumps {
            app.clock.set(&(start + jump).to_rfc3339());
            app.run_due().await;
            let fired = fired_now(&app).await;
            assert!(fired <= jobs::SCHEDULES.len() as u64, "{jump}: {fired} firings");
            most = most.max(fired);
            assert_eq!(app.run_due().await, 0, "{jump}: there is more to do");
        }
        let (jumps, engine) = (jumps.len(), app.engine().as_str());
        evidence!("B10", engine, "{jumps} jumps of the clock: at most {most} firings for {} schedules each", jobs::SCHEDULES.len());
    }

    async fn every_minute_fires_once_whatever_clocks_do(app: TestApp) {
        for (name, at) in ODD {
            let begin: DateTime<Utc> = instant(at);
            let mut expected: BTreeMap<&str, u64> = BTreeMap::new();
            for minute in 0..5 {
                app.clock.set(&(begin + TimeDelta::minutes(minute)).to_rfc3339());
                app.run_due().await;
                app.run_due().await;
            }
            for schedule in jobs::SCHEDULES.iter().filter(|schedule| schedule.every == TimeDelta::minutes(1)) {
                let fired = queue_tick::Entity::find()
                    .filter(queue_tick::Column::Schedule.eq(schedule.name))
                    .filter(queue_tick::Column::DueAt.gte(begin))
                    .filter(queue_tick::Column::DueAt.lt(begin + TimeDelta::minutes(5)));
                expected.insert(schedule.name, fired.count(app.connection()).await.unwrap());
            }
            assert!(expected.values().all(|fired| *fired == 5), "{name}: {expected:?}");
        }
        let dead = queue_job::Entity::find().filter(queue_job::Column::State.eq(JobState::Dead));
        assert_eq!(dead.count(app.connection()).await.unwrap(), 0);
        let engine = app.engine().as_str();
        evidence!("B10", engine, "{} odd instants (leap day, summer time, 2038): one firing a minute, 0 dead jobs", ODD.len());
    }

    async fn nothing_that_was_over_is_good_again(app: TestApp) {
        let start = app.ctx.now();
        let someone = broker(&app).await;
        let session = login(&app, &someone).await;
        let email = someone.email;
        app.post("/api/v1/password-resets").json(&json!({ "email": email })).send().await.expect(202);
        let reset = token_for(&app, email).await;
        assert!(is_let_in(&app, &session.access).await);
        let spend = async || {
            let body = json!({ "token": reset, "password": "ferry-cloud-17-lantern" });
            app.post("/api/v1/password-resets/actions/complete").json(&body).send().await
        };
        for (name, jump) in [("+31 d", TimeDelta::days(31)), ("-400 d", TimeDelta::days(-400)), ("-1 d", TimeDelta::days(-1))] {
            app.clock.set(&(start + jump).to_rfc3339());
            assert!(!is_let_in(&app, &session.access).await, "{name}: the access token");
            refresh(&app, &session.refresh).await.expect(401);
            let spent = spend().await.expect(409);
            assert_eq!(spent.code(), "token_spent", "{name}");
        }
        // The clock is right again, and so is everything else.
        app.clock.set(&start.to_rfc3339());
        app.clock.advance(TimeDelta::seconds(30));
        refresh(&app, &session.refresh).await.expect(200);
        assert_eq!(spend().await.status / 100, 2);
        let engine = app.engine().as_str();
        evidence!("B10", engine, "access, refresh and reset token refused at +31 d, -400 d and -1 d: 0 valid again");
    }

    async fn nobody_is_shut_out_by_a_clock_that_went_back(app: TestApp) {
        let someone = broker(&app).await;
        for _ in 0..8 {
            login_call(&app, someone.email, "wrong").send().await;
        }
        login_call(&app, someone.email, PASSWORD).send().await.expect(429);
        app.clock.advance(TimeDelta::days(-400));
        login_call(&app, someone.email, PASSWORD).send().await.expect(200);
    }

    async fn jobs_of_a_later_time_do_not_wait_for_it(app: TestApp) {
        let lease = TimeDelta::seconds(60);
        app.clock.advance(TimeDelta::days(30));
        person(&app, "zhou.min@example.cn", &[in_region(Role::CityClerk, "450100")]).await;
        app.post("/api/v1/password-resets").json(&json!({ "email": "zhou.min@example.cn" })).send().await.expect(202);
        let held = service::queue::lease(&app.ctx, "dead", lease).await.unwrap().expect("a job is due");
        app.post("/api/v1/password-resets").json(&json!({ "email": "zhou.min@example.cn" })).send().await.expect(202);
        app.clock.advance(TimeDelta::days(-30));
        let mut taken = Vec::new();
        while let Some(job) = service::queue::lease(&app.ctx, "alive", lease).await.unwrap() {
            taken.push(job.id);
            assert!(taken.len() < 50, "a job is taken again and again");
            service::queue::finish(&app.ctx, &job).await.unwrap();
        }
        assert!(taken.contains(&held.id) && taken.len() >= 2, "{taken:?}");
    }
}
