//! What every use case is given: database, clock, randomness, keys, settings. No use case reaches for anything else.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use domain::calendar::Calendar;
use domain::rule::RuleSet;
use object_store::ObjectStore;
use tokio::sync::Notify;
use uuid::Uuid;

use crate::account::VerifiedTokens;
use crate::crypto::Keys;
use crate::database::Database;

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

/// What an installation decides; secrets live in [`Keys`].
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Base address that links in mails and QR codes point to, without a trailing slash.
    pub public_url: String,
    /// `iss` and `aud` of access tokens.
    pub token_issuer: String,
    /// Domain part of Message-IDs and the sender of mails.
    pub mail_domain: String,
    /// The body that certificates name as issuer.
    pub certificate_issuer: String,
    /// Certificates are marked 样本 SPECIMEN.
    pub is_specimen: bool,
    /// Lifetime of an access token in seconds; at most 900.
    pub access_token_seconds: i64,
    /// Lifetime of a session in seconds.
    pub session_seconds: i64,
    /// How long a proven password counts as fresh, in seconds; later, sensitive steps ask for a new login.
    pub fresh_login_seconds: i64,
    /// Lifetime of an invitation in seconds.
    pub invitation_seconds: i64,
    /// Placing a notification in the in-app list counts as delivery (电子签名法 article 11); otherwise its opening does.
    pub placing_is_delivery: bool,
    /// The first year whose certificates are in this register; older papers are out of scope.
    pub register_begins: i32,
    /// Address of a clamd scanner, `host:port`; without it files are `skipped`.
    #[serde(skip)]
    pub scanner: Option<String>,
    /// What may be attached to cases.
    pub files: FileLimits,
    /// The folder behind the object store when it is a local one, so that what an interrupted upload left is found.
    pub files_folder: Option<PathBuf>,
}

/// Limits of attachments. A round may name its own for size and count.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct FileLimits {
    /// Bytes of one file where no round says otherwise.
    pub file_bytes: u64,
    /// Bytes that a round may allow for one file at most.
    pub round_file_bytes: u64,
    /// Files of a case where no round says otherwise.
    pub case_files: u32,
    /// Files that a round may allow for a case at most.
    pub round_case_files: u32,
    /// Bytes of all files of a case.
    pub case_bytes: u64,
    /// Entries of a container (DOCX, XLSX, OFD).
    pub container_entries: u64,
    /// Bytes that a container may claim to unfold to.
    pub container_bytes: u64,
}

/// Bytes of a mebibyte.
const MIB: u64 = 1024 * 1024;

impl Default for FileLimits {
    fn default() -> Self {
        Self {
            file_bytes: 20 * MIB,
            round_file_bytes: 100 * MIB,
            case_files: 50,
            round_case_files: 500,
            case_bytes: 100 * MIB,
            container_entries: 5_000,
            container_bytes: 512 * MIB,
        }
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            public_url: "http://127.0.0.1:8080".to_owned(),
            token_issuer: "jiqiao".to_owned(),
            mail_domain: "jiqiao.invalid".to_owned(),
            certificate_issuer: "广西壮族自治区科学技术厅".to_owned(),
            is_specimen: false,
            access_token_seconds: 900,
            session_seconds: 30 * 24 * 3_600,
            fresh_login_seconds: 600,
            invitation_seconds: 3_600,
            placing_is_delivery: true,
            register_begins: 2026,
            scanner: None,
            files: FileLimits::default(),
            files_folder: None,
        }
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
    rules: Mutex<Vec<(domain::ids::RuleSetId, Arc<RuleSet>)>>,
    tokens: VerifiedTokens,
    wake: Notify,
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

    pub(crate) fn cached_calendar(&self) -> Option<Arc<Calendar>> {
        let cached = self.0.calendar.read().unwrap_or_else(PoisonError::into_inner);
        cached.as_ref().filter(|(at, _)| at.elapsed() < CALENDAR_AGE).map(|(_, calendar)| calendar.clone())
    }

    pub(crate) fn cache_calendar(&self, calendar: Option<Arc<Calendar>>) {
        *self.0.calendar.write().unwrap_or_else(PoisonError::into_inner) =
            calendar.map(|calendar| (Instant::now(), calendar));
    }

    pub(crate) fn cached_rules(&self, id: domain::ids::RuleSetId) -> Option<Arc<RuleSet>> {
        let rules = self.0.rules.lock().unwrap_or_else(PoisonError::into_inner);
        rules.iter().find(|(known, _)| *known == id).map(|(_, rules)| rules.clone())
    }

    pub(crate) fn cache_rules(&self, id: domain::ids::RuleSetId, set: Arc<RuleSet>) {
        let mut rules = self.0.rules.lock().unwrap_or_else(PoisonError::into_inner);
        if rules.len() >= RULES_KEPT {
            rules.remove(0);
        }
        rules.push((id, set));
    }
}
