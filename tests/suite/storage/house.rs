//! The real program on a data folder, started in whatever surroundings a test needs.

use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::Arc;
use std::time::Duration;

use domain::access::Role;
use domain::ids::CaseId;
use object_store::local::LocalFileSystem;
use reqwest::Client;
use serde_json::{Value, json};
use service::crypto::Keys;
use service::database::Database;
use service::{Context, Parts, Settings};

use crate::file::sample;
use crate::harness::account::{Login, Seat, create_in};
use crate::harness::context::{ManualClock, SeededRandom, TestContext};
use crate::harness::people::caller_as;
use crate::harness::program::{Home, Program};

const PROGRAM: &str = env!("CARGO_BIN_EXE_jiqiao");

/// A running program; killed with the value.
#[derive(Debug)]
pub struct Running {
    process: Child,
    pub address: String,
    complaints: tempfile::NamedTempFile,
}

impl Running {
    /// Starts it behind the words of `wrapper`; what it complained of when it does not come to serve.
    pub fn start(data: &Path, wrapper: &[String], variables: &[(&str, String)]) -> Result<Self, String> {
        let complaints = tempfile::NamedTempFile::new().expect("a file can be made");
        let mut words: Vec<String> = wrapper.to_vec();
        let own = [PROGRAM, "serve", "--listen", "127.0.0.1:0", "--data", &data.display().to_string()];
        words.extend(own.iter().map(|word| (*word).to_owned()));
        let mut process = Command::new(&words[0])
            .args(&words[1..])
            .env("JIQIAO_LOG__FILTER", "warn")
            .env("JIQIAO_RATES__GENERAL", "1000000")
            .env_remove("DATABASE_URL")
            .envs(variables.iter().map(|(name, value)| (name, value)))
            .stdout(Stdio::piped())
            .stderr(File::create(complaints.path()).expect("complaints are kept"))
            .spawn()
            .expect("the program can be run");
        let mut line = String::new();
        let out = process.stdout.take().expect("its output is ours");
        BufReader::new(out).read_line(&mut line).expect("it says where it listens, or nothing");
        if line.trim().is_empty() {
            process.wait().expect("the program is gone");
            return Err(fs::read_to_string(complaints.path()).unwrap_or_default());
        }
        Ok(Self { process, address: line.trim().to_owned(), complaints })
    }

    pub fn plain(data: &Path) -> Self {
        Self::start(data, &[], &[]).unwrap_or_else(|complaint| panic!("{complaint}"))
    }

    /// What it logged so far.
    pub fn complaints(&self) -> String {
        fs::read_to_string(self.complaints.path()).unwrap_or_default()
    }

    pub fn pid(&self) -> u32 {
        self.process.id()
    }

