use chrono::TimeDelta;
use domain::access::Role;
use serde_json::{Value, json};

use super::scene::{Person, Session, administrator, everywhere, faults, in_region, login, person, seen};
use crate::harness::app::{Answer, TestApp};
use crate::harness::db_tests;

const FORM: &str = "application/x-www-form-urlencoded";

/// A clerk who answers for a client, and the client with one secret.
struct Scene {
    security: Session,
    clerk: Person,
    path: String,
    client_id: String,
    secret: Value,
}

impl Scene {
    async fn new(app: &TestApp, scopes: Value) -> Self {
        let (_, security) = administrator(app).await;
        let clerk = person(app, "zhou.min@example.cn", &[in_region(Role::CityClerk, "450100")]).await;
        let body = json!({ "name": "数据接口", "accountable_account_id": clerk.id, "scopes": scopes });
        let made = app.post("/api/v1/api-clients").as_(&security.access).json(&body).send().await.expect(201);
        let path = made.header("location").to_owned();
        let client_id = made.json["client_id"].as_str().unwrap().to_owned();
        let secret = new_secret(app, &security, &path).await.expect(201).json;
        Self { security, clerk, path, client_id, secret }
    }

    fn secret(&self) -> &str {
        self.secret["client_secret"].as_str().unwrap()
    }

    async fn token(&self, app: &TestApp, secret: &str, scope: &str) -> Answer {
        let form =
            format!("grant_type=client_credentials&client_id={}&client_secret={secret}&scope={scope}", self.client_id);
        app.post("/oauth/token").without("idempotency-key").bytes(FORM, form).send().await
    }
}

async fn new_secret(app: &TestApp, by: &Session, path: &str) -> Answer {
    app.post(format!("{path}/secrets")).as_(&by.access).json(&json!({})).send().await
}

fn access(answer: &Answer) -> String {
    answer.json["access_token"].as_str().unwrap().to_owned()
}

async fn may_list(app: &TestApp, path: &str, token: &str) -> u16 {
    app.get(format!("/api/v1/{path}")).as_(token).send().await.status
}

