//! What is taken away is gone with the next request, not when a token runs out.

use domain::access::Role;
use serde_json::{Value, json};

use crate::account::scene::{Person, Session, administrator, everywhere, in_region, login, person};
use crate::harness::account::Seat;
use crate::harness::app::{Answer, TestApp};
use crate::harness::db_tests;
use crate::harness::evidence::evidence;

/// The status of the request that comes right after a change.
async fn next(app: &TestApp, path: &str, token: &str) -> u16 {
    app.get(format!("/api/v1/{path}")).as_(token).send().await.status
}

/// The account as it stands, for its version.
async fn seen(app: &TestApp, by: &Session, who: &Person) -> Answer {
    app.get(format!("/api/v1/accounts/{}", who.id)).as_(&by.access).send().await.expect(200)
}

async fn act(app: &TestApp, by: &Session, who: &Person, verb: &str) -> Answer {
    let etag = seen(app, by, who).await.etag().to_owned();
    let path = format!("/api/v1/accounts/{}/actions/{verb}", who.id);
    app.post(path).as_(&by.access).if_match(&etag).json(&json!({ "reason": "调离岗位" })).send().await.expect(200)
}

fn role_id(account: &Answer, role: &str) -> String {
    let roles = account.json["roles"].as_array().unwrap();
    roles.iter().find(|held| held["role"] == role).unwrap()["id"].as_str().unwrap().to_owned()
}

/// A client's token for the worklist, and the paths of client and secret.
async fn client(app: &TestApp, by: &Session, clerk: &Person) -> (String, String, String) {
    let body = json!({ "name": "数据接口", "accountable_account_id": clerk.id, "scopes": ["process.worklist"] });
    let made = app.post("/api/v1/api-clients").as_(&by.access).json(&body).send().await.expect(201);
    let path = made.header("location").to_owned();
    let secret = app.post(format!("{path}/secrets")).as_(&by.access).json(&json!({})).send().await.expect(201);
    let text = |json: &Value, name: &str| json[name].as_str().unwrap().to_owned();
    let form = format!(
        "grant_type=client_credentials&client_id={}&client_secret={}",
        text(&made.json, "client_id"),
        text(&secret.json, "client_secret")
    );
    let form = app.post("/oauth/token").without("idempotency-key").bytes("application/x-www-form-urlencoded", form);
    let token = form.send().await.expect(200);
    (text(&token.json, "access_token"), path.clone(), format!("{path}/secrets/{}", text(&secret.json, "id")))
}

