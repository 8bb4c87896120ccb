//! The data folder: what the program keeps outside the database, closed to everybody else.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, DirBuilder, OpenOptions};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, anyhow, bail, ensure};
use service::crypto::Keys;
use service::{Random, SystemRandom};

/// Bytes of every key.
const KEY_BYTES: usize = 32;
const INDEX: &str = "index.key";

/// Makes a folder, and those above it, that only its owner may enter.
pub fn folder(path: &Path) -> anyhow::Result<()> {
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(path)
        .with_context(|| format!("the folder {} cannot be made", path.display()))
}

/// The keys of a folder; missing ones are made first if `creates`, otherwise they are an error.
pub fn keys(path: &Path, creates: bool) -> anyhow::Result<Keys> {
    if creates {
        folder(path)?;
        create_missing(path)?;
    }
    let field = numbered(path, "field")?;
    let signing = numbered(path, "signing")?;
    if field.is_empty() || signing.is_empty() {
        bail!("{} lacks field.<id>.key or signing.<number>.key: 32 random bytes each", path.display());
    }
    let index = read_key(&path.join(INDEX))?;
    refuse_copies(path)?;
    // The newest signs.
    let signing: Vec<[u8; KEY_BYTES]> = signing.into_values().rev().collect();
    Ok(Keys::new(field, index, &signing)?)
}

/// Makes a new field key and a new signing key; the old ones keep opening and verifying. Gives the new files' names.
pub fn rotate_keys(path: &Path) -> anyhow::Result<Vec<String>> {
    let mut made = Vec::new();
    for kind in ["field", "signing"] {
        let last = numbered(path, kind)?.last_key_value().map_or(0, |(number, _)| *number);
        let name = format!("{kind}.{}.key", last + 1);
        create_key(&path.join(&name))?;
        made.push(name);
    }
    Ok(made)
}

/// The names of all key files, sorted.
pub fn key_files(path: &Path) -> anyhow::Result<Vec<String>> {
    let reading = fs::read_dir(path).with_context(|| format!("the folder {} cannot be read", path.display()))?;
    let mut names = Vec::new();
    for entry in reading {
        let name = entry?.file_name().to_string_lossy().into_owned();
        if Path::new(&name).extension().is_some_and(|end| end == "key") {
            names.push(name);
        }
    }
    names.sort();
    Ok(names)
}

fn create_missing(path: &Path) -> anyhow::Result<()> {
    for kind in ["field", "signing"] {
        if numbered(path, kind)?.is_empty() {
            create_key(&path.join(format!("{kind}.1.key")))?;
        }
    }
    if !path.join(INDEX).exists() {
        create_key(&path.join(INDEX))?;
    }
    Ok(())
}

/// A key file that appears whole or not at all, and never replaces one.
fn create_key(path: &Path) -> anyhow::Result<()> {
    let mut bytes = [0; KEY_BYTES];
    SystemRandom.fill(&mut bytes);
    let draft = path.with_extension("new");
    let writing = || {
        let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&draft)?;
        file.write_all(&bytes)?;
        file.sync_all()?;
        fs::hard_link(&draft, path)?;
        fs::remove_file(&draft)
    };
    match writing() {
        // Another process was faster; its key counts.
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(fs::remove_file(&draft)?),
        other => other.with_context(|| format!("the key {} cannot be made", path.display())),
    }
}

/// The keys `<kind>.<number>.key` by number.
fn numbered(path: &Path, kind: &str) -> anyhow::Result<BTreeMap<u32, [u8; KEY_BYTES]>> {
    let mut keys = BTreeMap::new();
    for name in key_files(path)? {
        let number = name.strip_prefix(kind).and_then(|rest| rest.strip_prefix('.')?.strip_suffix(".key"));
        let Some(number) = number else { continue };
        let number = number.parse().map_err(|_| anyhow!("the key file {name} has no number"))?;
        keys.insert(number, read_key(&path.join(&name))?);
    }
    Ok(keys)
}

