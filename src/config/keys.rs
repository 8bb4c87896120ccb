//! Where the keys are kept.

use std::path::PathBuf;

#[derive(Debug, Clone, Default, serde::Serialize, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct KeysConfig {
    /// `keys` in the data folder when absent. Its files hold 32 bytes each: `field.<id>.key`, `index.key`,
    /// `signing.<number>.key`.
    pub folder: Option<PathBuf>,
}
