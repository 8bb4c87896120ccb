//! A proxy between two programs that fails in the ways networks do.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;

/// What the proxy does. A change takes effect on open connections too.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    Pass,
    /// Nobody listens.
    Refuse,
    /// Open connections and new ones are reset.
    Reset,
    /// Connections open and nothing comes through, until the mode changes.
    Hang,
    /// Every piece is late by this, in both directions.
    Slow(Duration),
    /// A request goes through; its answer is awaited, thrown away, and the connection is reset.
    LoseAnswer,
    /// The same for requests that hold these bytes; everything else passes.
    LoseAnswerTo(&'static [u8]),
    /// So many bytes of the answers of a connection go through, then it is reset.
    CutAfter(usize),
}

#[derive(Debug)]
struct Shared {
    targets: Mutex<Vec<String>>,
    next: AtomicU64,
    cuts: AtomicU64,
    /// Connections so far.
    count: AtomicU64,
    /// Those below this number hang for ever.
    stranded: AtomicU64,
}

/// The proxy; it ends with the value.
#[derive(Debug)]
pub struct Proxy {
    address: SocketAddr,
    mode: watch::Sender<Mode>,
    shared: Arc<Shared>,
    _tasks: JoinSet<()>,
}

impl Proxy {
    /// In front of `host:port`.
    pub async fn before(target: &str) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a port is free");
        let address = listener.local_addr().expect("the port is known");
        let shared = Arc::new(Shared {
            targets: Mutex::new(vec![target.to_owned()]),
            next: AtomicU64::new(0),
            cuts: AtomicU64::new(0),
            count: AtomicU64::new(0),
            stranded: AtomicU64::new(0),
        });
        let (mode, modes) = watch::channel(Mode::Pass);
        let mut tasks = JoinSet::new();
        tasks.spawn(accept(listener, address, modes, shared.clone()));
        Self { address, mode, shared, _tasks: tasks }
    }

    /// In front of the server of a database's address; gives the address that leads through the proxy.
    pub async fn before_database(url: &str) -> (Self, String) {
        let (scheme, rest) = url.split_once("://").expect("an address");
        let (authority, path) = rest.split_once('/').expect("a database");
        let (user, target) = authority.rsplit_once('@').expect("a user");
        let proxy = Self::before(target).await;
        let through = format!("{scheme}://{user}@{}/{path}", proxy.address());
        (proxy, through)
    }

    /// `host:port`.
    pub fn address(&self) -> String {
        self.address.to_string()
    }

    pub fn set(&self, mode: Mode) {
        self.mode.send_replace(mode);
    }

    /// New connections go to these in turn, or to the next one where nobody listens.
    pub fn set_targets(&self, targets: Vec<String>) {
        *self.shared.targets.lock().unwrap() = targets;
    }

    /// Leaves all open connections hanging for ever, as a router does that has forgotten them.
    pub fn strand(&self) {
        self.shared.stranded.store(self.shared.count.load(Ordering::Acquire), Ordering::Release);
    }

    /// Connections that the proxy has reset.
    pub fn cuts(&self) -> u64 {
        self.shared.cuts.load(Ordering::Relaxed)
    }
}

