//! The limit: a server written by hand for these operations alone, on actix-web and tokio-postgres.
//!
//! One prepared statement per operation (two for a submission), pipelined over a few connections; the token's signature
//! checked once and then remembered, the session and the rights read with every request in the same statement; JSON
//! written by hand, stored JSON passed on as text. It answers the fields that the program answers and nothing else: no
//! rate limits, no request ids, no problem documents, no paging but this one.

mod case;
mod create;
mod list;
mod register;
mod sql;
mod submit;
mod token;
mod write;
mod write_sql;

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::net::TcpListener;
use std::path::PathBuf;
use std::rc::Rc;

use actix_web::{App, HttpResponse, HttpServer, ResponseError, web};
use anyhow::Context as _;
use domain::certification::process::State;
use domain::region::RegionCode;
use domain::word::Word;
use tokio_postgres::{Client, NoTls, Statement};

use crate::world;

/// Connections of each worker.
const LANES: usize = 8;

/// What went wrong, as a status and a word.
#[derive(Debug)]
pub enum Fault {
    Unauthenticated,
    NotFound,
    Conflict,
    Malformed,
    Database(tokio_postgres::Error),
}

impl std::fmt::Display for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Database(error) => write!(f, "database: {error:?}"),
            other => write!(f, "{other:?}"),
        }
    }
}

impl From<tokio_postgres::Error> for Fault {
    fn from(error: tokio_postgres::Error) -> Self {
        Self::Database(error)
    }
}

impl ResponseError for Fault {
    fn error_response(&self) -> HttpResponse {
        let text = self.to_string();
        match self {
            Self::Unauthenticated => HttpResponse::Unauthorized().body(text),
            Self::NotFound => HttpResponse::NotFound().body(text),
            Self::Conflict => HttpResponse::Conflict().body(text),
            Self::Malformed => HttpResponse::BadRequest().body(text),
            Self::Database(_) => HttpResponse::InternalServerError().body(text),
        }
    }
}

/// One connection with its statements.
#[derive(Debug)]
pub struct Lane {
    pub client: Client,
    pub read: Statement,
    /// By state, region and limit.
    pub pages: RefCell<HashMap<(State, RegionCode, usize), Statement>>,
    pub certificate: Statement,
    pub draft: Statement,
    pub bare_draft: Statement,
    pub submission: Statement,
    pub submit: Statement,
}

impl Lane {
    /// The statement of a page, prepared when it is first asked for.
    pub async fn page(&self, state: State, region: RegionCode, limit: usize) -> Result<Statement, Fault> {
        let key = (state, region, limit);
        let known = self.pages.borrow().get(&key).cloned();
        if let Some(statement) = known {
            return Ok(statement);
        }
        let made = self.client.prepare(&sql::page(state.as_str(), key.1.as_str(), limit)).await?;
        self.pages.borrow_mut().insert(key, made.clone());
        Ok(made)
    }
}

/// What a worker has.
#[derive(Debug)]
pub struct Desk {
    lanes: Vec<Rc<Lane>>,
    next: Cell<usize>,
    pub tokens: token::Tokens,
    pub rules: case::Rules,
    /// Of sealed fields.
    pub keys: service::crypto::Keys,
}

impl Desk {
    /// The connections take turns; requests on one of them are pipelined.
    pub fn lane(&self) -> Rc<Lane> {
        let at = self.next.get();
        self.next.set((at + 1) % self.lanes.len());
        self.lanes[at].clone()
    }

    async fn open(url: &str, keys: token::Keys) -> anyhow::Result<Self> {
        let mut lanes = Vec::with_capacity(LANES);
        for _ in 0..LANES {
            lanes.push(Rc::new(lane(url).await?));
        }
        let rules = case::Rules::load(&lanes[0].client).await?;
        Ok(Self { lanes, next: Cell::new(0), tokens: token::Tokens::new(keys), rules, keys: world::keys()? })
    }
}

async fn lane(url: &str) -> anyhow::Result<Lane> {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await?;
    actix_web::rt::spawn(connection);
    // Each statement is planned once: left alone, the planner thinks it over again at every request.
    client.batch_execute("SET plan_cache_mode = force_generic_plan").await?;
    Ok(Lane {
        read: client.prepare(&sql::read()).await?,
        pages: RefCell::default(),
        certificate: client.prepare(sql::CERTIFICATE).await?,
        draft: client.prepare(&write_sql::draft()).await?,
        bare_draft: client.prepare(&write_sql::bare_draft()).await?,
        submission: client.prepare(&write_sql::submission()).await?,
        submit: client.prepare(write_sql::SUBMIT).await?,
        client,
    })
}

/// Serves until it is killed.
pub fn main(data: PathBuf, url: String) -> anyhow::Result<()> {
    actix_web::rt::System::new().block_on(serve(data, url))
}

async fn serve(data: PathBuf, url: String) -> anyhow::Result<()> {
    let keys = token::Keys::read(&world::signing_seed(&data)?)?;
    let listener = TcpListener::bind(("127.0.0.1", 0))?;
    let address = listener.local_addr()?;
    let server = HttpServer::new(move || {
        let (url, keys) = (url.clone(), keys.clone());
        App::new()
            .data_factory(move || {
                let (url, keys) = (url.clone(), keys.clone());
                async move { Desk::open(&url, keys).await.map_err(|error| crate::output::complain(&error)) }
            })
            .route("/healthz", web::get().to(|| async { HttpResponse::Ok().body("ok") }))
            .route("/api/v1/certifications/{id}", web::get().to(case::read))
            .route("/api/v1/certifications", web::get().to(list::page))
            .route("/api/v1/certifications", web::post().to(create::open))
            .route("/bare/certifications", web::post().to(create::bare))
            .route("/api/v1/certifications/{id}/actions/submit", web::post().to(submit::submit))
            .route("/api/v1/verifications/{code}", web::get().to(register::verify))
    })
    .disable_signals()
    .listen(listener)?
    .run();
    crate::output::say(&format!("http://{address}"))?;
    server.await.context("the hand-written server failed")
}
