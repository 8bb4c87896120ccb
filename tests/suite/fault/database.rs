//! The network between program and PostgreSQL fails: requests are told in time, and the service comes back by itself.

use std::time::{Duration, Instant};

use domain::access::Role;

use super::{count, organisation};
use crate::harness::account::Seat;
use crate::harness::app::{Answer, TestApp};
use crate::harness::context::through;
use crate::harness::evidence::evidence;
use crate::harness::proxy::{Mode, Proxy};
use crate::harness::{Engine, Fixture, TestDb};

/// In which a request must be told; a busy machine takes longer for everything.
const TOLD_WITHIN: Duration = Duration::from_secs(3);
/// In which the service must be back.
const BACK_WITHIN: Duration = Duration::from_secs(5);
const BUSY_MACHINE: u32 = 3;

/// How long each thing took at the longest.
#[derive(Debug, Default)]
struct Longest {
    told: Duration,
    back: Duration,
}

struct Scene {
    app: TestApp,
    proxy: Proxy,
    token: String,
    longest: Longest,
    number: u64,
}

impl Scene {
    async fn on(db: &TestDb) -> Self {
        let (proxy, url) = Proxy::before_database(db.url()).await;
        let app = TestApp::over(through(db, &url).await).await;
        let token = app.account(Seat::of(Role::Broker)).await.token;
        Self { app, proxy, token, longest: Longest::default(), number: 0 }
    }

    async fn read(&self) -> Answer {
        self.app.get("/api/v1/organisations").as_(&self.token).send().await
    }

    async fn write(&self, number: u64) -> Answer {
        let call = self.app.post("/api/v1/organisations").key(&format!("away-{number}")).as_(&self.token);
        call.json(&organisation(number)).send().await
    }

    /// Several requests at once, so that every connection of the pool meets the fault.
    async fn told(&mut self, name: &str) {
        let begun = Instant::now();
        let reading = futures_util::future::join_all((0..4).map(|_| self.read()));
        let (reads, write) = tokio::join!(reading, self.write(self.number));
        let took = begun.elapsed();
        for answer in reads.iter().chain([&write]) {
            assert_eq!((answer.status, answer.code()), (503, "busy"), "{name}: {}", answer.json);
            assert!(answer.header("retry-after").parse::<u64>().unwrap() > 0, "{name}");
        }
        assert!(took < TOLD_WITHIN * BUSY_MACHINE, "{name}: told after {took:?}");
        self.longest.told = self.longest.told.max(took);
        self.app.get("/healthz").send().await.expect(200);
        self.app.get("/readyz").send().await.expect(503);
    }

    async fn back(&mut self, name: &str) {
        let begun = Instant::now();
        while self.read().await.status != 200 {
            assert!(begun.elapsed() < BACK_WITHIN * BUSY_MACHINE, "{name}: not back after {:?}", begun.elapsed());
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        self.app.get("/readyz").send().await.expect(200);
        self.longest.back = self.longest.back.max(begun.elapsed());
        self.write(self.number).await.expect(201);
        assert_eq!(count(self.app.connection(), self.number).await, 1, "{name}");
        self.number += 1;
    }
}

#[tokio::test]
#[cfg_attr(not(postgres_found), ignore = "no PostgreSQL binaries found")]
async fn a_database_that_is_away_is_told_in_time_and_comes_back() {
    let db = TestDb::on(Engine::Postgres).await;
    let mut scene = Scene::on(&db).await;
    scene.back("at first").await;
    let modes = [Mode::Refuse, Mode::Reset, Mode::Hang, Mode::Slow(Duration::from_secs(2)), Mode::CutAfter(0)];
    for mode in modes {
        let name = format!("{mode:?}");
        scene.proxy.set(mode);
        scene.told(&name).await;
        scene.proxy.set(Mode::Pass);
        scene.back(&name).await;
    }
    let Longest { told, back } = scene.longest;
    let (count, told, back) = (modes.len(), told.as_millis(), back.as_millis());
    evidence!("B4", "postgres", "{count} faults: 503 within {told} ms, back within {back} ms, /healthz always 200");
}

/// What hangs may never come to life: connections of before are not waited for.
#[tokio::test]
#[cfg_attr(not(postgres_found), ignore = "no PostgreSQL binaries found")]
async fn connections_that_died_in_silence_are_replaced() {
    let db = TestDb::on(Engine::Postgres).await;
    let mut scene = Scene::on(&db).await;
    scene.back("at first").await;
    scene.proxy.set(Mode::Hang);
    scene.told("silence").await;
    scene.proxy.strand();
    scene.proxy.set(Mode::Pass);
    scene.back("after silence").await;
}

/// The write is done, and PostgreSQL's answer to the commit never arrives.
#[tokio::test]
#[cfg_attr(not(postgres_found), ignore = "no PostgreSQL binaries found")]
async fn a_commit_whose_answer_is_lost_is_done_once() {
    let db = TestDb::on(Engine::Postgres).await;
    let scene = Scene::on(&db).await;
    scene.write(0).await.expect(201);
    let mut replayed = 0;
    for number in 1..=10 {
        let cuts = scene.proxy.cuts();
        scene.proxy.set(Mode::LoseAnswerTo(b"COMMIT"));
        let answer = scene.write(number).await;
        assert!(matches!(answer.status, 201 | 503), "{}", answer.json);
        replayed += u64::from(answer.header("idempotency-replayed") == "true");
        assert!(scene.proxy.cuts() > cuts, "no commit was cut");
        scene.proxy.set(Mode::Pass);
        let again = scene.write(number).await.expect(201);
        assert!(answer.status == 503 || again.json == answer.json);
        assert_eq!(count(scene.app.connection(), number).await, 1);
    }
    assert!(service::audit::verify(&scene.app.ctx).await.unwrap().breaks.is_empty());
    evidence!(
        "B5",
        "postgres",
        "10 commits of the database cut: 0 twice, {replayed} answered by the stored answer at once"
    );
}
