use chrono::TimeDelta;
use domain::access::Role;
use serde_json::{Value, json};

use super::scene::{Person, Session, administrator, broker, everywhere, faults, in_region, login, person};
use crate::harness::app::TestApp;
use crate::harness::db_tests;

/// The clocks of these tests begin on 6 July 2026.
fn loan(to: &Person, role: &str, from_on: &str, to_on: &str) -> Value {
    json!({ "to_account_id": to.id, "role": role, "from_on": from_on, "to_on": to_on, "reason": "出差" })
}

async fn lent_roles(app: &TestApp, session: &Session) -> Vec<Value> {
    let me = app.get("/api/v1/me").as_(&session.access).send().await.expect(200);
    let grants = me.json["grants"].as_array().unwrap().clone();
    grants.into_iter().filter(|grant| !grant["on_behalf_of"].is_null()).collect()
}

db_tests! {
    async fn a_lent_role_counts_on_its_days_only_and_names_the_lender(app: TestApp) {
        let lead = person(&app, "qin.lan@example.cn", &[in_region(Role::CityLead, "450100")]).await;
        let clerk = person(&app, "zhou.min@example.cn", &[in_region(Role::CityClerk, "450100")]).await;
        let lender = login(&app, &lead).await;
        let body = loan(&clerk, "city_lead", "2026-07-07", "2026-07-08");
        let made = app.post("/api/v1/me/delegations").as_(&lender.access).json(&body).send().await.expect(201);
        assert!(lent_roles(&app, &login(&app, &clerk).await).await.is_empty());
        app.clock.set("2026-07-06T16:00:30Z");
        let holder = login(&app, &clerk).await;
        let lent = lent_roles(&app, &holder).await;
        assert_eq!(lent.len(), 1);
        assert_eq!((&lent[0]["role"], &lent[0]["region"]), (&json!("city_lead"), &json!("450100")));
        assert_eq!(lent[0]["on_behalf_of"], json!(lead.id));
        app.get(made.header("location")).as_(&holder.access).send().await.expect(200);
        app.delete(made.header("location")).as_(&holder.access).send().await.expect(404);
        let lender = login(&app, &lead).await;
        app.delete(made.header("location")).as_(&lender.access).send().await.expect(204);
        assert!(lent_roles(&app, &holder).await.is_empty());
        app.post("/api/v1/me/delegations").as_(&lender.access).json(&body).send().await.expect(201);
        assert_eq!(lent_roles(&app, &holder).await.len(), 1);
        app.clock.set("2026-07-08T16:00:30Z");
        assert!(lent_roles(&app, &login(&app, &clerk).await).await.is_empty());
    }

    async fn only_what_is_held_is_lent_and_only_to_a_colleague(app: TestApp) {
        let lead = person(&app, "qin.lan@example.cn", &[in_region(Role::CityLead, "450100")]).await;
        let clerk = person(&app, "zhou.min@example.cn", &[in_region(Role::CityClerk, "450100")]).await;
        let auditor = person(&app, "shen.ji@example.cn", &[everywhere(Role::Auditor)]).await;
        let outsider = broker(&app).await;
        let lender = login(&app, &lead).await;
        for (body, expected) in [
            (loan(&clerk, "region_lead", "2026-07-07", "2026-07-08"), "/role role_not_delegable"),
            (loan(&auditor, "city_lead", "2026-07-07", "2026-07-08"), "/to_account_id not_a_colleague"),
            (loan(&outsider, "city_lead", "2026-07-07", "2026-07-08"), "/to_account_id not_a_colleague"),
            (loan(&lead, "city_lead", "2026-07-07", "2026-07-08"), "/to_account_id not_a_colleague"),
            (loan(&clerk, "city_lead", "2026-07-08", "2026-07-07"), "/to_on period_reversed"),
            (loan(&clerk, "city_lead", "2026-07-01", "2026-07-05"), "/to_on period_over"),
        ] {
            let refused = app.post("/api/v1/me/delegations").as_(&lender.access).json(&body).send().await.expect(422);
            assert_eq!(faults(&refused), [expected]);
        }
        // What was lent cannot be lent on.
        let body = loan(&clerk, "city_lead", "2026-07-06", "2026-07-08");
        app.post("/api/v1/me/delegations").as_(&lender.access).json(&body).send().await.expect(201);
        let holder = login(&app, &clerk).await;
        let on = loan(&lead, "city_lead", "2026-07-06", "2026-07-08");
        let refused = app.post("/api/v1/me/delegations").as_(&holder.access).json(&on).send().await.expect(422);
        assert_eq!(faults(&refused), ["/role role_not_delegable"]);
    }

    async fn a_loan_ends_with_the_lenders_role_or_account(app: TestApp) {
        let (_, security) = administrator(&app).await;
        let lead = person(&app, "qin.lan@example.cn", &[in_region(Role::CityLead, "450100")]).await;
        let clerk = person(&app, "zhou.min@example.cn", &[in_region(Role::CityClerk, "450100")]).await;
        let lender = login(&app, &lead).await;
        let body = loan(&clerk, "city_lead", "2026-07-06", "2026-07-08");
        app.post("/api/v1/me/delegations").as_(&lender.access).json(&body).send().await.expect(201);
        let holder = login(&app, &clerk).await;
        assert_eq!(lent_roles(&app, &holder).await.len(), 1);
        let account = app.get(format!("/api/v1/accounts/{}", lead.id)).as_(&security.access).send().await.expect(200);
        app.post(format!("/api/v1/accounts/{}/actions/disable", lead.id)).as_(&security.access)
            .if_match(account.etag()).json(&json!({ "reason": "调离岗位" })).send().await.expect(200);
        assert!(lent_roles(&app, &holder).await.is_empty());
    }

    async fn absences_are_entered_and_removed(app: TestApp) {
        let session = login(&app, &broker(&app).await).await;
        let body = json!({ "from_on": "2026-07-07", "to_on": "2026-07-08", "reason": "年休假" });
        let made = app.post("/api/v1/me/absences").as_(&session.access).json(&body).send().await.expect(201);
        let path = made.header("location").to_owned();
        app.get(&path).as_(&session.access).send().await.expect(200);
        let list = app.get("/api/v1/me/absences").as_(&session.access).send().await.expect(200);
        assert_eq!(list.json["items"][0]["to_on"], "2026-07-08");
        app.delete(&path).as_(&session.access).send().await.expect(204);
        app.delete(&path).as_(&session.access).send().await.expect(404);
        app.clock.advance(TimeDelta::seconds(1));
    }
}
