//! A failure at the n-th database call, for every n, of everything that writes.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use chrono::{NaiveDate, TimeDelta};
use domain::access::Role;
use domain::calendar::{ListedDay, Mark, YearDocument};
use domain::certification::Level;
use domain::certification::process::{Command as Act, State};
use jobs::mail::Mailer;
use sea_orm::EntityTrait;
use service::calendar::{Correction, Replan, correct, replan};
use service::door::Faults;
use service::notification::{Deliver, Message};
use service::process::Address;
use service::{Error, Tx, Work};

use crate::certification::cast::{Cast, fresh, grant, opinion, person, without_photo};
use crate::harness::context::{TestContext, context, failing};
use crate::harness::evidence::{evidence, rounds};
use crate::harness::faults::{self, LostCommits, OneCall};
use crate::harness::{Engine, Fixture, TestDb, db_tests};

/// What starts programs of its own, looks at the database's own failures or at its statements one by one, or is here.
const SKIPPED: &[&str] = &[
    "crash::",
    "harness::",
    "faults::",
    "floors::",
    "matrix::",
    "storage::backup",
    "storage::damaged",
    "storage::first_start",
    "storage::full",
    "storage::nth_call",
    "storage::power",
    "storage::replay",
    "storage::upload",
];

/// Together these come through every unit of work; a new one belongs to a test that is named here.
const SHORT: &[&str] = &[
    "account::client::sqlite::two_secrets_overlap_and_each_dies_at_once_with_its_tokens",
    "account::invite::sqlite::an_invitation_is_withdrawn_or_runs_out",
    "account::invite::sqlite::the_first_administrator_is_made_once_and_chooses_the_password",
    "account::lend::sqlite::a_lent_role_counts_on_its_days_only_and_names_the_lender",
    "account::lend::sqlite::absences_are_entered_and_removed",
    "account::login::sqlite::a_registered_person_logs_in_once_the_address_is_confirmed",
    "account::login::sqlite::a_session_ends_with_the_logout_or_with_its_time",
    "account::people::sqlite::a_granted_role_counts_from_the_next_request_and_so_does_its_end",
    "account::people::sqlite::one_changes_ones_own_name_and_consents",
    "account::recover::sqlite::a_changed_password_ends_the_other_sessions",
    "account::recover::sqlite::a_reset_works_once_and_ends_every_session",
    "account::recover::sqlite::the_old_address_is_told_when_an_account_moves",
    "account::totp::sqlite::it_takes_two_people_to_take_a_second_factor_away",
    "calendar::correct::sqlite::the_authority_keeps_to_the_law",
    "certification::http::sqlite::from_the_draft_to_the_verified_certificate",
    "contract::headers::sqlite::versions_and_keys_are_demanded_where_the_document_says_so",
    "crypto::sqlite::everything_is_brought_to_the_newest_key_and_opens_throughout",
    "deadline::remind::sqlite::officers_are_not_disturbed_at_night",
    "file::http::sqlite::rounds_and_organisations_keep_their_promises",
    "file::scan::sqlite::clean_files_are_served_and_infected_ones_never",
    "file::sweep::sqlite::bytes_without_a_row_go_after_a_day",
    "jobs::mail::sqlite::passing_faults_delay_a_mail_and_lose_none",
    "notification::list::sqlite::a_list_is_read_bit_by_bit",
    "organisation::sqlite::a_refused_registration_can_be_made_anew",
    "organisation::sqlite::names_are_kept_with_their_days",
    "organisation::sqlite::successions_are_followed_and_never_lead_back",
    "storage::unit::sqlite::a_case_is_claimed_handed_over_and_given_back",
    "storage::unit::sqlite::a_job_is_held_given_up_and_brought_back",
    "storage::unit::sqlite::a_profile_is_saved_and_its_numbers_are_read_for_a_purpose",
    "storage::unit::sqlite::a_second_factor_that_nobody_demands_is_put_away",
    "storage::unit::sqlite::the_cases_of_a_list_are_exchanged_while_it_is_a_draft",
];

/// Runs tests again on a database that fails every call of every transaction: those of the short run once in all, or
/// all of them each for itself.
fn run_again(record: &Path, all: bool) -> bool {
    let program = std::env::current_exe().expect("this program has a path");
    let mut command = Command::new(program);
    command.args(["--test-threads", "2"]).envs(faults::environment(record, all));
    if all {
        command.args(SKIPPED.iter().flat_map(|skipped| ["--skip", skipped]));
    } else {
        command.arg("--exact").args(SHORT);
    }
    let output = command.output().expect("this program can be run");
    if !output.status.success() {
        println!("{}", String::from_utf8_lossy(&output.stdout));
    }
    output.status.success()
}

