//! What must not outlive the bench, however it ends: a shell holds the reading end of a pipe whose other end is this
//! process, and cleans up when that end closes.

use std::ffi::OsStr;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// Runs a script, with its arguments from `$1` on, when this process or the value ends.
pub fn tie(script: &str, arguments: &[&OsStr]) -> anyhow::Result<Child> {
    let mut command = Command::new("sh");
    command.args(["-c", &format!("read -r _\n{script}"), "lifeline"]).args(arguments).process_group(0);
    Ok(command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).spawn()?)
}

/// A temporary folder that is gone with the value.
#[derive(Debug)]
pub struct Scratch {
    path: PathBuf,
    /// Its input is the lifeline.
    _lifeline: Child,
}

impl Scratch {
    pub fn new() -> anyhow::Result<Self> {
        let path = tempfile::Builder::new().prefix("jiqiao-bench-").tempdir()?.keep();
        let lifeline = tie("rm -rf \"$1\"", &[path.as_os_str()])?;
        Ok(Self { path, _lifeline: lifeline })
    }

    pub fn path(&self) -> &Path {
        &self.path
    }
}
