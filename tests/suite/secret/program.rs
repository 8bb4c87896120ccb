//! The real program with a talkative log, for scans of what it says and keeps.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};

pub const PROGRAM: &str = env!("CARGO_BIN_EXE_jiqiao");

/// A running program; killed with the value.
pub struct Program {
    process: Child,
    pub address: String,
    log: PathBuf,
}

/// A command on a data folder, with these variables and no others of ours.
pub fn command(data: &Path, arguments: &[&str], variables: &[(&str, String)]) -> Command {
    let mut command = Command::new(PROGRAM);
    command.args(arguments).arg("--data").arg(data).env_remove("DATABASE_URL").env_remove("JIQIAO_CONFIG");
    command.envs(variables.iter().map(|(name, value)| (name, value)));
    command.current_dir(data);
    command
}

/// How long a command may run that should end by itself.
const ENDING: Duration = Duration::from_mins(1);

/// What a command that ends by itself says. One that does not is killed, and counts as one that is content.
pub fn said(data: &Path, arguments: &[&str], variables: &[(&str, String)]) -> (bool, String) {
    let mut command = command(data, arguments, variables);
    let process = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the program can be run");
    let (id, (ended, ending)) = (Pid::from_child(&process), mpsc::channel::<()>());
    let watch = std::thread::spawn(move || {
        let is_late = ending.recv_timeout(ENDING) == Err(RecvTimeoutError::Timeout);
        // Gone in this moment: then it has ended after all.
        is_late && kill_process(id, Signal::KILL).is_ok()
    });
    let Output { status, stdout, stderr } = process.wait_with_output().expect("the program says something");
    drop(ended);
    let was_killed = watch.join().expect("the watch ends");
    let text = format!("{}{}", String::from_utf8_lossy(&stdout), String::from_utf8_lossy(&stderr));
    (was_killed || status.success(), text)
}

impl Program {
    /// Starts it on a free port, with its log at the finest level in a file.
    pub fn start(data: &Path, variables: &[(&str, String)]) -> Self {
        let log = data.join("program.log");
        let mut process = command(data, &["serve", "--listen", "127.0.0.1:0"], variables)
            .env("JIQIAO_LOG__FILTER", "debug,api=trace,service=trace,jobs=trace")
            .stdout(Stdio::piped())
            .stderr(std::fs::File::create(&log).unwrap())
            .spawn()
            .expect("the program can be run");
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut line).unwrap();
        assert!(line.starts_with("http"), "{}", std::fs::read_to_string(&log).unwrap());
        Self { process, address: line.trim().to_owned(), log }
    }

    pub fn log(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap()
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        self.process.kill().expect("the program can be killed");
        self.process.wait().expect("the program is gone");
    }
}
