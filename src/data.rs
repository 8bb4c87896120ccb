//! The data folder: what the program keeps outside the database, closed to everybody else.

use std::collections::BTreeMap;
use std::fs::{self, DirBuilder, OpenOptions};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, anyhow, bail, ensure};
use service::crypto::{KeySet, Keys};
use service::{Random, SystemRandom};

/// Bytes of every key.
const KEY_BYTES: usize = 32;
const INDEX: &str = "index.key";
const KINDS: [&str; 3] = ["field", "index", "signing"];
/// Of each kind, the one with the highest number is used.
const USED: &str = "key";
/// Known to all, used by none yet.
const PREPARED: &str = "next";

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
    let mut used = set(path, USED)?;
    if used.field.is_empty() || used.signing.is_empty() {
        bail!("{} lacks field.<id>.key or signing.<number>.key: 32 random bytes each", path.display());
    }
    // The first one has no number.
    let index = path.join(INDEX);
    if index.exists() || used.index.is_empty() {
        used.index.insert(1, read_key(&index)?);
    }
    Ok(Keys::of(&used, &set(path, PREPARED)?)?)
}

/// Makes a new key of each kind, which every process that starts from now on knows and none uses. Gives the new files'
/// names.
pub fn prepare_keys(path: &Path) -> anyhow::Result<Vec<String>> {
    let prepared = files(path, PREPARED)?;
    ensure!(prepared.is_empty(), "prepared already: {}", prepared.join(", "));
    let mut made = Vec::new();
    for kind in KINDS {
        let last = numbered(path, kind, USED)?.last_key_value().map_or(1, |(number, _)| *number);
        let name = format!("{kind}.{}.{PREPARED}", last + 1);
        create_key(&path.join(&name))?;
        made.push(name);
    }
    Ok(made)
}

/// Lets every process that starts from now on use the prepared keys. Gives the new names.
pub fn rotate_keys(path: &Path) -> anyhow::Result<Vec<String>> {
    let prepared = files(path, PREPARED)?;
    ensure!(!prepared.is_empty(), "no key is prepared: run prepare-keys, then restart all processes");
    let mut used = Vec::new();
    for name in prepared {
        let new = Path::new(&name).with_extension(USED);
        fs::rename(path.join(&name), path.join(&new)).with_context(|| format!("{name} cannot be renamed"))?;
        used.push(new.display().to_string());
    }
    Ok(used)
}

/// The names of all files of keys that are used, sorted.
pub fn key_files(path: &Path) -> anyhow::Result<Vec<String>> {
    files(path, USED)
}

/// The names of all files that end like this, sorted.
fn files(path: &Path, end: &str) -> anyhow::Result<Vec<String>> {
    let reading = fs::read_dir(path).with_context(|| format!("the folder {} cannot be read", path.display()))?;
    let mut names = Vec::new();
    for entry in reading {
        let name = entry?.file_name().to_string_lossy().into_owned();
        if Path::new(&name).extension().is_some_and(|known| known == end) {
            names.push(name);
        }
    }
    names.sort();
    Ok(names)
}

fn create_missing(path: &Path) -> anyhow::Result<()> {
    for kind in ["field", "signing"] {
        if numbered(path, kind, USED)?.is_empty() {
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

fn set(path: &Path, end: &str) -> anyhow::Result<KeySet> {
    let [field, index, signing] = KINDS.map(|kind| numbered(path, kind, end));
    Ok(KeySet { field: field?, index: index?, signing: signing? })
}

/// The keys `<kind>.<number>.<end>` by number.
fn numbered(path: &Path, kind: &str, end: &str) -> anyhow::Result<BTreeMap<u32, [u8; KEY_BYTES]>> {
    let mut keys = BTreeMap::new();
    for name in files(path, end)? {
        let middle = name.strip_prefix(kind).and_then(|rest| rest.strip_prefix('.')?.strip_suffix(end));
        let Some(number) = middle.and_then(|middle| middle.strip_suffix('.')) else { continue };
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
    }

    #[test]
    fn a_key_is_known_before_it_is_used() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("keys");
        let before = keys(&path, true).unwrap();
        assert!(rotate_keys(&path).is_err(), "nothing is prepared");
        assert_eq!(prepare_keys(&path).unwrap(), ["field.2.next", "index.2.next", "signing.2.next"]);
        assert!(prepare_keys(&path).is_err(), "once is enough");
        let prepared = keys(&path, false).unwrap();
        assert_eq!(rotate_keys(&path).unwrap(), ["field.2.key", "index.2.key", "signing.2.key"]);
        let rotated = keys(&path, false).unwrap();
        assert_eq!((prepared.prefix(), rotated.prefix()), ("k1.".to_owned(), "k2.".to_owned()));
        let kids = |keys: &Keys| keys.signing().iter().map(|key| key.kid.clone()).collect::<Vec<_>>();
        let (first, known, now) = (kids(&before), kids(&prepared), kids(&rotated));
        assert_eq!((&first[0], known.len(), &now[1]), (&known[0], 2, &known[0]));
        assert_eq!(now[0], known[1]);
        let index = |keys: &Keys| keys.blind_index("field", "value");
        assert_eq!(index(&before), index(&prepared));
        assert!(index(&rotated).starts_with("i2-"));
        assert_eq!(prepared.blind_indexes("field", "value"), [index(&prepared), index(&rotated)]);
        assert_eq!(rotated.blind_indexes("field", "value"), [index(&rotated), index(&prepared)]);
    }

    #[test]
    fn a_key_of_the_wrong_length_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("field.1.key"), [1; 31]).unwrap();
        assert!(keys(folder.path(), true).is_err());
    }
}
