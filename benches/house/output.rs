//! The only place that prints.

use std::io::Write;

/// A line of results.
pub fn say(text: &str) -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{text}")?;
    out.flush()
}

/// A line about what is being done.
pub fn tell(text: &str) {
    // Nobody listening is no reason to stop.
    let _ = writeln!(std::io::stderr(), "# {text}");
}

/// A fault of the hand-written server.
pub fn complain(error: &anyhow::Error) {
    let _ = writeln!(std::io::stderr(), "! {error:#}");
}