fn read_key(path: &Path) -> anyhow::Result<[u8; KEY_BYTES]> {
    let bytes = fs::read(path).with_context(|| format!("the key {} cannot be read", path.display()))?;
    let key = bytes.try_into().map_err(|_| anyhow!("the key {} does not have {KEY_BYTES} bytes", path.display()))?;
    ensure!(is_random(&key), "the key {} is no {KEY_BYTES} random bytes", path.display());
    Ok(key)
}

/// Whether somebody may have drawn these bytes: neither a pattern nor a text. A random key fails once in 10^12 times.
fn is_random(key: &[u8; KEY_BYTES]) -> bool {
    /// Random keys have 30 on average.
    const DISTINCT: usize = 20;
    let distinct: BTreeSet<u8> = key.iter().copied().collect();
    let is_counted = key.windows(2).all(|pair| matches!(pair, [one, next] if next.wrapping_sub(*one) == 1));
    let is_text = key.iter().all(|byte| byte.is_ascii_graphic() || byte.is_ascii_whitespace());
    distinct.len() >= DISTINCT && !is_counted && !is_text
}

/// Every key has one purpose: none is in two files.
fn refuse_copies(path: &Path) -> anyhow::Result<()> {
    let mut known: BTreeMap<[u8; KEY_BYTES], String> = BTreeMap::new();
    for name in key_files(path)? {
        let key = read_key(&path.join(&name))?;
        if let Some(other) = known.insert(key, name.clone()) {
            bail!("the keys {other} and {name} in {} are the same", path.display());
        }
    }
    Ok(())
}

/// A new folder that is removed with the value.
#[derive(Debug)]
pub struct Scratch(PathBuf);

impl Scratch {
    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_dir_all(&self.0) {
            tracing::warn!(%error, folder = %self.0.display(), "a temporary folder stays behind");
        }
    }
}

/// Makes a temporary folder.
pub fn scratch() -> anyhow::Result<Scratch> {
    let mut bytes = [0; 8];
    SystemRandom.fill(&mut bytes);
    let path = std::env::temp_dir().join(format!("jiqiao-{:016x}", u64::from_be_bytes(bytes)));
    folder(&path)?;
    Ok(Scratch(path))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn missing_keys_are_made_once_and_closed_to_others() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("keys");
        assert!(keys(&path, false).is_err());
        let first = keys(&path, true).unwrap().signing()[0].kid.clone();
        assert_eq!(key_files(&path).unwrap(), ["field.1.key", INDEX, "signing.1.key"]);
        assert_eq!(fs::metadata(path.join(INDEX)).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(keys(&path, true).unwrap().signing()[0].kid, first);
        assert_eq!(rotate_keys(&path).unwrap(), ["field.2.key", "signing.2.key"]);
        let rotated = keys(&path, false).unwrap();
        assert_eq!(rotated.signing().len(), 2);
        assert_eq!(rotated.signing()[1].kid, first);
    }

    #[test]
    fn weak_keys_are_refused() {
        let counted: Vec<u8> = (0..32).collect();
        for (weak, why) in [
            (vec![1; 31], "does not have 32 bytes"),
            (vec![1; 33], "does not have 32 bytes"),
            (Vec::new(), "does not have 32 bytes"),
            (vec![0; 32], "random"),
            (b"\x01\xfe\x80\x33".repeat(8), "random"),
            (counted, "random"),
            (b"correct horse battery staple 123".to_vec(), "random"),
        ] {
            let folder = tempfile::tempdir().unwrap();
            fs::write(folder.path().join("field.1.key"), &weak).unwrap();
            let refused = keys(folder.path(), true).unwrap_err().to_string();
            assert!(refused.contains(why), "{weak:?}: {refused}");
        }
    }

    #[test]
    fn one_key_does_not_serve_two_purposes() {
        let folder = tempfile::tempdir().unwrap();
        keys(folder.path(), true).unwrap();
        fs::copy(folder.path().join("signing.1.key"), folder.path().join("field.1.key")).unwrap();
        assert!(keys(folder.path(), true).unwrap_err().to_string().contains("are the same"));
    }
}
