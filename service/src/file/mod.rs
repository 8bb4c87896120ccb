//! Files: attachments of a case. Rows in the database, bytes in the object store under an id, never under a name.
//!
//! The bytes are complete in the store before the row is written, so a row without bytes cannot be; what a crash leaves
//! behind are bytes without a row, and [`sweep_orphans`] removes those. Only what the scanner found clean is served.

mod clamd;
mod container;
mod format;
mod limit;
mod measure;
mod quota;
mod read;
mod remove;
mod right;
mod scan;
mod sweep;
mod upload;

pub(crate) use read::is_servable;
pub use read::{Download, FileView, list, of_case, open};
pub use remove::remove;
pub use scan::scan_pending;
pub use sweep::sweep_orphans;
pub use upload::{NewFile, Received, Slot, attach, prepare, receive};

use std::io::ErrorKind;

use domain::ids::{CaseId, FileId};
use object_store::path::Path;

use crate::code::Code;
use crate::error::Error;

/// All attachments live below this.
const PREFIX: &str = "case";

/// Where the bytes of a file live.
fn object_key(case: CaseId, file: FileId) -> Path {
    Path::from(format!("{PREFIX}/{case}/{file}"))
}

/// A full disk empties again; bytes that are gone do not come back, and the client is told which of the two it is.
fn store_failed(error: object_store::Error) -> Error {
    if let object_store::Error::NotFound { path, .. } = &error {
        tracing::error!(path, "a file has lost its bytes");
        return Error::refused(Code::FileLost);
    }
    if is_full(&error) {
        tracing::warn!(%error, "the file store is full");
        return Error::busy();
    }
    Error::Internal(Box::new(error))
}

/// Whether the disk, the quota or the size limit of the process is what refused.
fn is_full(error: &(dyn std::error::Error + 'static)) -> bool {
    let kinds = [ErrorKind::StorageFull, ErrorKind::QuotaExceeded, ErrorKind::FileTooLarge];
    let is_so = error.downcast_ref::<std::io::Error>().is_some_and(|error| kinds.contains(&error.kind()));
    is_so || error.source().is_some_and(is_full)
}
