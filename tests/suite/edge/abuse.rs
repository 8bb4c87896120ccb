//! Bytes that no honest client sends: each is refused or dropped, and the next request is answered.

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use domain::access::Role;

use crate::harness::account::Seat;
use crate::harness::app::TestApp;
use crate::harness::db_tests;
use crate::harness::evidence::evidence;

/// Sends the bytes and gives what comes back until the other side closes, or falls silent.
async fn exchange(app: &TestApp, bytes: &[u8]) -> String {
    let mut socket = TcpStream::connect(app.address()).await.unwrap();
    // The server may close before everything is sent.
    let _ = socket.write_all(bytes).await;
    let mut answer = Vec::new();
    let mut chunk = [0; 4_096];
    while let Ok(Ok(count @ 1..)) = timeout(Duration::from_millis(250), socket.read(&mut chunk)).await {
        answer.extend_from_slice(&chunk[..count]);
    }
    String::from_utf8_lossy(&answer).into_owned()
}

fn status(answer: &str) -> &str {
    answer.strip_prefix("HTTP/1.1 ").map_or("", |rest| &rest[..3])
}

db_tests! {
    async fn nonsense_is_refused_and_harms_nobody(app: TestApp) {
        let long_header = format!("GET /healthz HTTP/1.1\r\nhost: a\r\nx: {}\r\n\r\n", "x".repeat(256 * 1024));
        let many_headers = format!("GET /healthz HTTP/1.1\r\nhost: a\r\n{}\r\n", "x: y\r\n".repeat(1_000));
        let long_path = format!("GET /{} HTTP/1.1\r\nhost: a\r\n\r\n", "a".repeat(100 * 1024));
        let cases: &[&[u8]] = &[
            b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
            b"\0\0\0\0\r\n\r\n",
            b"GET\r\n\r\n",
            b"GET /healthz HTTP/9.9\r\nhost: a\r\n\r\n",
            b"GET /healthz HTTP/1.1\r\nhost a\r\n\r\n",
            b"GET /healthz HTTP/1.1\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nab",
            b"POST /healthz HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n",
            b"POST /healthz HTTP/1.1\r\nhost: a\r\ncontent-length: -1\r\n\r\n",
            b"POST /healthz HTTP/1.1\r\nhost: a\r\ncontent-length: 99999999999999999999\r\n\r\n",
            long_header.as_bytes(),
            many_headers.as_bytes(),
            long_path.as_bytes(),
        ];
        for bytes in cases {
            let answer = exchange(&app, bytes).await;
            let shown = String::from_utf8_lossy(&bytes[..bytes.len().min(80)]).into_owned();
            assert!(answer.is_empty() || status(&answer).starts_with('4'), "{shown:?} was answered {answer:?}");
            app.get("/healthz").send().await.expect(200);
        }
    }

    async fn a_smuggled_request_is_not_answered(app: TestApp) {
        let both = b"POST /nowhere HTTP/1.1\r\nhost: a\r\ncontent-length: 4\r\ntransfer-encoding: chunked\r\n\r\n\
            0\r\n\r\nGET /healthz HTTP/1.1\r\nhost: a\r\n\r\n";
        let answer = exchange(&app, both).await;
        assert_eq!(answer.matches("HTTP/1.1 ").count(), 1, "{answer}");
        assert!(status(&answer).starts_with('4'), "{answer}");
    }

    async fn no_framing_smuggles_a_request(app: TestApp) {
        // The second request of each must never be answered: it is the body of the first, or everything is refused.
        let get = "GET /smuggled HTTP/1.1\r\nhost: a\r\n\r\n";
        let framings = [
            ("both lengths", format!("content-length: {}\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n", get.len() + 5)),
            ("chunked hidden by a space", "transfer-encoding : chunked\r\ncontent-length: 0\r\n\r\n".to_owned()),
            ("chunked hidden by a tab", "transfer-encoding:\tchunked, identity\r\n\r\n0\r\n\r\n".to_owned()),
            ("an unknown coding", "transfer-encoding: xchunked\r\n\r\n".to_owned()),
            ("chunked twice", "transfer-encoding: chunked\r\ntransfer-encoding: chunked\r\ncontent-length: 3\r\n\r\n0\r\n\r\n".to_owned()),
            ("two lengths in one line", "content-length: 0, 5\r\n\r\n".to_owned()),
            ("a signed length", "content-length: +0\r\n\r\n".to_owned()),
            ("a length in hexadecimal", "content-length: 0x0\r\n\r\n".to_owned()),
            ("a length with a space", "content-length: 0 0\r\n\r\n".to_owned()),
            ("a chunk size that overflows", "transfer-encoding: chunked\r\n\r\n10000000000000000\r\n".to_owned()),
            ("a negative chunk size", "transfer-encoding: chunked\r\n\r\n-1\r\n".to_owned()),
            ("a folded header", "x: a\r\n content-length: 5\r\n\r\n".to_owned()),
            ("a header without a name", ": x\r\n\r\n".to_owned()),
            ("a NUL in a value", "x: a\0b\r\n\r\n".to_owned()),
            ("a bare CR in a value", "x: a\rcontent-length: 5\r\n\r\n".to_owned()),
        ];
        let mut cases = 0;
        for (name, framing) in &framings {
            let answer = exchange(&app, format!("POST /nowhere HTTP/1.1\r\nhost: a\r\n{framing}{get}").as_bytes()).await;
            let smuggled = answer.matches("/smuggled").count();
            let answers = answer.matches("HTTP/1.1 ").count();
            assert!(answers <= 1 && smuggled == 0, "{name}: {answer}");
            assert!(answer.is_empty() || status(&answer).starts_with('4'), "{name}: {answer}");
            app.get("/healthz").send().await.expect(200);
            cases += 1;
        }
        let engine = app.engine().as_str();
        evidence!("I7", engine, "{cases} ways to frame a request twice: 0 answered as two");
    }

    async fn nothing_of_a_request_becomes_a_header(app: TestApp) {
        // An encoded line end in whatever a header of the answer might repeat.
        let login = app.account(Seat::of(Role::Broker)).await;
        let token = login.token;
        // A second session, so that a list of one goes on.
        service::account::admin::open_session(&app.ctx, &login.email).await.unwrap();
        let post = |path: &str, headers: &str| {
            format!("POST {path} HTTP/1.1\r\nhost: a\r\nauthorization: Bearer {token}\r\nconnection: close\r\n{headers}content-length: 0\r\n\r\n")
        };
        let get = |path: &str, headers: &str| {
            format!("GET {path} HTTP/1.1\r\nhost: a\r\nauthorization: Bearer {token}\r\nconnection: close\r\n{headers}\r\n")
        };
        let away = r#"{"from_on":"2026-08-01","to_on":"2026-08-02"}"#;
        let cases = [
            get("/api/v1/organisations?limit=1&cursor=%0d%0aset-cookie:%20injected=1", ""),
            get("/api/v1/organisations?name=x%0d%0aset-cookie:%20injected=1&limit=1", ""),
            get("/api/v1/%0d%0aset-cookie:%20injected=1", ""),
            get("/api/v1/me", "x-request-id: 12345678%0d%0aset-cookie: injected=1\r\n"),
            get("/api/v1/me", "x-request-id: abcdefgh\rset-cookie: injected=1\r\n"),
            get("/api/v1/me", "accept-language: en%0d%0aset-cookie: injected=1\r\n"),
            get("/api/v1/me", "if-none-match: \"1\"%0d%0aset-cookie: injected=1\r\n"),
            get("/api/v1/me", "x-forwarded-host: injected\r\nx-forwarded-proto: injected\r\n"),
            get("http://injected/api/v1/me", ""),
            get("/api/v1/sessions?limit=1", "x-forwarded-host: injected\r\nx-forwarded-proto: injected\r\n"),
            get("/api/v1/sessions?limit=1", "forwarded: host=injected;proto=injected\r\n"),
            get("http://injected/api/v1/sessions?limit=1", ""),
            get("/api/v1/sessions?limit=1&cursor=%0d%0aset-cookie:%20injected=1", ""),
            post("/api/v1/me/absences", "idempotency-key: away\r\nx-forwarded-host: injected\r\ncontent-type: application/json\r\n")
                .replace("content-length: 0\r\n\r\n", &format!("content-length: {}\r\n\r\n{away}", away.len())),
            post("/api/v1/organisations", "idempotency-key: a%0d%0aset-cookie: injected=1\r\n"),
            post("/api/v1/organisations", "content-type: application/json; charset=\"%0d%0aset-cookie: injected=1\"\r\n"),
        ];
        let mut named = 0;
        for case in &cases {
            let answer = exchange(&app, case.as_bytes()).await;
            let head = answer.split("\r\n\r\n").next().unwrap_or("").to_lowercase();
            assert!(!head.contains("set-cookie"), "{case} was answered {head}");
            let link = head.lines().find(|line| line.starts_with("link:") || line.starts_with("location:"));
            assert!(link.is_none_or(|line| !line.contains("injected")), "{case} was answered {head}");
            named += usize::from(link.is_some());
        }
        assert!(named > 3, "{named} answers name an address");
        let (cases, engine) = (cases.len(), app.engine().as_str());
        evidence!("I7", engine, "{cases} line ends and hosts in what an answer repeats: 0 headers made of them");
    }

    async fn strange_paths_lead_nowhere(app: TestApp) {
        for path in ["/api/v1/../../etc/passwd", "//healthz", "/api/v1/processes/%2e%2e%2f", "/healthz/", "/%00", "/docs/../openapi.json/x"] {
            let answer = exchange(&app, format!("GET {path} HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n").as_bytes()).await;
            assert!(["400", "404"].contains(&status(&answer)), "{path} was answered {answer}");
            assert!(answer.contains("application/problem+json"), "{path} was answered {answer}");
        }
    }

    async fn pipelined_requests_are_all_answered(app: TestApp) {
        let answer = exchange(&app, &b"GET /healthz HTTP/1.1\r\nhost: a\r\n\r\n".repeat(3)).await;
        assert_eq!(answer.matches("HTTP/1.1 200").count(), 3);
    }

    async fn an_unfinished_request_holds_up_nobody(app: TestApp) {
        let mut sockets = Vec::new();
        for _ in 0..20 {
            let mut socket = TcpStream::connect(app.address()).await.unwrap();
            socket.write_all(b"GET /healthz HTTP/1.1\r\nhost: ").await.unwrap();
            sockets.push(socket);
        }
        app.get("/healthz").send().await.expect(200);
    }
}
