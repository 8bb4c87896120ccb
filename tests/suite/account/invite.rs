use chrono::TimeDelta;
use domain::access::Role;
use entity::account;
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter};
use serde_json::{Value, json};
use service::Code;
use service::account::admin;

use super::scene::{
    BROKER, OTHER_PASSWORD, PASSWORD, administrator, broker, faults, is_let_in, login, login_call, mails_to, token_for,
};
use crate::harness::app::{Answer, TestApp};
use crate::harness::db_tests;
use crate::harness::evidence::evidence;

async fn accept(app: &TestApp, token: &str, mut body: Value) -> Answer {
    body["token"] = json!(token);
    app.post("/api/v1/invitations/actions/accept").json(&body).send().await
}

async fn with_password(app: &TestApp) -> u64 {
    let accounts = account::Entity::find().filter(account::Column::PasswordHash.is_not_null());
    accounts.count(app.connection()).await.unwrap()
}

fn new_person() -> Value {
    json!({
        "name": "韦芳", "password": PASSWORD,
        "consents": [{ "kind": "personal_data", "version": "2026-01" }],
    })
}

db_tests! {
    async fn an_invited_person_gets_an_account_with_that_role_only(app: TestApp) {
        let (_, security) = administrator(&app).await;
        let body = json!({ "email": "wei.fang@example.cn", "role": "city_clerk", "region": "450100" });
        let invited = app.post("/api/v1/invitations").as_(&security.access).json(&body).send().await.expect(201);
        let token = token_for(&app, "wei.fang@example.cn").await;
        let bare = accept(&app, &token, json!({})).await.expect(422);
        assert_eq!(faults(&bare), ["/name missing_field", "/password missing_field", "/consents consent_required"]);
        let accepted = accept(&app, &token, new_person()).await.expect(200);
        assert_eq!((&accepted.json["is_new"], &accepted.json["role"]), (&json!(true), &json!("city_clerk")));
        assert_eq!(accept(&app, &token, new_person()).await.expect(409).code(), "token_spent");
        let session = login_call(&app, "wei.fang@example.cn", PASSWORD).send().await.expect(200);
        assert_eq!(session.json["second_factor_missing"], true);
        let closed = app.get(invited.header("location")).as_(&security.access).send().await.expect(200);
        assert!(closed.json["closed_at"].is_string());
    }

    async fn who_has_an_account_gets_the_role_added_and_keeps_the_password(app: TestApp) {
        let (_, security) = administrator(&app).await;
        let session = login(&app, &broker(&app).await).await;
        let body = json!({ "email": BROKER, "role": "expert" });
        app.post("/api/v1/invitations").as_(&security.access).json(&body).send().await.expect(201);
        let token = token_for(&app, BROKER).await;
        let accepted = accept(&app, &token, json!({ "password": OTHER_PASSWORD })).await.expect(200);
        assert_eq!(accepted.json["is_new"], false);
        assert!(!is_let_in(&app, &session.access).await);
        login_call(&app, BROKER, OTHER_PASSWORD).send().await.expect(401);
        let session = login_call(&app, BROKER, PASSWORD).send().await.expect(200);
        let me = app.get("/api/v1/me").as_(session.json["access_token"].as_str().unwrap()).send().await.expect(200);
        assert_eq!(me.json["grants"].as_array().unwrap().len(), 2);
    }

    async fn an_invitation_is_withdrawn_or_runs_out(app: TestApp) {
        let (_, security) = administrator(&app).await;
        let body = json!({ "email": "wei.fang@example.cn", "role": "expert" });
        let invited = app.post("/api/v1/invitations").as_(&security.access).json(&body).send().await.expect(201);
        let token = token_for(&app, "wei.fang@example.cn").await;
        let withdraw = || app.delete(invited.header("location")).as_(&security.access).if_match(invited.etag());
        withdraw().send().await.expect(200);
        withdraw().send().await.expect(412);
        accept(&app, &token, new_person()).await.expect(409);
        app.post("/api/v1/invitations").as_(&security.access).json(&body).send().await.expect(201);
        let token = token_for(&app, "wei.fang@example.cn").await;
        app.clock.advance(TimeDelta::hours(1));
        accept(&app, &token, new_person()).await.expect(409);
        assert_eq!(mails_to(&app, "wei.fang@example.cn").await.len(), 2);
    }

    async fn a_role_that_fits_nobody_is_not_offered(app: TestApp) {
        let (_, security) = administrator(&app).await;
        let body = json!({ "email": "wei.fang@example.cn", "role": "city_clerk" });
        let refused = app.post("/api/v1/invitations").as_(&security.access).json(&body).send().await.expect(422);
        assert_eq!(faults(&refused), ["/region region_required"]);
        broker(&app).await;
        let body = json!({ "email": BROKER, "role": "auditor" });
        let refused = app.post("/api/v1/invitations").as_(&security.access).json(&body).send().await.expect(422);
        assert_eq!(faults(&refused), ["/role role_incompatible"]);
    }

    async fn the_first_administrator_is_made_once_and_chooses_the_password(app: TestApp) {
        assert_eq!(with_password(&app).await, 0, "nothing is there at the start");
        let older = admin::create_administrator(&app.ctx, "an.quan@example.cn", "覃安").await.unwrap();
        let setup = admin::create_administrator(&app.ctx, "an.quan@example.cn", "覃安").await.unwrap();
        assert!(setup.link.ends_with(&format!("#token={}", setup.token)));
        assert_eq!(with_password(&app).await, 0, "nobody has a password that somebody else chose");
        let body = json!({ "password": PASSWORD, "consents": [{ "kind": "personal_data", "version": "2026-01" }] });
        accept(&app, &older.token, body.clone()).await.expect(409);
        let accepted = accept(&app, &setup.token, body).await.expect(200);
        assert_eq!(accepted.json["role"], json!(Role::SecurityAdministrator));
        let again = admin::create_administrator(&app.ctx, "other@example.cn", "某人").await.unwrap_err();
        assert_eq!(again.code(), Code::AlreadyExists);
        evidence!("S10", app.engine().as_str(), "0 accounts with a password before the link is used; 2 links, the newer works once; a third is refused");
    }
}
