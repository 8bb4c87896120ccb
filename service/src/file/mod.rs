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

use domain::ids::{CaseId, FileId};
use object_store::path::Path;

use crate::error::Error;

/// All attachments live below this.
const PREFIX: &str = "case";

/// Where the bytes of a file live.
fn object_key(case: CaseId, file: FileId) -> Path {
    Path::from(format!("{PREFIX}/{case}/{file}"))
}

fn store_failed(error: object_store::Error) -> Error {
    Error::Internal(Box::new(error))
}