db_tests! {
    async fn every_loss_of_a_right_counts_from_the_next_request(app: TestApp) {
        let (_, security) = administrator(&app).await;
        let clerk = person(&app, "zhou.min@example.cn", &[in_region(Role::CityClerk, "450100")]).await;
        let mut lost = Vec::new();
        let mut check = |what: &'static str, before: u16, after: u16| {
            assert_eq!(before, 200, "{what}: it was held");
            assert!(matches!(after, 401 | 403), "{what}: {after} afterwards");
            lost.push(what);
        };

        let session = login(&app, &clerk).await;
        let before = next(&app, "cases", &session.access).await;
        app.post(format!("/api/v1/accounts/{}/roles", clerk.id)).as_(&security.access).json(&json!({ "role": "expert" })).send().await.expect(201);
        check("a role granted", before, next(&app, "cases", &session.access).await);

        let session = login(&app, &clerk).await;
        let before = next(&app, "cases", &session.access).await;
        let account = seen(&app, &security, &clerk).await;
        let path = format!("/api/v1/accounts/{}/roles/{}", clerk.id, role_id(&account, "expert"));
        app.delete(path).as_(&security.access).if_match(account.etag()).send().await.expect(200);
        check("a role revoked", before, next(&app, "cases", &session.access).await);

        let session = login(&app, &clerk).await;
        let before = next(&app, "cases", &session.access).await;
        act(&app, &security, &clerk, "disable").await;
        check("an account disabled", before, next(&app, "cases", &session.access).await);
        act(&app, &security, &clerk, "enable").await;
        assert_eq!(next(&app, "cases", &session.access).await, 401, "what was lost does not come back by itself");

        let (token, _, secret) = client(&app, &security, &clerk).await;
        let before = next(&app, "cases", &token).await;
        app.delete(secret).as_(&security.access).send().await.expect(200);
        check("a client's secret revoked", before, next(&app, "cases", &token).await);

        let (token, path, _) = client(&app, &security, &clerk).await;
        let before = next(&app, "cases", &token).await;
        let seen = app.get(&*path).as_(&security.access).send().await.expect(200);
        app.post(format!("{path}/actions/revoke")).as_(&security.access).if_match(seen.etag()).json(&json!({})).send().await.expect(200);
        check("a client revoked", before, next(&app, "cases", &token).await);

        let (token, _, _) = client(&app, &security, &clerk).await;
        let before = next(&app, "cases", &token).await;
        act(&app, &security, &clerk, "disable").await;
        check("the accountable person disabled", before, next(&app, "cases", &token).await);
        act(&app, &security, &clerk, "enable").await;

        let lead = person(&app, "qin.lan@example.cn", &[everywhere(Role::RegionLead)]).await;
        let other = person(&app, "lu.yun@example.cn", &[in_region(Role::CityLead, "450100")]).await;
        let (lender, holder) = (login(&app, &lead).await, login(&app, &other).await);
        let body = json!({ "to_account_id": other.id, "role": "region_lead", "from_on": "2026-07-06", "to_on": "2026-07-08", "reason": "出差" });
        let loan = app.post("/api/v1/me/delegations").as_(&lender.access).json(&body).send().await.expect(201);
        let before = next(&app, "publicities", &holder.access).await;
        app.delete(loan.header("location")).as_(&lender.access).send().await.expect(204);
        check("a lent role taken back", before, next(&app, "publicities", &holder.access).await);

        move_of_an_employee(&app, &mut check).await;
        evidence!("A8", app.engine().as_str(), "{} losses of a right, each from the next request on", lost.len());
    }
}

/// Somebody who acted for an employer leaves it.
async fn move_of_an_employee(app: &TestApp, check: &mut impl FnMut(&'static str, u16, u16)) {
    let clerk = app.account(Seat::of(Role::CityClerk)).await;
    let uscc = domain::certification::sample::guangxi_uscc();
    let body = json!({ "uscc": uscc, "name": "广西示例技术转移有限公司", "kind": "enterprise", "region": "450100" });
    let made = app.post("/api/v1/organisations").as_(&clerk.token).json(&body).send().await.expect(201);
    let path = made.header("location").to_owned();
    app.post(format!("{path}/actions/verify"))
        .as_(&clerk.token)
        .if_match(made.etag())
        .json(&json!({}))
        .send()
        .await
        .expect(200);
    let organisation = made.json["id"].as_str().unwrap().parse().unwrap();
    let confirmer =
        app.account(Seat { role: Role::EmployerConfirmer, region: None, organisation: Some(organisation) }).await;
    crate::certification::cast::member(app, organisation, confirmer.id).await;
    let before = next(app, "cases", &confirmer.token).await;
    let members = app.get(format!("{path}/members")).as_(&clerk.token).send().await.expect(200);
    let member = members.json["items"]
        .as_array()
        .unwrap()
        .iter()
        .find(|member| member["account_id"] == json!(confirmer.id))
        .unwrap();
    let seen = app.get(&*path).as_(&clerk.token).send().await.expect(200);
    app.delete(format!("{path}/members/{}", member["id"].as_str().unwrap()))
        .as_(&clerk.token)
        .if_match(seen.etag())
        .send()
        .await
        .expect(204);
    check("a membership ended", before, next(app, "cases", &confirmer.token).await);
}