#[test]
fn every_unit_of_work_survives_a_failure_at_every_call() {
    let folder = tempfile::tempdir().unwrap();
    let (record, all) = (folder.path().join("record"), rounds(0, 1) == 1);
    assert!(run_again(&record, all), "a test does not hold when calls fail and are tried again");
    let done = faults::recorded(&record);
    let missing: Vec<_> = faults::known_units().into_iter().filter(|name| !done.contains_key(name)).collect();
    assert!(missing.is_empty(), "never failed: {missing:?}");
    let failures: u64 = done.values().sum();
    assert!(failures > 500, "{failures}");
    let tests = if all { "in every test, on both engines" } else { "on SQLite" };
    evidence!("B15", "-", "{} units of work, {failures} failed calls {tests}: 0 left behind", done.len());
}

/// Rows per table; what is counted on purpose (refusals) left out.
async fn census(app: &TestContext) -> BTreeMap<String, usize> {
    let mut all = BTreeMap::new();
    for table in crate::migration::table::tables() {
        if table.name != "audit_refusal" {
            all.insert(table.name.to_owned(), (table.count)(app.connection()).await);
        }
    }
    all
}

/// What is tried: a world in which it can happen, and the deed.
trait Deed {
    type World;

    async fn arrange(app: TestContext) -> Self::World;
    async fn run(world: &Self::World) -> Result<(), Error>;
    fn app(world: &Self::World) -> &TestContext;
}

/// Fails the deed at its first call, then at its second, until it gets through, in a world of its own and going on with
/// what the failed ones did. At the end everything stands as if nothing had ever failed; gives the number of failures.
async fn fail_at_every_call<D: Deed>(engine: Engine) -> u64 {
    let clean = D::arrange(TestContext::on(engine).await).await;
    D::run(&clean).await.unwrap();
    let expected = census(D::app(&clean)).await;

    let db = TestDb::on(engine).await;
    let faults = Arc::new(OneCall::default());
    let door: Arc<dyn Faults> = faults.clone();
    let world = D::arrange(failing(&db, &door).await).await;
    let before = census(D::app(&world)).await;
    let mut failures = 0;
    for n in 1.. {
        faults.arm(n);
        let done = D::run(&world).await;
        if !faults.disarm() {
            done.unwrap();
            break;
        }
        // A step that lives with a failed read (such as a cache) may get through all the same.
        if let Err(error) = done {
            assert!(matches!(error, Error::Internal(_)), "call {n}: {error}");
        }
        failures += 1;
        let report = service::audit::verify(&D::app(&world).ctx).await.unwrap();
        assert_eq!(report.breaks, Vec::new(), "call {n}");
    }
    assert!(failures > 2, "{failures}");
    assert_ne!(before, expected, "nothing was done");
    assert_eq!(census(D::app(&world)).await, expected);
    failures
}

struct FollowUps;

impl Deed for FollowUps {
    type World = (Cast, Vec<service::process::FollowUp>);

    async fn arrange(app: TestContext) -> Self::World {
        let cast = Cast::new(app).await;
        let id = cast.draft(Level::L1).await.id;
        cast.to_region(id).await;
        cast.act(&cast.region_clerk, id, Act::Accept).await.unwrap();
        let jobs = entity::queue_job::Entity::find().all(cast.app.connection()).await.unwrap();
        let mut follow_ups: Vec<service::process::FollowUp> = jobs
            .iter()
            .filter(|job| job.name == "process.follow_up")
            .map(|job| serde_json::from_str(&job.payload).unwrap())
            .collect();
        follow_ups.sort_by_key(|job| job.version);
        (cast, follow_ups)
    }

    async fn run((cast, jobs): &Self::World) -> Result<(), Error> {
        for job in jobs {
            service::process::follow_up(&cast.app.ctx, job).await?;
        }
        Ok(())
    }

    fn app((cast, _): &Self::World) -> &TestContext {
        &cast.app
    }
}

struct Silence;

impl Deed for Silence {
    type World = Cast;

    async fn arrange(app: TestContext) -> Cast {
        let cast = Cast::new(app).await;
        let id = cast.draft(Level::L2).await.id;
        cast.to_region(id).await;
        cast.app.clock.set("2026-07-13T16:00:00Z");
        cast
    }

    async fn run(cast: &Cast) -> Result<(), Error> {
        service::process::run_due(&cast.app.ctx).await?;
        service::deadline::remind_due(&cast.app.ctx).await
    }

    fn app(cast: &Cast) -> &TestContext {
        &cast.app
    }
}

