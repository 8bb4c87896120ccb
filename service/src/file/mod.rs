//! Files: attachments of a case.

use crate::context::Context;
use crate::error::Result;

/// Has pending files looked at by the scanner.
pub async fn scan_pending(context: &Context) -> Result<()> {
    let _ = context;
    Ok(())
}
