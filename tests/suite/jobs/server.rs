//! Mail servers that fail, in every way and at every stage, and a program that dies between sending and marking.

use std::collections::BTreeMap;
use std::time::Duration;

use chrono::TimeDelta;
use domain::access::Role;
use domain::notification::DeliveryState;
use entity::notification_delivery as delivery;
use jobs::mail::Mailer;
use sea_orm::EntityTrait;

use super::mail::{email, mail, reset, tell};
use crate::harness::account::{self, Seat};
use crate::harness::context::TestContext;
use crate::harness::disk::Luck;
use crate::harness::evidence::{evidence, rounds, seed};
use crate::harness::smtp::{Mode, Sink, Stage};
use crate::harness::{Engine, Fixture, db_tests};

/// What is not sent within this time is tried again later.
const PATIENCE: Duration = Duration::from_millis(500);
/// Attempts that are looked at while a fault lasts.
const ATTEMPTS: usize = 5;

/// How a fault must end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    /// Nobody notices.
    Sent,
    /// Later, and ever later, until the server is well again.
    Retried,
    /// Given up at once.
    GivenUp,
}

#[derive(Debug, Clone, Copy)]
enum Fault {
    Mode(Mode),
    /// Nobody listens.
    Refused,
    /// TLS is demanded and not to be had, or is not TLS.
    Tls(&'static str),
}

const FAULTS: &[(&str, Fault, End)] = &[
    ("refused", Fault::Refused, End::Retried),
    ("hangs up", Fault::Mode(Mode::HangUp), End::Retried),
    ("silent", Fault::Mode(Mode::Silent), End::Retried),
    ("slow", Fault::Mode(Mode::Slow(Duration::from_millis(20))), End::Sent),
    ("no words", Fault::Mode(Mode::Says(Stage::Greeting, "xyzzy")), End::Retried),
    ("421 greeting", Fault::Mode(Mode::Says(Stage::Greeting, "421 too busy")), End::Retried),
    ("421 hello", Fault::Mode(Mode::Says(Stage::Hello, "421 shutting down")), End::Retried),
    ("451 sender", Fault::Mode(Mode::Says(Stage::Sender, "451 4.3.0 not now")), End::Retried),
    ("451 recipient", Fault::Mode(Mode::Transient), End::Retried),
    ("452 data", Fault::Mode(Mode::Says(Stage::Data, "452 4.3.1 disk full")), End::Retried),
    ("451 message", Fault::Mode(Mode::Says(Stage::Message, "451 4.3.0 queue full")), End::Retried),
    ("greylisted", Fault::Mode(Mode::Greylist), End::Retried),
    ("dropped in data", Fault::Mode(Mode::DropInData), End::Retried),
    ("dropped after data", Fault::Mode(Mode::DropAfterData), End::Retried),
    ("held after data", Fault::Mode(Mode::HoldAfterData), End::Retried),
    ("no TLS", Fault::Tls("?tls=required"), End::Retried),
    ("535 login", Fault::Mode(Mode::Says(Stage::Sender, "530 5.7.0 log in first")), End::Retried),
    ("550 recipient", Fault::Mode(Mode::Permanent), End::GivenUp),
    ("552 message", Fault::Mode(Mode::Says(Stage::Message, "552 5.3.4 too big")), End::GivenUp),
    ("554 data", Fault::Mode(Mode::Says(Stage::Data, "554 5.7.1 no valid recipients")), End::GivenUp),
];

/// What a fault cost.
#[derive(Debug, Default)]
struct Cost {
    attempts: usize,
    copies: usize,
}

async fn suffer(app: &TestContext, sink: &mut Sink, name: &str, fault: Fault, end: End) -> Cost {
    let well = sink.patient_mailer("", Duration::from_secs(10));
    let mailer = match fault {
        Fault::Tls(query) => sink.patient_mailer(query, PATIENCE),
        _ => sink.patient_mailer("", PATIENCE),
    };
    match fault {
        Fault::Mode(mode) => sink.set(mode),
        Fault::Refused => sink.go_away().await,
        Fault::Tls(_) => {}
    }
    tell(app, vec![reset(name, email("wangming"))]).await;
    let waits = wait_out(app, &mailer, name, if end == End::Retried { ATTEMPTS } else { 1 }).await;
    let is_over_at_once = matches!(fault, Fault::Mode(Mode::Greylist));
    let row = mail(app, name).await;
    match end {
        End::Sent => assert_eq!((row.state, row.attempts), (DeliveryState::Sent, 1), "{name}"),
        End::GivenUp => {
            // However long the server goes on: never again.
            app.clock.advance(TimeDelta::hours(30));
            jobs::run_due(&app.ctx, &mailer).await.unwrap();
            let row = mail(app, name).await;
            assert_eq!((row.state, row.attempts), (DeliveryState::Failed, 1), "{name}");
        }
        End::Retried if is_over_at_once => assert_eq!((row.state, row.attempts), (DeliveryState::Sent, 2), "{name}"),
        End::Retried => {
            assert_eq!(row.state, DeliveryState::Queued, "{name}: {:?}", row.last_error);
            assert!(!row.last_error.clone().unwrap().contains("wangming"), "{name}");
            assert!(waits.windows(2).all(|pair| pair[1] > pair[0]), "{name} is not left alone for longer: {waits:?}");
        }
    }
    if matches!(fault, Fault::Refused) {
        sink.come_back().await;
    }
    sink.set(Mode::Accept);
    wait_out(app, &well, name, 2).await;
    let row = mail(app, name).await;
    if end == End::Retried {
        assert_eq!((row.state, row.last_error), (DeliveryState::Sent, None), "{name}");
    }
    let copies = sink.taken().iter().filter(|taken| taken.message_id() == row.message_id).count();
    assert_eq!(copies > 0, end != End::GivenUp, "{name}");
    Cost { attempts: usize::try_from(row.attempts).unwrap(), copies }
}

/// Makes as many attempts as are planned, each when it is due; gives the waits between them in seconds.
async fn wait_out(app: &TestContext, mailer: &Mailer, key: &str, attempts: usize) -> Vec<i64> {
    let mut waits = Vec::new();
    for _ in 0..attempts {
        jobs::run_due(&app.ctx, mailer).await.unwrap();
        let row = mail(app, key).await;
        let Some(next) = row.next_attempt_at.filter(|_| row.state == DeliveryState::Queued) else { break };
        assert!(next > app.ctx.now(), "{key}");
        waits.push((next - app.ctx.now()).num_seconds());
        app.clock.set(&next.to_rfc3339());
    }
    waits
}

/// Sends a batch and dies after the server took some of it; gives the number of kills.
async fn die_between_sending_and_marking(app: &TestContext, sink: &Sink, batch: u64, luck: &mut Luck) -> u64 {
    const MAILS: u64 = 3;
    let keys: Vec<String> = (0..MAILS).map(|number| format!("batch-{batch}-{number}")).collect();
    tell(app, keys.iter().map(|key| reset(key, email(key))).collect()).await;
    let kills = 1 + luck.below(2);
    for _ in 0..kills {
        let before = sink.taken().len();
        sink.set(Mode::HoldAfterData);
        let mailer = sink.mailer();
        let held = async {
            while sink.taken().len() == before {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        };
        // Dropped in the middle, as a killed process drops everything.
        tokio::select! {
            done = jobs::run_due(&app.ctx, &mailer) => panic!("{done:?}"),
            () = held => {}
        }
        sink.set(Mode::Accept);
        // The lease of the dead runs out.
        app.clock.advance(TimeDelta::minutes(2));
    }
    jobs::run_due(&app.ctx, &sink.mailer()).await.unwrap();
    kills
}

db_tests! {
    async fn every_fault_of_a_mail_server_costs_time_and_no_mail(app: TestContext) {
        account::create(&app, Seat::of(Role::SystemAdministrator)).await;
        let mut sink = Sink::start().await;
        let mut costs = BTreeMap::new();
        for (name, fault, end) in FAULTS {
            costs.insert(*name, suffer(&app, &mut sink, name, *fault, *end).await);
        }
        let rows = delivery::Entity::find().all(app.connection()).await.unwrap();
        assert!(rows.iter().all(|row| row.state != DeliveryState::Queued || row.attempts == 0), "{rows:?}");
        let given_up = FAULTS.iter().filter(|(.., end)| *end == End::GivenUp).count();
        let attempts: usize = costs.values().map(|cost| cost.attempts).sum();
        let copies: usize = costs.values().map(|cost| cost.copies).sum();
        // Only where the server kept what it did not acknowledge is there more than one copy.
        assert!(costs.iter().all(|(name, cost)| cost.copies <= 1 || name.ends_with("after data")), "{costs:?}");
        evidence!(
            "B7",
            app.engine().as_str(),
            "{} modes, {attempts} attempts: 0 lost, {copies} copies, waits ever longer, {given_up} refused for good and not \
             tried again",
            FAULTS.len()
        );
    }

    async fn a_batch_cut_between_sending_and_marking_arrives_whole(app: TestContext) {
        println!("JIQIAO_SEED={}", seed());
        let (sink, mut luck) = (Sink::start().await, Luck(seed()));
        let (batches, mut kills) = (rounds(12, 40), 0);
        for batch in 0..batches {
            kills += die_between_sending_and_marking(&app, &sink, batch, &mut luck).await;
        }
        let mut copies: BTreeMap<String, usize> = BTreeMap::new();
        for taken in sink.taken() {
            *copies.entry(taken.message_id().to_owned()).or_default() += 1;
        }
        let rows = delivery::Entity::find().all(app.connection()).await.unwrap();
        for row in &rows {
            assert_eq!(row.state, DeliveryState::Sent);
            assert!(copies.contains_key(&row.message_id), "{} never came", row.message_id);
        }
        assert_eq!(copies.len(), rows.len(), "a mail came under two Message-IDs");
        let extra = copies.values().sum::<usize>() - rows.len();
        assert!(extra as u64 <= kills, "{extra} copies too many after {kills} kills");
        evidence!(
            "B6",
            app.engine().as_str(),
            "{batches} batches of {} mails, {kills} kills between sending and marking: 0 lost, one Message-ID each, {extra} \
             second copies",
            rows.len()
        );
    }
}

/// A server that speaks plainly where TLS is expected is no server.
#[tokio::test]
async fn bad_tls_is_a_passing_fault() {
    let app = TestContext::on(Engine::Sqlite).await;
    let sink = Sink::start().await;
    let url = sink.url().replace("smtp://", "smtps://");
    let mailer = Mailer::smtp(&url, PATIENCE).unwrap();
    tell(&app, vec![reset("tls", email("wangming"))]).await;
    jobs::run_due(&app.ctx, &mailer).await.unwrap();
    let row = mail(&app, "tls").await;
    assert_eq!((row.state, row.attempts), (DeliveryState::Queued, 1));
    assert_eq!(sink.taken(), []);
    jobs::run_due(&app.ctx, &sink.mailer()).await.unwrap();
    wait_out(&app, &sink.mailer(), "tls", 2).await;
    assert_eq!(mail(&app, "tls").await.state, DeliveryState::Sent);
}
