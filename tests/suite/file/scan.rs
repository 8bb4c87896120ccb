//! The scanner: what it passes is served; what it has not seen, or cannot judge, never is.

use std::sync::Arc;

use domain::file::ScanState;
use domain::ids::FileId;
use entity::file as rows;
use object_store::ObjectStoreExt;
use object_store::memory::InMemory;
use sea_orm::EntityTrait;
use service::database::Database;
use service::{Code, Context, Error, Parts, Settings, file};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

use super::sample::{Entry, docx, entry, pdf, zip};
use super::{broker, named, send};
use crate::harness::context::{ManualClock, START, SeededRandom, TestContext, context, keys};
use crate::harness::evidence::evidence;
use crate::harness::{TestDb, db_tests};

/// A server that speaks INSTREAM and finds `EICAR`.
struct Scanner {
    address: String,
    task: JoinHandle<()>,
}

impl Drop for Scanner {
    fn drop(&mut self) {
        self.task.abort();
    }
}

#[derive(Clone, Copy)]
enum Manner {
    Honest,
    /// Hangs up without a word.
    Silent,
    /// Complains about the size in the middle.
    Choking,
}

#[expect(clippy::disallowed_methods, reason = "the fake scanner is no work of the program")]
async fn scanner(manner: Manner) -> Scanner {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let task = tokio::spawn(async move {
        while let Ok((mut connection, _)) = listener.accept().await {
            let answer = match manner {
                Manner::Honest => answer(&mut connection).await,
                Manner::Silent => String::new(),
                Manner::Choking => "INSTREAM size limit exceeded. ERROR\0".to_owned(),
            };
            let _ = connection.write_all(answer.as_bytes()).await;
        }
    });
    Scanner { address, task }
}

async fn answer(connection: &mut TcpStream) -> String {
    let mut command = [0; 10];
    connection.read_exact(&mut command).await.unwrap();
    assert_eq!(&command, b"zINSTREAM\0");
    let mut content = Vec::new();
    loop {
        let length = connection.read_u32().await.unwrap();
        if length == 0 {
            break;
        }
        let mut chunk = vec![0; length as usize];
        connection.read_exact(&mut chunk).await.unwrap();
        content.extend(chunk);
    }
    let is_infected = content.windows(5).any(|window| window == b"EICAR");
    if is_infected { "stream: Eicar-Signature FOUND\0".to_owned() } else { "stream: OK\0".to_owned() }
}

/// The program on the test's database with a scanner at this address, and with the test's files.
async fn with_scanner(db: &TestDb, test: &TestContext, address: &str) -> Context {
    let files = Arc::new(InMemory::new());
    for row in rows::Entity::find().all(test.connection()).await.unwrap() {
        let path = object_store::path::Path::from(row.object_key);
        let bytes = test.ctx.files().get(&path).await.unwrap().bytes().await.unwrap();
        files.put(&path, bytes.into()).await.unwrap();
    }
    Context::new(Parts {
        database: crate::harness::faults::prepared(Database::connect(db.url(), 4).await.unwrap()),
        clock: Arc::new(ManualClock::new(START)),
        random: Arc::new(SeededRandom::new(9)),
        keys: keys(),
        files,
        settings: Settings { scanner: Some(address.to_owned()), ..Settings::default() },
    })
}

async fn state(test: &TestContext, id: FileId) -> (ScanState, Option<String>) {
    let row = rows::Entity::find_by_id(id).one(test.connection()).await.unwrap().unwrap();
    (row.scan_state, row.scan_detail)
}

fn is_locked<T>(outcome: &Result<T, Error>) -> bool {
    matches!(outcome, Err(Error::Refused(Code::FileNotServable, _)))
}

