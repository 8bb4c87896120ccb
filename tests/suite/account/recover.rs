use chrono::TimeDelta;
use sea_orm::EntityTrait;
use serde_json::json;

use super::scene::{
    BROKER, OTHER_PASSWORD, PASSWORD, broker, faults, is_let_in, login, login_call, mails_to, refresh, token_for,
};
use crate::harness::app::{Answer, TestApp};
use crate::harness::db_tests;

const NEW_ADDRESS: &str = "li.ming@new.example.cn";

async fn ask(app: &TestApp) -> String {
    app.post("/api/v1/password-resets").json(&json!({ "email": BROKER })).send().await.expect(202);
    token_for(app, BROKER).await
}

async fn complete(app: &TestApp, token: &str, password: &str) -> Answer {
    let body = json!({ "token": token, "password": password });
    app.post("/api/v1/password-resets/actions/complete").json(&body).send().await
}

db_tests! {
    async fn a_reset_works_once_and_ends_every_session(app: TestApp) {
        let session = login(&app, &broker(&app).await).await;
        let older = ask(&app).await;
        let token = ask(&app).await;
        assert_eq!(complete(&app, &older, OTHER_PASSWORD).await.expect(409).code(), "token_spent");
        assert_eq!(faults(&complete(&app, &token, "password123").await.expect(422)), ["/password password_weak"]);
        complete(&app, &token, OTHER_PASSWORD).await.expect(204);
        assert!(!is_let_in(&app, &session.access).await);
        refresh(&app, &session.refresh).await.expect(401);
        login_call(&app, BROKER, PASSWORD).send().await.expect(401);
        login_call(&app, BROKER, OTHER_PASSWORD).send().await.expect(200);
        complete(&app, &token, PASSWORD).await.expect(409);
        assert!(mails_to(&app, BROKER).await.last().unwrap().contains("密码已修改"));
    }

    async fn a_reset_is_over_after_an_hour(app: TestApp) {
        broker(&app).await;
        let token = ask(&app).await;
        app.clock.advance(TimeDelta::hours(1));
        complete(&app, &token, OTHER_PASSWORD).await.expect(409);
    }

    async fn nothing_at_rest_holds_a_token(app: TestApp) {
        broker(&app).await;
        let token = ask(&app).await;
        let tokens = entity::account_token::Entity::find().all(app.connection()).await.unwrap();
        let mails = entity::notification_delivery::Entity::find().all(app.connection()).await.unwrap();
        let pointers = entity::notification::Entity::find().all(app.connection()).await.unwrap();
        let trail = entity::audit::Entity::find().all(app.connection()).await.unwrap();
        let jobs = entity::queue_job::Entity::find().all(app.connection()).await.unwrap();
        let dump = format!("{tokens:?}{mails:?}{pointers:?}{trail:?}{jobs:?}");
        assert!(!tokens.is_empty() && !dump.contains(&token));
    }

    async fn a_changed_password_ends_the_other_sessions(app: TestApp) {
        let person = broker(&app).await;
        let (other, session) = (login(&app, &person).await, login(&app, &person).await);
        let change = |current: &str| {
            app.post("/api/v1/me/actions/change_password").as_(&session.access)
                .json(&json!({ "current_password": current, "new_password": OTHER_PASSWORD }))
        };
        assert_eq!(faults(&change(OTHER_PASSWORD).send().await.expect(422)), ["/current_password password_wrong"]);
        change(PASSWORD).send().await.expect(204);
        assert!(!is_let_in(&app, &session.access).await, "tokens made before are refused");
        refresh(&app, &session.refresh).await.expect(200);
        refresh(&app, &other.refresh).await.expect(401);
    }

    async fn sensitive_steps_want_a_fresh_login(app: TestApp) {
        let session = login(&app, &broker(&app).await).await;
        app.clock.advance(TimeDelta::seconds(601));
        let stale = app.post("/api/v1/me/actions/change_password").as_(&session.access)
            .json(&json!({ "current_password": PASSWORD, "new_password": OTHER_PASSWORD })).send().await.expect(403);
        assert_eq!(stale.code(), "fresh_login_required");
        // A refreshed token is not a new login.
        let renewed = refresh(&app, &session.refresh).await.expect(200);
        let access = renewed.json["access_token"].as_str().unwrap();
        let enrol = app.post("/api/v1/me/second-factor/actions/enrol").as_(access).send().await.expect(403);
        assert_eq!(enrol.code(), "fresh_login_required");
    }

    async fn the_old_address_is_told_when_an_account_moves(app: TestApp) {
        let session = login(&app, &broker(&app).await).await;
        let body = json!({ "email": NEW_ADDRESS, "password": PASSWORD });
        app.post("/api/v1/me/actions/change_email").as_(&session.access).json(&body).send().await.expect(202);
        let token = token_for(&app, NEW_ADDRESS).await;
        assert!(mails_to(&app, BROKER).await.is_empty());
        login_call(&app, BROKER, PASSWORD).send().await.expect(200);
        let confirmed = app.post("/api/v1/email-confirmations").json(&json!({ "token": token })).send().await.expect(200);
        assert_eq!(confirmed.json["confirmed"], "change");
        assert!(mails_to(&app, BROKER).await.last().unwrap().contains("邮箱地址已变更"));
        assert!(!is_let_in(&app, &session.access).await);
        login_call(&app, BROKER, PASSWORD).send().await.expect(401);
        login_call(&app, NEW_ADDRESS, PASSWORD).send().await.expect(200);
    }

    async fn a_repeated_request_with_a_password_is_answered_from_the_trail(app: TestApp) {
        let session = login(&app, &broker(&app).await).await;
        let call = |key: &str| app.post("/api/v1/me/second-factor/actions/enrol").as_(&session.access).key(key);
        let first = call("same").send().await.expect(200);
        let again = call("same").send().await.expect(200);
        assert_eq!((again.json, again.headers["idempotency-replayed"].to_str().unwrap()), (first.json.clone(), "true"));
        let trail = entity::audit::Entity::find().all(app.connection()).await.unwrap();
        assert!(!format!("{trail:?}").contains(first.json["secret"].as_str().unwrap()), "the answer is sealed");
    }
}
