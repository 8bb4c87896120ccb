//! Where uploaded files are kept and who looks at them first.

use std::path::PathBuf;

#[derive(Debug, Clone, Default, serde::Serialize, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct FilesConfig {
    /// `files` in the data folder when absent. Replicas must share it.
    pub folder: Option<PathBuf>,
    /// A clamd scanner, `host:port`; without one files are marked as not scanned.
    pub scanner: Option<String>,
}
