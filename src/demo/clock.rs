//! The demo's own clock: it starts at a fixed date, runs on, and can be put forward. Kept in a file, so that another
//! process of the same demo reads the same time.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Context as _;
use chrono::{DateTime, TimeDelta, Utc};
use service::{Clock, SystemClock};

/// The file in the data folder.
const FILE: &str = "demo-clock.json";

/// A demo instant, and the host's instant at which it was so.
#[derive(Debug, Clone, Copy, serde::Serialize, serde::Deserialize)]
struct Setting {
    demo: DateTime<Utc>,
    host: DateTime<Utc>,
}

/// Runs as fast as the host's clock, from another day.
#[derive(Debug)]
pub struct DemoClock {
    path: PathBuf,
    setting: Mutex<Setting>,
}

impl DemoClock {
    /// The clock of a data folder; begins at `start` when there is none yet.
    pub fn open(folder: &Path, start: DateTime<Utc>) -> anyhow::Result<Arc<Self>> {
        let path = folder.join(FILE);
        let setting = match fs::read(&path) {
            Ok(bytes) => serde_json::from_slice(&bytes).with_context(|| format!("{} is unreadable", path.display()))?,
            Err(_) => Setting { demo: start, host: SystemClock.now() },
        };
        let clock = Self { path, setting: Mutex::new(setting) };
        clock.set(clock.now())?;
        Ok(Arc::new(clock))
    }

    /// Puts the clock to an instant, from which it runs on.
    pub fn set(&self, demo: DateTime<Utc>) -> anyhow::Result<()> {
        let setting = Setting { demo, host: SystemClock.now() };
        let draft = self.path.with_extension("new");
        fs::write(&draft, serde_json::to_vec(&setting)?)?;
        fs::rename(&draft, &self.path)?;
        *self.setting.lock().unwrap_or_else(PoisonError::into_inner) = setting;
        Ok(())
    }

    /// Puts the clock forward.
    pub fn advance(&self, by: TimeDelta) -> anyhow::Result<()> {
        self.set(self.now() + by)
    }
}

impl Clock for DemoClock {
    fn now(&self) -> DateTime<Utc> {
        let setting = *self.setting.lock().unwrap_or_else(PoisonError::into_inner);
        setting.demo + (SystemClock.now() - setting.host)
    }
}
