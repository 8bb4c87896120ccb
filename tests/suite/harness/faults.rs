//! Failures on purpose, call by call, at the one door that every statement passes.
//!
//! With `JIQIAO_FAULTS=every` in the environment each test runs on a database that fails every call of every
//! transaction: the transaction is run again until it gets through, and the test's own assertions tell whether anything
//! was left behind. With `once`, a unit of work that one test of the process has been through is left alone by the
//! others. What was failed is written down for whoever started the run.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, LazyLock, Mutex};

use sea_orm::{DbErr, RuntimeErr};
use service::database::Database;
use service::door::{Call, Faults};

/// What [`record`] is told to write to.
pub const RECORD: &str = "JIQIAO_FAULTS_RECORD";
const SWITCH: &str = "JIQIAO_FAULTS";

/// A unit of work is failed at each of its calls this often; after that it is left alone.
const THOROUGH: u64 = 2;

/// The database as tests get it.
pub fn prepared(database: Database) -> Database {
    static OF_THE_PROCESS: LazyLock<Progresses> = LazyLock::new(Progresses::default);
    let all = match std::env::var(SWITCH).as_deref() {
        Ok("every") => Progresses::default(),
        Ok("once") => OF_THE_PROCESS.clone(),
        _ => return database,
    };
    let test = std::thread::current().name().unwrap_or("?").to_owned();
    let faults: Arc<dyn Faults> = Arc::new(EveryCall { test: test.into(), all });
    database.failing(&faults)
}

/// The environment of a run that fails every call, in each test or once in all.
pub fn environment(record: &Path, in_each: bool) -> [(&'static str, PathBuf); 2] {
    [(SWITCH, if in_each { "every" } else { "once" }.into()), (RECORD, record.to_owned())]
}

fn away() -> DbErr {
    DbErr::Conn(RuntimeErr::Internal("the call was made to fail".to_owned()))
}

/// A line per unit of work that got through: its name, how often it was failed before, and the test.
fn record(test: &str, name: &str, failures: u64) {
    static FILE: LazyLock<Option<Mutex<File>>> = LazyLock::new(|| {
        let path = std::env::var_os(RECORD)?;
        Some(Mutex::new(File::options().create(true).append(true).open(path).expect("the record can be written")))
    });
    if let Some(file) = &*FILE {
        file.lock()
            .unwrap()
            .write_all(format!("{name} {failures} {test}\n").as_bytes())
            .expect("the record can be written");
    }
}

/// The units of work of a record, with the failures of each.
pub fn recorded(path: &Path) -> BTreeMap<String, u64> {
    let mut all = BTreeMap::new();
    for line in fs::read_to_string(path).unwrap_or_default().lines() {
        let mut words = line.split(' ');
        let name = words.next().unwrap_or_default().to_owned();
        *all.entry(name).or_default() += words.next().and_then(|word| word.parse::<u64>().ok()).expect("a number");
    }
    all
}

/// The names of all units of work, as the sources of the service have them.
pub fn known_units() -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    read_names(&Path::new(env!("CARGO_MANIFEST_DIR")).join("service/src"), &mut names);
    // Named by the process itself.
    names.insert("certification".to_owned());
    names
}

fn read_names(folder: &Path, names: &mut BTreeSet<String>) {
    for entry in fs::read_dir(folder).expect("the sources are there") {
        let path = entry.expect("a source").path();
        if path.is_dir() {
            read_names(&path, names);
            continue;
        }
        let text = fs::read_to_string(&path).expect("a source can be read");
        for call in [".write(", ".write_once("] {
            for after in text.split(call).skip(1) {
                // The name is the first literal; a call without one names its process.
                let arguments = after.split(';').next().unwrap_or("");
                names.extend(arguments.split('"').nth(1).filter(|name| name.contains('.')).map(str::to_owned));
            }
        }
    }
}

type Progresses = Arc<Mutex<BTreeMap<&'static str, Progress>>>;

/// Fails the first run of a unit of work at its first call, the second at its second, until one gets through.
#[derive(Debug)]
struct EveryCall {
    test: Arc<str>,
    all: Progresses,
}

#[derive(Debug, Default, Clone, Copy)]
struct Progress {
    /// Failures of the present round.
    failed: u64,
    rounds: u64,
}

