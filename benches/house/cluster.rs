//! A PostgreSQL server of its own, with its defaults: it waits for the disk. Stopped and removed however the bench ends.

use std::fs::{self, File};
use std::net::TcpListener;
use std::os::unix::fs::{PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

use anyhow::{Context as _, anyhow, ensure};

use crate::lifeline;

/// Stops the server and removes its folder.
const WATCHDOG: &str = r#"
pid=$(head -n 1 "$1/data/postmaster.pid" 2>/dev/null)
[ -n "$pid" ] && kill -INT "$pid" 2>/dev/null
for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30; do
    [ -e "$1/data/postmaster.pid" ] || break
    sleep 0.2
done
rm -rf "$1"
"#;

/// What differs from the defaults: enough connections for two servers, as anybody's installation would have.
const SETTINGS: &[&str] = &["max_connections=200", "fsync=on", "synchronous_commit=on"];
const ATTEMPTS: usize = 3;

/// The server; gone with the value.
#[derive(Debug)]
pub struct Cluster {
    folder: PathBuf,
    port: u16,
    server: Child,
    /// Its input is the lifeline.
    _watchdog: Child,
}

impl Cluster {
    /// Makes and starts a server in a folder of its own, with some more settings.
    pub fn start(more: &[&str]) -> anyhow::Result<Self> {
        let programs = option_env!("POSTGRES_BIN").map(Path::new).context("build.rs found no PostgreSQL programs")?;
        let owner = unprivileged()?;
        let folder = folder(owner)?;
        let made = program(&programs.join("initdb"), &folder, owner)?
            .args(["-A", "trust", "-U", "postgres", "-E", "UTF8", "--locale=C.UTF-8", "-D", "data"])
            .status()?;
        ensure!(made.success(), "initdb failed: {}", log(&folder));
        let watchdog = lifeline::tie(WATCHDOG, &[folder.as_os_str()])?;
        for _ in 0..ATTEMPTS {
            if let Some((port, server)) = listen(programs, &folder, owner, more)? {
                return Ok(Self { folder, port, server, _watchdog: watchdog });
            }
        }
        Err(anyhow!("PostgreSQL does not start: {}", log(&folder)))
    }

    pub fn url(&self, database: &str) -> String {
        format!("postgres://postgres@127.0.0.1:{}/{database}", self.port)
    }

    /// What the server wrote down so far.
    pub fn log(&self) -> String {
        log(&self.folder)
    }

    /// The process above all of the server's.
    pub fn pid(&self) -> u32 {
        self.server.id()
    }
}

/// User and group to run as: PostgreSQL refuses to run as root.
fn unprivileged() -> anyhow::Result<Option<(u32, u32)>> {
    if !rustix::process::geteuid().is_root() {
        return Ok(None);
    }
    let accounts = fs::read_to_string("/etc/passwd")?;
    let id = |line: &str, at: usize| line.split(':').nth(at).and_then(|field| field.parse().ok());
    let named = |name: &str| accounts.lines().find(|line| line.split(':').next() == Some(name));
    let line = named("postgres").or_else(|| named("nobody")).context("no account `postgres` or `nobody`")?;
    Ok(id(line, 2).zip(id(line, 3)))
}

fn folder(owner: Option<(u32, u32)>) -> anyhow::Result<PathBuf> {
    let folder = tempfile::Builder::new().prefix("jiqiao-bench-postgres-").tempdir()?.keep();
    fs::set_permissions(&folder, fs::Permissions::from_mode(0o700))?;
    if let Some((user, group)) = owner {
        chown(&folder, Some(user), Some(group))?;
    }
    Ok(folder)
}

/// A program of the server: as its owner, in its folder, out of reach of the terminal's Ctrl-C, writing to its log.
fn program(path: &Path, folder: &Path, owner: Option<(u32, u32)>) -> anyhow::Result<Command> {
    let log = File::options().create(true).append(true).open(folder.join("log"))?;
    let mut command = Command::new(path);
    command.current_dir(folder).process_group(0).stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log);
    if let Some((user, group)) = owner {
        command.uid(user).gid(group);
    }
    Ok(command)
}

/// Starts the server on a free port and waits until it answers; none when it gave up.
fn listen(
    programs: &Path,
    folder: &Path,
    owner: Option<(u32, u32)>,
    more: &[&str],
) -> anyhow::Result<Option<(u16, Child)>> {
    let port = TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port();
    let mut server = program(&programs.join("postgres"), folder, owner)?
        .args(["-D", "data", "-h", "127.0.0.1", "-p", &port.to_string(), "-k"])
        .arg(folder)
        .args(SETTINGS.iter().chain(more).flat_map(|set| ["-c", set]))
        .spawn()?;
    while !is_ready(programs, port) {
        if server.try_wait()?.is_some() {
            return Ok(None);
        }
        thread::sleep(Duration::from_millis(50));
    }
    Ok(Some((port, server)))
}

fn is_ready(programs: &Path, port: u16) -> bool {
    Command::new(programs.join("pg_isready"))
        .args(["-q", "-h", "127.0.0.1", "-p", &port.to_string()])
        .status()
        .is_ok_and(|status| status.success())
}

fn log(folder: &Path) -> String {
    fs::read_to_string(folder.join("log")).unwrap_or_default()
}
