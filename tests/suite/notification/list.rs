//! The in-app list over HTTP, and the mails of a case for its staff.

use domain::access::Role;
use domain::certification::Level;
use domain::certification::process::Command;
use domain::ids::AccountId;
use jobs::mail::Mailer;
use serde_json::json;
use service::notification::{Locale, Message, place};
use service::page::PageRequest;
use service::process::Address;
use service::{Error, Tx, Work};

use crate::certification::cast::Cast;
use crate::harness::account::Seat;
use crate::harness::app::TestApp;
use crate::harness::context::TestContext;
use crate::harness::db_tests;

struct Tell(Vec<Message>);

impl Work for Tell {
    type Output = ();

    async fn run(&self, tx: &Tx) -> service::Result<()> {
        place(tx, self.0.clone()).await
    }
}

async fn tell(app: &TestContext, to: AccountId, count: usize) {
    let message = |number: usize| Message {
        unique_key: format!("{to}:{number}"),
        to: Address::Account(to),
        event: "account.role_changed".to_owned(),
        category: "security".to_owned(),
        case_id: None,
        params: json!({ "name": "王明" }),
    };
    for number in 0..count {
        app.ctx.write("test.tell", &Tell(vec![message(number)])).await.unwrap();
        app.clock.advance(chrono::TimeDelta::milliseconds(2));
    }
}

db_tests! {
    async fn a_list_is_read_bit_by_bit(app: TestApp) {
        let me = app.account(Seat::of(Role::Broker)).await;
        let other = app.account(Seat::of(Role::Broker)).await;
        tell(&app, me.id, 3).await;
        tell(&app, other.id, 1).await;

        let all = app.get("/api/v1/notifications?count=true").as_(&me.token).send().await.expect(200);
        let ids: Vec<String> =
            all.json["items"].as_array().unwrap().iter().map(|item| item["id"].as_str().unwrap().to_owned()).collect();
        assert_eq!((ids.len(), &all.json["count"]), (3, &json!(3)));
        assert_eq!(all.json["items"][0]["title"], "您的角色权限已调整");
        let english = app.get("/api/v1/notifications?limit=1").as_(&me.token).header("accept-language", "en");
        let english = english.send().await.expect(200);
        assert_eq!(english.json["items"][0]["title"], "Your roles were changed");
        assert!(english.header("link").contains("rel=\"next\""));

        // Everything up to the middle one; what came later stays unread.
        let body = json!({ "id": ids[1] });
        let call = || app.post("/api/v1/notifications/actions/read_up_to").as_(&me.token).key("up-to").json(&body);
        assert_eq!(call().send().await.expect(200).json["marked"], 2);
        let again = call().send().await.expect(200);
        assert_eq!((again.header("idempotency-replayed"), &again.json["marked"]), ("true", &json!(2)));
        let unread = app.get("/api/v1/notifications?unread=true").as_(&me.token).send().await.expect(200);
        assert_eq!(unread.json["items"].as_array().unwrap().len(), 1);

        let path = format!("/api/v1/notifications/{}/actions/read", ids[0]);
        let read = app.post(path.as_str()).as_(&me.token).json(&json!({})).send().await.expect(200);
        assert!(read.json["read_at"].is_string());
        // Somebody else's is not there.
        app.post(path).as_(&other.token).json(&json!({})).send().await.expect(404);
        app.post("/api/v1/notifications/actions/read_up_to").as_(&other.token).json(&body).send().await.expect(404);
        let theirs = app.get("/api/v1/notifications?unread=true").as_(&other.token).send().await.expect(200);
        assert_eq!(theirs.json["items"].as_array().unwrap().len(), 1);
        app.get("/api/v1/notifications").send().await.expect(401);
    }

    async fn a_submission_is_told_in_app_and_by_mail_in_one_thread(app: TestContext) {
        let cast = Cast::new(app).await;
        let mailer = Mailer::memory();
        let id = cast.draft(Level::L1).await.id;
        cast.act(&cast.broker, id, Command::Submit).await.unwrap();
        jobs::run_due(&cast.app.ctx, &mailer).await.unwrap();
        let sent = mailer.sent();
        let mut to: Vec<&str> = sent.iter().flat_map(|mail| &mail.to).map(String::as_str).collect();
        to.sort_unstable();
        assert_eq!(to, ["broker@example.org", "confirmer@example.org"]);
        for mail in &sent {
            let root = format!("<case-{id}@jiqiao.invalid>");
            assert!(mail.raw.contains(&format!("References: {root}")), "{}", mail.raw);
            assert!(mail.raw.contains(&format!("In-Reply-To: {root}")), "{}", mail.raw);
        }

        let page = PageRequest::default();
        let staff = |caller| service::notification::deliveries(&cast.app.ctx, caller, Locale::En, id, &page);
        let mails = staff(&cast.city_clerk).await.unwrap().items;
        assert_eq!(mails.len(), 2);
        assert!(mails.iter().all(|mail| mail.title == "Application submitted" && mail.sent_at.is_some()));
        let mut shown: Vec<_> = mails.iter().map(|mail| mail.address.as_str()).collect();
        shown.sort_unstable();
        assert_eq!(shown, ["b***@example.org", "c***@example.org"]);
        assert!(matches!(staff(&cast.broker).await, Err(Error::Forbidden)));
        assert!(matches!(staff(&cast.experts[0]).await, Err(Error::Forbidden)));
    }
}
