//! Slow clients: they are cut off in their time, and nobody waits for them.

use std::time::{Duration, Instant};

use api::Patience;
use domain::access::Role;
use futures_util::future::join_all;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};

use crate::harness::account::Seat;
use crate::harness::app::TestApp;
use crate::harness::context::TestContext;
use crate::harness::evidence::{evidence, rounds};
use crate::harness::people::caller_as;
use crate::harness::{Engine, Fixture};
use crate::storage::large_pdf;

/// At once: the one half never ends its headers, the other half never sends its body.
const CLIENTS: usize = 200;
/// No other request takes longer, and a busy machine gets three times as much.
const OTHERS: Duration = Duration::from_secs(6);

/// Bytes of a file that no buffer of the system holds.
const LARGE: usize = 9_000_000;

#[test]
fn the_usual_patience_is_the_promised_one() {
    let promised =
        Patience { headers: Duration::from_secs(10), body: Duration::from_secs(30), idle: Duration::from_secs(75) };
    assert_eq!(Patience::default(), promised);
}

/// Sends what it has and waits to be cut off; gives the answer's status, if there was one, and how long it took.
async fn half_open(address: &str, beginning: &str) -> (String, Duration) {
    // The program's clock begins with the connection, which may be there before this task goes on.
    let begun = Instant::now();
    let mut socket = TcpStream::connect(address).await.unwrap();
    socket.write_all(beginning.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    // A reset is an end too.
    let _ = socket.read_to_end(&mut answer).await;
    let text = String::from_utf8_lossy(&answer).into_owned();
    (text.split(' ').nth(1).unwrap_or("").to_owned(), begun.elapsed())
}

#[tokio::test]
async fn half_open_clients_are_cut_and_hold_up_nobody() {
    // The promised times by the one command of the long run; a tenth of them in every run.
    let seconds = |short: u64, long: u64| Duration::from_secs(rounds(short, long));
    let patience = Patience { headers: seconds(2, 10), body: seconds(2, 30), ..Patience::default() };
    let app = TestApp::patient(TestContext::on(Engine::Sqlite).await, patience).await;
    let headers = "GET /healthz HTTP/1.1\r\nhost: a\r\nx-slow: ";
    let body =
        "POST /api/v1/sessions HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{";
    let kinds = [(headers, patience.headers), (body, patience.body)];
    let clients = join_all((0..CLIENTS).map(|number| half_open(app.address(), kinds[number % kinds.len()].0)));
    let others = async {
        let (begun, mut slowest) = (Instant::now(), Duration::ZERO);
        while begun.elapsed() < patience.headers {
            let asked = Instant::now();
            app.get("/healthz").send().await.expect(200);
            slowest = slowest.max(asked.elapsed());
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        slowest
    };
    let cutting = tokio::time::timeout(patience.body + Duration::from_secs(30), clients);
    let (cut, slowest) = tokio::join!(cutting, others);
    let cut = cut.expect("every client is cut off");
    for (number, (status, took)) in cut.iter().enumerate() {
        let (beginning, promised) = kinds[number % kinds.len()];
        // The clock of the protocol layer ticks every half second.
        assert!(*took + Duration::from_secs(1) > promised, "client {number} was cut after {took:?}, not {promised:?}");
        assert_eq!(status, if beginning == body { "400" } else { "408" }, "client {number}");
    }
    assert!(slowest < OTHERS, "another request took {slowest:?}");
    let (cut, slowest, headers, body) =
        (cut.len(), slowest.as_millis(), patience.headers.as_secs(), patience.body.as_secs());
    evidence!(
        "L4",
        "-",
        "{cut} of {CLIENTS} half-open cut (headers after {headers} s, body after {body} s); others within {slowest} ms"
    );
}

/// Sends a request and reads its answer, which has no body to speak of.
async fn ask(socket: &mut TcpStream) -> std::io::Result<bool> {
    socket.write_all(b"GET /healthz HTTP/1.1\r\nhost: a\r\n\r\n").await?;
    let mut answer = [0; 4_096];
    let count = socket.read(&mut answer).await?;
    Ok(answer[..count].starts_with(b"HTTP/1.1 200"))
}

/// Asks for a long answer, lets it wait for longer than a connection may be quiet, and gives how much of it came.
async fn read_late(app: &TestApp, wait: Duration) -> usize {
    let login = app.account(Seat::of(Role::Broker)).await;
    let case = app.case(&caller_as(login.id, Vec::new()), None, |_| {}).await;
    let sent = app.post(format!("/api/v1/cases/{case}/files?name=late.pdf&purpose=other")).as_(&login.token);
    let sent = sent.bytes("application/pdf", large_pdf(LARGE)).send().await.expect(201);
    let file = sent.json["id"].as_str().unwrap();
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(4_096).unwrap();
    let mut socket = socket.connect(app.address().parse().unwrap()).await.unwrap();
    let head = format!("GET /api/v1/files/{file} HTTP/1.1\r\nhost: a\r\nauthorization: Bearer {}\r\n\r\n", login.token);
    socket.write_all(head.as_bytes()).await.unwrap();
    tokio::time::sleep(wait + Duration::from_secs(2)).await;
    let mut answer = Vec::new();
    socket.read_to_end(&mut answer).await.unwrap();
    assert!(answer.starts_with(b"HTTP/1.1 200"), "{}", String::from_utf8_lossy(&answer[..answer.len().min(500)]));
    answer.len()
}

/// The protocol layer's timer for headers is for the first request of a connection.
#[tokio::test]
async fn a_later_request_that_never_ends_is_cut_too() {
    let seconds = |short: u64, long: u64| Duration::from_secs(rounds(short, long));
    let patience = Patience { headers: seconds(1, 10), idle: seconds(2, 75), ..Patience::default() };
    let app = TestApp::patient(TestContext::on(Engine::Sqlite).await, patience).await;
    let promised = patience.idle + patience.headers;
    let half_open = async |beginning: &'static str| {
        let mut socket = TcpStream::connect(app.address()).await.unwrap();
        assert!(ask(&mut socket).await.unwrap());
        let begun = Instant::now();
        socket.write_all(beginning.as_bytes()).await.unwrap();
        let mut rest = Vec::new();
        // A reset is an end too.
        let _ = socket.read_to_end(&mut rest).await;
        assert!(rest.is_empty(), "{}", String::from_utf8_lossy(&rest));
        begun.elapsed()
    };
    let clients = join_all((0..CLIENTS / 4).map(|_| half_open("GET /healthz HTTP/1.1\r\nhost: a\r\nx-slow: ")));
    // Who asks again and again keeps the connection.
    let busy = async {
        let mut socket = TcpStream::connect(app.address()).await.unwrap();
        let (begun, mut asked) = (Instant::now(), 0);
        while begun.elapsed() < promised + Duration::from_secs(2) {
            assert!(ask(&mut socket).await.unwrap(), "cut after {:?}", begun.elapsed());
            asked += 1;
            tokio::time::sleep(patience.idle / 4).await;
        }
        asked
    };
    let cutting = tokio::time::timeout(promised + Duration::from_secs(30), clients);
    let ((cut, asked), read) = tokio::join!(async { tokio::join!(cutting, busy) }, read_late(&app, promised));
    assert!(read > LARGE, "only {read} bytes of a file that was read late");
    let cut = cut.expect("every client is cut off");
    let (first, last) = (cut.iter().min().unwrap(), cut.iter().max().unwrap());
    assert!(*first + Duration::from_secs(1) > promised, "cut after {first:?}, not {promised:?}");
    evidence!(
        "L4",
        "-",
        "{} later requests of kept connections whose headers never end cut after {} s at the latest ({} s idle and {} s \
         for headers); {asked} requests of a busy one answered",
        cut.len(),
        last.as_secs(),
        patience.idle.as_secs(),
        patience.headers.as_secs()
    );
}
