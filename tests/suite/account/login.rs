use chrono::TimeDelta;
use serde_json::json;

use super::scene::{self, BROKER, PASSWORD, broker, faults, is_let_in, login, login_call, mails_to, token_for};
use crate::harness::app::TestApp;
use crate::harness::db_tests;

async fn register(app: &TestApp, password: &str) -> crate::harness::app::Answer {
    let body = json!({
        "email": " Li.Ming@Example.cn ", "name": "李明", "password": password,
        "consents": [{ "kind": "personal_data", "version": "2026-01" }],
    });
    app.post("/api/v1/accounts").json(&body).send().await
}

db_tests! {
    async fn a_registered_person_logs_in_once_the_address_is_confirmed(app: TestApp) {
        let first = register(&app, PASSWORD).await.expect(202);
        let token = token_for(&app, BROKER).await;
        login_call(&app, BROKER, PASSWORD).send().await.expect(401);
        let confirm = || app.post("/api/v1/email-confirmations").json(&json!({ "token": token }));
        assert_eq!(confirm().send().await.expect(200).json["confirmed"], "registration");
        assert_eq!(confirm().send().await.expect(409).code(), "token_spent");
        let session = login_call(&app, BROKER, PASSWORD).send().await.expect(200);
        assert_eq!(session.json["second_factor_missing"], false);
        let me = app.get("/api/v1/me").as_(session.json["access_token"].as_str().unwrap()).send().await.expect(200);
        assert_eq!(me.json["grants"][0]["role"], "broker");
        // The address is known now, and the answer is the same; its owner is told.
        let again = register(&app, scene::OTHER_PASSWORD).await.expect(202);
        assert_eq!(again.json, first.json);
        assert!(mails_to(&app, BROKER).await.last().unwrap().contains("已经注册过"));
        login_call(&app, BROKER, scene::OTHER_PASSWORD).send().await.expect(401);
    }

    async fn weak_passwords_and_missing_consent_are_refused_at_once(app: TestApp) {
        let weak = register(&app, "Woaini1314").await.expect(422);
        assert_eq!(faults(&weak), ["/password password_weak"]);
        let body = json!({ "email": "nobody", "name": "", "password": "short", "consents": [] });
        let all = app.post("/api/v1/accounts").json(&body).send().await.expect(422);
        assert_eq!(faults(&all), [
            "/email email_format", "/name text_short", "/password text_short", "/consents consent_required",
        ]);
    }

    async fn known_and_unknown_addresses_are_answered_alike(app: TestApp) {
        broker(&app).await;
        for attempt in 1..=6 {
            let known = login_call(&app, BROKER, "wrong-password-1").send().await;
            let unknown = login_call(&app, "nobody@example.cn", "wrong-password-1").send().await;
            let code = if attempt > 5 { "locked_out" } else { "login_failed" };
            assert_eq!((known.code(), unknown.code()), (code, code), "attempt {attempt}");
            assert_eq!(known.status, unknown.status);
        }
        for email in [BROKER, "nobody@example.cn"] {
            let asked = app.post("/api/v1/password-resets").json(&json!({ "email": email })).send().await.expect(202);
            assert_eq!(asked.json, json!({ "status": "accepted" }));
        }
        assert!(mails_to(&app, "nobody@example.cn").await.is_empty());
    }

    async fn a_locked_address_waits_ever_longer_but_not_for_ever(app: TestApp) {
        broker(&app).await;
        for _ in 0..5 {
            login_call(&app, BROKER, "wrong-password-1").send().await.expect(401);
        }
        let locked = login_call(&app, BROKER, PASSWORD).send().await.expect(429);
        assert_eq!(locked.code(), "locked_out");
        assert_eq!(locked.header("retry-after"), "15");
        app.clock.advance(TimeDelta::seconds(16));
        login_call(&app, BROKER, "wrong-password-1").send().await.expect(401);
        let locked = login_call(&app, BROKER, PASSWORD).send().await.expect(429);
        assert_eq!(locked.header("retry-after"), "30");
        app.clock.advance(TimeDelta::seconds(31));
        login_call(&app, BROKER, PASSWORD).send().await.expect(200);
        // All is forgotten: four more failures lock nothing.
        for _ in 0..4 {
            login_call(&app, BROKER, "wrong-password-1").send().await.expect(401);
        }
        login_call(&app, BROKER, PASSWORD).send().await.expect(200);
    }

    async fn who_logged_in_from_here_before_is_not_locked_out_by_others(app: TestApp) {
        let person = broker(&app).await;
        login(&app, &person).await;
        for _ in 0..6 {
            login_call(&app, BROKER, "wrong-password-1").send().await.expect(401);
        }
        login_call(&app, BROKER, PASSWORD).send().await.expect(200);
    }

    async fn one_source_that_guesses_at_many_addresses_must_wait(app: TestApp) {
        for number in 0..20 {
            login_call(&app, &format!("nobody{number}@example.cn"), PASSWORD).send().await.expect(401);
        }
        login_call(&app, "somebody@example.cn", PASSWORD).send().await.expect(429);
    }

    async fn a_session_ends_with_the_logout_or_with_its_time(app: TestApp) {
        let person = broker(&app).await;
        let (first, second, third) = (login(&app, &person).await, login(&app, &person).await, login(&app, &person).await);
        let list = app.get("/api/v1/sessions").as_(&first.access).send().await.expect(200);
        assert_eq!(list.json["items"].as_array().unwrap().len(), 3);
        app.delete(format!("/api/v1/sessions/{}", first.id)).as_(&first.access).send().await.expect(204);
        assert!(!is_let_in(&app, &first.access).await);
        scene::refresh(&app, &first.refresh).await.expect(401);
        let ended = app.post("/api/v1/sessions/actions/revoke_others").as_(&second.access).send().await.expect(200);
        assert_eq!(ended.json["ended"], 1);
        assert!(!is_let_in(&app, &third.access).await);
        assert!(is_let_in(&app, &second.access).await);
        app.clock.advance(TimeDelta::seconds(901));
        assert!(!is_let_in(&app, &second.access).await);
        app.clock.advance(TimeDelta::days(30));
        scene::refresh(&app, &second.refresh).await.expect(401);
    }

    async fn nobody_ends_the_session_of_somebody_else(app: TestApp) {
        let person = broker(&app).await;
        let other = scene::person(&app, "wei.fang@example.cn", &[scene::everywhere(domain::access::Role::Broker)]).await;
        let (mine, theirs) = (login(&app, &person).await, login(&app, &other).await);
        app.delete(format!("/api/v1/sessions/{}", theirs.id)).as_(&mine.access).send().await.expect(404);
        assert!(is_let_in(&app, &theirs.access).await);
    }
}
