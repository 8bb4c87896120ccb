//! Slow clients: they are cut off in their time, and nobody waits for them.

use std::time::{Duration, Instant};

use api::Patience;
use futures_util::future::join_all;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::harness::app::TestApp;
use crate::harness::context::TestContext;
use crate::harness::evidence::{evidence, rounds};
use crate::harness::{Engine, Fixture};

/// At once: the one half never ends its headers, the other half never sends its body.
const CLIENTS: usize = 200;
/// No other request takes longer, and a busy machine gets three times as much.
const OTHERS: Duration = Duration::from_secs(6);

#[test]
fn the_usual_patience_is_the_promised_one() {
    let promised = Patience { headers: Duration::from_secs(10), body: Duration::from_secs(30) };
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
    let patience = Patience { headers: seconds(2, 10), body: seconds(2, 30) };
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
