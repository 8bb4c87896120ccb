//! A storm of logins: hashing has its bounds, and others are answered meanwhile.

use std::time::{Duration, Instant};

use futures_util::future::join_all;

use crate::account::scene::{PASSWORD, broker, login, login_call};
use crate::harness::app::TestApp;
use crate::harness::evidence::{evidence, rounds};
use crate::harness::{Engine, Fixture};

/// No request takes longer, however busy the machine.
const CEILING: Duration = Duration::from_secs(10);

/// How long reads take, while `until` says so.
async fn reads(app: &TestApp, token: &str, mut until: impl FnMut(usize) -> bool) -> Vec<Duration> {
    let mut all = Vec::new();
    while until(all.len()) {
        let begun = Instant::now();
        app.get("/api/v1/me").as_(token).send().await.expect(200);
        all.push(begun.elapsed());
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    all.sort();
    all
}

fn percentile(sorted: &[Duration], percent: usize) -> Duration {
    sorted.get((sorted.len() * percent / 100).min(sorted.len().saturating_sub(1))).copied().unwrap_or_default()
}

#[tokio::test]
async fn a_storm_of_logins_starves_nobody() {
    let app = TestApp::on(Engine::Sqlite).await;
    let person = broker(&app).await;
    let token = login(&app, &person).await.access;
    let quiet = reads(&app, &token, |count| count < 100).await;
    let logins = usize::try_from(rounds(120, 500)).unwrap();
    let is_over = std::cell::Cell::new(false);
    let storm = async {
        let answers = join_all((0..logins).map(|_| login_call(&app, person.email, PASSWORD).send())).await;
        is_over.set(true);
        answers
    };
    let (answers, storming) = tokio::join!(storm, reads(&app, &token, |_| !is_over.get()));
    let good = answers.iter().filter(|answer| answer.status == 200).count();
    for answer in answers.iter().filter(|answer| answer.status != 200) {
        assert_eq!((answer.status, answer.code()), (503, "busy"), "{}", answer.json);
        assert!(answer.header("retry-after").parse::<u64>().unwrap() > 0);
    }
    assert!(good > 0 && good < logins, "the queue has an end: {good} of {logins} were let in");
    let slowest = storming.last().copied().unwrap_or_default();
    assert!(slowest < CEILING, "a read took {slowest:?}");
    let millis = |sorted: &[Duration], percent| percentile(sorted, percent).as_secs_f64() * 1_000.0;
    let (before, during) = (millis(&quiet, 99), millis(&storming, 99));
    let (refused, reads) = (logins - good, storming.len());
    evidence!(
        "L8",
        "sqlite",
        "{logins} logins at once: {good} let in, {refused} told to come back; p99 of {reads} other reads {during:.1} ms, quiet {before:.1} ms"
    );
}
