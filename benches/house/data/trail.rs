//! Audit rows: a sealed chain for every application.

use chrono::TimeDelta;
use domain::access::Role;
use domain::ids::AuditId;
use entity::audit;
use sea_orm::DatabaseConnection;
use serde_json::json;
use service::audit::{Entry, seal};

use super::cases::Case;
use super::{Kind, Plan, made_id, put};

/// Writes the chains of some applications.
pub async fn write(connection: &DatabaseConnection, plan: &Plan, cases: &[Case]) -> anyhow::Result<()> {
    let rows = cases.iter().flat_map(|case| chain(plan, case)).collect();
    put::<audit::Entity>(connection, rows).await
}

fn chain(plan: &Plan, case: &Case) -> Vec<audit::Model> {
    let mut previous = String::new();
    let mut rows = Vec::with_capacity(plan.trail as usize);
    for seq in 1..=plan.trail {
        let row = link(plan, case, seq, &previous);
        previous.clone_from(&row.hash);
        rows.push(row);
    }
    rows
}

fn link(plan: &Plan, case: &Case, seq: u32, previous: &str) -> audit::Model {
    let at = case.opened + TimeDelta::minutes(seq.into());
    let entry = Entry {
        object_kind: "certification".to_owned(),
        object_id: case.id.to_string(),
        action: if seq == 1 { "certification.open" } else { "certification.save_form" }.to_owned(),
        state_from: Some(if seq == 1 { "" } else { "draft" }.to_owned()),
        state_to: Some("draft".to_owned()),
        after: Some(json!({ "form_sha256": format!("{:064x}", case.series * 64 + seq) }).to_string()),
        actor_id: Some(plan.account(case.broker)),
        actor_role: Some(Role::Broker),
        request_id: Some(format!("{:032x}", case.series * 64 + seq)),
        address: Some("127.0.0.1".to_owned()),
        ..Entry::default()
    };
    let sealed = seal(entry, seq.into(), domain::time::micros(at), previous.to_owned());
    let entry = sealed.entry;
    audit::Model {
        id: AuditId(made_id(Kind::Audit, at, case.series * 64 + seq)),
        object_kind: entry.object_kind,
        object_id: entry.object_id,
        seq: sealed.seq,
        at: sealed.at,
        actor_id: entry.actor_id,
        actor_role: entry.actor_role,
        on_behalf_of: None,
        client_id: None,
        action: entry.action,
        state_from: entry.state_from,
        state_to: entry.state_to,
        before: None,
        after: entry.after,
        reason: None,
        request_id: entry.request_id,
        address: entry.address,
        outcome: entry.outcome.as_str().to_owned(),
        previous_hash: sealed.previous,
        hash: sealed.hash,
        idempotency_scope: None,
        idempotency_key: None,
        fingerprint: None,
        answer: None,
    }
}
