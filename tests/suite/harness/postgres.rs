//! PostgreSQL for tests: a throwaway server per test process, made from the programs that `build.rs` found.
//!
//! It never waits for the disk, listens on the loopback only and takes no password. It must not outlive the tests however
//! they end: values in statics are not dropped, so a watchdog holds the reading end of a pipe whose other end is this
//! process. When that end closes, the watchdog stops the server and removes its folder.

use std::fs::{self, File};
use std::net::TcpListener;
use std::os::unix::fs::{PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::Duration;

use sea_orm::{ConnectOptions, ConnectionTrait, Database, DatabaseConnection};
use sea_orm_migration::MigratorTrait;
use tokio::sync::{mpsc, oneshot};

/// Waits until the writing end of its input closes, then stops the server as it likes best: SIGINT, no waiting for clients.
const WATCHDOG: &str = r#"
read -r _
pid=$(head -n 1 "$1/data/postmaster.pid" 2>/dev/null)
[ -n "$pid" ] && kill -INT "$pid" 2>/dev/null
for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
    [ -e "$1/data/postmaster.pid" ] || break
    sleep 0.1
done
rm -rf "$1"
"#;

/// One free port may be taken by somebody else between being found and being used.
const ATTEMPTS: usize = 3;

static SERVER: LazyLock<Server> = LazyLock::new(Server::start);
static COUNT: AtomicU32 = AtomicU32::new(1);

/// A database of the server; dropped with the value.
#[derive(Debug)]
pub struct TempDatabase {
    name: String,
}

impl TempDatabase {
    pub fn url(&self) -> String {
        SERVER.url(&self.name)
    }
}

impl Drop for TempDatabase {
    fn drop(&mut self) {
        // The clerk works after the test; when the process ends first, the whole folder goes.
        let _ = SERVER.clerk.send(Order::Drop(self.name.clone()));
    }
}

/// A migrated database of its own.
pub async fn copy_of_template() -> TempDatabase {
    copy_of("migrated").await
}

/// A database without any table.
pub async fn empty() -> TempDatabase {
    copy_of("template0").await
}

async fn copy_of(template: &'static str) -> TempDatabase {
    let name = format!("t_{}", COUNT.fetch_add(1, Ordering::Relaxed));
    let (made, wait) = oneshot::channel();
    SERVER.clerk.send(Order::Create(name.clone(), template, made)).expect("the clerk is there");
    wait.await.expect("the clerk answers");
    TempDatabase { name }
}

/// Runs a future on a thread and runtime of its own: the runtime of the first test that asks would end with that test.
pub fn outside_the_test<T: Send + 'static>(work: impl Future<Output = T> + Send + 'static) -> T {
    thread::spawn(|| runtime().block_on(work)).join().expect("the work does not panic")
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime can be made")
}

enum Order {
    Create(String, &'static str, oneshot::Sender<()>),
    Drop(String),
}

struct Server {
    port: u16,
    clerk: mpsc::UnboundedSender<Order>,
    _process: Child,
    /// Its input is the lifeline.
    _watchdog: Child,
}

impl Server {
    fn start() -> Self {
        let Some(programs) = option_env!("POSTGRES_BIN").map(Path::new) else {
            panic!("build.rs found no PostgreSQL programs");
        };
        let owner = unprivileged();
        let folder = folder(owner);
        initialise(programs, &folder, owner);
        let watchdog = watch(&folder);
        let (port, process) = (0..ATTEMPTS)
            .find_map(|_| listen(programs, &folder, owner))
            .unwrap_or_else(|| panic!("PostgreSQL does not start: {}", log(&folder)));

        let (clerk, orders) = mpsc::unbounded_channel();
        let server = Self { port, clerk, _process: process, _watchdog: watchdog };
        let (root, template) = (server.url("postgres"), server.url("migrated"));
        outside_the_test(async move {
            let root = connect(&root).await;
            run(&root, "CREATE DATABASE migrated").await;
            let template = connect(&template).await;
            migration::Migrator::up(&template, None).await.expect("an empty database can be migrated");
            // Nobody may be connected to a template while it is copied.
            template.close().await.expect("the template can be closed");
        });
        let root = server.url("postgres");
        thread::spawn(move || runtime().block_on(keep_databases(root, orders)));
        server
    }

