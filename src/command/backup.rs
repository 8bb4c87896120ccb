//! `jiqiao backup` and `jiqiao restore`, for SQLite. PostgreSQL has better tools of its own.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::{Context as _, ensure};
use sea_orm::{ConnectionTrait, Statement};
use service::database::Database;
use service::{Clock, SystemClock};

use super::manifest::{self, Manifest};
use crate::config::Config;
use crate::{data, output};

const DATABASE: &str = "jiqiao.db";
const FILES: &str = "files";

/// Copies database and uploaded files to a new folder. The database comes first: what its rows name is there already.
pub async fn backup(config: &Config, target: &Path) -> anyhow::Result<()> {
    refuse_postgres(config)?;
    let source = config.sqlite_file();
    ensure!(source.is_file(), "there is no database file {}", source.display());
    ensure!(!target.exists(), "{} exists already: a backup never overwrites", target.display());
    data::folder(target)?;
    let copy = target.join(DATABASE);
    let database = Database::connect(&config.database_url(), 1).await?;
    let name = copy.to_str().context("the target's path is not UTF-8")?;
    let vacuum = Statement::from_sql_and_values(database.backend(), "VACUUM INTO ?", [name.into()]);
    database.migrator().execute_raw(vacuum).await?;
    database.close().await?;
    fs::File::open(&copy)?.sync_all()?;

    let mut files = BTreeMap::new();
    copy_files(&config.files_folder(), &target.join(FILES), "", &mut files)?;
    let manifest = Manifest {
        created_at: SystemClock.now(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        database: manifest::hash(&copy)?,
        files,
        keys: manifest::keys(&config.keys_folder())?,
    };
    manifest.write(target)?;
    output::say(&format!("{}: database and {} files", target.display(), manifest.files.len()))?;
    output::say(&format!(
        "the {} keys are not in it: keep {} elsewhere",
        manifest.keys.len(),
        config.keys_folder().display()
    ))?;
    Ok(())
}

/// Brings a backup into an empty data folder whose keys are in place.
pub async fn restore(config: &Config, source: &Path) -> anyhow::Result<()> {
    refuse_postgres(config)?;
    let manifest = Manifest::read(source)?;
    let target = config.sqlite_file();
    ensure!(!target.exists(), "{} exists already: restore into an empty folder", target.display());
    manifest.check_keys(&config.keys_folder())?;
    ensure!(manifest::hash(&source.join(DATABASE))? == manifest.database, "the database file of the backup is damaged");

    data::folder(&config.data)?;
    let mut files = BTreeMap::new();
    copy_files(&source.join(FILES), &config.files_folder(), "", &mut files)?;
    ensure!(files == manifest.files, "the files of the backup are not those of its manifest");
    // Last, and under another name until it is whole: without it there is no installation to start.
    let draft = target.with_extension("new");
    fs::copy(source.join(DATABASE), &draft)?;
    fs::File::open(&draft)?.sync_all()?;
    fs::rename(&draft, &target)?;
    let database = Database::connect(&config.database_url(), 1).await?;
    database.ping().await.context("the restored database cannot be opened")?;
    database.close().await?;
    output::say(&format!("{}: database and {} files", config.data.display(), files.len()))?;
    Ok(())
}

fn refuse_postgres(config: &Config) -> anyhow::Result<()> {
    ensure!(
        config.is_sqlite() && config.database.url.is_none(),
        "only the SQLite file of the data folder is backed up here: use pg_dump, or pgBackRest with point-in-time \
         recovery, for PostgreSQL, and copy the folder of uploaded files and the keys"
    );
    Ok(())
}

/// Copies a folder and notes the hash of every file.
fn copy_files(source: &Path, target: &Path, prefix: &str, hashes: &mut BTreeMap<String, String>) -> anyhow::Result<()> {
    data::folder(target)?;
    if !source.is_dir() {
        return Ok(());
    }
    for entry in fs::read_dir(source)? {
        let entry = entry?;
        let name = entry.file_name();
        let path = format!("{prefix}{}", name.to_string_lossy());
        let copy = target.join(&name);
        if entry.file_type()?.is_dir() {
            copy_files(&entry.path(), &copy, &format!("{path}/"), hashes)?;
        } else {
            fs::copy(entry.path(), &copy)?;
            fs::File::open(&copy)?.sync_all()?;
            hashes.insert(path, manifest::hash(&copy)?);
        }
    }
    Ok(())
}