async fn accept(listener: TcpListener, address: SocketAddr, mut modes: watch::Receiver<Mode>, shared: Arc<Shared>) {
    let mut listener = Some(listener);
    let mut talks = JoinSet::new();
    loop {
        let mode = *modes.borrow_and_update();
        if mode == Mode::Refuse {
            listener = None;
        } else if listener.is_none() {
            listener = Some(TcpListener::bind(address).await.expect("the port is still ours"));
        }
        let accepting = async {
            match &listener {
                Some(listener) => listener.accept().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            changed = modes.changed() => if changed.is_err() { return },
            Ok((client, _)) = accepting => {
                talks.spawn(carry(client, modes.clone(), shared.clone()));
            }
        }
        while talks.try_join_next().is_some() {}
    }
}

/// A connection to the next target that takes one.
async fn connect(shared: &Shared) -> Option<TcpStream> {
    let targets = shared.targets.lock().unwrap().clone();
    for _ in &targets {
        let next = usize::try_from(shared.next.fetch_add(1, Ordering::Relaxed)).unwrap_or(0) % targets.len();
        if let Ok(stream) = TcpStream::connect(&targets[next]).await {
            return Some(stream);
        }
    }
    None
}

async fn carry(client: TcpStream, modes: watch::Receiver<Mode>, shared: Arc<Shared>) {
    let server = if *modes.borrow() == Mode::Reset { None } else { connect(&shared).await };
    let Some(server) = server else { return reset(client, None, &shared) };
    let _ = (client.set_nodelay(true), server.set_nodelay(true));
    let ((client_in, client_out), (server_in, server_out)) = (client.into_split(), server.into_split());
    let loses = AtomicBool::new(false);
    let number = shared.count.fetch_add(1, Ordering::AcqRel);
    let pump = |from, to| Pump { from, to, modes: modes.clone(), shared: shared.clone(), number };
    let (mut there, mut back) = (pump(client_in, server_out), pump(server_in, client_out));
    let is_cut = {
        let (going, coming) = (there.requests(&loses), back.answers(&loses));
        tokio::select! {
            ended = futures_util::future::try_join(going, coming) => ended.is_err(),
            () = cutting(modes.clone()) => true,
        }
    };
    if is_cut {
        let (Pump { from: client_in, to: server_out, .. }, Pump { from: server_in, to: client_out, .. }) =
            (there, back);
        let client = client_in.reunite(client_out).expect("the halves of one stream");
        reset(client, server_in.reunite(server_out).ok(), &shared);
    }
}

/// Ends both connections with a reset, as a crashed host would.
fn reset(client: TcpStream, server: Option<TcpStream>, shared: &Shared) {
    shared.cuts.fetch_add(1, Ordering::Relaxed);
    for stream in [Some(client), server].into_iter().flatten() {
        let _ = stream.set_zero_linger();
    }
}

/// Resolves when open connections are to be cut.
async fn cutting(mut modes: watch::Receiver<Mode>) {
    let cuts = |mode: &Mode| matches!(mode, Mode::Reset | Mode::Refuse);
    if modes.wait_for(cuts).await.is_err() {
        std::future::pending::<()>().await;
    }
}

/// One direction asks to cut both.
#[derive(Debug)]
struct Cut;

struct Pump {
    from: OwnedReadHalf,
    to: OwnedWriteHalf,
    modes: watch::Receiver<Mode>,
    shared: Arc<Shared>,
    number: u64,
}

impl Pump {
    async fn requests(&mut self, loses: &AtomicBool) -> Result<(), Cut> {
        self.run(|mode, piece| {
            let is_hit = match mode {
                Mode::LoseAnswer => true,
                Mode::LoseAnswerTo(bytes) => piece.windows(bytes.len()).any(|window| window == bytes),
                _ => false,
            };
            if is_hit {
                loses.store(true, Ordering::Release);
            }
            true
        })
        .await
    }

    async fn answers(&mut self, loses: &AtomicBool) -> Result<(), Cut> {
        let mut passed = 0;
        self.run(|mode, piece| {
            passed += piece.len();
            let is_over = matches!(mode, Mode::CutAfter(bytes) if passed > bytes);
            !is_over && !loses.load(Ordering::Acquire)
        })
        .await
    }

    /// Carries pieces while `may_pass` says so.
    async fn run(&mut self, mut may_pass: impl FnMut(Mode, &[u8]) -> bool) -> Result<(), Cut> {
        let mut piece = vec![0; 64 * 1024];
        while let Ok(count @ 1..) = self.from.read(&mut piece).await {
            let Ok(mode) = self.modes.wait_for(|mode| *mode != Mode::Hang).await.map(|mode| *mode) else { break };
            if self.number < self.shared.stranded.load(Ordering::Acquire) {
                std::future::pending::<()>().await;
            }
            if let Mode::Slow(by) = mode {
                tokio::time::sleep(by).await;
            }
            if !may_pass(mode, &piece[..count]) {
                return Err(Cut);
            }
            if self.to.write_all(&piece[..count]).await.is_err() {
                break;
            }
        }
        let _ = self.to.shutdown().await;
        Ok(())
    }
}
