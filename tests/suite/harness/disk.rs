//! A disk that forgets what was not synced: what a program wrote, as it stands after a power cut.
//!
//! Stricter than most file systems: a name is durable when its folder was synced, content when its file was. What was
//! not synced is lost, or kept in any mixture of whole and torn writes.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use super::trace::Event;

/// Bytes that a disk writes at once.
const SECTOR: usize = 512;

#[derive(Debug, Clone)]
enum Change {
    Write(u64, Vec<u8>),
    Truncate(u64),
}

#[derive(Debug, Default)]
struct Node {
    is_folder: bool,
    durable: Vec<u8>,
    pending: Vec<Change>,
    /// Changes that became durable so far.
    settled: usize,
    position: u64,
}

#[derive(Debug)]
enum Mark {
    /// Up to this change of this node.
    File(usize, usize),
    /// The names of a folder as they were then.
    Folder(PathBuf, BTreeMap<PathBuf, usize>),
}

#[derive(Debug)]
pub struct Disk {
    root: PathBuf,
    nodes: Vec<Node>,
    names: BTreeMap<PathBuf, usize>,
    durable_names: BTreeMap<PathBuf, usize>,
    marks: BTreeMap<u32, Mark>,
    /// Syncs of files whose name ends so are taken for done and are not: a program that is too trusting.
    pub ignores: Option<&'static str>,
}

impl Disk {
    /// The disk before the first event: everything under `base` is durable, as the contents of `root`.
    pub fn new(root: &Path, base: &Path) -> Self {
        let mut disk = Self {
            root: root.to_owned(),
            nodes: Vec::new(),
            names: BTreeMap::new(),
            durable_names: BTreeMap::new(),
            marks: BTreeMap::new(),
            ignores: None,
        };
        if base.is_dir() {
            disk.add(root.to_owned(), Node { is_folder: true, ..Node::default() });
            disk.take(base, root);
        }
        disk.durable_names.clone_from(&disk.names);
        disk
    }

    fn take(&mut self, folder: &Path, under: &Path) {
        for entry in fs::read_dir(folder).expect("the base can be read") {
            let entry = entry.expect("an entry");
            let (path, name) = (entry.path(), under.join(entry.file_name()));
            if path.is_dir() {
                self.add(name.clone(), Node { is_folder: true, ..Node::default() });
                self.take(&path, &name);
            } else {
                let durable = fs::read(&path).expect("a file of the base can be read");
                self.add(name, Node { durable, ..Node::default() });
            }
        }
    }

    fn add(&mut self, name: PathBuf, node: Node) -> usize {
        self.nodes.push(node);
        self.names.insert(name, self.nodes.len() - 1);
        self.nodes.len() - 1
    }

    fn node(&mut self, path: &Path) -> Option<&mut Node> {
        let index = *self.names.get(path)?;
        Some(&mut self.nodes[index])
    }

    /// Lets an event happen.
    pub fn apply(&mut self, event: &Event) {
        match event {
            Event::Open { path, creates, truncates } if path.starts_with(&self.root) => {
                if *creates && !self.names.contains_key(path) {
                    self.add(path.clone(), Node::default());
                }
                if let Some(node) = self.node(path) {
                    node.position = 0;
                    if *truncates {
                        node.pending.push(Change::Truncate(0));
                    }
                }
            }
            Event::Seek { path, to } => {
                if let Some(node) = self.node(path) {
                    node.position = *to;
                }
            }
            Event::Write { path, offset, data } => {
                if let Some(node) = self.node(path) {
                    let at = offset.unwrap_or(node.position);
                    node.position = at + data.len() as u64;
                    node.pending.push(Change::Write(at, data.clone()));
                }
            }
            Event::Truncate { path, length } => {
                if let Some(node) = self.node(path) {
                    node.pending.push(Change::Truncate(*length));
                }
            }
            Event::MakeFolder { path } if path.starts_with(&self.root) && !self.names.contains_key(path) => {
                self.add(path.clone(), Node { is_folder: true, ..Node::default() });
            }
            Event::Rename { from, to } => {
                if let Some(node) = self.names.remove(from) {
                    self.names.insert(to.clone(), node);
                }
            }
            Event::Link { from, to } => {
                if let Some(node) = self.names.get(from) {
                    self.names.insert(to.clone(), *node);
                }
            }
            Event::Remove { path } => {
                self.names.remove(path);
            }
            Event::SyncBegins { by, path } => {
                let mark = self.mark(path);
                self.marks.extend(mark.map(|mark| (*by, mark)));
            }
            Event::SyncEnds { by } => self.settle(*by),
            Event::Open { .. } | Event::MakeFolder { .. } | Event::Said(_) => {}
        }
    }

