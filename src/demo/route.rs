//! The demo's own operations: reading its clock and putting it forward.

use std::path::PathBuf;
use std::sync::{Arc, OnceLock};

use actix_web::{HttpResponse, get, post, web};
use anyhow::anyhow;
use chrono::{DateTime, TimeDelta, Utc};
use jobs::mail::Mailer;
use service::{Clock, Context};
use tokio::sync::Mutex;
use utoipa_actix_web::service_config::ServiceConfig;

use super::clock::DemoClock;
use super::story;

/// What the routes work on. There is one demo per process.
struct Shared {
    context: Context,
    clock: Arc<DemoClock>,
    mailer: Mailer,
    /// Where mails are written.
    mails: PathBuf,
    /// One advance at a time.
    turn: Mutex<()>,
}

static SHARED: OnceLock<Shared> = OnceLock::new();

/// Gives the routes what they work on.
pub fn share(context: Context, clock: Arc<DemoClock>, mailer: Mailer, mails: PathBuf) -> anyhow::Result<()> {
    let shared = Shared { context, clock, mailer, mails, turn: Mutex::new(()) };
    SHARED.set(shared).map_err(|_| anyhow!("a demo is running in this process already"))
}

pub fn routes(config: &mut ServiceConfig<'_>) {
    config.service(get_demo_clock).service(advance_demo_clock).service(list_demo_mails).service(get_demo_mail);
}

/// The demo's time.
#[derive(Debug, serde::Serialize, utoipa::ToSchema)]
pub struct DemoTime {
    pub now: DateTime<Utc>,
}

/// How far the clock is put forward.
#[derive(Debug, serde::Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AdvanceClock {
    /// Calendar days, at most a year.
    #[schema(minimum = 1, maximum = 366, example = 8)]
    pub days: u32,
}

/// Reads the demo's clock.
#[utoipa::path(tag = "demo", summary = "Read the demo's clock", responses((status = 200, description = "The time", body = DemoTime)))]
#[get("/demo/clock")]
pub async fn get_demo_clock() -> HttpResponse {
    match SHARED.get() {
        Some(shared) => HttpResponse::Ok().json(DemoTime { now: shared.clock.now() }),
        None => HttpResponse::NotFound().finish(),
    }
}

/// Lets days pass, one by one: what falls due on a day is done on that day.
#[utoipa::path(tag = "demo", summary = "Put the demo's clock forward", request_body = AdvanceClock,
    responses((status = 200, description = "The time", body = DemoTime)))]
#[post("/demo/clock/actions/advance")]
pub async fn advance_demo_clock(body: web::Json<AdvanceClock>) -> HttpResponse {
    let Some(shared) = SHARED.get() else { return HttpResponse::NotFound().finish() };
    if !(1..=366).contains(&body.days) {
        return HttpResponse::UnprocessableEntity().finish();
    }
    let _turn = shared.turn.lock().await;
    let time = TimeDelta::days(i64::from(body.days));
    match story::pass(&shared.context, &shared.clock, &shared.mailer, time).await {
        Ok(()) => HttpResponse::Ok().json(DemoTime { now: shared.clock.now() }),
        Err(error) => {
            tracing::error!(%error, "the demo's clock could not be put forward");
            HttpResponse::ServiceUnavailable().finish()
        }
    }
}

/// The mails that the demo has sent, newest first.
#[derive(Debug, serde::Serialize, utoipa::ToSchema)]
pub struct DemoMails {
    /// File names; each is read at `/demo/mails/{name}`.
    pub items: Vec<String>,
}

/// Mails listed at most.
const MAILS: usize = 100;

/// Lists the newest mails.
#[utoipa::path(tag = "demo", summary = "List the demo's mails",
    responses((status = 200, description = "The newest mails", body = DemoMails)))]
#[get("/demo/mails")]
pub async fn list_demo_mails() -> HttpResponse {
    let Some(shared) = SHARED.get() else { return HttpResponse::NotFound().finish() };
    let Ok(mut folder) = tokio::fs::read_dir(&shared.mails).await else {
        return HttpResponse::Ok().json(DemoMails { items: Vec::new() });
    };
    let mut items = Vec::new();
    while let Ok(Some(entry)) = folder.next_entry().await {
        items.push(entry.file_name().to_string_lossy().into_owned());
    }
    // A name begins with the time.
    items.sort_unstable_by(|one, other| other.cmp(one));
    items.truncate(MAILS);
    HttpResponse::Ok().json(DemoMails { items })
}

/// Reads one mail as it was written.
#[utoipa::path(tag = "demo", summary = "Read one of the demo's mails", params(("name" = String, Path)),
    responses((status = 200, description = "The mail", body = String, content_type = "message/rfc822")))]
#[get("/demo/mails/{name}")]
pub async fn get_demo_mail(name: web::Path<String>) -> HttpResponse {
    let Some(shared) = SHARED.get() else { return HttpResponse::NotFound().finish() };
    // A name that is listed, and nothing that leads elsewhere.
    if name.contains(['/', '\\']) || !name.ends_with(".eml") {
        return HttpResponse::NotFound().finish();
    }
    match tokio::fs::read(shared.mails.join(name.as_str())).await {
        Ok(mail) => HttpResponse::Ok().content_type("message/rfc822").body(mail),
        Err(_) => HttpResponse::NotFound().finish(),
    }
}
