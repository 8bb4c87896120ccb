//! Pages of applications.

use std::fmt::Write;

use actix_web::{HttpRequest, HttpResponse, web};
use chrono::{DateTime, Utc};
use data_encoding::BASE64URL_NOPAD;
use domain::certification::process::State;
use domain::region::RegionCode;
use serde::Deserialize;
use tokio_postgres::Row;
use uuid::Uuid;

use super::case::{Asker, instant, maybe, quoted};
use super::{Desk, Fault};

/// What narrows a page.
#[derive(Debug, Deserialize)]
pub struct Asked {
    state: State,
    region: RegionCode,
    limit: usize,
    cursor: Option<String>,
}

impl Asked {
    /// The id before which the page begins.
    fn before(&self) -> Result<Uuid, Fault> {
        let Some(cursor) = &self.cursor else { return Ok(Uuid::max()) };
        let bytes = BASE64URL_NOPAD.decode(cursor.as_bytes()).map_err(|_| Fault::Malformed)?;
        let (id,): (Uuid,) = serde_json::from_slice(&bytes).map_err(|_| Fault::Malformed)?;
        Ok(id)
    }
}

/// `GET /certifications`.
pub async fn page(
    desk: web::Data<Desk>,
    request: HttpRequest,
    asked: web::Query<Asked>,
) -> Result<HttpResponse, Fault> {
    let who = desk.tokens.check(&request)?;
    let (before, lane) = (asked.before()?, desk.lane());
    let Asked { state, region, limit, .. } = asked.into_inner();
    let page = lane.page(state, region, limit + 1).await?;
    let rows = lane.client.query(&page, &[&who.sid, &who.sub, &who.rv, &who.generation, &before]).await?;
    let first = rows.first().ok_or(Fault::Unauthenticated)?;
    let asker = Asker::of(first);
    if !asker.is_broker() && !asker.has_factor {
        return Err(Fault::NotFound);
    }
    let items: Vec<&Row> = rows.iter().filter(|row| row.get::<_, Option<Uuid>>("id").is_some()).collect();
    let answer = answer(&items, limit);
    Ok(HttpResponse::Ok().content_type("application/json").body(answer))
}

fn answer(rows: &[&Row], limit: usize) -> String {
    let mut out = String::with_capacity(24 * 1024);
    out.push_str("{\"items\":[");
    for (at, row) in rows.iter().take(limit).enumerate() {
        if at > 0 {
            out.push(',');
        }
        item(&mut out, row);
    }
    out.push(']');
    if let (true, Some(last)) = (rows.len() > limit, rows.get(limit - 1)) {
        let cursor = BASE64URL_NOPAD.encode(format!("[\"{}\"]", last.get::<_, Uuid>("id")).as_bytes());
        let _ = write!(out, ",\"next\":\"{cursor}\"");
    }
    out.push('}');
    out
}

fn item(out: &mut String, row: &Row) {
    let _ = write!(
        out,
        "{{\"id\":\"{}\",\"number\":\"{}\",\"version\":{},\"state\":\"{}\",\"target_level\":\"{}\",\"region\":\"{}\",\
         \"round_id\":\"{}\",\"applicant_name\":{}",
        row.get::<_, Uuid>("id"),
        row.get::<_, &str>("number"),
        row.get::<_, i32>("version"),
        row.get::<_, &str>("state"),
        row.get::<_, &str>("target_level"),
        row.get::<_, &str>("region"),
        row.get::<_, Option<Uuid>>("round_id").unwrap_or_default(),
        quoted(row.get("applicant_name")),
    );
    for column in ["next_due_at", "submitted_at", "updated_at"] {
        let at: Option<DateTime<Utc>> = row.get(column);
        maybe(out, column, at.map(instant).as_deref());
    }
    out.push('}');
}
