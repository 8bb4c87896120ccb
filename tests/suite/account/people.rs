use domain::access::Role;
use serde_json::{Value, json};

use super::scene::{
    PASSWORD, Person, Session, administrator, broker, everywhere, faults, in_region, is_let_in, login, login_call,
    mails_to, person, refresh, seen,
};
use crate::harness::app::{Answer, TestApp};
use crate::harness::db_tests;

async fn grant(app: &TestApp, by: &Session, to: &Person, body: Value) -> Answer {
    app.post(format!("/api/v1/accounts/{}/roles", to.id)).as_(&by.access).json(&body).send().await
}

db_tests! {
    async fn a_granted_role_counts_from_the_next_request_and_so_does_its_end(app: TestApp) {
        let (_, security) = administrator(&app).await;
        let lead = person(&app, "zhou.min@example.cn", &[in_region(Role::CityLead, "450100")]).await;
        let before = login(&app, &lead).await;
        let unchanged = seen(&app, &security, &lead).await;
        let clerk = json!({ "role": "city_clerk", "region": "450100" });
        let granted = grant(&app, &security, &lead, clerk.clone()).await.expect(201);
        assert!(!is_let_in(&app, &before.access).await);
        refresh(&app, &before.refresh).await.expect(401);
        grant(&app, &security, &lead, clerk).await.expect(409);
        let after = login(&app, &lead).await;
        app.get("/api/v1/organisations").as_(&after.access).send().await.expect(200);
        let role = granted.json["roles"].as_array().unwrap().iter().find(|role| role["role"] == "city_clerk").unwrap();
        let path = format!("/api/v1/accounts/{}/roles/{}", lead.id, role["id"].as_str().unwrap());
        let revoke = |etag: &str| app.delete(&path).as_(&security.access).if_match(etag);
        revoke(unchanged.etag()).send().await.expect(412);
        app.delete(&path).as_(&security.access).send().await.expect(428);
        let now = seen(&app, &security, &lead).await;
        let left = revoke(now.etag()).send().await.expect(200);
        assert_eq!(left.json["roles"].as_array().unwrap().len(), 1);
        assert!(!is_let_in(&app, &after.access).await);
        assert_eq!(mails_to(&app, lead.email).await.len(), 2);
    }

    async fn nobody_grants_to_themselves_and_only_the_security_administrator_grants(app: TestApp) {
        let (myself, security) = administrator(&app).await;
        let target = broker(&app).await;
        let clerk = json!({ "role": "region_clerk" });
        assert_eq!(grant(&app, &security, &myself, clerk.clone()).await.expect(409).code(), "four_eyes");
        for role in [Role::SystemAdministrator, Role::Auditor, Role::RegionLead] {
            let email: &'static str = Box::leak(format!("{role}@example.cn").into_boxed_str());
            let session = login(&app, &person(&app, email, &[everywhere(role)]).await).await;
            grant(&app, &session, &target, clerk.clone()).await.expect(403);
        }
    }

    async fn the_three_administrators_are_kept_apart(app: TestApp) {
        let (_, security) = administrator(&app).await;
        let auditor = person(&app, "shen.ji@example.cn", &[everywhere(Role::Auditor)]).await;
        let someone = broker(&app).await;
        for (to, role) in [(&auditor, "region_clerk"), (&auditor, "system_administrator"), (&someone, "auditor")] {
            let refused = grant(&app, &security, to, json!({ "role": role })).await.expect(422);
            assert_eq!(faults(&refused), ["/role role_incompatible"]);
        }
        let nowhere = grant(&app, &security, &someone, json!({ "role": "city_clerk" })).await.expect(422);
        assert_eq!(faults(&nowhere), ["/region region_required"]);
        let no_one = json!({ "role": "employer_confirmer", "organisation_id": someone.id });
        let refused = grant(&app, &security, &someone, no_one).await.expect(422);
        assert_eq!(faults(&refused), ["/organisation_id organisation_unknown"]);
        grant(&app, &security, &someone, json!({ "role": "system" })).await.expect(422);
    }

    async fn a_disabled_account_is_out_at_once_and_may_come_back(app: TestApp) {
        let (_, security) = administrator(&app).await;
        let someone = broker(&app).await;
        let session = login(&app, &someone).await;
        let etag = seen(&app, &security, &someone).await.etag().to_owned();
        let act = |verb: &str, etag: &str| {
            app.post(format!("/api/v1/accounts/{}/actions/{verb}", someone.id)).as_(&security.access).if_match(etag)
                .json(&json!({ "reason": "调离岗位" }))
        };
        let disabled = act("disable", &etag).send().await.expect(200);
        assert!(!is_let_in(&app, &session.access).await);
        refresh(&app, &session.refresh).await.expect(401);
        login_call(&app, someone.email, PASSWORD).send().await.expect(401);
        assert_eq!(act("disable", disabled.etag()).send().await.expect(409).code(), "state_forbids");
        act("enable", disabled.etag()).send().await.expect(200);
        login_call(&app, someone.email, PASSWORD).send().await.expect(200);
    }

    async fn accounts_are_found_by_role_region_state_and_address(app: TestApp) {
        let (_, security) = administrator(&app).await;
        let clerk = person(&app, "zhou.min@example.cn", &[in_region(Role::CityClerk, "450100")]).await;
        broker(&app).await;
        for (query, expected) in [
            ("", 3), ("?role=city_clerk", 1), ("?region=450100", 1), ("?region=450200", 0), ("?state=active", 3),
            ("?state=disabled", 0), ("?email=Zhou.Min@example.cn", 1), ("?role=city_clerk&region=450200", 0),
        ] {
            let list = app.get(format!("/api/v1/accounts{query}")).as_(&security.access).send().await.expect(200);
            assert_eq!(list.json["items"].as_array().unwrap().len(), expected, "{query}");
        }
        let first = app.get("/api/v1/accounts?limit=2").as_(&security.access).send().await.expect(200);
        let next = first.json["next"].as_str().unwrap();
        let rest = app.get(format!("/api/v1/accounts?limit=2&cursor={next}")).as_(&security.access).send().await.expect(200);
        assert_eq!(rest.json["items"].as_array().unwrap().len(), 1);
        let theirs = login(&app, &clerk).await;
        app.get("/api/v1/accounts").as_(&theirs.access).send().await.expect(403);
    }

    async fn one_changes_ones_own_name_and_consents(app: TestApp) {
        let session = login(&app, &broker(&app).await).await;
        let me = app.get("/api/v1/me").as_(&session.access).send().await.expect(200);
        let renamed = app.patch("/api/v1/me").as_(&session.access).if_match(me.etag())
            .json(&json!({ "name": "李明（南宁）", "locale": "en" })).send().await.expect(200);
        assert_eq!((&renamed.json["name"], &renamed.json["locale"]), (&json!("李明（南宁）"), &json!("en")));
        app.patch("/api/v1/me").as_(&session.access).if_match(me.etag()).json(&json!({})).send().await.expect(412);
        let give = || app.post("/api/v1/me/consents").as_(&session.access)
            .json(&json!({ "kind": "sensitive_data", "version": "2026-01" }));
        let given = give().send().await.expect(201);
        give().send().await.expect(409);
        let path = given.header("location").to_owned();
        let withdrawn = app.post(format!("{path}/actions/withdraw")).as_(&session.access).if_match(given.etag());
        assert!(withdrawn.send().await.expect(200).json["withdrawn_at"].is_string());
        app.get(&path).as_(&session.access).send().await.expect(200);
        let list = app.get("/api/v1/me/consents").as_(&session.access).send().await.expect(200);
        assert_eq!(list.json["items"].as_array().unwrap().len(), 1);
    }
}
