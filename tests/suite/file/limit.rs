//! Sizes by kind, as the rule set says, and quotas over all cases, with uploads that come at once.

use std::sync::Arc;

use domain::access::Role;
use domain::file::FilePurpose;
use domain::ids::CaseId;
use domain::rule::{FileRules, GX_BROKER_2026_1, RuleSet};
use futures_util::future::join_all;
use service::database::Database;
use service::file::{FileView, NewFile};
use service::{Caller, Code, Context, Error, FileLimits, Outcome, Parts, Result, Settings};

use super::sample::{docx, jpeg_of_bytes, pdf, png};
use super::{broker, named, objects, send};
use crate::certification::cast::{employer, grant, person};
use crate::harness::context::{ManualClock, START, SeededRandom, TestContext, context, keys};
use crate::harness::evidence::evidence;
use crate::harness::people::at;
use crate::harness::{TestDb, db_tests};

/// Uploads at once.
const AT_ONCE: usize = 16;

/// The program on the test's database with limits of its own.
async fn limited(db: &TestDb, seed: u64, files: FileLimits) -> Context {
    Context::new(Parts {
        database: Database::connect(db.url(), 8).await.unwrap(),
        clock: Arc::new(ManualClock::new(START)),
        random: Arc::new(SeededRandom::new(seed)),
        keys: keys(),
        files: Arc::new(object_store::memory::InMemory::new()),
        settings: Settings { files, ..Settings::default() },
    })
}

fn limit_of<T: std::fmt::Debug>(refused: Result<T>) -> String {
    match refused {
        Err(Error::Refused(Code::TooLarge, params)) => params["limit"].as_str().unwrap().to_owned(),
        other => panic!("{other:?}"),
    }
}

/// As many files at once, spread over the cases; gives the outcomes.
async fn at_once(
    ctx: &Context,
    callers: &[Caller],
    cases: &[CaseId],
    purpose: FilePurpose,
) -> Vec<Result<Outcome<FileView>>> {
    let content = pdf();
    let sending = (0..AT_ONCE).map(|n| {
        let (caller, case, content) = (&callers[n % callers.len()], cases[n % cases.len()], &content);
        async move { send(ctx, caller, case, NewFile { purpose, ..named(&format!("{n}.pdf")) }, content).await }
    });
    join_all(sending).await
}

/// So many were taken; every other one was refused for this limit.
fn assert_taken(outcomes: Vec<Result<Outcome<FileView>>>, taken: usize, limit: &str) {
    let (good, bad): (Vec<_>, Vec<_>) = outcomes.into_iter().partition(Result::is_ok);
    assert_eq!(good.len(), taken, "{bad:?}");
    for refused in bad {
        assert_eq!(limit_of(refused), limit);
    }
}

