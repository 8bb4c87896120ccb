//! The demo: the whole program with a year of invented applications, a clock that can be put forward, and logins that
//! anybody may know. None of it exists under `serve`.

mod clock;
mod file;
mod office;
mod people;
mod print;
mod route;
mod story;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, anyhow};
use clap::Subcommand;
use domain::access::Role;
use domain::word::Word;
use service::Clock;
use service::account::admin::{open_session, totp_code};

use crate::config::Config;
use crate::start::{self, Parts};
use crate::{data, mailer, output};
use clock::DemoClock;

/// What a running demo is asked.
#[derive(Debug, Subcommand)]
pub enum Ask {
    /// Prints an access token of a role, ready to paste.
    Token {
        /// Such as `broker`, `city_clerk` or `region_lead`.
        role: String,
    },
    /// Prints the code that an account's authenticator shows now.
    Totp {
        /// Such as `city_clerk@demo.example`.
        account: String,
    },
}

/// Where the newest demo of this host keeps its data, for `demo token` and `demo totp` without `--data`.
fn pointer() -> PathBuf {
    std::env::temp_dir().join("jiqiao-demo-folder")
}

/// Settings that make a demo of an installation.
fn prepare(config: &mut Config, folder: &Path) {
    folder.clone_into(&mut config.data);
    config.database.url = None;
    config.keys.folder = None;
    config.files.folder = None;
    config.mail = crate::config::MailConfig::default();
    // The rules are a proposal; a certificate made under them proves nothing.
    config.office.is_specimen = true;
    config.office.public_url = format!("http://{}", config.server.listen);
}

/// A year in half a minute is too much for a log: what is printed is for visitors. A filter of one's own stands.
pub fn quieten(config: &mut Config) {
    if config.log.filter == crate::config::LogConfig::default().filter {
        "warn".clone_into(&mut config.log.filter);
    }
}

/// Writes the year into the folder, unless it holds one, and serves it until the program is stopped.
pub async fn run(mut config: Config, has_folder: bool) -> anyhow::Result<()> {
    let scratch = if has_folder { None } else { Some(data::scratch()?) };
    let folder = scratch.as_ref().map_or_else(|| config.data.clone(), |scratch| scratch.path().to_owned());
    prepare(&mut config, &folder);
    data::folder(&folder)?;
    let clock = DemoClock::open(&folder, story::instant(story::BEGINNING)?)?;
    let shared: Arc<dyn Clock> = clock.clone();
    let house = start::open(&config, shared).await?;
    start::schema(&config, &house).await?;
    start::seed(&house).await?;
    let mailer = mailer::mailer(&config)?;
    let is_new = clock.now() < story::instant(story::PRESENT)?;
    if is_new {
        output::say("Writing a year of invented applications …")?;
        let (_, count) = story::write(&house, &clock, &mailer).await.context("the demo's year")?;
        output::say(&format!("{count} applications."))?;
    }
    fs::write(pointer(), folder.to_string_lossy().as_bytes())?;
    route::share(house.context.clone(), clock.clone(), mailer, config.mail_folder())?;
    let greeting = print::greeting(&config, &house, clock.now()).await?;
    let parts = Parts { runner: true, demo: Some(route::routes) };
    let served = start::host(&config, house, parts, Some(greeting)).await;
    let _ = fs::remove_file(pointer());
    served
}

/// Answers from the folder of a running demo.
pub async fn ask(mut config: Config, has_folder: bool, ask: Ask) -> anyhow::Result<()> {
    let folder = if has_folder {
        config.data.clone()
    } else {
        let text = fs::read_to_string(pointer()).context("no demo is running; name its folder with --data")?;
        PathBuf::from(text.trim())
    };
    prepare(&mut config, &folder);
    let clock = DemoClock::open(&folder, story::instant(story::PRESENT)?)?;
    let house = start::open(&config, clock).await?;
    let answer = match ask {
        Ask::Token { role } => {
            let role = Role::parse(&role).ok_or_else(|| anyhow!("`{role}` is no role"))?;
            open_session(&house, &print::login_of(role)).await?.access_token
        }
        Ask::Totp { account } => totp_code(&house, &account).await?,
    };
    Ok(output::say(&answer)?)
}
