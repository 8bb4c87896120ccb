//! A mail server for tests that fails in the ways real ones do.

use std::sync::{Arc, Mutex};

use jobs::mail::{MailConfig, Mailer};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

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
    /// Hangs up in the middle of the message.
    DropInData,
    /// Takes the whole message and hangs up without an answer.
    DropAfterData,
    /// Takes the whole message and never answers.
    HoldAfterData,
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
}

/// The server; it ends with the value.
#[derive(Debug)]
pub struct Sink {
    port: u16,
    shared: Arc<Mutex<Shared>>,
    _server: JoinSet<()>,
}

impl Sink {
    pub async fn start() -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a port is free");
        let port = listener.local_addr().expect("the port is known").port();
        let shared = Arc::new(Mutex::new(Shared { mode: Mode::Accept, taken: Vec::new() }));
        let mut server = JoinSet::new();
        let state = shared.clone();
        server.spawn(async move {
            let mut talks = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                let state = state.clone();
                talks.spawn(async move {
                    // A client that hangs up ends its talk only.
                    let _ = talk(stream, &state).await;
                });
            }
        });
        Self { port, shared, _server: server }
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
        Mailer::from_config(&MailConfig::Smtp { url: self.url() }).expect("the own host needs no TLS")
    }
}

type Lines = tokio::io::Lines<BufReader<OwnedReadHalf>>;

async fn talk(stream: TcpStream, shared: &Mutex<Shared>) -> std::io::Result<()> {
    let mode = || shared.lock().unwrap().mode;
    if mode() == Mode::HangUp {
        return Ok(());
    }
    let (read, mut write) = stream.into_split();
    let mut lines = BufReader::new(read).lines();
    let mut to = String::new();
    say(&mut write, "220 sink").await?;
    while let Some(line) = lines.next_line().await? {
        let upper = line.to_ascii_uppercase();
        if upper.starts_with("EHLO") || upper.starts_with("HELO") {
            say(&mut write, "250 sink").await?;
        } else if let Some(rest) = upper.starts_with("RCPT TO:").then(|| &line[8..]) {
            rest.trim_matches(['<', '>']).clone_into(&mut to);
            match mode() {
                Mode::HangUp => return Ok(()),
                Mode::Transient => say(&mut write, "451 try again later").await?,
                Mode::Permanent => say(&mut write, &format!("550 5.1.1 <{to}>: user unknown")).await?,
                Mode::Accept | Mode::DropInData | Mode::DropAfterData | Mode::HoldAfterData => {
                    say(&mut write, "250 ok").await?;
                }
            }
        } else if upper.starts_with("DATA") {
            say(&mut write, "354 go on").await?;
            if !data(&mut lines, &mut write, &to, shared, mode()).await? {
                return Ok(());
            }
        } else if upper.starts_with("QUIT") {
            return say(&mut write, "221 bye").await;
        } else {
            say(&mut write, "250 ok").await?;
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
            shared.lock().unwrap().taken.push(Taken { to: to.to_owned(), data });
            match mode {
                Mode::DropAfterData => return Ok(false),
                Mode::HoldAfterData => std::future::pending().await,
                _ => {}
            }
            say(write, "250 taken").await?;
            return Ok(true);
        }
        data.push_str(line.strip_prefix('.').unwrap_or(&line));
        data.push('\n');
    }
    Ok(false)
}

async fn say(write: &mut OwnedWriteHalf, line: &str) -> std::io::Result<()> {
    write.write_all(format!("{line}\r\n").as_bytes()).await
}
