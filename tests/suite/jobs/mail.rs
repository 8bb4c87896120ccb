//! Mails under fault: none is lost, none is sent twice without need, and somebody hears of the hopeless ones.

use chrono::TimeDelta;
use domain::access::Role;
use domain::notification::DeliveryState;
use entity::{notification, notification_delivery as delivery};
use jobs::mail::{MailConfig, Mailer};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use serde_json::json;
use service::notification::{Message, place};
use service::process::Address;
use service::{Tx, Work};

use crate::harness::account::{self, Seat};
use crate::harness::context::{TestContext, context, replica};
use crate::harness::smtp::{Mode, Sink};
use crate::harness::{TestDb, db_tests};

/// Places messages as a use case would.
pub struct Tell(pub Vec<Message>);

impl Work for Tell {
    type Output = ();

    async fn run(&self, tx: &Tx) -> service::Result<()> {
        place(tx, self.0.clone()).await
    }
}

pub fn reset(key: &str, to: Address) -> Message {
    Message {
        unique_key: key.to_owned(),
        to,
        event: "account.reset_password".to_owned(),
        category: "security".to_owned(),
        case_id: None,
        params: json!({ "name": "王明", "secret": { "token": "t0p", "link": "/reset#token=t0p" } }),
    }
}

pub async fn tell(app: &TestContext, messages: Vec<Message>) {
    app.ctx.write("test.tell", &Tell(messages)).await.unwrap();
}

pub async fn mail(app: &TestContext, key: &str) -> delivery::Model {
    delivery::Entity::find().filter(delivery::Column::UniqueKey.eq(key)).one(app.connection()).await.unwrap().unwrap()
}

pub fn email(local: &str) -> Address {
    Address::Email(format!("{local}@example.invalid"))
}

/// Runs what is due until the clock has gone on for `minutes`.
async fn run_for(app: &TestContext, mailer: &Mailer, minutes: i64) {
    for _ in 0..minutes {
        app.clock.advance(TimeDelta::minutes(1));
        jobs::run_due(&app.ctx, mailer).await.unwrap();
    }
}

