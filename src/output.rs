//! What commands print: results to standard output, complaints to standard error; logs are not printed here.

use std::io::{self, Write};

/// Prints a line.
pub fn say(line: &str) -> io::Result<()> {
    writeln!(io::stdout().lock(), "{line}")
}

/// Prints bytes as they are.
pub fn pass(bytes: &[u8]) -> io::Result<()> {
    io::stdout().lock().write_all(bytes)
}

/// Prints why a command failed. Nobody can be told when that fails too.
pub fn complain(line: &str) {
    let _ = writeln!(io::stderr().lock(), "jiqiao: {line}");
}
