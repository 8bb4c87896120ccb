//! `jiqiao migrate`.

use anyhow::Context as _;
use clap::ValueEnum;
use migration::Migrator;
use sea_orm::DbErr;
use sea_orm_migration::{MigrationStatus, MigratorTrait};
use service::database::Database;

use crate::config::Config;
use crate::store::Hold;
use crate::{data, output};

#[derive(Debug, Clone, Copy, Default, ValueEnum)]
pub enum Direction {
    /// All pending steps.
    #[default]
    Up,
    /// One step back.
    Down,
    /// Changes nothing.
    Status,
}

/// The advisory lock of migrations: "jiqiao" in a telephone keypad's digits.
const LOCK: i64 = 547_426;

/// All pending steps. Replicas that start at once take turns, and the later ones find nothing to do.
pub async fn up(database: &Database) -> Result<(), DbErr> {
    database.alone(LOCK, Migrator::up(database.migrator(), None)).await
}

pub async fn run(config: &Config, direction: Direction) -> anyhow::Result<()> {
    if config.is_sqlite() {
        data::folder(&config.data)?;
    }
    let hold = Hold::take(config)?;
    // One connection holds the lock, another one migrates.
    let database = Database::connect(&config.database_url(), config.database.pool_size.max(2))
        .await
        .context("the database cannot be reached")?;
    let connection = database.migrator();
    match direction {
        Direction::Up => up(&database).await?,
        Direction::Down => database.alone(LOCK, Migrator::down(connection, Some(1))).await?,
        Direction::Status => {}
    }
    for step in Migrator::get_migration_with_status_read_only(connection).await? {
        let status = match step.status() {
            MigrationStatus::Applied => "applied",
            MigrationStatus::Pending => "pending",
        };
        output::say(&format!("{status} {}", step.name()))?;
    }
    database.close().await?;
    let Some(hold) = hold else { return Ok(()) };
    hold.is_made()?;
    hold.release()
}
