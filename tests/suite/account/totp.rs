use chrono::TimeDelta;
use domain::access::Role;
use serde_json::{Value, json};

use super::scene::{
    PASSWORD, Session, administrator, broker, code, everywhere, faults, in_region, is_let_in, login, mails_to, person,
};
use crate::harness::app::{Answer, TestApp};
use crate::harness::db_tests;

async fn with_code(app: &TestApp, email: &str, name: &str, value: &str) -> Answer {
    app.post("/api/v1/sessions").json(&json!({ "email": email, "password": PASSWORD, name: value })).send().await
}

async fn act(app: &TestApp, session: &Session, verb: &str, body: Value) -> Answer {
    app.post(format!("/api/v1/me/second-factor/actions/{verb}")).as_(&session.access).json(&body).send().await
}

db_tests! {
    async fn a_code_works_once_and_only_around_its_time(app: TestApp) {
        let clerk = person(&app, "zhou.min@example.cn", &[in_region(Role::CityClerk, "450100")]).await;
        let without = app.post("/api/v1/sessions").json(&json!({ "email": clerk.email, "password": PASSWORD }));
        assert_eq!(without.send().await.expect(401).code(), "second_factor_required");
        for far in [-2, 2] {
            with_code(&app, clerk.email, "totp", &code(&app, far)).await.expect(401);
        }
        let now = code(&app, 0);
        with_code(&app, clerk.email, "totp", &now).await.expect(200);
        assert_eq!(with_code(&app, clerk.email, "totp", &now).await.expect(401).code(), "login_failed");
        with_code(&app, clerk.email, "totp", &code(&app, -1)).await.expect(401);
        with_code(&app, clerk.email, "totp", &code(&app, 1)).await.expect(200);
    }

    async fn staff_without_a_second_factor_may_do_nothing_until_it_is_enrolled(app: TestApp) {
        let clerk = broker(&app).await;
        let (_, security) = administrator(&app).await;
        let grant = json!({ "role": "city_clerk", "region": "450100" });
        app.post(format!("/api/v1/accounts/{}/roles", clerk.id)).as_(&security.access).json(&grant).send().await.expect(201);
        let answer = app.post("/api/v1/sessions").json(&json!({ "email": clerk.email, "password": PASSWORD })).send().await;
        assert_eq!(answer.json["second_factor_missing"], true);
        let session = Session::of(&answer);
        app.get("/api/v1/cases").as_(&session.access).send().await.expect(403);
        let enrolment = act(&app, &session, "enrol", json!({})).await.expect(200);
        let secret = totp_rs::Secret::try_from_base32(enrolment.json["secret"].as_str().unwrap()).unwrap();
        let totp = totp_rs::Builder::new().with_secret(secret).build().unwrap();
        assert!(enrolment.json["otpauth_url"].as_str().unwrap().starts_with("otpauth://totp/"));
        let wrong = act(&app, &session, "confirm", json!({ "code": "000000" })).await.expect(422);
        assert_eq!(faults(&wrong), ["/code code_wrong"]);
        let good = totp.generate(u64::try_from(app.ctx.now().timestamp()).unwrap()).to_string();
        let codes = act(&app, &session, "confirm", json!({ "code": good })).await.expect(200);
        app.get("/api/v1/cases").as_(&session.access).send().await.expect(200);
        let me = app.get("/api/v1/me").as_(&session.access).send().await.expect(200);
        assert_eq!((&me.json["second_factor_missing"], &me.json["recovery_codes_left"]), (&json!(false), &json!(10)));
        // Staff keeps it.
        app.clock.advance(TimeDelta::seconds(60));
        let last = totp.generate(u64::try_from(app.ctx.now().timestamp()).unwrap()).to_string();
        let kept = act(&app, &session, "disable", json!({ "password": PASSWORD, "code": last })).await.expect(409);
        assert_eq!(kept.code(), "state_forbids");
        // A recovery code stands in, once.
        let recovery = codes.json["recovery_codes"][3].as_str().unwrap();
        with_code(&app, clerk.email, "recovery_code", recovery).await.expect(200);
        with_code(&app, clerk.email, "recovery_code", recovery).await.expect(401);
    }

    async fn it_takes_two_people_to_take_a_second_factor_away(app: TestApp) {
        let (_, security) = administrator(&app).await;
        let clerk = person(&app, "zhou.min@example.cn", &[in_region(Role::CityClerk, "450100")]).await;
        let system = person(&app, "xi.tong@example.cn", &[everywhere(Role::SystemAdministrator)]).await;
        let (system_session, theirs) = (login(&app, &system).await, login(&app, &clerk).await);
        let ask = |session: &Session, account| {
            app.post("/api/v1/factor-resets").as_(&session.access)
                .json(&json!({ "account_id": account, "reason": "手机遗失，已当面核对工作证" }))
        };
        assert_eq!(ask(&system_session, system.id).send().await.expect(409).code(), "four_eyes");
        let asked = ask(&security, clerk.id).send().await.expect(201);
        let (path, etag) = (asked.header("location").to_owned(), asked.etag().to_owned());
        ask(&system_session, clerk.id).send().await.expect(409);
        let approve = |session: &Session| app.post(format!("{path}/actions/approve")).as_(&session.access).if_match(&etag);
        assert_eq!(approve(&security).send().await.expect(409).code(), "four_eyes");
        assert!(is_let_in(&app, &theirs.access).await);
        let decided = approve(&system_session).send().await.expect(200);
        assert_eq!(decided.json["state"], "approved");
        approve(&system_session).send().await.expect(412);
        assert!(!is_let_in(&app, &theirs.access).await);
        let bare = app.post("/api/v1/sessions").json(&json!({ "email": clerk.email, "password": PASSWORD }));
        assert_eq!(bare.send().await.expect(200).json["second_factor_missing"], true);
        assert_eq!(mails_to(&app, clerk.email).await.len(), 2);
    }

    async fn a_reset_of_oneself_cannot_be_approved(app: TestApp) {
        let (security, session) = administrator(&app).await;
        let system = person(&app, "xi.tong@example.cn", &[everywhere(Role::SystemAdministrator)]).await;
        let asking = login(&app, &system).await;
        let body = json!({ "account_id": security.id, "reason": "手机遗失" });
        let asked = app.post("/api/v1/factor-resets").as_(&asking.access).json(&body).send().await.expect(201);
        let path = format!("{}/actions/approve", asked.header("location"));
        app.post(path).as_(&session.access).if_match(asked.etag()).send().await.expect(409);
    }
}
