//! The program itself, as users start it, keeps its memory flat: under every malformed request, and under bodies that do
//! not end.

use std::sync::Arc;
use std::time::{Duration, Instant};

use domain::access::Role;
use openapi::Document;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::body::examine;
use super::malformed::Examiner;
use crate::harness::account::Seat;
use crate::harness::app::TestApp;
use crate::harness::context::{ManualClock, START, TestContext};
use crate::harness::evidence::evidence;
use crate::harness::people::caller_as;
use crate::harness::program::{Home, Program};
use crate::harness::{Engine, Fixture};

const MIB: u64 = 1024 * 1024;
const GIB: u64 = 1024 * MIB;
/// What the requirements allow.
const GROWTH: u64 = 100 * MIB;
const UPLOAD_GROWTH: u64 = 20 * MIB;
/// A second, on a busy machine and unoptimised.
const CEILING: Duration = Duration::from_secs(10);
/// How long an answer is waited for after the client can send no more.
const PATIENCE: Duration = Duration::from_secs(10);

/// The program with its own data, and the means to arrange things beside it.
struct Served {
    app: TestApp,
    program: Program,
    _home: Home,
}

impl Served {
    async fn start() -> Self {
        let home = Home::on(Engine::Sqlite).await;
        let program = home.start();
        let clock = Arc::new(ManualClock::new(START));
        let context = TestContext::around(home.context().await, clock, &home.url()).await;
        let app = TestApp::elsewhere(context, program.address());
        Self { app, program, _home: home }
    }

    /// Bytes of memory in use: now, and at most so far.
    fn memory(&self) -> (u64, u64) {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.program.id())).expect("the program runs");
        let of = |name: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(name)).expect("a figure of memory");
            line.trim().trim_end_matches(" kB").parse::<u64>().expect("kilobytes") * 1024
        };
        (of("VmRSS:"), of("VmHWM:"))
    }
}

/// What became of a body that does not end.
struct Sent {
    status: String,
    took: Duration,
    bytes: u64,
}

/// Sends a head and then zeros, in chunks or as announced, until an answer comes or a gibibyte is through.
async fn send_endless(address: &str, head: &str, is_chunked: bool) -> Sent {
    let begun = Instant::now();
    let (mut read, mut write) = TcpStream::connect(address).await.unwrap().into_split();
    write.write_all(head.as_bytes()).await.unwrap();
    let content = vec![b' '; 64 * 1024];
    let chunk =
        if is_chunked { [format!("{:x}\r\n", content.len()).as_bytes(), &content, b"\r\n"].concat() } else { content };
    let mut bytes = 0;
    let sending = async {
        while bytes < GIB && write.write_all(&chunk).await.is_ok() {
            bytes += 64 * 1024;
        }
        // What was answered before the connection broke is still to be read.
        tokio::time::sleep(PATIENCE).await;
    };
    let mut answer = vec![0; 4_096];
    let count = tokio::select! {
        count = read.read(&mut answer) => count.unwrap_or(0),
        () = sending => 0,
    };
    let text = String::from_utf8_lossy(&answer[..count]).into_owned();
    Sent { status: text.split(' ').nth(1).unwrap_or("none").to_owned(), took: begun.elapsed(), bytes }
}

#[tokio::test]
async fn malformed_requests_leave_memory_as_it_was() {
    let served = Served::start().await;
    let document = Document::built().unwrap();
    let mut examiner = Examiner::new(&served.app);
    for operation in document.operations() {
        examiner.token(operation).await;
    }
    let before = served.memory().0;
    for operation in document.operations() {
        examine(&mut examiner, &document, operation).await;
    }
    let (after, peak) = served.memory();
    let (calls, slowest) = (examiner.calls, examiner.slowest);
    examiner.conclude();
    assert!(peak <= before + GROWTH, "from {before} to {after}, at most {peak}");
    let growth = |bytes: u64| bytes.saturating_sub(before) / MIB;
    evidence!(
        "L1",
        "sqlite",
        "every body, media type, header and id × every JSON operation, {calls} requests to the program itself: 0 of 5xx, 0 leaks, slowest {slowest:.0?}"
    );
    evidence!(
        "L9",
        "sqlite",
        "{calls} malformed requests to the program itself: RSS from {} MiB, +{} MiB at the end, +{} MiB at most; slowest answer {slowest:.0?}",
        before / MIB,
        growth(after),
        growth(peak)
    );
}

#[tokio::test]
async fn a_body_that_does_not_end_is_cut_off() {
    let served = Served::start().await;
    let broker = served.app.account(Seat::of(Role::Broker)).await;
    let case = served.app.case(&caller_as(broker.id, Vec::new()), None, |_| {}).await;
    // What one upload needs at all is there before the measuring begins.
    let path = format!("/api/v1/cases/{case}/files?name=a.pdf&purpose=other");
    let pdf = crate::file::sample::pdf();
    served.app.post(&*path).as_(&broker.token).bytes("application/pdf", pdf).send().await.expect(201);
    let address = served.app.address();
    let head = |path: &str, media: &str, length: &str| {
        format!(
            "POST {path} HTTP/1.1\r\nhost: a\r\nauthorization: Bearer {}\r\nidempotency-key: endless\r\ncontent-type: {media}\r\n{length}\r\n\r\n",
            broker.token
        )
    };
    let (announced, chunked) = (format!("content-length: {GIB}"), "transfer-encoding: chunked");
    let (mut slowest, mut most, mut growth) = (Duration::ZERO, 0, 0);
    for (name, path, media, length) in [
        ("announced upload", path.as_str(), "application/pdf", announced.as_str()),
        ("chunked upload", path.as_str(), "application/pdf", chunked),
        ("announced JSON", "/api/v1/brokers", "application/json", announced.as_str()),
        ("chunked JSON", "/api/v1/brokers", "application/json", chunked),
    ] {
        let before = served.memory().1;
        let sent = send_endless(address, &head(path, media, length), length == chunked).await;
        // Zeros are no PDF: that may be told before they are too many.
        let is_refused = sent.status == "413" || (name == "chunked upload" && sent.status == "422");
        assert!(
            is_refused && sent.took < CEILING,
            "{name}: {} after {:?} and {} bytes",
            sent.status,
            sent.took,
            sent.bytes
        );
        let grown = served.memory().1.saturating_sub(before);
        assert!(grown <= UPLOAD_GROWTH, "{name}: {grown} bytes more");
        (slowest, most, growth) = (slowest.max(sent.took), most.max(sent.bytes), growth.max(grown));
    }
    // One that is a PDF to its first kilobytes, so that only its size is wrong.
    let before = served.memory().1;
    let first = format!("{:x}\r\n%PDF-1.7\n\r\n", 9);
    let sent = send_endless(address, &format!("{}{first}", head(&path, "application/pdf", chunked)), true).await;
    assert!(
        sent.status == "413" && sent.took < CEILING,
        "{} after {:?} and {} bytes",
        sent.status,
        sent.took,
        sent.bytes
    );
    growth = growth.max(served.memory().1.saturating_sub(before));
    assert!(growth <= UPLOAD_GROWTH, "{growth} bytes more");
    (slowest, most) = (slowest.max(sent.took), most.max(sent.bytes));
    served.app.get("/healthz").send().await.expect(200);
    evidence!(
        "F2",
        "sqlite",
        "1 GiB announced and in chunks, to the upload and to a JSON operation: refused after {slowest:.1?} at most, {} MiB sent at most, RSS +{} MiB at most",
        most / MIB,
        growth / MIB
    );
}