    /// Asks it to stop, and waits.
    pub fn stop(mut self) -> bool {
        let pid = rustix::process::Pid::from_child(&self.process);
        rustix::process::kill_process(pid, rustix::process::Signal::TERM).expect("the program can be told");
        self.process.wait().expect("the program ends").success()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // Gone already after a stop.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// A command of the program on this folder.
pub fn command(data: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(PROGRAM);
    command.arg("--data").arg(data).args(arguments).env("JIQIAO_LOG__FILTER", "warn").env_remove("DATABASE_URL");
    command.output().expect("the program can be run")
}

fn key(data: &Path, name: &str) -> [u8; 32] {
    fs::read(data.join("keys").join(name)).unwrap().try_into().unwrap()
}

pub fn database_file(data: &Path) -> PathBuf {
    data.join("jiqiao.db")
}

/// The program's own data as tests see them, beside the running program or without it; the clock is theirs.
pub async fn look_into(data: &Path) -> TestContext {
    look_at(data, &format!("sqlite://{}", database_file(data).display())).await
}

/// The same of a home on either engine.
pub async fn look_into_home(home: &Home) -> TestContext {
    look_at(home.folder(), &home.url()).await
}

async fn look_at(data: &Path, url: &str) -> TestContext {
    let clock = Arc::new(ManualClock::new(&service::Clock::now(&service::SystemClock).to_rfc3339()));
    let files = data.join("files");
    let seed = u64::try_from(service::Clock::now(&service::SystemClock).timestamp_micros()).unwrap();
    let ctx = Context::new(Parts {
        database: Database::connect(url, 1).await.unwrap(),
        clock: clock.clone(),
        random: Arc::new(SeededRandom::new(seed)),
        keys: Keys::new([(1, key(data, "field.1.key"))].into(), key(data, "index.key"), &[key(data, "signing.1.key")])
            .unwrap(),
        files: Arc::new(LocalFileSystem::new_with_prefix(&files).unwrap()),
        settings: Settings { files_folder: Some(files), ..Settings::default() },
    });
    TestContext::around(ctx, clock, url).await
}

/// A broker with a profile and a draft to attach files to.
#[derive(Debug, Clone)]
pub struct Tenant {
    pub login: Login,
    pub case: CaseId,
    pub broker: String,
    client: Client,
}

impl Tenant {
    /// Moves in while the program runs.
    pub async fn of(data: &Path, address: &str) -> Self {
        Self::seen_by(look_into(data).await, address).await
    }

    /// The same in a home.
    pub async fn at(home: &Home, program: &Program) -> Self {
        Self::seen_by(look_into_home(home).await, &program.url).await
    }

    async fn seen_by(app: TestContext, address: &str) -> Self {
        let login = create_in(&app.ctx, Seat::of(Role::Broker)).await;
        let case = app.case(&caller_as(login.id, Vec::new()), None, |_| {}).await;
        app.close().await;
        let client = Client::builder().timeout(Duration::from_secs(30)).pool_max_idle_per_host(0).build().unwrap();
        let made = client
            .post(format!("{address}/api/v1/brokers"))
            .bearer_auth(&login.token)
            .header("idempotency-key", "made-once")
            .json(&json!({ "name": "测试" }))
            .send()
            .await
            .unwrap();
        assert_eq!(made.status(), 201, "{}", made.text().await.unwrap());
        let broker = made.json::<Value>().await.unwrap()["id"].as_str().unwrap().to_owned();
        Self { login, case, broker, client }
    }

    /// Status and entity tag of the own profile.
    pub async fn read(&self, address: &str) -> reqwest::Result<(u16, String)> {
        let url = format!("{address}/api/v1/brokers/me");
        let answer = self.client.get(url).bearer_auth(&self.login.token).send().await?;
        let etag = answer.headers().get("etag").map_or("", |etag| etag.to_str().unwrap()).to_owned();
        Ok((answer.status().as_u16(), etag))
    }

    /// Saves the profile over the version of this tag.
    pub async fn write(&self, address: &str, etag: &str, name: &str) -> reqwest::Result<reqwest::Response> {
        let url = format!("{address}/api/v1/brokers/{}", self.broker);
        let put = self.client.put(url).bearer_auth(&self.login.token).header("if-match", etag);
        put.json(&json!({ "name": name })).send().await
    }

    pub async fn upload(&self, address: &str, key: &str, content: Vec<u8>) -> reqwest::Result<reqwest::Response> {
        let url = format!("{address}/api/v1/cases/{}/files?name={key}.pdf&purpose=other", self.case);
        let post = self.client.post(url).bearer_auth(&self.login.token).header("idempotency-key", key);
        post.header("content-type", "application/pdf").body(content).send().await
    }

    pub async fn download(&self, address: &str, id: &str) -> reqwest::Result<reqwest::Response> {
        self.client.get(format!("{address}/api/v1/files/{id}")).bearer_auth(&self.login.token).send().await
    }
}

/// The number before the point of `"7.abc"`.
pub fn version(etag: &str) -> i64 {
    etag.trim_matches('"').split('.').next().unwrap().parse().unwrap()
}

/// A PDF with this much of a comment in it.
pub fn large_pdf(size: usize) -> Vec<u8> {
    let pdf = sample::pdf();
    let head = pdf.iter().position(|byte| *byte == b'\n').unwrap() + 1;
    [&pdf[..head], b"%", &vec![b'x'; size], b"\n", &pdf[head..]].concat()
}

/// Copies a folder with everything in it.
pub fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}