db_tests! {
    async fn a_mail_goes_out_once_and_its_secret_is_forgotten(app: TestContext) {
        let person = account::create(&app, Seat::of(Role::Broker)).await;
        let mailer = Mailer::memory();
        for _ in 0..2 {
            tell(&app, vec![reset("one", Address::Account(person.id))]).await;
            jobs::run_due(&app.ctx, &mailer).await.unwrap();
        }
        let sent = mailer.sent();
        assert_eq!(sent.len(), 1);
        let row = mail(&app, "one").await;
        assert_eq!((row.state, row.attempts), (DeliveryState::Sent, 1));
        assert_eq!(row.params_cipher, None);
        let in_app = notification::Entity::find().one(app.connection()).await.unwrap().unwrap();
        assert!(!in_app.params.contains("t0p"), "{}", in_app.params);

        let raw = &sent[0].raw;
        assert_eq!(sent[0].to, [person.email]);
        assert!(raw.contains(&format!("Message-ID: {}\r\n", row.message_id)), "{raw}");
        assert!(raw.contains("Auto-Submitted: auto-generated\r\n"), "{raw}");
        assert!(raw.contains("<no-reply@jiqiao.invalid>"), "{raw}");
        assert!(raw.contains("multipart/alternative"), "{raw}");
        assert!(!raw.contains("Reply-To:"), "{raw}");
    }

    async fn passing_faults_delay_a_mail_and_lose_none(app: TestContext) {
        let sink = Sink::start().await;
        let mailer = sink.mailer();
        for (number, mode) in [Mode::HangUp, Mode::Transient, Mode::DropInData].into_iter().enumerate() {
            let key = format!("fault-{number}");
            sink.set(mode);
            tell(&app, vec![reset(&key, email("wangming"))]).await;
            jobs::run_due(&app.ctx, &mailer).await.unwrap();
            let row = mail(&app, &key).await;
            assert_eq!((row.state, row.attempts), (DeliveryState::Queued, 1), "{mode:?}");
            assert!(row.next_attempt_at.unwrap() > app.ctx.now(), "{mode:?}");
            assert!(!row.last_error.unwrap().contains("wangming"), "{mode:?}");
            sink.set(Mode::Accept);
            run_for(&app, &mailer, 2).await;
            let row = mail(&app, &key).await;
            assert_eq!((row.state, row.attempts, row.last_error), (DeliveryState::Sent, 2, None), "{mode:?}");
            let copies = sink.taken().iter().filter(|taken| taken.message_id() == row.message_id).count();
            assert_eq!(copies, 1, "{mode:?}");
        }
    }

    async fn a_lost_answer_costs_a_second_copy_with_the_same_message_id(app: TestContext) {
        let sink = Sink::start().await;
        let mailer = sink.mailer();
        sink.set(Mode::DropAfterData);
        tell(&app, vec![reset("twice", email("wangming"))]).await;
        jobs::run_due(&app.ctx, &mailer).await.unwrap();
        sink.set(Mode::Accept);
        run_for(&app, &mailer, 2).await;
        let row = mail(&app, "twice").await;
        assert_eq!(row.state, DeliveryState::Sent);
        let ids: Vec<String> = sink.taken().iter().map(|taken| taken.message_id().to_owned()).collect();
        assert_eq!(ids, [row.message_id.clone(), row.message_id]);
    }

    async fn a_refused_mail_is_not_tried_again_and_an_administrator_hears_of_it(app: TestContext) {
        let admin = account::create(&app, Seat::of(Role::SystemAdministrator)).await;
        let sink = Sink::start().await;
        let mailer = sink.mailer();
        sink.set(Mode::Permanent);
        tell(&app, vec![reset("refused", email("wangming"))]).await;
        jobs::run_due(&app.ctx, &mailer).await.unwrap();
        run_for(&app, &mailer, 3).await;
        let row = mail(&app, "refused").await;
        assert_eq!((row.state, row.attempts), (DeliveryState::Failed, 1));
        let error = row.last_error.unwrap();
        assert!(error.contains("w***@example.invalid") && !error.contains("wangming"), "{error}");
        // The mail to the administrator is refused too, which ends there.
        let told = notification::Entity::find().all(app.connection()).await.unwrap();
        assert_eq!(told.len(), 1);
        assert_eq!((told[0].account_id, told[0].event.as_str()), (admin.id, "notification.undeliverable"));
        let mails = delivery::Entity::find().all(app.connection()).await.unwrap();
        assert_eq!(mails.iter().filter(|mail| mail.state == DeliveryState::Failed).count(), 2);
    }

    async fn a_mail_that_waited_too_long_expires_and_somebody_hears_of_it(app: TestContext) {
        let admin = account::create(&app, Seat::of(Role::SystemAdministrator)).await;
        let sink = Sink::start().await;
        let mailer = sink.mailer();
        sink.set(Mode::Transient);
        tell(&app, vec![reset("late", email("wangming"))]).await;
        for _ in 0..80 {
            jobs::run_due(&app.ctx, &mailer).await.unwrap();
            app.clock.advance(TimeDelta::hours(1));
        }
        let row = mail(&app, "late").await;
        assert_eq!(row.state, DeliveryState::Expired);
        assert!(row.attempts > 20, "{}", row.attempts);
        let told = notification::Entity::find().one(app.connection()).await.unwrap().unwrap();
        assert_eq!((told.account_id, told.event.as_str()), (admin.id, "notification.undeliverable"));
        assert_eq!(sink.taken(), []);
    }

    async fn nothing_typed_becomes_a_header_or_a_recipient(app: TestContext) {
        let mailer = Mailer::memory();
        let addresses = [
            "a@example.invalid\r\nBcc: spy@example.invalid",
            "a@example.invalid, spy@example.invalid",
            "a@example.invalid> RCPT TO:<spy@example.invalid",
        ];
        let bad = addresses.iter().map(|address| reset(address, Address::Email((*address).to_owned())));
        tell(&app, bad.collect()).await;
        let title = "初级\r\nBcc: spy@example.invalid\r\n\r\nbody";
        let params = json!({
            "number": "CE-2026-000001-A", "title": title, "applicant": title, "state": "correction",
            "due_at": "2026-07-20T15:59:59Z", "case_id": app.ctx.new_id::<uuid::Uuid>(), "kind": "correction",
            "provisional": false,
        });
        let event = "deadline.reminder".to_owned();
        tell(&app, vec![Message { event, params, ..reset("title", email("a")) }]).await;
        jobs::run_due(&app.ctx, &mailer).await.unwrap();
        for address in addresses {
            assert_eq!(mail(&app, address).await.state, DeliveryState::Failed, "{address}");
        }
        let sent = mailer.sent();
        assert_eq!(sent.len(), 1);
        assert_eq!(sent[0].to, ["a@example.invalid"]);
        let head = sent[0].raw.split("\r\n\r\n").next().unwrap();
        assert!(!head.lines().any(|line| line.to_ascii_lowercase().starts_with("bcc")), "{head}");
    }

    async fn a_mail_without_its_variables_is_given_up_aloud(app: TestContext) {
        let mailer = Mailer::memory();
        tell(&app, vec![Message { params: json!({}), ..reset("empty", email("a")) }]).await;
        jobs::run_due(&app.ctx, &mailer).await.unwrap();
        let row = mail(&app, "empty").await;
        assert_eq!(row.state, DeliveryState::Failed);
        assert!(row.last_error.unwrap().contains("secret.link"));
        assert_eq!(mailer.sent(), []);
    }

    async fn two_runners_send_each_mail_once(db: TestDb) {
        let (one, other) = (context(&db).await, replica(&db, 2).await);
        let keys: Vec<String> = (0..40).map(|number| format!("many-{number}")).collect();
        tell(&one, keys.iter().map(|key| reset(key, email("wangming"))).collect()).await;
        let mailer = Mailer::memory();
        let (first, second) = tokio::join!(jobs::run_due(&one.ctx, &mailer), jobs::run_due(&other.ctx, &mailer));
        assert!(first.unwrap() + second.unwrap() >= 40);
        let mut ids: Vec<String> = mailer.sent().into_iter().map(|mail| mail.message_id).collect();
        assert_eq!(ids.len(), 40);
        ids.sort();
        ids.dedup();
        assert_eq!(ids.len(), 40);
    }

    async fn without_a_server_mails_are_whole_files(app: TestContext) {
        let folder = tempfile::tempdir().unwrap();
        let mailer = Mailer::from_config(&MailConfig::Files { folder: folder.path().join("mail") }).unwrap();
        tell(&app, vec![reset("file", email("wangming"))]).await;
        jobs::run_due(&app.ctx, &mailer).await.unwrap();
        let files: Vec<_> =
            std::fs::read_dir(folder.path().join("mail")).unwrap().map(|entry| entry.unwrap().path()).collect();
        assert_eq!(files.len(), 1);
        let row = mail(&app, "file").await;
        let name = files[0].file_name().unwrap().to_str().unwrap().to_owned();
        assert_eq!(name, format!("20260706T010000.000Z-{}.eml", row.message_id.trim_matches(['<', '>'])));
        assert!(std::fs::read_to_string(&files[0]).unwrap().contains(&row.message_id));
    }
}
