//! What every test is given: a migrated database of its own, on each engine.

pub mod account;
pub mod app;
pub mod context;
pub mod disk;
pub mod evidence;
pub mod faults;
pub mod people;
pub mod postgres;
pub mod program;
pub mod proxy;
pub mod smtp;
pub mod sqlite;
mod tests;
pub mod trace;

use sea_orm::{ConnectOptions, Database, DatabaseConnection};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Engine {
    Sqlite,
    Postgres,
}

impl Engine {
    /// The word in names of snapshots.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Sqlite => "sqlite",
            Self::Postgres => "postgres",
        }
    }
}

/// What [`db_tests!`] can hand to a test, made afresh for each.
pub trait Fixture: Sized {
    async fn on(engine: Engine) -> Self;
}

/// A migrated database that only this test knows; gone when dropped.
#[derive(Debug)]
pub struct TestDb {
    engine: Engine,
    url: String,
    connection: DatabaseConnection,
    _keep: Keep,
}

/// Fields are dropped in order: the pool of [`TestDb`] first, then what it was open on.
#[derive(Debug)]
enum Keep {
    File { _folder: tempfile::TempDir },
    Database { _database: postgres::TempDatabase },
    Nothing,
}

impl Fixture for TestDb {
    async fn on(engine: Engine) -> Self {
        let (url, keep) = match engine {
            Engine::Sqlite => {
                let (url, folder) = sqlite::copy_of_template();
                (url, Keep::File { _folder: folder })
            }
            Engine::Postgres => {
                let database = postgres::copy_of_template().await;
                (database.url(), Keep::Database { _database: database })
            }
        };
        let connection = connect(&url).await;
        Self { engine, url, connection, _keep: keep }
    }
}

impl TestDb {
    /// A database that exists elsewhere and stays there.
    pub async fn beside(engine: Engine, url: &str) -> Result<Self, sea_orm::DbErr> {
        let connection = connect(url).await;
        connection.ping().await?;
        Ok(Self { engine, url: url.to_owned(), connection, _keep: Keep::Nothing })
    }

    /// A PostgreSQL database without any table.
    pub async fn empty() -> Self {
        let database = postgres::empty().await;
        let url = database.url();
        let connection = connect(&url).await;
        Self { engine: Engine::Postgres, url, connection, _keep: Keep::Database { _database: database } }
    }

    pub fn engine(&self) -> Engine {
        self.engine
    }

    /// For the program's own pools.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// For looking at rows and for arranging them; opened on first use.
    pub fn connection(&self) -> &DatabaseConnection {
        &self.connection
    }
}

async fn connect(url: &str) -> DatabaseConnection {
    let mut options = ConnectOptions::new(url);
    options
        .max_connections(4)
        .connect_lazy(true)
        .test_before_acquire(false)
        .sqlx_logging(false)
        .map_sqlx_sqlite_opts(sqlite::settings);
    Database::connect(options).await.expect("the test database can be opened")
}

/// Makes of each test one on SQLite and one on PostgreSQL, at most once per module:
///
/// ```ignore
/// db_tests! {
///     async fn rows_are_kept(db: TestDb) { … }
/// }
/// ```
///
/// stands for `sqlite::rows_are_kept` and `postgres::rows_are_kept`, each calling the function as written. The argument
/// may be any [`Fixture`]. Without PostgreSQL programs its half is shown as ignored (see `build.rs`).
macro_rules! db_tests {
    ($($(#[$meta:meta])* async fn $name:ident($arg:ident: $fixture:ty) $body:block)+) => {
        $($(#[$meta])* async fn $name($arg: $fixture) $body)+

        mod sqlite {
            use super::*;
            $(
                #[tokio::test]
                async fn $name() {
                    let fixture = <$fixture as $crate::harness::Fixture>::on($crate::harness::Engine::Sqlite).await;
                    super::$name(fixture).await;
                }
            )+
        }

        mod postgres {
            use super::*;
            $(
                #[tokio::test]
                #[cfg_attr(not(postgres_found), ignore = "no PostgreSQL binaries found")]
                async fn $name() {
                    let fixture = <$fixture as $crate::harness::Fixture>::on($crate::harness::Engine::Postgres).await;
                    super::$name(fixture).await;
                }
            )+
        }
    };
}
pub(crate) use db_tests;
