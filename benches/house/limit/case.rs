//! One application.

use std::collections::HashMap;
use std::fmt::Write;

use actix_web::{HttpRequest, HttpResponse, web};
use chrono::{DateTime, NaiveDate, SecondsFormat, Utc};
use domain::certification::process::State;
use domain::certification::sample;
use domain::rule::CertificationRules;
use domain::word::Word;
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::Value;
use tokio_postgres::{Client, Row};
use uuid::Uuid;

use super::{Desk, Fault};

/// Name and status of each rule set, and what the certification's says; they never change.
#[derive(Debug)]
pub struct Rules {
    labels: HashMap<Uuid, (String, String)>,
    pub certification: CertificationRules,
}

impl Rules {
    pub async fn load(client: &Client) -> anyhow::Result<Self> {
        let rows = client.query("SELECT id, name, status FROM rule_set", &[]).await?;
        let labels = rows.iter().map(|row| (row.get(0), (row.get(1), row.get(2)))).collect();
        Ok(Self { labels, certification: sample::rules() })
    }

    pub fn label(&self, id: Uuid) -> (&str, &str) {
        self.labels.get(&id).map_or(("", ""), |(name, status)| (name, status))
    }
}

/// Who asks, as the row tells.
pub struct Asker<'a> {
    pub has_factor: bool,
    pub roles: Vec<&'a str>,
}

impl<'a> Asker<'a> {
    pub fn of(row: &'a Row) -> Self {
        Self { has_factor: row.get("has_factor"), roles: row.get("roles") }
    }

    pub fn holds(&self, role: &str, region: &str) -> bool {
        self.has_factor
            && self.roles.iter().any(|held| {
                held.split_once(':').is_some_and(|(held, of)| held == role && (of == region || of == "450000"))
            })
    }

    pub fn is_region(&self) -> bool {
        self.holds("region_clerk", "450000") || self.holds("region_lead", "450000")
    }

    pub fn is_broker(&self) -> bool {
        self.roles.contains(&"broker:")
    }
}

/// `GET /certifications/{id}`.
pub async fn read(desk: web::Data<Desk>, request: HttpRequest, id: web::Path<Uuid>) -> Result<HttpResponse, Fault> {
    let claims = desk.tokens.check(&request)?;
    let lane = desk.lane();
    let (id, who) = (id.into_inner(), claims);
    let row = lane.client.query_opt(&lane.read, &[&who.sid, &who.sub, &who.rv, &who.generation, &id]).await?;
    let row = row.ok_or(Fault::Unauthenticated)?;
    if row.get::<_, Option<Uuid>>("id").is_none() {
        return Err(Fault::NotFound);
    }
    let asker = Asker::of(&row);
    let region: &str = row.get("region");
    let is_own = asker.is_broker() && row.get::<_, Uuid>("applicant_id") == who.sub;
    if !(is_own || asker.is_region() || asker.holds("city_clerk", region) || asker.holds("city_lead", region)) {
        return Err(Fault::NotFound);
    }
    let is_region = asker.is_region();
    let actions = offered(&asker, row.get("state"), is_own, row.get("is_tied"));
    let is_warned = !is_own && row.get::<_, Option<DateTime<Utc>>>("submitted_at").is_some();
    let answer = answer(&row, &desk.rules, actions, [is_region, is_warned])?;
    Ok(HttpResponse::Ok().content_type("application/json").body(answer))
}

/// The actions offered in a state, for the roles that this server knows.
fn offered(asker: &Asker<'_>, state: &str, is_own: bool, is_tied: bool) -> &'static str {
    let clerk = asker.holds("region_clerk", "450000") && !is_tied;
    match state {
        "region_formal" if clerk => r#"["accept","request_region_correction","not_accept","verify_training"]"#,
        "assessment" if clerk => r#"["pass_assessment","fail_assessment","verify_training"]"#,
        "accepted" if clerk => r#"["name_panel","verify_training"]"#,
        "draft" if is_own => r#"["submit","withdraw"]"#,
        "employer_review" | "city_review" | "region_formal" if is_own => r#"["withdraw"]"#,
        _ => "[]",
    }
}

/// An instant as the program writes it.
pub fn instant(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::AutoSi, true)
}

/// A text in JSON.
pub fn quoted(text: &str) -> Value {
    Value::from(text)
}

/// An optional text, quoted.
pub fn maybe(out: &mut String, name: &str, value: Option<&str>) {
    let _ = match value {
        Some(text) => write!(out, ",\"{name}\":{}", quoted(text)),
        None => write!(out, ",\"{name}\":null"),
    };
}

