//! The real program is killed in the middle of its writes; what it acknowledged is there afterwards.

mod mail;

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use domain::access::Role;
use reqwest::{Client, StatusCode};
use serde_json::{Value, json};
use service::crypto::Keys;
use service::database::Database;
use service::{Context, Parts, Settings, SystemClock, SystemRandom};

use crate::harness::account::{Login, Seat, create_in};

const PROGRAM: &str = env!("CARGO_BIN_EXE_jiqiao");
const KILLS: u64 = 3;

/// A running program; killed with the value, without a chance to say goodbye.
struct Program {
    process: Child,
    address: String,
}

impl Program {
    /// Starts it on a free port and waits until it says where.
    fn start(data: &Path) -> Self {
        Self::start_with(data, &[])
    }

    /// The same with variables of its own.
    fn start_with(data: &Path, variables: &[(&str, String)]) -> Self {
        let mut process = Command::new(PROGRAM)
            .args(["serve", "--listen", "127.0.0.1:0", "--data"])
            .arg(data)
            .env("JIQIAO_LOG__FILTER", "warn")
            .env_remove("DATABASE_URL")
            .envs(variables.iter().map(|(name, value)| (name, value)))
            .stdout(Stdio::piped())
            .spawn()
            .expect("the program can be run");
        let mut line = String::new();
        let out = process.stdout.take().expect("its output is ours");
        BufReader::new(out).read_line(&mut line).expect("it says where it listens");
        Self { process, address: line.trim().to_owned() }
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // SIGKILL.
        self.process.kill().expect("the program can be killed");
        self.process.wait().expect("the program is gone");
    }
}

fn command(data: &Path, arguments: &[&str]) -> bool {
    let mut command = Command::new(PROGRAM);
    command.arg("--data").arg(data).args(arguments).env("JIQIAO_LOG__FILTER", "warn").env_remove("DATABASE_URL");
    command.stdout(Stdio::null()).status().expect("the program can be run").success()
}

fn key(data: &Path, name: &str) -> [u8; 32] {
    std::fs::read(data.join("keys").join(name)).unwrap().try_into().unwrap()
}

fn url(data: &Path) -> String {
    format!("sqlite://{}", data.join("jiqiao.db").display())
}

/// A broker who is logged in, arranged while the program does not run.
pub async fn broker(data: &Path) -> Login {
    let field = [(1, key(data, "field.1.key"))].into();
    let context = Context::new(Parts {
        database: Database::connect(&url(data), 1).await.unwrap(),
        clock: Arc::new(SystemClock),
        random: Arc::new(SystemRandom),
        keys: Keys::new(field, key(data, "index.key"), &[key(data, "signing.1.key")]).unwrap(),
        files: Arc::new(object_store::memory::InMemory::new()),
        settings: Settings::default(),
    });
    let login = create_in(&context, Seat::of(Role::Broker)).await;
    context.database().clone().close().await.unwrap();
    login
}

/// Saves the profile again and again until the program is gone; gives the last version that was acknowledged.
async fn write_until_gone(client: &Client, url: &str, token: &str, mut etag: String) -> i64 {
    let mut acknowledged = version(&etag);
    for number in 0.. {
        let body = json!({ "name": format!("测试{number}") });
        let sent = client.put(url).bearer_auth(token).header("if-match", &etag).json(&body).send().await;
        let Ok(answer) = sent else { break };
        assert_eq!(answer.status(), StatusCode::OK);
        answer.headers()["etag"].to_str().unwrap().clone_into(&mut etag);
        acknowledged = version(&etag);
    }
    acknowledged
}

/// The number before the point of `"7.abc"`.
fn version(etag: &str) -> i64 {
    etag.trim_matches('"').split('.').next().unwrap().parse().unwrap()
}

#[tokio::test]
async fn acknowledged_writes_survive_a_kill() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path();
    // Makes keys and schema.
    drop(Program::start(data));
    let token = broker(data).await.token;
    let client = Client::builder().timeout(Duration::from_secs(10)).build().unwrap();

    let program = Program::start(data);
    let made = client
        .post(format!("{}/api/v1/brokers", program.address))
        .bearer_auth(&token)
        .header("idempotency-key", "made-once")
        .json(&json!({ "name": "测试" }))
        .send()
        .await
        .unwrap();
    assert_eq!(made.status(), StatusCode::CREATED, "{}", made.text().await.unwrap());
    let id = made.json::<Value>().await.unwrap()["id"].as_str().unwrap().to_owned();
    drop(program);

    for kill in 1..=KILLS {
        let program = Program::start(data);
        let own =
            client.get(format!("{}/api/v1/brokers/me", program.address)).bearer_auth(&token).send().await.unwrap();
        let etag = own.headers()["etag"].to_str().unwrap().to_owned();
        let (before, url) = (version(&etag), format!("{}/api/v1/brokers/{id}", program.address));
        let killing = async {
            tokio::time::sleep(Duration::from_millis(300 * kill)).await;
            drop(program);
        };
        let (acknowledged, ()) = tokio::join!(write_until_gone(&client, &url, &token, etag), killing);
        assert!(acknowledged > before, "nothing was written before kill {kill}");

        let program = Program::start(data);
        let own =
            client.get(format!("{}/api/v1/brokers/me", program.address)).bearer_auth(&token).send().await.unwrap();
        let kept = version(own.headers()["etag"].to_str().unwrap());
        // The last write may have been committed without an answer.
        assert!(kept == acknowledged || kept == acknowledged + 1, "{acknowledged} were told, {kept} are there");
    }
    assert!(command(data, &["verify", "audit"]), "the audit trail is whole");
}
