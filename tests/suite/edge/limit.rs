//! Rate limits: told on every answer, kept to within a twentieth, by account or address and by class of operation.

use std::time::Instant;

use api::Rates;
use domain::access::Role;
use reqwest::Method;
use serde_json::json;

use super::headers::assert_dressed;
use crate::harness::account::Seat;
use crate::harness::app::{Answer, Call, TestApp};
use crate::harness::evidence::evidence;
use crate::harness::{TestDb, db_tests};

fn number(answer: &Answer, header: &str) -> u64 {
    answer
        .header(header)
        .parse()
        .unwrap_or_else(|_| panic!("{header}: `{}` of {}", answer.header(header), answer.status))
}

fn assert_told(answer: &Answer) {
    let (limit, remaining) = (number(answer, "ratelimit-limit"), number(answer, "ratelimit-remaining"));
    assert!(remaining <= limit && number(answer, "ratelimit-reset") <= 60, "{:?}", answer.headers);
    assert_eq!(answer.status == 429, answer.headers.contains_key("retry-after"), "{}", answer.status);
}

/// Asks until it is refused: how many were answered, and the seconds that it took.
async fn until_refused<'a>(limit: u32, call: impl Fn() -> Call<'a>) -> (u32, f64, Answer) {
    let begun = Instant::now();
    for answered in 0..limit * 4 {
        let answer = call().send().await;
        assert_told(&answer);
        if answer.status == 429 {
            return (answered, begun.elapsed().as_secs_f64(), answer);
        }
    }
    panic!("nothing was refused of {}", limit * 4);
}

db_tests! {
    async fn who_asks_too_much_is_told_to_wait(db: TestDb) {
        let app = TestApp::beside(&db, Rates { general: 2, ..Rates::default() }).await;
        for (remaining, reset) in [("1", "30"), ("0", "60")] {
            let answer = app.get("/api/v1/cases").send().await.expect(401);
            assert_eq!(answer.header("ratelimit-limit"), "2");
            assert_eq!(answer.header("ratelimit-remaining"), remaining);
            assert_eq!(answer.header("ratelimit-reset"), reset);
        }
        let refused = app.get("/api/v1/cases").send().await.expect(429);
        assert_eq!(refused.code(), "rate_limited");
        assert_dressed(&refused);
        assert_told(&refused);
        assert_eq!(refused.header("ratelimit-remaining"), "0");
        assert!(refused.header("retry-after").parse::<u64>().unwrap() > 0);
        // Nobody becomes another client by claiming an address.
        app.get("/api/v1/cases").header("x-forwarded-for", "203.0.113.7").send().await.expect(429);
    }

    async fn every_class_refuses_the_one_too_many(db: TestDb) {
        let rates = Rates { general: 120, guessable: 20, verification: 40 };
        let app = TestApp::beside(&db, rates).await;
        let token = app.account(Seat::of(Role::Broker)).await.token;
        let token_of_nobody = json!({ "token": "nothing" });
        let verify = json!({ "number": "GXJ22026450100017I", "name": "王小明" });
        let (mut told, mut widest) = (0, 0.0_f64);
        for (class, limit) in [("general", rates.general), ("account", rates.general), ("guessable", rates.guessable), ("verification", rates.verification)] {
            let (answered, seconds, refused) = until_refused(limit, || match class {
                "general" => app.get("/api/v1/processes"),
                // Counted apart from the address that is spent by now.
                "account" => app.get("/api/v1/me").as_(&token),
                "guessable" => app.post("/api/v1/email-confirmations").json(&token_of_nobody),
                _ => app.post("/api/v1/verifications").without("idempotency-key").json(&verify),
            })
            .await;
            assert_eq!(refused.code(), "rate_limited", "{class}");
            // What time gives back while asking comes on top.
            let given_back = (f64::from(limit) * seconds / 60.0).ceil();
            let over = f64::from(answered) - f64::from(limit);
            assert!(over >= 0.0 && over <= given_back + f64::from(limit) * 0.05, "{class}: {answered} of {limit} in {seconds:.1} s");
            widest = widest.max((over - given_back).max(0.0) * 100.0 / f64::from(limit));
            told += answered + 1;
        }
        evidence!("L2", db.engine().as_str(), "4 classes, {told} answers, RateLimit headers on all; N+1st refused, off by {widest:.0} % at most (beyond what the time gave back)");
    }

    async fn every_kind_of_answer_tells_the_limit(app: TestApp) {
        let token = app.account(Seat::of(Role::Broker)).await.token;
        let calls = [
            (app.get("/healthz"), 200),
            (app.get("/openapi.json"), 200),
            (app.get("/docs/"), 200),
            (app.get("/nowhere"), 404),
            (app.get("/api/v1/cases"), 401),
            (app.get("/api/v1/cases").as_("no.such.token"), 401),
            (app.get("/api/v1/accounts").as_(&token), 403),
            (app.get("/api/v1/me/consents?limit=0").as_(&token), 422),
            (app.delete("/healthz"), 405),
            (app.call(Method::TRACE, "/healthz"), 405),
            (app.post("/api/v1/brokers").as_(&token).bytes("text/plain", "x"), 415),
            (app.post("/api/v1/brokers").as_(&token).bytes("application/json", "{"), 400),
            (app.post("/api/v1/brokers").as_(&token).bytes("application/json", "x".repeat(300_000)), 413),
            (app.post("/oauth/token").bytes("application/x-www-form-urlencoded", "grant_type=none"), 400),
        ];
        let count = calls.len();
        for (call, status) in calls {
            let answer = call.send().await.expect(status);
            assert_told(&answer);
        }
        evidence!("L2", app.engine().as_str(), "{count} kinds of answers, all with RateLimit-Limit, -Remaining and -Reset");
    }
}
