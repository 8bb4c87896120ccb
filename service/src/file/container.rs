//! ZIP containers (DOCX, XLSX, OFD), judged by their directory alone. Nothing is ever unfolded here.

use std::collections::HashSet;
use std::ops::Range;

use domain::file::FileFormat;

use crate::settings::FileLimits;

/// The fixed part of the end record, PKWARE APPNOTE 4.3.16.
const END: usize = 22;
/// The fixed part of a directory entry, APPNOTE 4.3.12.
const ENTRY: usize = 46;
/// Most bytes of a directory per entry, names and extra fields included.
const ENTRY_BYTES: u64 = 1_024;
/// The file type bits of a symbolic link in the upper half of Unix attributes.
const SYMLINK: u32 = 0xa000;
const TYPE_BITS: u32 = 0xf000;

/// Parts that run something, or that hide another archive.
const REFUSED_ENDS: &[&str] = &[
    "vbaproject.bin",
    ".exe",
    ".dll",
    ".js",
    ".vbs",
    ".bat",
    ".cmd",
    ".ps1",
    ".jar",
    ".scr",
    ".hta",
    ".html",
    ".svg",
    ".zip",
    ".rar",
    ".7z",
    ".gz",
    ".tar",
];

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_le_bytes(bytes.get(at..at + 2)?.try_into().ok()?))
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(bytes.get(at..at + 4)?.try_into().ok()?))
}

/// Where the directory lies, if the end record closes the file exactly and the directory touches it.
pub(super) fn directory(tail: &[u8], size: u64, limits: &FileLimits) -> Option<Range<u64>> {
    let at = (0..=tail.len().checked_sub(END)?).rev().find(|at| {
        tail.get(*at..).is_some_and(|rest| rest.starts_with(b"PK\x05\x06"))
            && u16_at(tail, at + 20).is_some_and(|comment| at + END + usize::from(comment) == tail.len())
    })?;
    let entries = u64::from(u16_at(tail, at + 10)?);
    let is_one_disk = u16_at(tail, at + 4)? == 0 && u16_at(tail, at + 6)? == 0;
    let (length, start) = (u64::from(u32_at(tail, at + 12)?), u64::from(u32_at(tail, at + 16)?));
    let end = size - (tail.len() - at) as u64;
    let fits = is_one_disk
        && (1..=limits.container_entries).contains(&entries)
        && length <= entries * ENTRY_BYTES
        && start.checked_add(length) == Some(end);
    fits.then_some(start..end)
}

/// The format that the directory tells, if every entry is harmless. `content` is the number of bytes before it.
pub(super) fn format(directory: &[u8], content: u64, limits: &FileLimits) -> Option<FileFormat> {
    let mut names = HashSet::new();
    let (mut packed, mut unpacked, mut first) = (0u64, 0u64, u64::MAX);
    let mut rest = directory;
    while !rest.is_empty() {
        let entry = Entry::read(rest)?;
        packed += entry.packed;
        unpacked += entry.unpacked;
        first = first.min(entry.offset);
        // Entries that overlap, or promise more than a document holds, are bombs.
        if packed > content || unpacked > limits.container_bytes || !names.insert(entry.name.clone()) {
            return None;
        }
        rest = rest.get(entry.length..)?;
    }
    if first != 0 {
        return None;
    }
    let has = |start: &str| names.iter().any(|name| name.starts_with(start) && name.rsplit('.').next() == Some("xml"));
    let is_office = names.contains("[content_types].xml");
    match (is_office && has("word/document"), is_office && has("xl/workbook"), names.contains("ofd.xml")) {
        (true, false, false) => Some(FileFormat::Docx),
        (false, true, false) => Some(FileFormat::Xlsx),
        (false, false, true) => Some(FileFormat::Ofd),
        _ => None,
    }
}

struct Entry {
    /// In lower case.
    name: String,
    packed: u64,
    unpacked: u64,
    offset: u64,
    /// Bytes of the directory that it takes.
    length: usize,
}

impl Entry {
    /// The first entry, if it is plainly a file or folder inside the container.
    fn read(bytes: &[u8]) -> Option<Self> {
        if !bytes.starts_with(b"PK\x01\x02") {
            return None;
        }
        let flags = u16_at(bytes, 8)?;
        let method = u16_at(bytes, 10)?;
        let name_length = usize::from(u16_at(bytes, 28)?);
        let length = ENTRY + name_length + usize::from(u16_at(bytes, 30)?) + usize::from(u16_at(bytes, 32)?);
        let attributes = u32_at(bytes, 38)?;
        let name = std::str::from_utf8(bytes.get(ENTRY..ENTRY + name_length)?).ok()?.to_lowercase();
        let is_encrypted = flags & 1 == 1;
        let is_link = (attributes >> 16) & TYPE_BITS == SYMLINK;
        let is_known_method = matches!(method, 0 | 8);
        if is_encrypted || is_link || !is_known_method || !is_inside(&name) || length > bytes.len() {
            return None;
        }
        Some(Self {
            name,
            packed: u64::from(u32_at(bytes, 20)?),
            unpacked: u64::from(u32_at(bytes, 24)?),
            offset: u64::from(u32_at(bytes, 42)?),
            length,
        })
    }
}

/// Whether a name stays inside the container and runs nothing.
fn is_inside(name: &str) -> bool {
    let is_relative = !name.is_empty() && !name.starts_with('/') && !name.contains(['\\', ':', '\0']);
    is_relative
        && !name.split('/').any(|part| part == "..")
        && !REFUSED_ENDS.iter().any(|refused| name.ends_with(refused))
}