/// A stored JSON text, passed on as it is.
fn raw(out: &mut String, name: &str, value: Option<&str>) {
    let _ = write!(out, ",\"{name}\":{}", value.unwrap_or("null"));
}

fn id(out: &mut String, name: &str, value: Option<Uuid>) {
    let _ = match value {
        Some(id) => write!(out, ",\"{name}\":\"{id}\""),
        None => write!(out, ",\"{name}\":null"),
    };
}

/// Of a form, what a warning may come from.
#[derive(Deserialize)]
struct Stated {
    trainings: Vec<Span>,
    contracts: Vec<IgnoredAny>,
}

#[derive(Deserialize)]
struct Span {
    from: Option<NaiveDate>,
    to: Option<NaiveDate>,
}

impl Span {
    fn overlaps(&self, other: &Self) -> bool {
        self.from.is_some() && other.from.is_some() && self.from <= other.to && other.from <= self.to
    }
}

/// What the desks are warned of. This server judges no contracts: what it is asked for has none.
fn warnings(form: &str) -> Result<String, Fault> {
    let Stated { trainings, contracts } = serde_json::from_str(form).map_err(|_| Fault::Malformed)?;
    if !contracts.is_empty() {
        return Err(Fault::Malformed);
    }
    let mut all = Vec::new();
    for (at, span) in trainings.iter().enumerate() {
        if let Some(other) = trainings[..at].iter().position(|other| span.overlaps(other)) {
            let params = format!("{{\"other\":\"/trainings/{other}\"}}");
            let pointer = format!("/trainings/{at}/from");
            all.push(format!("{{\"pointer\":\"{pointer}\",\"rule\":\"training_overlap\",\"params\":{params}}}"));
        }
    }
    Ok(format!("[{}]", all.join(",")))
}

fn answer(row: &Row, rules: &Rules, actions: &str, sees_more: [bool; 2]) -> Result<String, Fault> {
    let [is_region, is_warned] = sees_more;
    let mut out = String::with_capacity(8 * 1024);
    head(&mut out, row, rules);
    for column in [
        "form",
        "profile",
        "eligibility",
        "correction",
        "employer_opinion",
        "city_opinion",
        "training",
        "assessment",
        "acceptance",
        "refusal",
        "review",
        "closing",
    ] {
        raw(&mut out, column, row.get(column));
    }
    let panel: Option<&str> = row.get("panel");
    raw(&mut out, "panel", if is_region { panel.or(Some("[]")) } else { None });
    id(&mut out, "certificate_id", row.get("certificate_id"));
    raw(&mut out, "deadlines", row.get::<_, Option<&str>>("deadlines").or(Some("[]")));
    for column in ["submitted_at", "created_at", "updated_at"] {
        let at: Option<DateTime<Utc>> = row.get(column);
        maybe(&mut out, column, at.map(instant).as_deref());
    }
    let warnings = if is_warned { Some(warnings(row.get("form"))?) } else { None };
    raw(&mut out, "warnings", warnings.as_deref());
    let _ = write!(out, ",\"faults\":[],\"allowed_actions\":{actions}}}");
    Ok(out)
}

fn head(out: &mut String, row: &Row, rules: &Rules) {
    let state: &str = row.get("state");
    let rule_set: Uuid = row.get("rule_set_id");
    let (name, status) = rules.label(rule_set);
    let _ = write!(
        out,
        "{{\"id\":\"{}\",\"number\":\"{}\",\"version\":{},\"state\":\"{state}\",\"state_zh\":\"{}\",\"kind\":\"{}\",\
         \"target_level\":\"{}\",\"region\":\"{}\",\"broker_id\":\"{}\",\"applicant_name\":{},\
         \"rule_set\":{{\"id\":\"{rule_set}\",\"name\":\"{name}\",\"status\":\"{status}\"}}",
        row.get::<_, Uuid>("id"),
        row.get::<_, &str>("number"),
        row.get::<_, i32>("version"),
        State::parse(state).map_or("", Word::zh),
        row.get::<_, &str>("kind"),
        row.get::<_, &str>("target_level"),
        row.get::<_, &str>("region"),
        row.get::<_, Uuid>("broker_id"),
        quoted(row.get("applicant_name")),
    );
    id(out, "round_id", row.get("round_id"));
    id(out, "organisation_id", row.get("organisation_id"));
    maybe(out, "desk", row.get("desk_role"));
    id(out, "assignee_id", row.get("assignee_id"));
}