db_tests! {
    async fn clean_files_are_served_and_infected_ones_never(db: TestDb) {
        let test = context(&db).await;
        let broker = broker(&test).await;
        let case = test.case(&broker, None, |_| {}).await;
        let early = send(&test.ctx, &broker, case, named("early.pdf"), &pdf()).await.unwrap().value.id;
        let server = scanner(Manner::Honest).await;
        let ctx = with_scanner(&db, &test, &server.address).await;
        let clean = send(&ctx, &broker, case, named("clean.pdf"), &pdf()).await.unwrap().value;
        let bad = [pdf(), b"EICAR %%EOF".to_vec()].concat();
        let mut infected = vec![send(&ctx, &broker, case, named("bad.pdf"), &bad).await.unwrap().value.id];
        // In a document, and in an archive that a document is.
        let part = Entry { content: b"EICAR".to_vec(), ..entry("word/embedded.bin") };
        infected.push(send(&ctx, &broker, case, named("bad.docx"), &docx(&[part])).await.unwrap().value.id);
        let page = Entry { content: b"EICAR".to_vec(), ..entry("Doc_0/Res/a.bin") };
        let archive = zip(&[entry("OFD.xml"), page]);
        infected.push(send(&ctx, &broker, case, named("bad.ofd"), &archive).await.unwrap().value.id);
        assert_eq!(clean.scan_state, ScanState::Pending);
        for id in [early, clean.id].iter().chain(&infected).copied() {
            assert!(is_locked(&file::open(&ctx, &broker, id).await), "nothing is served before it was looked at");
        }
        file::scan_pending(&ctx).await.unwrap();
        assert_eq!(state(&test, early).await, (ScanState::Clean, None), "one from before the scanner is looked at too");
        assert_eq!(state(&test, clean.id).await, (ScanState::Clean, None));
        assert!(file::open(&ctx, &broker, clean.id).await.is_ok());
        for id in &infected {
            assert_eq!(state(&test, *id).await, (ScanState::Infected, Some("Eicar-Signature".to_owned())));
            assert!(is_locked(&file::open(&ctx, &broker, *id).await));
        }
        file::scan_pending(&ctx).await.unwrap();
        evidence!("F6", db.engine().as_str(), "{} infected files found (alone, in DOCX, in an archive), 0 served", infected.len());
    }

    async fn a_scanner_that_is_down_or_silent_changes_nothing(db: TestDb) {
        let test = context(&db).await;
        let broker = broker(&test).await;
        let case = test.case(&broker, None, |_| {}).await;
        let silent = scanner(Manner::Silent).await;
        for address in ["127.0.0.1:1", silent.address.as_str()] {
            let ctx = with_scanner(&db, &test, "127.0.0.1:1").await;
            let ctx = Context::new(Parts {
                database: ctx.database().clone(),
                clock: Arc::new(ManualClock::new(START)),
                random: Arc::new(SeededRandom::new(u64::try_from(address.len()).unwrap())),
                keys: keys(),
                files: ctx.files().clone(),
                settings: Settings { scanner: Some(address.to_owned()), ..Settings::default() },
            });
            let id = send(&ctx, &broker, case, named("a.pdf"), &pdf()).await.unwrap().value.id;
            file::scan_pending(&ctx).await.unwrap();
            assert_eq!(state(&test, id).await, (ScanState::Pending, None));
            assert!(is_locked(&file::open(&ctx, &broker, id).await));
            file::remove(&ctx, &broker, id).await.unwrap();
            rows::Entity::delete_many().exec(test.connection()).await.unwrap();
        }
        evidence!("F6", db.engine().as_str(), "scanner down or silent: 0 files served");
    }

    async fn a_file_that_the_scanner_cannot_judge_stays_locked(db: TestDb) {
        let test = context(&db).await;
        let broker = broker(&test).await;
        let case = test.case(&broker, None, |_| {}).await;
        let server = scanner(Manner::Choking).await;
        let ctx = with_scanner(&db, &test, &server.address).await;
        let id = send(&ctx, &broker, case, named("a.pdf"), &pdf()).await.unwrap().value.id;
        file::scan_pending(&ctx).await.unwrap();
        let (state, detail) = state(&test, id).await;
        // A server that hangs up first may also look like one that is down.
        assert!(matches!(state, ScanState::Failed | ScanState::Pending), "{detail:?}");
        assert!(is_locked(&file::open(&ctx, &broker, id).await));
    }
}
