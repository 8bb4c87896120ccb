//! The stage: a folder, an engine, keys that this process and the program share, and the data set.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use anyhow::{Context as _, anyhow};
use entity::{account_session, rule_set};
use migration::Migrator;
use object_store::memory::InMemory;
use sea_orm::sea_query::Expr;
use sea_orm::{
    ColumnTrait, ConnectOptions, ConnectionTrait, Database as Connector, DatabaseConnection, DbBackend, EntityTrait,
    QueryFilter,
};
use sea_orm_migration::MigratorTrait;
use service::account::admin;
use service::crypto::Keys;
use service::database::Database;
use service::{Context, Parts, Settings, SystemClock, SystemRandom};
use sha2::{Digest, Sha256};

use crate::data::{self, Plan};
use crate::output;

/// The files of the keys, each with a key of its own.
const FIELD_FILE: &str = "field.1.key";
const INDEX_FILE: &str = "index.key";
const SIGNING_FILE: &str = "signing.1.key";
const POOL: u32 = 4;

/// One loaded database with its data folder.
#[derive(Debug)]
pub struct House {
    pub data: PathBuf,
    pub url: String,
    pub plan: Plan,
    pub context: Context,
    /// Past the program's pools.
    pub connection: DatabaseConnection,
}

/// A key of this throwaway installation: the same at every run, and as even as a random one, which the program asks for.
fn key(name: &str) -> [u8; 32] {
    Sha256::digest(name).into()
}

/// The keys of every data folder here.
pub fn keys() -> anyhow::Result<Keys> {
    Ok(Keys::new(BTreeMap::from([(1, key(FIELD_FILE))]), key(INDEX_FILE), &[key(SIGNING_FILE)])?)
}

/// The seed of the key that signs tokens.
pub fn signing_seed(data: &Path) -> anyhow::Result<[u8; 32]> {
    let bytes = fs::read(data.join("keys").join(SIGNING_FILE))?;
    bytes.try_into().map_err(|_| anyhow!("{SIGNING_FILE} does not have 32 bytes"))
}

/// The data folder with its keys, closed to everybody else.
fn folder(path: &Path) -> anyhow::Result<()> {
    let keys = path.join("keys");
    fs::create_dir_all(&keys)?;
    for folder in [path, &keys] {
        fs::set_permissions(folder, fs::Permissions::from_mode(0o700))?;
    }
    for name in [FIELD_FILE, INDEX_FILE, SIGNING_FILE] {
        fs::write(keys.join(name), key(name))?;
        fs::set_permissions(keys.join(name), fs::Permissions::from_mode(0o600))?;
    }
    Ok(())
}

/// The SQLite file of a data folder.
pub fn sqlite_url(data: &Path) -> String {
    format!("sqlite://{}?mode=rwc", data.join("jiqiao.db").display())
}

async fn connect(url: &str) -> anyhow::Result<DatabaseConnection> {
    let mut options = ConnectOptions::new(url);
    // One: what is set for loading is set for all of it.
    options.min_connections(1).max_connections(1).sqlx_logging(false);
    Ok(Connector::connect(options).await?)
}

async fn context(url: &str) -> anyhow::Result<Context> {
    Ok(Context::new(Parts {
        database: Database::connect(url, POOL).await?,
        clock: Arc::new(SystemClock),
        random: Arc::new(SystemRandom),
        keys: keys()?,
        files: Arc::new(InMemory::new()),
        settings: Settings::default(),
    }))
}

impl House {
    /// Makes, migrates, fills and analyses a database.
    pub async fn build(data: PathBuf, url: String, percent: u32, trail: u32) -> anyhow::Result<Self> {
        let begun = Instant::now();
        folder(&data)?;
        let connection = connect(&url).await?;
        Migrator::up(&connection, None).await?;
        let context = context(&url).await?;
        service::calendar::seed(&context).await?;
        service::rule::seed(&context).await?;
        let rules = rule_set::Entity::find().one(&connection).await?.context("no rule set")?;
        let plan = Plan::new(percent, trail, context.now(), rules.id);
        let is_postgres = connection.get_database_backend() == DbBackend::Postgres;
        let (before, after) = if is_postgres {
            ("SET synchronous_commit = off", "RESET synchronous_commit; CHECKPOINT")
        } else {
            ("PRAGMA synchronous = OFF", "PRAGMA synchronous = FULL; PRAGMA wal_checkpoint(TRUNCATE)")
        };
        connection.execute_unprepared(before).await?;
        data::load(&context, &connection, &plan).await?;
        connection.execute_unprepared(if is_postgres { "VACUUM ANALYZE" } else { "ANALYZE" }).await?;
        connection.execute_unprepared(after).await?;
        output::tell(&format!("{} brokers loaded in {:.0} s", plan.brokers, begun.elapsed().as_secs_f64()));
        Ok(Self { data, url, plan, context, connection })
    }

    /// Fresh access tokens, each of a session of its own that counts as used before: they live for 15 minutes.
    pub async fn tokens(&self, emails: &[String]) -> anyhow::Result<Vec<String>> {
        let (mut tokens, mut sessions) = (Vec::with_capacity(emails.len()), Vec::with_capacity(emails.len()));
        for email in emails {
            let opened = admin::open_session(&self.context, email).await?;
            sessions.push(opened.session_id);
            tokens.push(opened.access_token);
        }
        account_session::Entity::update_many()
            .col_expr(account_session::Column::SuccessorUsed, Expr::value(true))
            .filter(account_session::Column::Id.is_in(sessions))
            .exec(&self.connection)
            .await?;
        Ok(tokens)
    }
}
