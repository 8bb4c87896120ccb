//! A draft, in one statement.

use actix_web::{HttpRequest, HttpResponse, web};
use domain::calendar::Period;
use domain::certification::{ApplicationType, CertificationForm, Context, Level};
use domain::fault::Fault as Broken;
use domain::word::Word;
use serde::Deserialize;
use tokio_postgres::Row;
use tokio_postgres::types::ToSql;
use uuid::Uuid;

use super::case::{Asker, instant, quoted};
use super::write::{Now, Once, around, entry, etag, masked, opened, request_id};
use super::{Desk, Fault};

/// Days that a draft is kept.
const KEPT: u64 = 180;

/// What an application begins with.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Asked {
    round_id: Uuid,
    kind: ApplicationType,
    target_level: Level,
}

/// The rows of a draft before they are written.
struct Draft {
    asked: Asked,
    id: Uuid,
    deadline: Uuid,
    now: Now,
    form: CertificationForm,
    form_text: String,
    title: String,
    period: String,
}

impl Draft {
    fn new(body: &[u8]) -> Result<Self, Fault> {
        let asked: Asked = serde_json::from_slice(body).map_err(|_| Fault::Malformed)?;
        let now = Now::read();
        let form = CertificationForm {
            kind: Some(asked.kind),
            target_level: Some(asked.target_level),
            ..CertificationForm::default()
        };
        Ok(Self {
            id: now.id(),
            deadline: now.id(),
            form_text: serde_json::to_string(&form).map_err(|_| Fault::Malformed)?,
            title: format!("{}技术经纪人认定申请", asked.target_level.zh()),
            period: serde_json::to_string(&Period::calendar_days(180)).map_err(|_| Fault::Malformed)?,
            asked,
            now,
            form,
        })
    }
}

/// `POST /certifications`.
pub async fn open(desk: web::Data<Desk>, request: HttpRequest, body: web::Bytes) -> Result<HttpResponse, Fault> {
    let who = desk.tokens.check(&request)?;
    let draft = Draft::new(&body)?;
    let once = Once::of(&request, who.sub, &body, &desk.keys)?;
    let (audit, called) = (draft.now.id(), request_id(&draft.now));
    let entry = entry(draft.id, who.sub, "certification.open", ["", "draft"], None, &called);
    let (before, after) = around(&entry, &draft.now);
    let (due, year) = (draft.now.due(KEPT), chrono::Datelike::year(&draft.now.day));
    let level = draft.asked.target_level.as_str();
    let parameters: [&(dyn ToSql + Sync); 22] = [
        &who.sid,
        &who.sub,
        &who.rv,
        &who.generation,
        &draft.asked.round_id,
        &draft.id,
        &level,
        &draft.title,
        &draft.now.at,
        &due,
        &draft.period,
        &draft.form_text,
        &draft.deadline,
        &year,
        &draft.now.day,
        &audit,
        &before,
        &after,
        &called,
        &once.scope,
        &once.key,
        &once.fingerprint,
    ];
    let lane = desk.lane();
    let row = lane.client.query_opt(&lane.draft, &parameters).await?.ok_or(Fault::Unauthenticated)?;
    if !Asker::of(&row).is_broker() || row.get::<_, Option<Uuid>>("broker_id").is_none() {
        return Err(Fault::Conflict);
    }
    created(&desk, &draft, &row)
}

/// The same inserts without token and audit; the account comes in a header.
pub async fn bare(desk: web::Data<Desk>, request: HttpRequest, body: web::Bytes) -> Result<HttpResponse, Fault> {
    let account = request.headers().get("x-account").and_then(|value| value.to_str().ok()?.parse::<Uuid>().ok());
    let account = account.ok_or(Fault::Malformed)?;
    let draft = Draft::new(&body)?;
    let (due, year) = (draft.now.due(KEPT), chrono::Datelike::year(&draft.now.day));
    let (level, none) = (draft.asked.target_level.as_str(), None::<i32>);
    let parameters: [&(dyn ToSql + Sync); 15] = [
        &account,
        &none,
        &none,
        &none,
        &draft.asked.round_id,
        &draft.id,
        &level,
        &draft.title,
        &draft.now.at,
        &due,
        &draft.period,
        &draft.form_text,
        &draft.deadline,
        &year,
        &draft.now.day,
    ];
    let lane = desk.lane();
    let row = lane.client.query_opt(&lane.bare_draft, &parameters).await?.ok_or(Fault::Conflict)?;
    created(&desk, &draft, &row)
}

