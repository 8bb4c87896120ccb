//! What a program does to its files, as `strace` saw it, in order.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Calls that change files, make them durable, or answer a client.
const CALLS: &str = "trace=pwrite64,write,writev,sendto,sendmsg,lseek,fsync,fdatasync,ftruncate,openat,mkdir,mkdirat,\
                     rename,renameat,renameat2,link,linkat,unlink,unlinkat,rmdir";

/// Whether programs can be watched here.
pub fn is_possible() -> bool {
    let mut watched = Command::new("strace");
    watched.args(["-o", "/dev/null", "true"]).stdout(Stdio::null()).stderr(Stdio::null());
    watched.status().is_ok_and(|status| status.success())
}

/// The words before a command that is to be watched. The watcher stands aside, so that the command keeps its process.
pub fn wrapper(log: &Path) -> Vec<String> {
    let words = ["strace", "-D", "-f", "-y", "-xx", "-s", "1000000", "-qq", "--signal=none", "-e", CALLS, "-o"];
    words.iter().map(|word| (*word).to_owned()).chain([log.display().to_string()]).collect()
}

/// The words before a command that is killed at the `n`-th of these calls of one of its threads.
pub fn killer(calls: &str, n: u64) -> Vec<String> {
    let inject = format!("inject={calls}:signal=SIGKILL:when={n}");
    let words = [
        "strace",
        "-D",
        "-f",
        "-qq",
        "--signal=none",
        "-o",
        "/dev/null",
        "-e",
        &format!("trace={calls}"),
        "-e",
        &inject,
    ];
    words.iter().map(|word| (*word).to_owned()).collect()
}

/// One thing that happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    Write {
        path: PathBuf,
        offset: Option<u64>,
        data: Vec<u8>,
    },
    Seek {
        path: PathBuf,
        to: u64,
    },
    Truncate {
        path: PathBuf,
        length: u64,
    },
    Open {
        path: PathBuf,
        creates: bool,
        truncates: bool,
    },
    MakeFolder {
        path: PathBuf,
    },
    Rename {
        from: PathBuf,
        to: PathBuf,
    },
    Link {
        from: PathBuf,
        to: PathBuf,
    },
    Remove {
        path: PathBuf,
    },
    /// A thread asks for durability, and gets it.
    SyncBegins {
        by: u32,
        path: PathBuf,
    },
    SyncEnds {
        by: u32,
    },
    /// Bytes that left for a client.
    Said(Vec<u8>),
}

/// Reads a log. Calls that failed did not happen.
pub fn read(log: &Path) -> Vec<Event> {
    let text = std::fs::read_to_string(log).expect("the log can be read");
    let mut begun: HashMap<u32, &str> = HashMap::new();
    let mut events = Vec::new();
    for line in text.lines() {
        let Some((pid, rest)) = line.split_once(' ') else { continue };
        let (Ok(by), rest) = (pid.parse::<u32>(), rest.trim_start()) else { continue };
        if rest.starts_with("<... ") {
            let begin = begun.remove(&by).unwrap_or("");
            if is_sync(begin) && rest.ends_with(" = 0") {
                events.push(Event::SyncEnds { by });
            }
            continue;
        }
        let is_unfinished = rest.ends_with("<unfinished ...>");
        if is_unfinished {
            begun.insert(by, rest);
        } else if rest.contains(") = -1 ") || rest.ends_with(" = ?") {
            continue;
        }
        events.extend(event(by, rest));
        if is_sync(rest) && !is_unfinished {
            events.push(Event::SyncEnds { by });
        }
    }
    events
}

fn is_sync(call: &str) -> bool {
    call.starts_with("fsync(") || call.starts_with("fdatasync(")
}

fn event(by: u32, call: &str) -> Option<Event> {
    let (name, arguments) = call.split_once('(')?;
    let mut texts = quoted(arguments, '"', '"');
    let mut paths = quoted(arguments, '<', '>').into_iter().map(|bytes| path_of(&bytes));
    let last_number = |text: &str| {
        let end = text.rfind(')').unwrap_or(text.find("<unf").unwrap_or(text.len()));
        text[..end].trim().rsplit(", ").next()?.trim().parse::<u64>().ok()
    };
    Some(match name {
        "pwrite64" => Event::Write { path: paths.next()?, offset: last_number(arguments), data: texts.pop()? },
        "write" | "writev" | "sendto" | "sendmsg" => {
            let (path, data) = (paths.next()?, texts.concat());
            if path.is_absolute() { Event::Write { path, offset: None, data } } else { Event::Said(data) }
        }
        "lseek" => Event::Seek { path: paths.next()?, to: call.rsplit("= ").next()?.trim().parse().ok()? },
        "ftruncate" => Event::Truncate { path: paths.next()?, length: last_number(arguments)? },
        "fsync" | "fdatasync" => Event::SyncBegins { by, path: paths.next()? },
        "openat" => Event::Open {
            path: path_of(&texts.pop()?),
            creates: arguments.contains("O_CREAT"),
            truncates: arguments.contains("O_TRUNC"),
        },
        "mkdir" | "mkdirat" => Event::MakeFolder { path: path_of(&texts.pop()?) },
        "rename" | "renameat" | "renameat2" | "link" | "linkat" => {
            let (to, from) = (path_of(&texts.pop()?), path_of(&texts.pop()?));
            if name.starts_with("rename") { Event::Rename { from, to } } else { Event::Link { from, to } }
        }
        "unlink" | "unlinkat" | "rmdir" => Event::Remove { path: path_of(&texts.pop()?) },
        _ => return None,
    })
}

/// The bytes between each pair of marks, all of them written as `\xNN`.
fn quoted(text: &str, open: char, close: char) -> Vec<Vec<u8>> {
    let mut all = Vec::new();
    let mut rest = text;
    while let Some(start) = rest.find(open) {
        let Some(length) = rest[start + 1..].find(close) else { break };
        let inner = &rest[start + 1..start + 1 + length];
        if inner.is_empty() || inner.starts_with("\\x") {
            all.push(inner.split("\\x").skip(1).filter_map(|hex| u8::from_str_radix(hex.get(..2)?, 16).ok()).collect());
        }
        rest = &rest[start + length + 2..];
    }
    all
}

fn path_of(bytes: &[u8]) -> PathBuf {
    String::from_utf8_lossy(bytes).into_owned().into()
}
