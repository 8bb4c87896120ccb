//! The demo: the whole program on a folder of its own that is gone afterwards.

use crate::config::Config;
use crate::data;
use crate::start::{self, Parts};

/// Starts the program on a fresh folder and keeps it until the program is stopped.
pub async fn run(mut config: Config) -> anyhow::Result<()> {
    let folder = data::scratch()?;
    folder.path().clone_into(&mut config.data);
    config.database.url = None;
    config.keys.folder = None;
    config.files.folder = None;
    config.office.is_specimen = true;
    start::serve(&config, Parts { runner: true, demo: None }).await
}
