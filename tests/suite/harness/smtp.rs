//! A mail server for tests that fails in the ways real ones do.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use jobs::mail::Mailer;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

/// Where in the talk something happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// Before the client says anything.
    Greeting,
    Hello,
    /// `MAIL FROM`.
    Sender,
    /// `RCPT TO`.
    Recipient,
    /// `DATA`.
    Data,
    /// The message itself, which then counts as taken only when the answer is 250.
    Message,
}

/// What the server does to a mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    Accept,
    /// Hangs up before it says anything.
    HangUp,
    /// 451 to the recipient.
    Transient,
    /// 550 to the recipient, naming it.
    Permanent,
    /// This answer at this stage.
    Says(Stage, &'static str),
    /// Hangs up in the middle of the message.
    DropInData,
    /// Takes the whole message and hangs up without an answer.
    DropAfterData,
    /// Takes the whole message and never answers.
    HoldAfterData,
    /// Lets the client in and never says a word.
    Silent,
    /// Thinks before each answer.
    Slow(Duration),
    /// 451 to a recipient it has not seen before.
    Greylist,
}

/// A mail that the server took.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Taken {
    pub to: String,
    pub data: String,
}

impl Taken {
    pub fn message_id(&self) -> &str {
        self.data.lines().find_map(|line| line.strip_prefix("Message-ID: ")).unwrap_or("")
    }
}

#[derive(Debug)]
struct Shared {
    mode: Mode,
    taken: Vec<Taken>,
    seen: BTreeSet<String>,
}

/// The server; it ends with the value.
#[derive(Debug)]
pub struct Sink {
    port: u16,
    shared: Arc<Mutex<Shared>>,
    server: JoinSet<()>,
}

impl Sink {
    pub async fn start() -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a port is free");
        let port = listener.local_addr().expect("the port is known").port();
        let shared = Arc::new(Mutex::new(Shared { mode: Mode::Accept, taken: Vec::new(), seen: BTreeSet::new() }));
        let mut sink = Self { port, shared, server: JoinSet::new() };
        sink.serve(listener);
        sink
    }

    fn serve(&mut self, listener: TcpListener) {
        let state = self.shared.clone();
        self.server.spawn(async move {
            let mut talks = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                let state = state.clone();
                talks.spawn(async move {
                    // A client that hangs up ends its talk only.
                    let _ = talk(stream, &state).await;
                });
            }
        });
    }

    /// Nobody listens any more: connections are refused, and those that are open end.
    pub async fn go_away(&mut self) {
        self.server.shutdown().await;
    }

    /// Listens again at the same address.
    pub async fn come_back(&mut self) {
        let listener = TcpListener::bind(("127.0.0.1", self.port)).await.expect("the port is still free");
        self.serve(listener);
    }

    pub fn set(&self, mode: Mode) {
        self.shared.lock().unwrap().mode = mode;
    }

    pub fn taken(&self) -> Vec<Taken> {
        self.shared.lock().unwrap().taken.clone()
    }

    /// For the program's own configuration.
    pub fn url(&self) -> String {
        format!("smtp://127.0.0.1:{}", self.port)
    }

    /// A mailer that sends here.
    pub fn mailer(&self) -> Mailer {
        self.patient_mailer("", Duration::from_secs(30))
    }

    /// A mailer that waits this long for each answer; `query` says what it demands, such as `?tls=required`.
    pub fn patient_mailer(&self, query: &str, patience: Duration) -> Mailer {
        Mailer::smtp(&format!("{}{query}", self.url()), patience).expect("the own host needs no TLS")
    }
}

type Lines = tokio::io::Lines<BufReader<OwnedReadHalf>>;

/// What the server answers instead of what it should.
fn fault(mode: Mode, stage: Stage, to: &str) -> Option<String> {
    match mode {
        Mode::Says(at, words) if at == stage => Some(words.to_owned()),
        Mode::Transient if stage == Stage::Recipient => Some("451 try again later".to_owned()),
        Mode::Permanent if stage == Stage::Recipient => Some(format!("550 5.1.1 <{to}>: user unknown")),
        _ => None,
    }
}

async fn talk(stream: TcpStream, shared: &Mutex<Shared>) -> std::io::Result<()> {
    let mode = || shared.lock().unwrap().mode;
    match mode() {
        Mode::HangUp => return Ok(()),
        Mode::Silent => std::future::pending().await,
        _ => {}
    }
    let (read, mut write) = stream.into_split();
    let mut lines = BufReader::new(read).lines();
    let mut to = String::new();
    let greeting = fault(mode(), Stage::Greeting, "").unwrap_or("220 sink".to_owned());
    say(&mut write, mode(), &greeting).await?;
    while let Some(line) = lines.next_line().await? {
        let upper = line.to_ascii_uppercase();
        if mode() == Mode::HangUp {
            return Ok(());
        }
        let stage = if upper.starts_with("EHLO") || upper.starts_with("HELO") {
            Stage::Hello
        } else if upper.starts_with("MAIL FROM:") {
            Stage::Sender
        } else if upper.starts_with("RCPT TO:") {
            line[8..].trim_matches(['<', '>']).clone_into(&mut to);
            Stage::Recipient
        } else if upper.starts_with("DATA") {
            Stage::Data
        } else if upper.starts_with("QUIT") {
            return say(&mut write, mode(), "221 bye").await;
        } else {
            say(&mut write, mode(), "250 ok").await?;
            continue;
        };
        let greylists = mode() == Mode::Greylist && stage == Stage::Recipient;
        let is_new = greylists && shared.lock().unwrap().seen.insert(to.clone());
        let words = match fault(mode(), stage, &to) {
            Some(words) => words,
            None if is_new => "451 4.7.1 greylisted, come back".to_owned(),
            None if stage == Stage::Data => "354 go on".to_owned(),
            None => "250 ok".to_owned(),
        };
        say(&mut write, mode(), &words).await?;
        if words.starts_with("354") && !data(&mut lines, &mut write, &to, shared, mode()).await? {
            return Ok(());
        }
    }
    Ok(())
}

/// Reads a message; false when the server hangs up over it.
async fn data(
    lines: &mut Lines,
    write: &mut OwnedWriteHalf,
    to: &str,
    shared: &Mutex<Shared>,
    mode: Mode,
) -> std::io::Result<bool> {
    let mut data = String::new();
    while let Some(line) = lines.next_line().await? {
        if mode == Mode::DropInData {
            return Ok(false);
        }
        if line == "." {
            if let Some(words) = fault(mode, Stage::Message, to) {
                say(write, mode, &words).await?;
                return Ok(true);
            }
            shared.lock().unwrap().taken.push(Taken { to: to.to_owned(), data });
            match mode {
                Mode::DropAfterData => return Ok(false),
                Mode::HoldAfterData => std::future::pending().await,
                _ => {}
            }
            say(write, mode, "250 taken").await?;
            return Ok(true);
        }
        data.push_str(line.strip_prefix('.').unwrap_or(&line));
        data.push('\n');
    }
    Ok(false)
}

async fn say(write: &mut OwnedWriteHalf, mode: Mode, line: &str) -> std::io::Result<()> {
    if let Mode::Slow(pause) = mode {
        tokio::time::sleep(pause).await;
    }
    write.write_all(format!("{line}\r\n").as_bytes()).await
}
