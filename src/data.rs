//! The data folder: what the program keeps outside the database, closed to everybody else.

use std::collections::BTreeMap;
use std::fs::{self, DirBuilder, OpenOptions};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, anyhow, bail};
use service::crypto::Keys;
use service::{Random, SystemRandom};

/// Bytes of every key.
const KEY_BYTES: usize = 32;
const INDEX: &str = "index.key";

/// Makes a folder, and those above it, that only its owner may enter.
pub fn folder(path: &Path) -> anyhow::Result<()> {
    let new: Vec<&Path> = path.ancestors().take_while(|folder| !folder.exists()).collect();
    let making = || {
        DirBuilder::new().recursive(true).mode(0o700).create(path)?;
        new.iter().filter_map(|folder| folder.parent()).try_for_each(sync_folder)
    };
    making().with_context(|| format!("the folder {} cannot be made", path.display()))
}

/// A name is on the disk once its folder is.
pub fn sync_folder(path: &Path) -> std::io::Result<()> {
    let path = if path.as_os_str().is_empty() { Path::new(".") } else { path };
    fs::File::open(path)?.sync_all()
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
        fs::remove_file(&draft)?;
        // What is sealed next must not outlive its key in a power cut.
        path.parent().map_or(Ok(()), sync_folder)
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
    bytes.try_into().map_err(|_| anyhow!("the key {} does not have {KEY_BYTES} bytes", path.display()))
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
    fn a_key_of_the_wrong_length_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("field.1.key"), [1; 31]).unwrap();
        assert!(keys(folder.path(), true).is_err());
    }
}
