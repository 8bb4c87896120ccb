//! Connections that stay open between requests. The protocol layer has a timer for the headers of a connection's first
//! request and one for silence after an answer; whoever begins a further request and never ends its headers is met by
//! neither, and is cut off here.

use std::any::Any;
use std::net::{Shutdown, TcpStream};
use std::os::fd::AsFd;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::{Duration, Instant};

use actix_web::dev::Extensions;

/// Between two looks at the connections.
const LOOK: Duration = Duration::from_secs(1);

/// The open connections of a server.
#[derive(Debug)]
pub struct Lines {
    begun: Instant,
    open: Mutex<Vec<Weak<Line>>>,
}

/// One of them.
#[derive(Debug)]
pub struct Line {
    begun: Instant,
    socket: TcpStream,
    /// Requests in hand.
    pending: AtomicU32,
    /// When the last of them ended, in milliseconds since the server began.
    quiet_since: AtomicU64,
}

/// A request in hand, until the value is dropped.
#[derive(Debug)]
pub struct Pending(Arc<Line>);

impl Lines {
    /// Connections without a request in hand for longer than `longest` are cut off, for as long as somebody else holds
    /// the value.
    #[expect(
        clippy::disallowed_methods,
        reason = "no job: it looks at the sockets of this process, and ends with them"
    )]
    pub fn watched(longest: Duration) -> Arc<Self> {
        let lines = Arc::new(Self { begun: Instant::now(), open: Mutex::default() });
        tokio::spawn(watch(Arc::downgrade(&lines), longest));
        lines
    }

    /// Takes note of a new connection.
    pub fn add(&self, connection: &dyn Any, data: &mut Extensions) {
        let stream = connection.downcast_ref::<tokio::net::TcpStream>();
        // Out of descriptors: then this one is not watched.
        let Some(socket) = stream.and_then(|stream| stream.as_fd().try_clone_to_owned().ok()) else { return };
        let line = Arc::new(Line {
            begun: self.begun,
            socket: socket.into(),
            pending: AtomicU32::new(0),
            quiet_since: AtomicU64::new(milliseconds(self.begun.elapsed())),
        });
        self.open.lock().unwrap_or_else(PoisonError::into_inner).push(Arc::downgrade(&line));
        data.insert(line);
    }

    fn cut(&self, longest: Duration) {
        let now = milliseconds(self.begun.elapsed());
        self.open.lock().unwrap_or_else(PoisonError::into_inner).retain(|line| {
            let line = line.upgrade();
            line.inspect(|line| line.cut(now, milliseconds(longest))).is_some()
        });
    }
}

impl Line {
    pub fn begin(self: &Arc<Self>) -> Pending {
        self.pending.fetch_add(1, Ordering::AcqRel);
        Pending(self.clone())
    }

    /// Only what comes in is ended: an answer on its way out arrives.
    fn cut(&self, now: u64, longest: u64) {
        let is_quiet = self.pending.load(Ordering::Acquire) == 0;
        if is_quiet && now.saturating_sub(self.quiet_since.load(Ordering::Acquire)) > longest {
            // Gone already: then there is nothing to end.
            let _ = self.socket.shutdown(Shutdown::Read);
        }
    }
}

impl Drop for Pending {
    fn drop(&mut self) {
        self.0.quiet_since.store(milliseconds(self.0.begun.elapsed()), Ordering::Release);
        self.0.pending.fetch_sub(1, Ordering::AcqRel);
    }
}

async fn watch(lines: Weak<Lines>, longest: Duration) {
    loop {
        tokio::time::sleep(LOOK).await;
        let Some(lines) = lines.upgrade() else { return };
        lines.cut(longest);
    }
}

fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