fn created(desk: &Desk, draft: &Draft, row: &Row) -> Result<HttpResponse, Fault> {
    let profile = opened(row, &desk.keys)?;
    let held = row.get::<_, Option<&str>>("held").and_then(Level::parse);
    let context = Context { submitted_on: draft.now.day, held, other_shares: Vec::new(), bases: Vec::new() };
    let mut faults = draft.form.check(&profile, &desk.rules.certification, &context);
    let missing = draft.form.required_documents(&profile);
    faults.extend(missing.iter().map(|purpose| Broken::new(format!("/files/{purpose}"), "document_missing")));
    let profile = serde_json::to_string(&masked(profile)).map_err(|_| Fault::Malformed)?;
    let faults = serde_json::to_string(&faults).map_err(|_| Fault::Malformed)?;
    let text = answered(desk, draft, row, &profile, &faults);
    Ok(HttpResponse::Created()
        .content_type("application/json")
        .insert_header(("location", format!("/api/v1/certifications/{}", draft.id)))
        .insert_header(("etag", etag(1, &text)))
        .body(text))
}

fn answered(desk: &Desk, draft: &Draft, row: &Row, profile: &str, faults: &str) -> String {
    let rule_set: Uuid = row.get("rule_set_id");
    let (name, status) = desk.rules.label(rule_set);
    let organisation: Option<Uuid> = row.get("organisation_id");
    let at = instant(draft.now.at);
    let due = instant(draft.now.due(KEPT));
    format!(
        "{{\"id\":\"{}\",\"number\":\"{}\",\"version\":1,\"state\":\"draft\",\"state_zh\":\"草稿\",\"kind\":\"{}\",\
         \"target_level\":\"{}\",\"region\":\"{}\",\"round_id\":\"{}\",\"organisation_id\":{},\"broker_id\":\"{}\",\
         \"applicant_name\":{},\"rule_set\":{{\"id\":\"{rule_set}\",\"name\":\"{name}\",\"status\":\"{status}\"}},\
         \"desk\":\"broker\",\"assignee_id\":null,\"form\":{},\"profile\":{},\"warnings\":null,\"faults\":{},\"eligibility\":null,\
         \"correction\":null,\"employer_opinion\":null,\"city_opinion\":null,\"training\":null,\"assessment\":null,\
         \"acceptance\":null,\"refusal\":null,\"review\":null,\"panel\":null,\"closing\":null,\"certificate_id\":null,\
         \"deadlines\":[{{\"kind\":\"draft_idle\",\"party\":\"applicant\",\"state\":\"running\",\"started_on\":\"{}\",\
         \"due_at\":\"{due}\",\"period\":{},\"calendar_version\":\"2026-1\",\"provisional\":false,\"paused_on\":null}}],\
         \"submitted_at\":null,\"created_at\":\"{at}\",\"updated_at\":\"{at}\",\"allowed_actions\":[\"withdraw\"]}}",
        draft.id,
        row.get::<_, &str>("number"),
        draft.asked.kind,
        draft.asked.target_level,
        row.get::<_, &str>("region"),
        draft.asked.round_id,
        organisation.map_or("null".to_owned(), |id| format!("\"{id}\"")),
        row.get::<_, Uuid>("broker_id"),
        quoted(row.get("name")),
        draft.form_text,
        profile,
        faults,
        draft.now.day,
        draft.period,
    )
}
