//! What ends a session or takes a right does so on all replicas with the next request.

use domain::access::Role;
use serde_json::{Value, json};

use crate::account::scene::{
    OTHER_PASSWORD, PASSWORD, Person, Session, administrator, broker, everywhere, in_region, is_let_in, login, person,
    refresh, seen,
};
use crate::harness::app::TestApp;
use crate::harness::context::replica;
use crate::harness::evidence::evidence;
use crate::harness::{TestDb, db_tests};

/// Two replicas with one clock.
struct Replicas {
    one: TestApp,
    other: TestApp,
    ended: u32,
}

impl Replicas {
    async fn on(db: &TestDb) -> Self {
        let (one, other) = (TestApp::over(replica(db, 1).await).await, TestApp::over(replica(db, 2).await).await);
        Self { one, other, ended: 0 }
    }

    /// A session that both replicas let in.
    async fn session(&self, person: &Person) -> Session {
        let session = login(&self.one, person).await;
        self.other.clock.set(&self.one.ctx.now().to_rfc3339());
        assert!(is_let_in(&self.one, &session.access).await && is_let_in(&self.other, &session.access).await);
        session
    }

    /// The very next request is refused everywhere, and no new token comes of it.
    async fn is_over(&mut self, session: &Session, why: &str) {
        assert!(!is_let_in(&self.other, &session.access).await, "{why}: the other replica lets it in");
        assert!(!is_let_in(&self.one, &session.access).await, "{why}: the same replica lets it in");
        refresh(&self.other, &session.refresh).await.expect(401);
        self.ended += 1;
    }

    async fn post(&self, by: &Session, path: &str, etag: &str, body: &Value) {
        let call = self.one.post(path).as_(&by.access).json(body);
        let call = if etag.is_empty() { call } else { call.if_match(etag) };
        let answer = call.send().await;
        assert!(answer.status < 300, "{path}: {} {}", answer.status, answer.json);
    }
}

db_tests! {
    async fn sessions_end_on_all_replicas_at_once(db: TestDb) {
        let mut replicas = Replicas::on(&db).await;
        let person = broker(&replicas.one).await;

        let session = replicas.session(&person).await;
        let path = format!("/api/v1/sessions/{}", session.id);
        let done = replicas.one.delete(path).as_(&session.access).send().await;
        assert!(done.status < 300, "{} {}", done.status, done.json);
        replicas.is_over(&session, "logout").await;

        let (kept, gone) = (replicas.session(&person).await, replicas.session(&person).await);
        replicas.post(&kept, "/api/v1/sessions/actions/revoke_others", "", &json!({})).await;
        replicas.is_over(&gone, "logout of the others").await;
        assert!(is_let_in(&replicas.other, &kept.access).await);

        let other = replicas.session(&person).await;
        let body = json!({ "current_password": PASSWORD, "new_password": OTHER_PASSWORD });
        replicas.post(&kept, "/api/v1/me/actions/change_password", "", &body).await;
        replicas.is_over(&other, "password change").await;
        assert!(!is_let_in(&replicas.other, &kept.access).await, "the token of the old rights");
        refresh(&replicas.other, &kept.refresh).await.expect(200);

        let (_, security) = administrator(&replicas.one).await;
        let clerk = self::person(&replicas.one, "zhou.min@example.cn", &[in_region(Role::CityClerk, "450100")]).await;
        let account = format!("/api/v1/accounts/{}", clerk.id);
        let session = replicas.session(&clerk).await;
        let etag = seen(&replicas.one, &security, &clerk).await.etag().to_owned();
        let body = json!({ "role": "region_clerk" });
        replicas.post(&security, &format!("{account}/roles"), &etag, &body).await;
        replicas.is_over(&session, "role granted").await;

        let session = replicas.session(&clerk).await;
        let now = seen(&replicas.one, &security, &clerk).await;
        let role = now.json["roles"].as_array().unwrap()[0]["id"].as_str().unwrap().to_owned();
        let path = format!("{account}/roles/{role}");
        let revoked = replicas.one.delete(path).as_(&security.access).if_match(now.etag()).send().await;
        assert!(revoked.status < 300, "{} {}", revoked.status, revoked.json);
        replicas.is_over(&session, "role revoked").await;

        let session = replicas.session(&clerk).await;
        let etag = seen(&replicas.one, &security, &clerk).await.etag().to_owned();
        replicas.post(&security, &format!("{account}/actions/disable"), &etag, &json!({ "reason": "调离岗位" })).await;
        replicas.is_over(&session, "suspension").await;

        let (ended, engine) = (replicas.ended, db.engine().as_str());
        evidence!("S3", engine, "{ended} ways to end a session: refused by both replicas at the next request");
        evidence!("A8", engine, "role granted, role revoked, suspension: 1 request after the change refused on both replicas");
    }

    async fn a_loan_counts_from_its_first_to_its_last_request(db: TestDb) {
        let replicas = Replicas::on(&db).await;
        let lead = person(&replicas.one, "qin.lan@example.cn", &[in_region(Role::CityLead, "450100")]).await;
        let clerk = person(&replicas.one, "shi.xi@example.cn", &[everywhere(Role::RegionClerk)]).await;
        let (lender, holder) = (replicas.session(&lead).await, replicas.session(&clerk).await);
        let lent = async || {
            let me = replicas.other.get("/api/v1/me").as_(&holder.access).send().await.expect(200);
            me.json["grants"].as_array().unwrap().iter().filter(|grant| !grant["on_behalf_of"].is_null()).count()
        };
        assert_eq!(lent().await, 0);
        let body = json!({ "to_account_id": clerk.id, "role": "city_lead", "from_on": "2026-07-06", "to_on": "2026-07-08", "reason": "出差" });
        let made = replicas.one.post("/api/v1/me/delegations").as_(&lender.access).json(&body).send().await.expect(201);
        assert_eq!(lent().await, 1);
        replicas.one.delete(made.header("location")).as_(&lender.access).send().await.expect(204);
        assert_eq!(lent().await, 0);
    }
}
