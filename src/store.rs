//! The file of the embedded database between two runs: what it was when it was closed, and whether it still is that.
//!
//! SQLite takes an empty file for a new database, another file's log for its own, and a changed byte for what was
//! written. So the last process to close the file notes its hash beside it, and the next one compares. After a crash
//! there is no hash, and the structure of the file is checked instead.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use service::crypto::sha256_hex_of;

use crate::config::Config;
use crate::data;

/// What the folder says of its database file. Nothing: there was none yet.
const NOTE: &str = "jiqiao.state";
/// There is a database, and it was in use when this was written.
const IN_USE: &str = "in use";
/// Before the hash of a file that nobody has open.
const CLOSED: &str = "closed ";

/// This process's claim on the database file; with others that run beside it.
#[derive(Debug)]
pub struct Hold {
    database: PathBuf,
    note: File,
    /// Nobody vouches for the file: its structure must be looked at before it is used.
    pub is_unknown: bool,
}

impl Hold {
    /// Claims the file of the data folder; none for a database that is elsewhere. Refuses a file that is not the one
    /// that was closed here.
    pub fn take(config: &Config) -> anyhow::Result<Option<Self>> {
        if !config.is_sqlite() || config.database.url.is_some() {
            return Ok(None);
        }
        let (database, path) = (config.sqlite_file(), config.data.join(NOTE));
        let note = OpenOptions::new().read(true).write(true).create(true).truncate(false).mode(0o600).open(&path);
        let mut hold = Self { database, note: note.context("the data folder cannot be written")?, is_unknown: false };
        match hold.note.try_lock() {
            // Alone: whatever is there was left by somebody who is gone.
            Ok(()) => hold.is_unknown = hold.examine(&path)?,
            Err(TryLockError::WouldBlock) => {}
            Err(TryLockError::Error(error)) => return Err(error).context("the data folder cannot be locked"),
        }
        hold.note.lock_shared().context("the data folder cannot be locked")?;
        Ok(Some(hold))
    }

    /// Compares file and note; true when the file is to be examined further.
    fn examine(&self, path: &Path) -> anyhow::Result<bool> {
        let said = self.read()?;
        let file = self.database.display();
        let size = fs::metadata(&self.database).map_or(0, |metadata| metadata.len());
        if !said.is_empty() && size == 0 {
            bail!(
                "{file} is missing or empty, and it was not: restore a backup. Nothing new is begun while {} is there",
                path.display()
            );
        }
        let Some(hash) = said.strip_prefix(CLOSED) else { return Ok(size > 0) };
        let log = PathBuf::from(format!("{file}-wal"));
        if fs::metadata(&log).is_ok_and(|metadata| metadata.len() > 0) {
            bail!("{} appeared after {file} was closed: it belongs to another database", log.display());
        }
        if sha256_hex_of(File::open(&self.database)?)? != hash {
            bail!(
                "{file} is not what it was when it was closed: it is damaged, or was changed by another program. Restore a \
                 backup; if the change was yours, remove {}",
                path.display()
            );
        }
        self.write(IN_USE)?;
        Ok(false)
    }

    /// There is a database now: an empty file is a loss from here on.
    pub fn is_made(&self) -> anyhow::Result<()> {
        if self.read()?.is_empty() { self.write(IN_USE) } else { Ok(()) }
    }

    /// Notes what the file is, if nobody else has it open. The database must be closed.
    pub fn release(self) -> anyhow::Result<()> {
        self.note.unlock()?;
        let log = PathBuf::from(format!("{}-wal", self.database.display()));
        let is_last = self.note.try_lock().is_ok() && !log.exists() && !self.read()?.is_empty();
        if is_last {
            // First the end of the log, then the word that there is none.
            data::sync_folder(self.database.parent().unwrap_or(Path::new(".")))?;
            self.write(&format!("{CLOSED}{}", sha256_hex_of(File::open(&self.database)?)?))?;
        }
        Ok(())
    }

    fn read(&self) -> anyhow::Result<String> {
        let mut text = String::new();
        let mut file = &self.note;
        std::io::Seek::rewind(&mut file)?;
        file.read_to_string(&mut text)?;
        Ok(text)
    }

    /// A note that was cut off in the middle vouches for nothing.
    fn write(&self, text: &str) -> anyhow::Result<()> {
        let mut file = &self.note;
        self.note.set_len(0)?;
        std::io::Seek::rewind(&mut file)?;
        file.write_all(text.as_bytes())?;
        self.note.sync_all()?;
        Ok(data::sync_folder(self.database.parent().unwrap_or(Path::new(".")))?)
    }
}
