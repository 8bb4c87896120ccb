//! The load: keep-alive connections that send prepared bytes and read whole answers, as cheaply as a client can.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail, ensure};
use bytes::{Buf, Bytes, BytesMut};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

/// Requests as they go over the wire.
pub type Requests = Arc<Vec<Bytes>>;

/// How long, or how many.
#[derive(Debug, Clone, Copy)]
pub enum Until {
    /// Round and round through the requests, for this long.
    Time(Duration),
    /// Each request once.
    Done,
}

/// What a measurement saw.
#[derive(Debug, Clone, Default)]
pub struct Seen {
    /// Of the answers that count, ascending.
    pub latencies: Vec<Duration>,
    pub took: Duration,
    /// Bytes of the last body.
    pub bytes: usize,
    /// Answers 503 with a Retry-After.
    pub busy: usize,
    /// The first answer that was none of these.
    pub fault: Option<String>,
}

/// An answer: its status, whether it names a time to come back, and its body.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub comes_back: bool,
    pub body: Bytes,
}

impl Answer {
    pub fn is_good(&self) -> bool {
        (200..300).contains(&self.status)
    }
}

/// A request without a body.
pub fn get(path: &str, token: Option<&str>) -> Bytes {
    Bytes::from(format!("GET {path} HTTP/1.1\r\nhost: bench\r\n{}\r\n", authorization(token)))
}

/// A request with a JSON body and headers of its own.
pub fn post(path: &str, token: Option<&str>, headers: &str, body: &str) -> Bytes {
    let length = body.len();
    let token = authorization(token);
    Bytes::from(format!(
        "POST {path} HTTP/1.1\r\nhost: bench\r\n{token}{headers}content-type: application/json\r\n\
         content-length: {length}\r\n\r\n{body}"
    ))
}

fn authorization(token: Option<&str>) -> String {
    token.map_or_else(String::new, |token| format!("authorization: Bearer {token}\r\n"))
}

/// One connection.
#[derive(Debug)]
pub struct Client {
    stream: TcpStream,
    unread: BytesMut,
}

impl Client {
    pub async fn connect(address: &str) -> anyhow::Result<Self> {
        let stream = TcpStream::connect(address).await.with_context(|| format!("{address} cannot be reached"))?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, unread: BytesMut::with_capacity(64 * 1024) })
    }

    /// Sends a request and reads the whole answer.
    pub async fn ask(&mut self, request: &[u8]) -> anyhow::Result<Answer> {
        self.stream.write_all(request).await?;
        loop {
            if let Some((head, length)) = head(&self.unread)? {
                while self.unread.len() < head + length {
                    self.fill().await?;
                }
                return Ok(self.take(head, length));
            }
            self.fill().await?;
        }
    }

    async fn fill(&mut self) -> anyhow::Result<()> {
        ensure!(self.stream.read_buf(&mut self.unread).await? > 0, "the connection was closed");
        Ok(())
    }

    fn take(&mut self, head: usize, length: usize) -> Answer {
        let text = &self.unread[..head];
        let status = text.get(9..12).and_then(|word| std::str::from_utf8(word).ok()?.parse().ok()).unwrap_or(0);
        let comes_back = status == 503 && find(text, b"retry-after:").is_some();
        self.unread.advance(head);
        Answer { status, comes_back, body: self.unread.split_to(length).freeze() }
    }
}

/// Length of the head and of the body, once the head is there.
fn head(bytes: &[u8]) -> anyhow::Result<Option<(usize, usize)>> {
    let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") else { return Ok(None) };
    let head = end + 4;
    if bytes.get(9..12) == Some(b"204") {
        return Ok(Some((head, 0)));
    }
    let Some(at) = find(&bytes[..head], b"content-length:") else { bail!("an answer without its length") };
    let digits = bytes[at + 15..].iter().skip_while(|byte| **byte == b' ').take_while(|byte| byte.is_ascii_digit());
    let length = digits.fold(0_usize, |length, digit| length * 10 + usize::from(digit - b'0'));
    Ok(Some((head, length)))
}

/// Where a header stands, whatever its case.
fn find(head: &[u8], name: &[u8]) -> Option<usize> {
    head.windows(name.len()).position(|part| part.eq_ignore_ascii_case(name))
}

/// Sends requests over `connections` connections.
pub async fn run(address: &str, requests: &Requests, connections: usize, until: Until) -> anyhow::Result<Seen> {
    let (next, stop) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicBool::new(false)));
    let mut clients = Vec::with_capacity(connections);
    for _ in 0..connections {
        clients.push(Client::connect(address).await?);
    }
    let begun = Instant::now();
    let mut workers = JoinSet::new();
    for client in clients {
        workers.spawn(work(client, requests.clone(), next.clone(), stop.clone(), until));
    }
    if let Until::Time(span) = until {
        tokio::time::sleep(span).await;
        stop.store(true, Ordering::Relaxed);
    }
    let mut all = Seen::default();
    while let Some(seen) = workers.join_next().await {
        all.join(seen??);
    }
    all.took = begun.elapsed();
    all.latencies.sort_unstable();
    Ok(all)
}

async fn work(
    mut client: Client,
    requests: Requests,
    next: Arc<AtomicUsize>,
    stop: Arc<AtomicBool>,
    until: Until,
) -> anyhow::Result<Seen> {
    let mut seen = Seen::default();
    while !stop.load(Ordering::Relaxed) {
        let at = next.fetch_add(1, Ordering::Relaxed);
        let request = match until {
            Until::Time(_) => requests.get(at % requests.len().max(1)),
            Until::Done => requests.get(at),
        };
        let Some(request) = request else { break };
        let begun = Instant::now();
        let answer = client.ask(request).await?;
        let took = begun.elapsed();
        if answer.is_good() {
            seen.latencies.push(took);
            seen.bytes = answer.body.len();
        } else if answer.comes_back {
            seen.busy += 1;
        } else if seen.fault.is_none() {
            seen.fault = Some(format!("{}: {}", answer.status, String::from_utf8_lossy(&answer.body)));
        }
    }
    Ok(seen)
}

impl Seen {
    fn join(&mut self, other: Self) {
        self.latencies.extend(other.latencies);
        self.bytes = self.bytes.max(other.bytes);
        self.busy += other.busy;
        self.fault = self.fault.take().or(other.fault);
    }

    /// An error when any answer was refused.
    pub fn faultless(self) -> anyhow::Result<Self> {
        match &self.fault {
            Some(fault) => bail!("refused with {fault}"),
            None => Ok(self),
        }
    }

    /// Milliseconds within which so many in a hundred were answered.
    pub fn percentile(&self, percent: usize) -> f64 {
        let last = self.latencies.len().saturating_sub(1);
        let at = (self.latencies.len() * percent / 100).min(last);
        self.latencies.get(at).map_or(0.0, |latency| latency.as_secs_f64() * 1_000.0)
    }

    pub fn count(&self) -> f64 {
        f64::from(u32::try_from(self.latencies.len()).unwrap_or(u32::MAX))
    }

    /// Answers per second.
    pub fn rate(&self) -> f64 {
        self.count() / self.took.as_secs_f64().max(1e-9)
    }
}
