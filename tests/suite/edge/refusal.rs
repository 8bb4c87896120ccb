use domain::access::Role;
use reqwest::Method;
use serde_json::json;

use crate::harness::account::Seat;
use crate::harness::app::TestApp;
use crate::harness::db_tests;

/// A case that exists nowhere.
const NOWHERE: &str = "/api/v1/cases/019f0000-0000-7000-8000-000000000000";

db_tests! {
    async fn what_is_not_there_is_told_in_the_callers_language(app: TestApp) {
        let zh = app.get("/api/v1/nowhere").send().await.expect(404);
        assert_eq!(zh.header("content-type"), "application/problem+json");
        assert_eq!(zh.json["title"], "未找到");
        assert_eq!(zh.header("content-language"), "zh-CN");
        let en = app.get("/api/v1/nowhere").header("accept-language", "en-GB, zh;q=0.5").send().await.expect(404);
        assert_eq!(en.json["title"], "Not found");
        assert_eq!(en.code(), zh.code());
    }

    async fn a_wrong_method_is_told_the_right_ones(app: TestApp) {
        for (call, allow) in [
            (app.delete("/healthz"), "GET, HEAD"),
            (app.put("/api/v1/processes"), "GET, HEAD"),
            (app.patch(format!("{NOWHERE}/actions/claim")), "POST"),
        ] {
            let refused = call.send().await.expect(405);
            assert_eq!(refused.code(), "method_not_allowed");
            assert_eq!(refused.header("allow"), allow);
        }
        for method in [Method::TRACE, Method::OPTIONS, Method::from_bytes(b"BREW").unwrap()] {
            app.call(method, "/healthz").send().await.expect(405);
        }
    }

    async fn who_is_unknown_is_told_nothing_else(app: TestApp) {
        let anonymous = app.get("/api/v1/cases").send().await.expect(401);
        assert_eq!(anonymous.code(), "unauthenticated");
        assert_eq!(anonymous.header("www-authenticate"), "Bearer");
        // Neither query, version, key nor body is looked at before.
        app.get("/api/v1/cases?limit=many").send().await.expect(401);
        let action = format!("{NOWHERE}/actions/hand_over");
        app.post(&*action).without("idempotency-key").send().await.expect(401);
        app.post(&*action).if_match("nonsense").json(&json!([])).send().await.expect(401);
        app.post(&*action).bytes("text/plain", "x".repeat(300 * 1024)).send().await.expect(401);
    }

    async fn a_token_that_is_none_of_ours_is_no_token(app: TestApp) {
        let good = app.account(Seat::in_region(Role::CityClerk, "450100")).await.token;
        let (head, _) = good.rsplit_once('.').unwrap();
        for token in ["", "x", "a.b.c", &format!("{head}."), &format!("{head}.{}", "A".repeat(86))] {
            app.get("/api/v1/cases").as_(token).send().await.expect(401);
        }
        for value in ["Basic YTpi", &good, &format!("Bearer{good}"), "Bearer"] {
            app.get("/api/v1/cases").header("authorization", value).send().await.expect(401);
        }
        // A token in an address is never read.
        app.get(format!("/api/v1/cases?access_token={good}")).send().await.expect(401);
    }
}