impl Faults for EveryCall {
    fn begin(&self, name: &'static str) -> Result<Arc<dyn Faults>, DbErr> {
        let mut all = self.all.lock().unwrap();
        let progress = all.entry(name).or_default();
        let target = (progress.rounds < THOROUGH).then_some(progress.failed + 1);
        // The beginning is the first call.
        if target == Some(1) {
            progress.failed = 1;
            return Err(away());
        }
        let (test, all) = (self.test.clone(), self.all.clone());
        Ok(Arc::new(OneRun { test, name, target, calls: AtomicU64::new(1), all }))
    }

    fn strike(&self, _call: Call<'_>) -> Result<(), DbErr> {
        Ok(())
    }
}

#[derive(Debug)]
struct OneRun {
    test: Arc<str>,
    name: &'static str,
    /// The call that fails; none when all is well.
    target: Option<u64>,
    calls: AtomicU64,
    all: Progresses,
}

impl Faults for OneRun {
    fn begin(&self, _name: &'static str) -> Result<Arc<dyn Faults>, DbErr> {
        unreachable!("a transaction begins none")
    }

    fn strike(&self, call: Call<'_>) -> Result<(), DbErr> {
        let mut all = self.all.lock().unwrap();
        let progress = all.entry(self.name).or_default();
        if call == Call::Committed {
            if self.target.is_some() {
                record(&self.test, self.name, progress.failed);
                *progress = Progress { failed: 0, rounds: progress.rounds + 1 };
            }
            return Ok(());
        }
        if Some(self.calls.fetch_add(1, Ordering::Relaxed) + 1) == self.target {
            progress.failed += 1;
            return Err(away());
        }
        Ok(())
    }
}

/// Fails one call, counted over everything that passes the door, with a failure that is not tried again.
#[derive(Debug, Default)]
pub struct OneCall(Arc<Mutex<Countdown>>);

#[derive(Debug, Default)]
struct Countdown {
    /// Calls that still pass; none when nothing is to fail.
    left: Option<u64>,
    has_fired: bool,
}

impl OneCall {
    /// The `n`-th call from now fails.
    pub fn arm(&self, n: u64) {
        *self.0.lock().unwrap() = Countdown { left: Some(n - 1), has_fired: false };
    }

    /// Whether the call came that was to fail.
    pub fn disarm(&self) -> bool {
        std::mem::take(&mut *self.0.lock().unwrap()).has_fired
    }
}

impl Faults for OneCall {
    fn begin(&self, _name: &'static str) -> Result<Arc<dyn Faults>, DbErr> {
        self.strike(Call::Commit)?;
        Ok(Arc::new(Self(self.0.clone())))
    }

    fn strike(&self, call: Call<'_>) -> Result<(), DbErr> {
        let mut countdown = self.0.lock().unwrap();
        match &mut countdown.left {
            None => Ok(()),
            // No call of its own.
            _ if call == Call::Committed => Ok(()),
            Some(0) => {
                *countdown = Countdown { left: None, has_fired: true };
                Err(DbErr::Custom("the call was made to fail".to_owned()))
            }
            Some(left) => {
                *left -= 1;
                Ok(())
            }
        }
    }
}

/// Loses the answer of every other commit of a unit of work: it is done, and nobody is told.
#[derive(Debug, Default)]
pub struct LostCommits {
    state: Arc<Mutex<(BTreeMap<&'static str, u64>, u64)>>,
}

impl LostCommits {
    pub fn lost(&self) -> u64 {
        self.state.lock().unwrap().1
    }
}

impl Faults for LostCommits {
    fn begin(&self, name: &'static str) -> Result<Arc<dyn Faults>, DbErr> {
        Ok(Arc::new(LostCommit { name, state: self.state.clone() }))
    }

    fn strike(&self, _call: Call<'_>) -> Result<(), DbErr> {
        Ok(())
    }
}

#[derive(Debug)]
struct LostCommit {
    name: &'static str,
    state: Arc<Mutex<(BTreeMap<&'static str, u64>, u64)>>,
}

impl Faults for LostCommit {
    fn begin(&self, _name: &'static str) -> Result<Arc<dyn Faults>, DbErr> {
        unreachable!("a transaction begins none")
    }

    fn strike(&self, call: Call<'_>) -> Result<(), DbErr> {
        // A lease whose answer is lost waits for its end, which is another test's matter.
        if call != Call::Committed || self.name.starts_with("queue.") {
            return Ok(());
        }
        let (commits, lost) = &mut *self.state.lock().unwrap();
        let number = commits.entry(self.name).or_default();
        *number += 1;
        if *number % 2 == 1 {
            *lost += 1;
            return Err(away());
        }
        Ok(())
    }
}
