//! Public verification.

use std::fmt::Write;

use actix_web::{HttpResponse, web};
use chrono::{DateTime, NaiveDate, Utc};
use domain::broker::mask;
use domain::certificate::VerificationCode;
use domain::time::civil_day;
use service::{Clock, SystemClock};
use tokio_postgres::Row;

use super::case::{maybe, quoted};
use super::{Desk, Fault};

/// `GET /verifications/{code}`.
pub async fn verify(desk: web::Data<Desk>, code: web::Path<String>) -> Result<HttpResponse, Fault> {
    let today = civil_day(SystemClock.now());
    let Ok(code) = code.parse::<VerificationCode>() else { return Ok(sent(missing(today))) };
    let lane = desk.lane();
    let row = lane.client.query_opt(&lane.certificate, &[&code.as_str()]).await?;
    Ok(sent(row.map_or_else(|| missing(today), |row| answer(&row, today))))
}

fn sent(text: String) -> HttpResponse {
    HttpResponse::Ok().content_type("application/json").insert_header(("cache-control", "no-store")).body(text)
}

fn missing(today: NaiveDate) -> String {
    format!("{{\"on\":\"{today}\",\"answer\":\"not_found\",\"is_specimen\":false}}")
}

fn day(row: &Row, column: &str) -> Option<NaiveDate> {
    row.get::<_, Option<DateTime<Utc>>>(column).map(civil_day)
}

/// The state today and since when, worst first.
fn state(row: &Row, today: NaiveDate) -> (&'static str, NaiveDate) {
    let (issued, until): (NaiveDate, NaiveDate) = (row.get("issued_on"), row.get("valid_until"));
    for (column, word) in [
        ("revoked_at", "revoked"),
        ("cancelled_at", "cancelled"),
        ("superseded_at", "superseded"),
        ("suspended_at", "suspended"),
    ] {
        if let Some(since) = day(row, column).filter(|since| *since <= today) {
            return (word, since);
        }
    }
    if today > until { ("expired", until) } else { ("valid", issued) }
}

fn answer(row: &Row, today: NaiveDate) -> String {
    let (state, since) = state(row, today);
    let mut out = String::with_capacity(1_024);
    let _ = write!(out, "{{\"on\":\"{today}\",");
    let _ = match state {
        "valid" => write!(out, "\"answer\":\"valid\""),
        other => write!(out, "\"answer\":\"not_valid\",\"state\":\"{other}\",\"since\":\"{since}\""),
    };
    let _ = write!(
        out,
        ",\"certificate\":{{\"number\":\"{}\",\"holder\":{},\"level\":\"{}\",\"specialties\":{},\"issuer\":{},\
         \"issued_on\":\"{}\",\"valid_until\":\"{}\",\"version\":1,\"changed_on\":\"{since}\"",
        row.get::<_, &str>("number"),
        quoted(&mask::name(row.get("holder_name"))),
        row.get::<_, &str>("level"),
        row.get::<_, &str>("specialties"),
        quoted(row.get("issuer")),
        row.get::<_, NaiveDate>("issued_on"),
        row.get::<_, NaiveDate>("valid_until"),
    );
    maybe(&mut out, "superseded_by", row.get::<_, Option<&str>>("successor").filter(|_| state == "superseded"));
    let _ = write!(out, "}},\"is_specimen\":{}}}", row.get::<_, bool>("is_specimen"));
    out
}