/// The end of the publicity: cases decided, certificates issued.
struct Issue;

impl Deed for Issue {
    type World = Cast;

    async fn arrange(app: TestContext) -> Cast {
        let cast = Cast::new(app).await;
        let id = cast.draft(Level::L1).await.id;
        cast.to_region(id).await;
        cast.act(&cast.region_clerk, id, Act::Accept).await.unwrap();
        cast.advance_all().await;
        cast.act(&cast.region_clerk, id, Act::PassAssessment(opinion())).await.unwrap();
        cast.publish(vec![id]).await;
        cast.app.clock.advance(TimeDelta::days(8));
        cast
    }

    async fn run(cast: &Cast) -> Result<(), Error> {
        service::process::run_due(&cast.app.ctx).await?;
        for row in entity::case_file::Entity::find().all(cast.app.connection()).await.unwrap() {
            service::process::act_by_program(&cast.app.ctx, &row.process, row.id).await?;
        }
        Ok(())
    }

    fn app(cast: &Cast) -> &TestContext {
        &cast.app
    }
}

struct Recalculation;

impl Deed for Recalculation {
    type World = (Cast, Replan);

    async fn arrange(app: TestContext) -> Self::World {
        let cast = Cast::new(app).await;
        let id = cast.draft(Level::L1).await.id;
        cast.act(&cast.broker, id, Act::Submit).await.unwrap();
        let admin = person(&cast.app, "administrator", &[grant(Role::SystemAdministrator, None, None)]).await;
        let mut year = service::calendar::year(&cast.app.ctx, 2026).await.unwrap().national.unwrap();
        let date: NaiveDate = "2026-07-15".parse().unwrap();
        year.days.push(ListedDay { date, name: "临时放假".to_owned(), mark: Mark::Off });
        let correction = Correction {
            document: YearDocument::National(year),
            reason: "补充通知".to_owned(),
            source: "国办发明电〔2026〕1号".to_owned(),
        };
        correct(&cast.app.ctx, &fresh(&admin), &correction).await.unwrap();
        let jobs = entity::queue_job::Entity::find().all(cast.app.connection()).await.unwrap();
        let job = jobs.iter().find(|job| job.name.contains("replan")).unwrap();
        let job = serde_json::from_str(&job.payload).unwrap();
        (cast, job)
    }

    async fn run((cast, job): &Self::World) -> Result<(), Error> {
        replan(&cast.app.ctx, job).await
    }

    fn app((cast, _): &Self::World) -> &TestContext {
        &cast.app
    }
}

struct Delivery;

struct Tell(Vec<Message>);

/// What somebody is told who forgot a password.
fn link() -> Message {
    Message {
        unique_key: "one".to_owned(),
        to: Address::Email("wangming@example.invalid".to_owned()),
        event: "account.reset_password".to_owned(),
        category: "security".to_owned(),
        case_id: None,
        params: serde_json::json!({ "name": "王明", "secret": { "token": "t0p", "link": "/reset#token=t0p" } }),
    }
}

impl Work for Tell {
    type Output = ();

    async fn run(&self, tx: &Tx) -> service::Result<()> {
        service::notification::place(tx, self.0.clone()).await
    }
}

impl Deed for Delivery {
    type World = (TestContext, Mailer, Deliver);

    async fn arrange(app: TestContext) -> Self::World {
        app.ctx.write("test.tell", &Tell(vec![link()])).await.unwrap();
        let row = entity::notification_delivery::Entity::find().one(app.connection()).await.unwrap().unwrap();
        // A row that nothing but this test can leave, so that the census sees the deed.
        (app, Mailer::memory(), Deliver { delivery_id: row.id })
    }

    async fn run((app, mailer, job): &Self::World) -> Result<(), Error> {
        use jobs::Answer;
        match jobs::mail::deliver(&app.ctx, mailer, job.delivery_id).await {
            Answer::Done => Ok(()),
            Answer::Retry(_, error) | Answer::Fail(error) => Err(Error::internal(error)),
        }
    }

    fn app((app, ..): &Self::World) -> &TestContext {
        app
    }
}

