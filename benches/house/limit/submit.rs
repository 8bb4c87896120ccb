//! A submission: one statement reads all that it depends on, one writes all that it changes.

use actix_web::{HttpRequest, HttpResponse, web};
use chrono::NaiveDate;
use domain::account::ConsentKind;
use domain::broker::Profile;
use domain::calendar::Period;
use domain::certification::eligibility::{Facts, HeldCertificate, evaluate};
use domain::certification::{CertificationForm, Context, ContractEntry, Level, OtherShare};
use domain::word::Word;
use serde_json::json;
use tokio_postgres::Row;
use tokio_postgres::types::ToSql;
use uuid::Uuid;

use super::case::{instant, quoted};
use super::token::Claims;
use super::write::{Now, Once, entry, etag, opened, request_id, sealed};
use super::{Desk, Fault};

/// Days of the employer, and until the application lapses there.
const REVIEW: u64 = 14;
const LAPSE: u64 = 21;

/// What is stored with a submission.
struct Frozen {
    profile: String,
    eligibility: String,
    numbers: Vec<String>,
    shares: Vec<i32>,
}

/// `POST /certifications/{id}/actions/submit`.
pub async fn submit(
    desk: web::Data<Desk>,
    request: HttpRequest,
    id: web::Path<Uuid>,
    body: web::Bytes,
) -> Result<HttpResponse, Fault> {
    let who = desk.tokens.check(&request)?;
    let version = version(&request)?;
    let once = Once::of(&request, who.sub, &body, &desk.keys)?;
    let (id, now, lane) = (id.into_inner(), Now::read(), desk.lane());
    let row = lane
        .client
        .query_opt(&lane.submission, &[&who.sid, &who.sub, &who.rv, &who.generation, &id, &now.day])
        .await?
        .ok_or(Fault::Unauthenticated)?;
    if row.get::<_, Option<Uuid>>("id").is_none() {
        return Err(Fault::NotFound);
    }
    if row.get::<_, i32>("version") != version || row.get::<_, &str>("state") != "draft" {
        return Err(Fault::Conflict);
    }
    let frozen = judged(&desk, &row, &now)?;
    written(&lane, &row, &who, &now, &once, &frozen).await?;
    let text = answer(&desk, &row, &now, &frozen);
    Ok(HttpResponse::Ok().content_type("application/json").insert_header(("etag", etag(version + 1, &text))).body(text))
}

fn version(request: &HttpRequest) -> Result<i32, Fault> {
    let header = request.headers().get("if-match").and_then(|value| value.to_str().ok());
    let tag = header.and_then(|text| text.trim_start_matches('"').split('.').next()?.parse().ok());
    tag.ok_or(Fault::Malformed)
}

/// Round, consents, employer, form, documents and conditions, as the program's guards see them.
fn judged(desk: &Desk, row: &Row, now: &Now) -> Result<Frozen, Fault> {
    let consents: Vec<&str> = row.get("consents");
    let is_open = row.get::<_, Option<bool>>("is_open") == Some(true);
    let is_bureau = row.get::<_, Option<bool>>("is_bureau") != Some(false);
    let has_consents = ConsentKind::ALL.iter().all(|kind| consents.contains(&kind.as_str()));
    if !is_open || is_bureau || row.get::<_, i64>("confirmers") == 0 || !has_consents {
        return Err(Fault::Conflict);
    }
    let profile = opened(row, &desk.keys)?;
    let form: CertificationForm = serde_json::from_str(row.get("form")).map_err(|_| Fault::Malformed)?;
    let facts = facts(row, now);
    let context = Context {
        submitted_on: now.day,
        held: facts.held.iter().map(|held| held.level).max(),
        other_shares: facts.other_shares.clone(),
        bases: Vec::new(),
    };
    let purposes: Vec<&str> = row.get("purposes");
    let is_attached = form.required_documents(&profile).iter().all(|purpose| purposes.contains(&purpose.as_str()));
    if !is_attached || !form.check(&profile, &desk.rules.certification, &context).is_empty() {
        return Err(Fault::Conflict);
    }
    let level = Level::parse(row.get("target_level")).ok_or(Fault::Malformed)?;
    let answer = evaluate(level, &profile, &form, &facts, &desk.rules.certification);
    if answer.conditions.iter().any(|condition| !condition.met) {
        return Err(Fault::Conflict);
    }
    let plain = Profile { id_number: None, mobile: None, ..profile };
    Ok(Frozen {
        profile: serde_json::to_string(&plain).map_err(|_| Fault::Malformed)?,
        eligibility: serde_json::to_string(&answer).map_err(|_| Fault::Malformed)?,
        numbers: form.contracts.iter().map(ContractEntry::registration).collect(),
        shares: form
            .contracts
            .iter()
            .map(|contract| contract.share_pct.and_then(|share| i32::try_from(share).ok()).unwrap_or(0))
            .collect(),
    })
}