db_tests! {
    async fn a_client_does_what_its_scopes_say_and_nothing_else(app: TestApp) {
        let scene = Scene::new(&app, json!(["organisation.read", "process.worklist"])).await;
        let narrow = scene.token(&app, scene.secret(), "organisation.read").await.expect(200);
        assert_eq!((&narrow.json["token_type"], &narrow.json["scope"]), (&json!("Bearer"), &json!("organisation.read")));
        assert_eq!(narrow.header("cache-control"), "no-store");
        let token = access(&narrow);
        assert_eq!(may_list(&app, "organisations", &token).await, 200);
        assert_eq!(may_list(&app, "cases", &token).await, 403);
        assert_eq!(may_list(&app, "me", &token).await, 403);
        let wide = scene.token(&app, scene.secret(), "").await.expect(200);
        assert_eq!(may_list(&app, "cases", &access(&wide)).await, 200);
        let beyond = scene.token(&app, scene.secret(), "audit.read").await.expect(400);
        assert_eq!(beyond.json, json!({ "error": "invalid_scope" }));
        let seen = app.get(&scene.path).as_(&scene.security.access).send().await.expect(200);
        assert!(seen.json["last_used_at"].is_string());
        assert!(!seen.json.to_string().contains(scene.secret()));
    }

    async fn credentials_come_in_a_header_or_in_the_form(app: TestApp) {
        let scene = Scene::new(&app, json!(["organisation.read"])).await;
        let basic = |secret: &str| {
            let pair = data_encoding::BASE64.encode(format!("{}:{secret}", scene.client_id).as_bytes());
            app.post("/oauth/token").header("authorization", &format!("Basic {pair}"))
        };
        let grant = "grant_type=client_credentials";
        basic(scene.secret()).bytes(FORM, grant).send().await.expect(200);
        let wrong = basic("wrong").bytes(FORM, grant).send().await.expect(401);
        assert_eq!((wrong.json.clone(), wrong.header("www-authenticate")), (json!({ "error": "invalid_client" }), "Basic realm=\"oauth\""));
        assert_eq!(scene.token(&app, "wrong", "").await.expect(401).json, wrong.json);
        let both = basic(scene.secret()).bytes(FORM, format!("{grant}&client_secret=x")).send().await.expect(400);
        assert_eq!(both.json["error"], "invalid_request");
        for (body, error) in [("grant_type=password", "unsupported_grant_type"), ("scope=x", "invalid_request")] {
            let refused = app.post("/oauth/token").bytes(FORM, body).send().await.expect(400);
            assert_eq!(refused.json["error"], error);
        }
        app.post("/oauth/token").json(&json!({ "grant_type": "client_credentials" })).send().await.expect(400);
    }

    async fn two_secrets_overlap_and_each_dies_at_once_with_its_tokens(app: TestApp) {
        let scene = Scene::new(&app, json!(["organisation.read"])).await;
        let second = new_secret(&app, &scene.security, &scene.path).await.expect(201).json;
        new_secret(&app, &scene.security, &scene.path).await.expect(409);
        let by_first = access(&scene.token(&app, scene.secret(), "").await.expect(200));
        let by_second = access(&scene.token(&app, second["client_secret"].as_str().unwrap(), "").await.expect(200));
        let first = format!("{}/secrets/{}", scene.path, scene.secret["id"].as_str().unwrap());
        app.delete(&first).as_(&scene.security.access).send().await.expect(200);
        app.delete(&first).as_(&scene.security.access).send().await.expect(404);
        assert_eq!(may_list(&app, "organisations", &by_first).await, 401);
        assert_eq!(may_list(&app, "organisations", &by_second).await, 200);
        scene.token(&app, scene.secret(), "").await.expect(401);
        let etag = app.get(&scene.path).as_(&scene.security.access).send().await.expect(200).etag().to_owned();
        let revoke = app.post(format!("{}/actions/revoke", scene.path)).as_(&scene.security.access).if_match(&etag);
        assert_eq!(revoke.send().await.expect(200).json["state"], "revoked");
        assert_eq!(may_list(&app, "organisations", &by_second).await, 401);
        new_secret(&app, &scene.security, &scene.path).await.expect(409);
    }

    async fn a_client_falls_with_its_accountable_person(app: TestApp) {
        let scene = Scene::new(&app, json!(["organisation.read"])).await;
        let token = access(&scene.token(&app, scene.secret(), "").await.expect(200));
        let etag = seen(&app, &scene.security, &scene.clerk).await.etag().to_owned();
        app.post(format!("/api/v1/accounts/{}/actions/disable", scene.clerk.id)).as_(&scene.security.access)
            .if_match(&etag).json(&json!({ "reason": "调离岗位" })).send().await.expect(200);
        assert_eq!(may_list(&app, "organisations", &token).await, 401);
        scene.token(&app, scene.secret(), "").await.expect(401);
    }

    async fn scopes_over_accounts_are_never_given(app: TestApp) {
        let (_, security) = administrator(&app).await;
        let clerk = person(&app, "zhou.min@example.cn", &[in_region(Role::CityClerk, "450100")]).await;
        let body = json!({ "name": "x", "accountable_account_id": clerk.id, "scopes": ["account.grant_roles"] });
        let refused = app.post("/api/v1/api-clients").as_(&security.access).json(&body).send().await.expect(422);
        assert_eq!(faults(&refused), ["/scopes/0 scope_not_grantable"]);
        let other = login(&app, &person(&app, "xi.tong@example.cn", &[everywhere(Role::SystemAdministrator)]).await).await;
        app.post("/api/v1/api-clients").as_(&other.access).json(&body).send().await.expect(403);
        app.clock.advance(TimeDelta::seconds(700));
        let stale = app.post("/api/v1/api-clients").as_(&security.access).json(&body).send().await.expect(403);
        assert_eq!(stale.code(), "fresh_login_required");
    }

    async fn the_key_set_verifies_our_tokens(app: TestApp) {
        let set = app.get("/.well-known/jwks.json").send().await.expect(200);
        let key = &app.ctx.keys().signing()[0];
        assert_eq!(set.json["keys"][0]["kid"], json!(key.kid));
        assert_eq!(set.json["keys"][0]["x"], json!(data_encoding::BASE64URL_NOPAD.encode(&key.public)));
    }
}