    fn url(&self, database: &str) -> String {
        format!("postgres://postgres@127.0.0.1:{}/{database}", self.port)
    }
}

/// The clerk: makes and drops databases, one after the other, as long as the process lives.
async fn keep_databases(root: String, mut orders: mpsc::UnboundedReceiver<Order>) {
    let root = connect(&root).await;
    while let Some(order) = orders.recv().await {
        match order {
            Order::Create(name, template, made) => {
                run(&root, &format!("CREATE DATABASE {name} TEMPLATE {template}")).await;
                let _ = made.send(());
            }
            Order::Drop(name) => run(&root, &format!("DROP DATABASE {name} WITH (FORCE)")).await,
        }
    }
}

async fn connect(url: &str) -> DatabaseConnection {
    let mut options = ConnectOptions::new(url);
    options.max_connections(1).sqlx_logging(false);
    Database::connect(options).await.expect("the server can be reached")
}

async fn run(database: &DatabaseConnection, statement: &str) {
    database.execute_unprepared(statement).await.expect("the statement can be run");
}

/// User and group to run as: PostgreSQL refuses to run as root.
fn unprivileged() -> Option<(u32, u32)> {
    if !rustix::process::geteuid().is_root() {
        return None;
    }
    let accounts = fs::read_to_string("/etc/passwd").expect("the accounts can be read");
    let ids = ["postgres", "nobody"].iter().find_map(|name| {
        accounts.lines().find_map(|line| {
            let fields: Vec<&str> = line.split(':').collect();
            (fields[0] == *name).then(|| Some((fields.get(2)?.parse().ok()?, fields.get(3)?.parse().ok()?)))?
        })
    });
    Some(ids.expect("an account `postgres` or `nobody` exists"))
}

fn folder(owner: Option<(u32, u32)>) -> PathBuf {
    let folder =
        tempfile::Builder::new().prefix("jiqiao-postgres-").tempdir().expect("a temporary folder can be made").keep();
    fs::set_permissions(&folder, fs::Permissions::from_mode(0o700)).expect("the folder can be closed to others");
    if let Some((user, group)) = owner {
        chown(&folder, Some(user), Some(group)).expect("the folder can be given away");
    }
    folder
}

/// A program of the server: as its owner, in its folder, out of reach of the terminal's Ctrl-C, writing to its log.
fn program(path: &Path, folder: &Path, owner: Option<(u32, u32)>) -> Command {
    let log = File::options().create(true).append(true).open(folder.join("log")).expect("the log can be written");
    let mut command = Command::new(path);
    command
        .current_dir(folder)
        .process_group(0)
        .stdin(Stdio::null())
        .stdout(log.try_clone().expect("the log can be shared"))
        .stderr(log);
    if let Some((user, group)) = owner {
        command.uid(user).gid(group);
    }
    command
}

fn initialise(programs: &Path, folder: &Path, owner: Option<(u32, u32)>) {
    let status = program(&programs.join("initdb"), folder, owner)
        .args(["-A", "trust", "-U", "postgres", "-E", "UTF8", "--locale=C.UTF-8", "-N", "-D", "data"])
        .status()
        .expect("initdb can be run");
    assert!(status.success(), "initdb failed: {}", log(folder));
}

/// Starts the watchdog.
fn watch(folder: &Path) -> Child {
    Command::new("sh")
        .args(["-c", WATCHDOG, "watchdog"])
        .arg(folder)
        .process_group(0)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("the watchdog can be started")
}

/// Starts the server on a free port and waits until it answers; none when it gave up.
fn listen(programs: &Path, folder: &Path, owner: Option<(u32, u32)>) -> Option<(u16, Child)> {
    let port =
        TcpListener::bind(("127.0.0.1", 0)).and_then(|socket| socket.local_addr()).expect("a port is free").port();
    let mut server = program(&programs.join("postgres"), folder, owner)
        .args(["-D", "data", "-h", "127.0.0.1", "-p", &port.to_string()])
        .arg("-k")
        .arg(folder)
        .args(["fsync=off", "synchronous_commit=off", "full_page_writes=off"].iter().flat_map(|set| ["-c", set]))
        .args(["autovacuum=off", "jit=off", "max_connections=200"].iter().flat_map(|set| ["-c", set]))
        .spawn()
        .expect("postgres can be run");
    while !is_ready(programs, port) {
        if server.try_wait().expect("the server can be asked for").is_some() {
            return None;
        }
        thread::sleep(Duration::from_millis(50));
    }
    Some((port, server))
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