db_tests! {
    async fn jobs_of_several_steps_go_on_where_they_were_cut(db: TestDb) {
        let engine = db.engine();
        let mut failures = fail_at_every_call::<FollowUps>(engine).await;
        failures += fail_at_every_call::<Silence>(engine).await;
        failures += fail_at_every_call::<Issue>(engine).await;
        failures += fail_at_every_call::<Recalculation>(engine).await;
        evidence!("B15", engine.as_str(), "4 jobs of several transactions, {failures} failed calls: each went on to the same end");
    }

    async fn a_mail_is_sent_whatever_call_fails(db: TestDb) {
        let faults = Arc::new(OneCall::default());
        let door: Arc<dyn Faults> = faults.clone();
        let world = Delivery::arrange(failing(&db, &door).await).await;
        let mut failures = 0;
        for n in 1.. {
            faults.arm(n);
            let done = Delivery::run(&world).await;
            if !faults.disarm() {
                done.unwrap();
                break;
            }
            failures += 1;
        }
        let sent = world.1.sent();
        assert!(!sent.is_empty() && sent.len() <= failures, "{} copies, {failures} failures", sent.len());
        assert!(sent.iter().all(|mail| mail.message_id == sent[0].message_id));
        let row = entity::notification_delivery::Entity::find().one(world.0.connection()).await.unwrap().unwrap();
        assert_eq!(row.state, domain::notification::DeliveryState::Sent);
    }

    async fn no_mail_leaves_for_what_was_rolled_back(db: TestDb) {
        let faults = Arc::new(OneCall::default());
        let door: Arc<dyn Faults> = faults.clone();
        let (app, mailer) = (failing(&db, &door).await, Mailer::memory());
        let mut failures = 0;
        for n in 1.. {
            faults.arm(n);
            let told = app.ctx.write("test.tell", &Tell(vec![link()])).await;
            let has_failed = faults.disarm();
            jobs::run_due(&app.ctx, &mailer).await.unwrap();
            if !has_failed {
                told.unwrap();
                break;
            }
            assert!(told.is_err(), "call {n}");
            assert_eq!(mailer.sent(), [], "call {n}: a mail left for what was rolled back");
            failures += 1;
        }
        assert!(failures > 2, "{failures}");
        assert_eq!(mailer.sent().len(), 1, "{:?}", mailer.sent());
        evidence!("B6", db.engine().as_str(), "{failures} failed calls of a transaction that tells somebody: 0 mails left before its commit, 1 after it");
    }

    async fn keys_are_brought_on_whatever_call_fails(db: TestDb) {
        let app = context(&db).await;
        for number in 0..3 {
            let broker = person(&app, &format!("broker{number}"), &[grant(Role::Broker, None, None)]).await;
            service::broker::create(&app.ctx, &fresh(&broker), without_photo(number)).await.unwrap();
        }
        let faults = Arc::new(OneCall::default());
        let door: Arc<dyn Faults> = faults.clone();
        let newer = crate::crypto::rotated(&db, |database| database.failing(&door)).await;
        let mut failures = 0;
        for n in 1.. {
            faults.arm(n);
            let done = service::crypto::reseal(&newer).await;
            if !faults.disarm() {
                done.unwrap();
                break;
            }
            failures += 1;
            for row in entity::broker::Entity::find().all(app.connection()).await.unwrap() {
                assert!(service::broker::full_profile(&newer, &row).is_ok(), "call {n}");
            }
        }
        assert!(failures > 5, "{failures}");
        assert_eq!(service::crypto::reseal(&newer).await.unwrap(), 0, "nothing is left");
    }

    async fn a_commit_whose_answer_is_lost_happens_once(db: TestDb) {
        let faults = Arc::new(LostCommits::default());
        let door: Arc<dyn Faults> = faults.clone();
        let mut all = Vec::new();
        for app in [TestContext::on(db.engine()).await, failing(&db, &door).await] {
            let cast = Issue::arrange(app).await;
            Issue::run(&cast).await.unwrap();
            let case = entity::case_file::Entity::find().one(cast.app.connection()).await.unwrap().unwrap();
            assert_eq!(cast.state(case.id).await, State::Certified);
            // Everybody is told, by jobs whose commits are lost as well.
            let mailer = Mailer::memory();
            jobs::run_due(&cast.app.ctx, &mailer).await.unwrap();
            let sent: BTreeSet<String> = mailer.sent().into_iter().map(|mail| mail.message_id).collect();
            assert!(sent.len() > 5 && sent.len() == mailer.sent().len(), "{} mails, {} different", mailer.sent().len(), sent.len());
            assert_eq!(service::audit::verify(&cast.app.ctx).await.unwrap().breaks, Vec::new());
            let mut rows = census(&cast.app).await;
            rows.insert("mails".to_owned(), sent.len());
            all.push(rows);
        }
        assert_eq!(all[0], all[1]);
        assert!(faults.lost() > 10, "{}", faults.lost());
        evidence!("B5", db.engine().as_str(), "{} commits whose answer was lost, through a whole certification and its mails: 0 twice", faults.lost());
    }
}
