//! The real program with a talkative log, for scans of what it says and keeps.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

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

/// What a command that ends by itself says.
pub fn said(data: &Path, arguments: &[&str], variables: &[(&str, String)]) -> (bool, String) {
    let Output { status, stdout, stderr } =
        command(data, arguments, variables).output().expect("the program can be run");
    (status.success(), format!("{}{}", String::from_utf8_lossy(&stdout), String::from_utf8_lossy(&stderr)))
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
