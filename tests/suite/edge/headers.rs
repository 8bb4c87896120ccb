use reqwest::Method;

use crate::harness::app::{Answer, TestApp};
use crate::harness::db_tests;

/// On every answer, good or bad.
const SECURITY: &[(&str, &str)] = &[
    ("x-content-type-options", "nosniff"),
    ("x-frame-options", "DENY"),
    ("referrer-policy", "no-referrer"),
    ("content-security-policy", "default-src 'none'; frame-ancestors 'none'"),
    ("cross-origin-resource-policy", "same-origin"),
    ("strict-transport-security", "max-age=31536000; includeSubDomains"),
];

pub fn assert_dressed(answer: &Answer) {
    for (name, value) in SECURITY {
        assert_eq!(answer.header(name), *value, "{name}");
    }
    assert!(!answer.header("x-request-id").is_empty());
    assert_eq!(answer.header("access-control-allow-origin"), "");
    assert_eq!(answer.header("server"), "");
}

db_tests! {
    async fn the_program_lives_and_can_work(app: TestApp) {
        assert_eq!(app.get("/healthz").send().await.expect(200).json["status"], "ok");
        let ready = app.get("/readyz").send().await.expect(200);
        assert_eq!(ready.json["status"], "ok");
        assert_eq!(ready.json["jobs_waiting"], 0);
        app.get("/metrics").send().await.expect(200);
        assert!(app.run_due().await > 0, "the schedules tick");
    }

    async fn every_answer_is_dressed(app: TestApp) {
        for path in ["/healthz", "/api/v1/processes", "/api/v1/cases", "/nowhere", "/openapi.json"] {
            assert_dressed(&app.get(path).send().await);
        }
        assert_dressed(&app.delete("/healthz").send().await);
        // Refused before any handler.
        assert_dressed(&app.call(Method::TRACE, "/healthz").send().await.expect(405));
    }

    async fn a_request_id_is_kept_when_it_is_harmless(app: TestApp) {
        let call = |id: &'static str| app.get("/nowhere").header("x-request-id", id).send();
        let kept = call("trace-0123456789").await;
        assert_eq!(kept.header("x-request-id"), "trace-0123456789");
        assert_eq!(kept.json["instance"], "trace-0123456789");
        for harmful in ["short", "has spaces in it", "<script>alert(1)</script>", "../../../etc/passwd"] {
            assert_ne!(call(harmful).await.header("x-request-id"), harmful);
        }
    }

    async fn head_answers_like_get_without_a_body(app: TestApp) {
        let get = app.get("/api/v1/processes").send().await.expect(200);
        let head = app.call(Method::HEAD, "/api/v1/processes").send().await.expect(200);
        assert_eq!(head.header("content-type"), get.header("content-type"));
        assert_eq!(head.header("cache-control"), get.header("cache-control"));
        assert!(head.bytes.is_empty());
        assert!(app.call(Method::HEAD, "/nowhere").send().await.expect(404).bytes.is_empty());
    }

    async fn processes_are_public_and_cacheable(app: TestApp) {
        let list = app.get("/api/v1/processes").send().await.expect(200);
        assert!(list.header("cache-control").starts_with("public"));
        let name = list.json["items"][0]["name"].as_str().unwrap();
        app.get(format!("/api/v1/processes/{name}")).send().await.expect(200);
        let missing = app.get("/api/v1/processes/alchemy").send().await.expect(404);
        assert_eq!(missing.code(), "not_found");
    }
}