fn facts(row: &Row, now: &Now) -> Facts {
    let held = row.get::<_, Vec<&str>>("held").into_iter().filter_map(|text| {
        let (level, day) = text.split_at_checked(2)?;
        Some(HeldCertificate { level: Level::parse(level)?, issued_on: day.parse::<NaiveDate>().ok()? })
    });
    let others = row.get::<_, Vec<&str>>("others").into_iter().filter_map(|text| {
        let (number, share) = text.split_once(':')?;
        Some(OtherShare { reg_no: number.to_owned(), share_pct: share.parse().ok()? })
    });
    Facts {
        held: held.collect(),
        other_shares: others.collect(),
        credited_before: row.get("credited"),
        ..Facts::on(now.day)
    }
}

async fn written(
    lane: &super::Lane,
    row: &Row,
    who: &Claims,
    now: &Now,
    once: &Once,
    frozen: &Frozen,
) -> Result<(), Fault> {
    let (id, version): (Uuid, i32) = (row.get("id"), row.get("version"));
    let called = request_id(now);
    let entry = entry(id, who.sub, "certification.submit", ["draft", "employer_review"], Some("null".into()), &called);
    let sealed = sealed(entry, now, row.get("head"));
    let (due, lapse) = (now.due(REVIEW), now.due(LAPSE));
    let periods = [Period::working_days(10), Period::working_days(15)];
    let [review, lapsing] = periods.map(|period| serde_json::to_string(&period).unwrap_or_default());
    let acts = json!([["submit", who.sub, null]]).to_string();
    let (deadlines, audit, job) = (vec![now.id(), now.id()], now.id(), now.id());
    let told = json!([["submitted", "applicant"], ["submitted", "employer"]]);
    let payload =
        json!({ "process": "certification", "case_id": id, "version": version + 1, "tell": told }).to_string();
    let key = format!("process.follow_up:{id}:{}", version + 1);
    let parameters: [&(dyn ToSql + Sync); 26] = [
        &id,
        &version,
        &now.at,
        &due,
        &acts,
        &frozen.profile,
        &frozen.eligibility,
        &deadlines,
        &review,
        &lapse,
        &lapsing,
        &now.day,
        &frozen.numbers,
        &frozen.shares,
        &audit,
        &sealed.seq,
        &who.sub,
        &called,
        &sealed.previous,
        &sealed.hash,
        &once.scope,
        &once.key,
        &once.fingerprint,
        &job,
        &payload,
        &key,
    ];
    match lane.client.query_opt(&lane.submit, &parameters).await? {
        Some(_) => Ok(()),
        None => Err(Fault::Conflict),
    }
}

fn clock(kind: &str, due: &str, now: &Now, period: &Period) -> String {
    let period = serde_json::to_string(period).unwrap_or_default();
    format!(
        "{{\"kind\":\"{kind}\",\"party\":\"applicant\",\"state\":\"running\",\"started_on\":\"{}\",\"due_at\":\"{due}\",\
         \"period\":{period},\"calendar_version\":\"2026-1\",\"provisional\":false,\"paused_on\":null}}",
        now.day
    )
}

fn answer(desk: &Desk, row: &Row, now: &Now, frozen: &Frozen) -> String {
    let rule_set: Uuid = row.get("rule_set_id");
    let (name, status) = desk.rules.label(rule_set);
    let review = clock("employer_review", &instant(now.due(REVIEW)), now, &Period::working_days(10));
    let lapse = clock("employer_lapse", &instant(now.due(LAPSE)), now, &Period::working_days(15));
    let at = instant(now.at);
    format!(
        "{{\"id\":\"{}\",\"number\":\"{}\",\"version\":{},\"state\":\"employer_review\",\"state_zh\":\"单位审核\",\
         \"kind\":\"{}\",\"target_level\":\"{}\",\"region\":\"{}\",\"round_id\":\"{}\",\"organisation_id\":\"{}\",\
         \"broker_id\":\"{}\",\"applicant_name\":{},\
         \"rule_set\":{{\"id\":\"{rule_set}\",\"name\":\"{name}\",\"status\":\"{status}\"}},\
         \"desk\":\"employer_confirmer\",\"assignee_id\":null,\"form\":{},\"profile\":{},\"warnings\":null,\"faults\":[],\
         \"eligibility\":{},\"correction\":null,\"employer_opinion\":null,\"city_opinion\":null,\"training\":null,\
         \"assessment\":null,\"acceptance\":null,\"refusal\":null,\"review\":null,\"panel\":null,\"closing\":null,\
         \"certificate_id\":null,\"deadlines\":[{review},{lapse}],\"submitted_at\":\"{at}\",\"created_at\":\"{}\",\
         \"updated_at\":\"{at}\",\"allowed_actions\":[\"withdraw\"]}}",
        row.get::<_, Uuid>("id"),
        row.get::<_, &str>("number"),
        row.get::<_, i32>("version") + 1,
        row.get::<_, &str>("kind"),
        row.get::<_, &str>("target_level"),
        row.get::<_, &str>("region"),
        row.get::<_, Option<Uuid>>("round_id").unwrap_or_default(),
        row.get::<_, Option<Uuid>>("organisation_id").unwrap_or_default(),
        row.get::<_, Uuid>("broker_id"),
        quoted(row.get("applicant_name")),
        row.get::<_, &str>("form"),
        frozen.profile,
        frozen.eligibility,
        instant(row.get("created_at")),
    )
}