db_tests! {
    async fn sizes_by_kind_hold_to_the_byte(test: TestContext) {
        let broker = broker(&test).await;
        let rules = FileRules::of(&RuleSet::read(GX_BROKER_2026_1).unwrap());
        let case = test.case(&broker, None, |_| {}).await;
        let photo = |name: &str| NewFile { purpose: FilePurpose::Photo, ..named(name) };
        let (photo_bytes, image_bytes) = (rules.photo_bytes.unwrap(), rules.image_bytes.unwrap());
        for (new, most) in [(photo("a.jpg"), photo_bytes), (named("a.jpg"), image_bytes)] {
            send(&test.ctx, &broker, case, new.clone(), &jpeg_of_bytes(most)).await.unwrap();
            let over = send(&test.ctx, &broker, case, new.clone(), &jpeg_of_bytes(most + 1)).await;
            assert_eq!(limit_of(over), "file_bytes");
            let announced = NewFile { length: Some(most + 1), ..new };
            assert_eq!(limit_of(service::file::prepare(&test.ctx, &broker, case, announced).await), "file_bytes");
        }
        for (name, most) in [("a.pdf", rules.pdf_bytes.unwrap()), ("a.png", image_bytes), ("a.docx", 20 * 1024 * 1024)] {
            let announced = |length| NewFile { length: Some(length), ..named(name) };
            service::file::prepare(&test.ctx, &broker, case, announced(most)).await.unwrap();
            assert_eq!(limit_of(service::file::prepare(&test.ctx, &broker, case, announced(most + 1)).await), "file_bytes");
        }
        send(&test.ctx, &broker, case, photo("b.png"), &png()).await.unwrap();
        for (name, content) in [("a.pdf", pdf()), ("a.docx", docx(&[]))] {
            let refused = send(&test.ctx, &broker, case, photo(name), &content).await.unwrap_err();
            assert!(matches!(&refused, Error::Invalid(faults) if faults[0].rule == "file_format"), "{refused:?}");
        }
        // Under a picture's name, for a photo, it is found out by its content.
        send(&test.ctx, &broker, case, photo("a.jpg"), &pdf()).await.unwrap_err();
        assert_eq!(objects(&test.ctx).await, 3);
    }

    async fn an_account_stays_within_its_quota_whatever_comes_at_once(db: TestDb) {
        let test = context(&db).await;
        let broker = broker(&test).await;
        let mut cases = Vec::new();
        for _ in 0..4 {
            cases.push(test.case(&broker, None, |_| {}).await);
        }
        let ctx = limited(&db, 12, FileLimits { account_files: 5, ..FileLimits::default() }).await;
        let outcomes = at_once(&ctx, std::slice::from_ref(&broker), &cases, FilePurpose::Other).await;
        let first = outcomes.iter().flatten().next().unwrap().value.id;
        assert_taken(outcomes, 5, "account_files");
        assert_eq!(objects(&ctx).await, 5);
        // Bytes that no sweep has removed yet still count.
        service::file::remove(&ctx, &broker, first).await.unwrap();
        assert_eq!(limit_of(send(&ctx, &broker, cases[0], named("b.pdf"), &pdf()).await), "account_files");

        let other = test.person("other@example.org", vec![crate::harness::people::grant(Role::Broker)]).await;
        let mine = [test.case(&other, None, |_| {}).await, test.case(&other, None, |_| {}).await];
        let most = 3 * pdf().len() as u64 + 1;
        let ctx = limited(&db, 13, FileLimits { account_bytes: most, ..FileLimits::default() }).await;
        let outcomes = at_once(&ctx, std::slice::from_ref(&other), &mine, FilePurpose::Other).await;
        assert_taken(outcomes, 3, "account_bytes");
        // Told before the first byte.
        let announced = NewFile { length: Some(pdf().len() as u64), ..named("c.pdf") };
        assert_eq!(limit_of(service::file::prepare(&ctx, &other, mine[0], announced).await), "account_bytes");
        evidence!("F9", db.engine().as_str(), "account: {AT_ONCE} at once over 4 cases, 5 of 5 files and 3 of 3 by bytes taken, 0 over");
    }

    async fn the_members_of_an_organisation_share_its_quota(db: TestDb) {
        let test = context(&db).await;
        let broker = broker(&test).await;
        let organisation = employer(&test, broker.actor.account).await;
        let mut members = Vec::new();
        for number in 0..2 {
            let seat = grant(Role::EmployerConfirmer, None, Some(organisation));
            members.push(person(&test, &format!("member{number}"), &[seat]).await);
        }
        let mut cases = Vec::new();
        for _ in 0..4 {
            let arrange = |row: &mut entity::case_file::Model| {
                at("employer_review", Role::EmployerConfirmer)(row);
                row.organisation_id = Some(organisation);
            };
            cases.push(test.case(&broker, None, arrange).await);
        }
        let ctx = limited(&db, 14, FileLimits { organisation_files: 6, ..FileLimits::default() }).await;
        let outcomes = at_once(&ctx, &members, &cases, FilePurpose::EmployerOpinion).await;
        assert_taken(outcomes, 6, "organisation_files");
        let most = 8 * pdf().len() as u64;
        let ctx = limited(&db, 15, FileLimits { organisation_bytes: most, ..FileLimits::default() }).await;
        let outcomes = at_once(&ctx, &members, &cases, FilePurpose::EmployerOpinion).await;
        assert_taken(outcomes, 2, "organisation_bytes");
        evidence!("F9", db.engine().as_str(), "organisation: {AT_ONCE} at once by 2 members over 4 cases, 6 of 6 files and 8 of 8 by bytes, 0 over");
    }
}
