//! Bytes that no honest client sends: each is refused or dropped, and the next request is answered.

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::harness::app::TestApp;
use crate::harness::db_tests;

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
