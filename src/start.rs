//! From a configuration to a running program, in the one order that works, and back.

use std::net::TcpListener;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, anyhow, ensure};
use api::{Drain, EdgeSettings, Patience};
use jobs::Runner;
use metrics_exporter_prometheus::PrometheusHandle;
use migration::Migrator;
use object_store::local::LocalFileSystem;
use sea_orm_migration::MigratorTrait;
use service::database::Database;
use service::{Clock, Context, Parts as ContextParts, Settings, SystemClock, SystemRandom};
use tokio_util::sync::CancellationToken;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::command::migrate;
use crate::config::Config;
use crate::stop::Signals;
use crate::store::Hold;
use crate::{data, mailer, output, telemetry};

/// What of the program runs in this process.
#[derive(Debug, Clone, Copy, Default)]
pub struct Parts {
    /// The job runner beside the API.
    pub runner: bool,
    /// The routes of the demo.
    pub demo: Option<fn(&mut ServiceConfig<'_>)>,
}

/// What every use case is given, and the claim on the data folder that goes with it.
#[derive(Debug)]
pub struct House {
    pub context: Context,
    hold: Option<Hold>,
}

impl std::ops::Deref for House {
    type Target = Context;

    fn deref(&self) -> &Context {
        &self.context
    }
}

/// Pauses between two rounds of housekeeping of the metrics.
const UPKEEP: Duration = Duration::from_secs(5);

/// Serves the API until the program is told to stop.
pub async fn serve(config: &Config, parts: Parts) -> anyhow::Result<()> {
    let house = open(config, Arc::new(SystemClock)).await?;
    schema(config, &house).await?;
    seed(&house).await?;
    host(config, house, parts, None).await
}

/// Serves what is ready to be served. `greeting` is printed when requests are taken.
pub async fn host(config: &Config, house: House, parts: Parts, greeting: Option<String>) -> anyhow::Result<()> {
    let context = &house.context;
    let signals = Signals::listen()?;
    let metrics = telemetry::metrics()?;
    let runner = if parts.runner { Some(runner(config, context)?) } else { None };
    let listener = TcpListener::bind(config.server.listen)
        .with_context(|| format!("{} cannot be listened on", config.server.listen))?;
    let address = listener.local_addr()?;
    let edge = edge(config, parts);
    let (drain, draining) = (edge.drain.clone(), Duration::from_secs(config.server.drain_seconds.into()));
    tokio::task::spawn_blocking(service::account::warm_up);
    let server = api::serve(context.clone(), &edge, listener, Some(metrics.clone()))?;
    tracing::info!(%address, "serving");
    output::say(&greeting.unwrap_or_else(|| format!("http://{address}")))?;

    let handle = server.handle();
    let stop = CancellationToken::new();
    let serving = async {
        let ended = server.await;
        // Requests first: their last writes still wake the runner.
        stop.cancel();
        ended.context("the server failed")
    };
    let working = async {
        match runner {
            Some(runner) => runner.run(stop.clone()).await,
            None => stop.cancelled().await,
        }
    };
    let all = async { tokio::join!(serving, working).0 };
    let stopping = async {
        drain.begin();
        tokio::time::sleep(draining).await;
        handle.stop(true).await;
    };
    until_stopped(all, signals, stopping, &metrics).await?;
    close(house).await
}

/// Runs jobs, without the API, until the program is told to stop.
pub async fn work(config: &Config) -> anyhow::Result<()> {
    let signals = Signals::listen()?;
    let metrics = telemetry::metrics()?;
    let house = open(config, Arc::new(SystemClock)).await?;
    schema(config, &house).await?;
    seed(&house).await?;
    let runner = runner(config, &house)?;
    tracing::info!("working");

    let stop = CancellationToken::new();
    let working = async {
        runner.run(stop.clone()).await;
        Ok(())
    };
    until_stopped(working, signals, async { stop.cancel() }, &metrics).await?;
    close(house).await
}

/// What must be there before the first connection: TLS and the log.
pub fn foundations(config: &Config) -> anyhow::Result<()> {
    rustls::crypto::ring::default_provider()
        .install_default()
        .map_err(|_| anyhow!("a TLS provider is installed already"))?;
    telemetry::logs(&config.log)
}

/// What use cases are told of the installation.
fn settings(config: &Config) -> Settings {
    let mut settings = config.office.clone();
    settings.public_url = settings.public_url.trim_end_matches('/').to_owned();
    settings.scanner.clone_from(&config.files.scanner);
    settings.files_folder = Some(config.files_folder());
    settings
}

/// Database, keys, files and settings: what every use case is given. On PostgreSQL nothing is invented.
pub async fn open(config: &Config, clock: Arc<dyn Clock>) -> anyhow::Result<House> {
    let is_sqlite = config.is_sqlite();
    data::folder(&config.data)?;
    ensure!(
        is_sqlite || config.mail.is_server(),
        "mail.url is missing: on PostgreSQL a mail server must be configured"
    );
    for (name, address) in [("database.url", config.database.url.clone()), ("mail.url", config.mail.secret()?)] {
        let is_placeholder = address.is_some_and(|address| address.has_placeholder());
        ensure!(!is_placeholder, "{name} carries a placeholder for a password");
    }
    let keys = data::keys(&config.keys_folder(), is_sqlite).context("the keys are not complete")?;
    let files = config.files_folder();
    data::folder(&files)?;
    let hold = Hold::take(config)?;
    let database = Database::connect(&config.database_url(), config.database.pool_size)
        .await
        .context("the database cannot be reached")?;
    if hold.as_ref().is_some_and(|hold| hold.is_unknown) {
        database.check().await.context("the database file is damaged: restore a backup")?;
    }
    let context = Context::new(ContextParts {
        database,
        clock,
        random: Arc::new(SystemRandom),
        keys,
        files: Arc::new(LocalFileSystem::new_with_prefix(&files)?.with_fsync(true)),
        settings: settings(config),
    });
    Ok(House { context, hold })
}

/// On SQLite the program brings its own file up to date; on PostgreSQL an operator decides when.
pub async fn schema(config: &Config, house: &House) -> anyhow::Result<()> {
    let connection = house.database().migrator();
    if config.is_sqlite() {
        migrate::up(house.database()).await.context("the database file cannot be brought up to date")?;
        return house.hold.as_ref().map_or(Ok(()), Hold::is_made);
    }
    let pending = Migrator::get_pending_migrations_read_only(connection).await?;
    ensure!(pending.is_empty(), "{} migrations are pending: run `jiqiao migrate up` first", pending.len());
    Ok(())
}

/// The data that every installation begins with.
pub async fn seed(context: &Context) -> anyhow::Result<()> {
    service::calendar::seed(context).await.context("the calendar cannot be stored")?;
    service::rule::seed(context).await.context("the rules cannot be stored")?;
    Ok(())
}

fn runner(config: &Config, context: &Context) -> anyhow::Result<Runner> {
    Ok(Runner::new(context.clone(), mailer::mailer(config)?, config.runner.runner()))
}

fn edge(config: &Config, parts: Parts) -> EdgeSettings {
    EdgeSettings {
        trusted_proxies: config.server.trusted_proxies.clone(),
        rates: config.rates.rates(),
        workers: config.server.workers,
        demo: parts.demo,
        patience: Patience::default(),
        drain: Drain::default(),
    }
}

/// Runs until the work is done. The first signal begins `stopping`, which lets the work end; the second one cuts it.
async fn until_stopped(
    work: impl Future<Output = anyhow::Result<()>>,
    mut signals: Signals,
    stopping: impl Future<Output = ()>,
    metrics: &PrometheusHandle,
) -> anyhow::Result<()> {
    let ending = async {
        signals.next().await;
        tracing::info!("stopping: nothing new begins, what is in hand is finished");
        let told = async {
            stopping.await;
            std::future::pending::<()>().await;
        };
        tokio::select! {
            () = told => {}
            () = signals.next() => {}
        }
        anyhow!("cut off by a second signal")
    };
    tokio::select! {
        done = work => done,
        cut = ending => Err(cut),
        never = upkeep(metrics) => match never {},
    }
}

/// Keeps the histograms from growing while nobody reads them.
async fn upkeep(metrics: &PrometheusHandle) -> std::convert::Infallible {
    loop {
        tokio::time::sleep(UPKEEP).await;
        metrics.run_upkeep();
    }
}

/// Lets go of the database.
pub async fn close(house: House) -> anyhow::Result<()> {
    house.database().clone().close().await.context("the database could not be closed")?;
    house.hold.map_or(Ok(()), Hold::release)?;
    tracing::info!("stopped");
    Ok(())
}
