//! The program as users start it: as a process of its own, on a folder of its own, killed at any time.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::sync::Arc;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use service::crypto::{KeySet, Keys};
use service::database::Database;
use service::{Context, Parts, Settings, SystemClock, SystemRandom};
use sha2::{Digest, Sha256};
use tempfile::TempDir;

use super::{Engine, Fixture, TestDb};

const PROGRAM: &str = env!("CARGO_BIN_EXE_jiqiao");
/// More than any test asks for.
const NO_LIMIT: &str = "1000000";
/// How long a process may take to stop.
const STOPPING: Duration = Duration::from_mins(1);

/// What an installation keeps: its folder with keys, and its database.
#[derive(Debug)]
pub struct Home {
    folder: TempDir,
    /// None on SQLite, where it is a file of the folder.
    database: Option<TestDb>,
}

impl Fixture for Home {
    async fn on(engine: Engine) -> Self {
        let database = match engine {
            Engine::Sqlite => None,
            Engine::Postgres => Some(TestDb::on(engine).await),
        };
        Self::with(database)
    }
}

impl Home {
    fn with(database: Option<TestDb>) -> Self {
        let folder = tempfile::Builder::new().prefix("jiqiao-home-").tempdir().expect("a temporary folder can be made");
        let keys = folder.path().join("keys");
        std::fs::create_dir(&keys).expect("a folder of keys can be made");
        for name in ["field.1.key", "index.key", "signing.1.key"] {
            // Known, but not so plain that the program refuses it.
            std::fs::write(keys.join(name), Sha256::digest(name)).expect("a key can be written");
        }
        let home = Self { folder, database };
        if home.database.is_none() {
            assert!(home.command(&["migrate", "up"]).status.success(), "the file can be migrated");
        }
        home
    }

    /// On an empty PostgreSQL database.
    pub async fn empty() -> Self {
        Self::with(Some(TestDb::empty().await))
    }

    pub fn engine(&self) -> Engine {
        self.database.as_ref().map_or(Engine::Sqlite, TestDb::engine)
    }

    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The database's own address.
    pub fn url(&self) -> String {
        match &self.database {
            Some(database) => database.url().to_owned(),
            None => format!("sqlite://{}", self.folder().join("jiqiao.db").display()),
        }
    }

    /// A context beside the program, with its keys. What it changes while nobody else has the file open is a change by
    /// another program, which the operator vouches for.
    pub async fn context(&self) -> Context {
        let _ = std::fs::remove_file(self.folder().join("jiqiao.state"));
        Context::new(Parts {
            database: Database::connect(&self.url(), 4).await.expect("the database can be opened"),
            clock: Arc::new(SystemClock),
            random: Arc::new(SystemRandom),
            keys: self.keys(),
            files: Arc::new(object_store::memory::InMemory::new()),
            settings: Settings::default(),
        })
    }

    /// The keys of the folder as they are now.
    fn keys(&self) -> Keys {
        let key = |name: String| std::fs::read(self.folder().join("keys").join(name)).ok()?.try_into().ok();
        let numbered = |kind: &str, end: &str| -> BTreeMap<u32, [u8; 32]> {
            (1..10).filter_map(|number| Some((number, key(format!("{kind}.{number}.{end}"))?))).collect()
        };
        let set = |end: &str| {
            let [field, index, signing] = ["field", "index", "signing"].map(|kind| numbered(kind, end));
            KeySet { field, index, signing }
        };
        let mut used = set("key");
        used.index.extend(key("index.key".to_owned()).map(|key| (1, key)));
        Keys::of(&used, &set("next")).expect("the keys are well-formed")
    }

    fn prepare(&self) -> Command {
        let mut command = Command::new(PROGRAM);
        command.env_remove("DATABASE_URL").env("JIQIAO_LOG__FILTER", "warn").env("JIQIAO_DATA", self.folder());
        for class in ["GENERAL", "GUESSABLE", "VERIFICATION"] {
            command.env(format!("JIQIAO_RATES__{class}"), NO_LIMIT);
        }
        if self.database.is_some() {
            // No mail is sent to the port of nobody.
            command.env("JIQIAO_DATABASE__URL", self.url()).env("JIQIAO_MAIL__URL", "smtp://127.0.0.1:9");
        }
        command
    }

    /// Runs a command to its end.
    pub fn command(&self, arguments: &[&str]) -> Output {
        self.prepare().args(arguments).output().expect("the program can be run")
    }

    /// Begins a command.
    pub fn spawn(&self, arguments: &[&str]) -> Child {
        let mut command = self.prepare();
        command.args(arguments).stdout(Stdio::null()).stderr(Stdio::null());
        command.spawn().expect("the program can be run")
    }

    /// Serves on a free port.
    pub fn start(&self) -> Program {
        self.start_with(&[])
    }

    /// The same with variables of its own.
    pub fn start_with(&self, variables: &[(&str, String)]) -> Program {
        let mut command = self.prepare();
        command.envs(variables.iter().map(|(name, value)| (name, value)));
        let mut process = command
            .args(["serve", "--listen", "127.0.0.1:0"])
            .stdout(Stdio::piped())
            .spawn()
            .expect("the program can be run");
        let mut line = String::new();
        let out = process.stdout.take().expect("its output is ours");
        BufReader::new(out).read_line(&mut line).expect("it says where it listens");
        let url = line.trim().to_owned();
        assert!(url.starts_with("http://"), "the program did not start: {line}");
        Program { process, url }
    }
}

/// A running program; killed with the value, without a chance to say goodbye.
#[derive(Debug)]
pub struct Program {
    process: Child,
    /// `http://host:port`.
    pub url: String,
}

impl Program {
    /// `host:port`.
    pub fn address(&self) -> &str {
        self.url.trim_start_matches("http://")
    }

    /// Its process, for measuring.
    pub fn id(&self) -> u32 {
        self.process.id()
    }

    /// Asks it to stop, waits until it is gone, and gives whether it left in peace.
    pub async fn stop(mut self) -> bool {
        let id = i32::try_from(self.process.id()).ok().and_then(Pid::from_raw).expect("a process has an id");
        kill_process(id, Signal::TERM).expect("the program can be told to stop");
        for _ in 0..STOPPING.as_millis() / 20 {
            if let Some(status) = self.process.try_wait().expect("the program can be asked for") {
                return status.success();
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("the program does not stop");
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // SIGKILL; an error says that it is gone already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
