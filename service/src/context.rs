//! What every use case is given: database, clock, randomness, keys, settings. No use case reaches for anything else.

use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use domain::calendar::Calendar;
use object_store::ObjectStore;
use tokio::sync::Notify;
use uuid::Uuid;

use crate::account::VerifiedTokens;
use crate::crypto::Keys;
use crate::database::Database;
use crate::flight::Flights;
use crate::rule;
use crate::settings::Settings;

/// The only source of time.
pub trait Clock: Send + Sync + std::fmt::Debug {
    fn now(&self) -> DateTime<Utc>;
}

/// The only source of randomness.
pub trait Random: Send + Sync + std::fmt::Debug {
    fn fill(&self, bytes: &mut [u8]);
}

/// The wall clock of the host.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the wall clock")]
    fn now(&self) -> DateTime<Utc> {
        Utc::now()
    }
}

/// The operating system's generator.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemRandom;

impl Random for SystemRandom {
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the system's generator")]
    fn fill(&self, bytes: &mut [u8]) {
        rand::RngCore::fill_bytes(&mut rand::rng(), bytes);
    }
}

/// The parts a context is made of.
#[derive(Debug)]
pub struct Parts {
    pub database: Database,
    pub clock: Arc<dyn Clock>,
    pub random: Arc<dyn Random>,
    pub keys: Keys,
    pub files: Arc<dyn ObjectStore>,
    pub settings: Settings,
}

/// Shared by every request and job; cheap to clone.
#[derive(Debug, Clone)]
pub struct Context(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    parts: Parts,
    calendar: RwLock<Option<(Instant, Arc<Calendar>)>>,
    rules: Mutex<Vec<(domain::ids::RuleSetId, Arc<rule::Known>)>>,
    tokens: VerifiedTokens,
    wake: Notify,
    flights: Flights,
}

/// How long a replica may compute with a calendar that another one has corrected. The correction itself re-plans
/// every open deadline, so nothing computed in between stays wrong.
const CALENDAR_AGE: Duration = Duration::from_secs(2);

/// Rule sets are immutable; a handful is in force at any time.
const RULES_KEPT: usize = 64;

impl Context {
    pub fn new(parts: Parts) -> Self {
        Self(Arc::new(Inner {
            parts,
            calendar: RwLock::new(None),
            rules: Mutex::new(Vec::new()),
            tokens: VerifiedTokens::default(),
            wake: Notify::new(),
            flights: Flights::default(),
        }))
    }

    /// The present instant, cut to what both engines keep.
    pub fn now(&self) -> DateTime<Utc> {
        domain::time::micros(self.0.parts.clock.now())
    }

    /// A new id: UUIDv7 of the injected clock and randomness.
    pub fn new_id<T: From<Uuid>>(&self) -> T {
        let mut bytes = [0u8; 10];
        self.fill_random(&mut bytes);
        let millis = u64::try_from(self.now().timestamp_millis()).unwrap_or(0);
        T::from(uuid::Builder::from_unix_timestamp_millis(millis, &bytes).into_uuid())
    }

    pub fn fill_random(&self, bytes: &mut [u8]) {
        self.0.parts.random.fill(bytes);
    }

    /// A secret of 256 bits, in URL-safe base64.
    pub fn new_secret(&self) -> String {
        let mut bytes = [0u8; 32];
        self.fill_random(&mut bytes);
        data_encoding::BASE64URL_NOPAD.encode(&bytes)
    }

    pub fn database(&self) -> &Database {
        &self.0.parts.database
    }

    pub fn keys(&self) -> &Keys {
        &self.0.parts.keys
    }

    pub fn files(&self) -> &Arc<dyn ObjectStore> {
        &self.0.parts.files
    }

    pub fn settings(&self) -> &Settings {
        &self.0.parts.settings
    }

    /// Wakes the runner of this process, if any; polling finds the work anyway.
    pub fn wake_runner(&self) {
        self.0.wake.notify_one();
    }

    /// Resolves when somebody calls [`Self::wake_runner`].
    pub async fn woken(&self) {
        self.0.wake.notified().await;
    }

    pub(crate) fn verified_tokens(&self) -> &VerifiedTokens {
        &self.0.tokens
    }

    pub(crate) fn flights(&self) -> &Flights {
        &self.0.flights
    }

    pub(crate) fn cached_calendar(&self) -> Option<Arc<Calendar>> {
        let cached = self.0.calendar.read().unwrap_or_else(PoisonError::into_inner);
        cached.as_ref().filter(|(at, _)| at.elapsed() < CALENDAR_AGE).map(|(_, calendar)| calendar.clone())
    }

    pub(crate) fn cache_calendar(&self, calendar: Option<Arc<Calendar>>) {
        *self.0.calendar.write().unwrap_or_else(PoisonError::into_inner) =
            calendar.map(|calendar| (Instant::now(), calendar));
    }

    pub(crate) fn cached_rules(&self, id: domain::ids::RuleSetId) -> Option<Arc<rule::Known>> {
        let rules = self.0.rules.lock().unwrap_or_else(PoisonError::into_inner);
        rules.iter().find(|(known, _)| *known == id).map(|(_, rules)| rules.clone())
    }

    pub(crate) fn cache_rules(&self, id: domain::ids::RuleSetId, known: Arc<rule::Known>) {
        let mut rules = self.0.rules.lock().unwrap_or_else(PoisonError::into_inner);
        if rules.len() >= RULES_KEPT {
            rules.remove(0);
        }
        rules.push((id, known));
    }
}