    fn mark(&self, path: &Path) -> Option<Mark> {
        if self.ignores.is_some_and(|end| path.to_string_lossy().ends_with(end)) {
            return None;
        }
        let is_above = !self.names.contains_key(path) && self.root.starts_with(path);
        match self.names.get(path) {
            Some(index) if !self.nodes[*index].is_folder => {
                let node = &self.nodes[*index];
                Some(Mark::File(*index, node.settled + node.pending.len()))
            }
            None if !is_above => None,
            _ => Some(Mark::Folder(path.to_owned(), children(&self.names, path))),
        }
    }

    fn settle(&mut self, by: u32) {
        match self.marks.remove(&by) {
            Some(Mark::File(index, until)) => {
                let node = &mut self.nodes[index];
                let count = until.saturating_sub(node.settled);
                for change in node.pending.drain(..count).collect::<Vec<_>>() {
                    change_bytes(&mut node.durable, &change, None);
                }
                node.settled += count;
            }
            Some(Mark::Folder(path, names)) => {
                self.durable_names.retain(|name, _| name.parent() != Some(&path));
                self.durable_names.extend(names);
            }
            None => {}
        }
    }

    /// Whether the file of this name would outlive a power cut as it is now.
    pub fn is_durable(&self, path: &Path) -> bool {
        let is_named =
            |path: &Path| self.durable_names.get(path).is_some_and(|index| self.names.get(path) == Some(index));
        let mut folders = path.ancestors().skip(1).take_while(|folder| folder.starts_with(&self.root));
        is_named(path) && folders.all(is_named) && self.nodes[self.names[path]].pending.is_empty()
    }

    pub fn names(&self) -> impl Iterator<Item = &Path> {
        self.names.iter().filter(|(_, index)| !self.nodes[**index].is_folder).map(|(name, _)| name.as_path())
    }

    /// Writes what a power cut leaves to `target`. With luck, some of what was not synced is there all the same.
    pub fn cut(&self, target: &Path, mut luck: Option<&mut Luck>) {
        let mut names = self.durable_names.clone();
        if let Some(luck) = luck.as_deref_mut() {
            let folders: Vec<_> = self.names.iter().filter(|(_, index)| self.nodes[**index].is_folder).collect();
            for (folder, _) in folders {
                if luck.chance(2) {
                    names.retain(|name, _| name.parent() != Some(folder));
                    names.extend(children(&self.names, folder));
                }
            }
        }
        fs::create_dir_all(target).expect("the target can be made");
        for (name, index) in &names {
            let node = &self.nodes[*index];
            let mut folders = name.ancestors().skip(1).take_while(|folder| folder.starts_with(&self.root));
            if !folders.all(|folder| names.contains_key(folder)) {
                continue;
            }
            let path = target.join(name.strip_prefix(&self.root).expect("it is under the root"));
            if node.is_folder {
                fs::create_dir_all(path).expect("a folder can be made");
                continue;
            }
            let mut bytes = node.durable.clone();
            if let Some(luck) = luck.as_deref_mut() {
                for change in &node.pending {
                    match luck.chance(4) {
                        true => change_bytes(&mut bytes, change, Some(luck.below(9))),
                        false if luck.chance(2) => change_bytes(&mut bytes, change, None),
                        false => {}
                    }
                }
            }
            // The shared index of the log lives in memory only.
            if !name.to_string_lossy().ends_with("-shm") {
                fs::write(path, bytes).expect("a file can be written");
            }
        }
    }
}

fn children(names: &BTreeMap<PathBuf, usize>, folder: &Path) -> BTreeMap<PathBuf, usize> {
    let inside = names.iter().filter(|(name, _)| name.parent() == Some(folder));
    inside.map(|(name, index)| (name.clone(), *index)).collect()
}

/// Applies a change, or only its first sectors.
fn change_bytes(bytes: &mut Vec<u8>, change: &Change, sectors: Option<u64>) {
    match change {
        Change::Truncate(length) => bytes.resize(usize::try_from(*length).expect("a length"), 0),
        Change::Write(offset, data) => {
            let torn = sectors.map_or(data.len(), |sectors| usize::try_from(sectors).expect("few") * SECTOR);
            let data = &data[..torn.min(data.len())];
            let start = usize::try_from(*offset).expect("an offset");
            if bytes.len() < start + data.len() {
                bytes.resize(start + data.len(), 0);
            }
            bytes[start..start + data.len()].copy_from_slice(data);
        }
    }
}

/// Random numbers that repeat with their seed (SplitMix64).
#[derive(Debug, Clone)]
pub struct Luck(pub u64);

impl Luck {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }

    /// True once in `times`.
    pub fn chance(&mut self, times: u64) -> bool {
        self.below(times) == 0
    }
}
