//! The two servers that are measured, started as their users start them.

use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};

use crate::lifeline;
use crate::load::{self, Client};
use crate::processes;

const PROGRAM: &str = env!("CARGO_BIN_EXE_jiqiao");
/// The argument that makes the bench the hand-written server.
pub const AS_LIMIT: &str = "as-limit";
/// More requests per minute than any machine answers.
const NO_RATE: &str = "4000000000";
const PATIENCE: Duration = Duration::from_mins(1);

/// A running server; stopped with the value.
#[derive(Debug)]
pub struct Running {
    process: Child,
    /// Ends the process when this one ends without a chance to.
    lifeline: Child,
    pub address: String,
    /// From the start of the process to its first answer 200.
    pub started_in: Duration,
}

impl Running {
    /// The program itself, without the job runner.
    pub async fn program(data: &Path, url: &str) -> anyhow::Result<Self> {
        let mut command = Command::new(PROGRAM);
        command.args(["serve", "--no-jobs", "--listen", "127.0.0.1:0", "--data"]).arg(data);
        for variable in ["DATABASE_URL", "JIQIAO_CONFIG"] {
            command.env_remove(variable);
        }
        command.env("JIQIAO_DATABASE__URL", url).env("JIQIAO_MAIL__URL", "smtp://127.0.0.1:1");
        command.env("JIQIAO_LOG__FILTER", "warn");
        for rate in ["GENERAL", "GUESSABLE", "VERIFICATION"] {
            command.env(format!("JIQIAO_RATES__{rate}"), NO_RATE);
        }
        Self::start(command, "/healthz").await
    }

    /// The hand-written server beside it.
    pub async fn limit(data: &Path, url: &str) -> anyhow::Result<Self> {
        let mut command = Command::new(std::env::current_exe()?);
        command.arg(AS_LIMIT).arg(data).arg(url);
        Self::start(command, "/healthz").await
    }

    async fn start(mut command: Command, health: &str) -> anyhow::Result<Self> {
        let begun = Instant::now();
        let mut process = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn()?;
        let mut out = BufReader::new(process.stdout.take().context("its output is ours")?);
        let mut line = String::new();
        out.read_line(&mut line)?;
        let address = line.trim().trim_start_matches("http://").to_owned();
        let lifeline = lifeline::tie("kill -KILL \"$1\"", &[process.id().to_string().as_ref()])?;
        let mut running = Self { process, lifeline, address, started_in: Duration::ZERO };
        ensure!(!running.address.is_empty(), "a server did not start");
        running.await_health(health, begun).await?;
        running.started_in = begun.elapsed();
        // Nobody may wait for a reader of its output.
        std::thread::spawn(move || out.read_to_end(&mut Vec::new()));
        Ok(running)
    }

    async fn await_health(&self, path: &str, begun: Instant) -> anyhow::Result<()> {
        let request = load::get(path, None);
        loop {
            if let Ok(mut client) = Client::connect(&self.address).await
                && client.ask(&request).await.is_ok_and(|answer| answer.is_good())
            {
                return Ok(());
            }
            ensure!(begun.elapsed() < PATIENCE, "a server does not become healthy");
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }

    pub fn pid(&self) -> u32 {
        self.process.id()
    }

    /// Resident memory in MiB: now, and the most so far.
    pub fn memory(&self) -> (f64, f64) {
        processes::memory(self.pid())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // SIGKILL: nothing of it is needed any more. The lifeline first: it must not strike another process later.
        for process in [&mut self.lifeline, &mut self.process] {
            let _ = process.kill();
            let _ = process.wait();
        }
    }
}
