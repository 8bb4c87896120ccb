//! Every writing operation of the document leaves an entry in the trail, every refusal is counted, every export named.

use std::collections::BTreeSet;

use domain::access::{Permission, Role};
use domain::certification::process::{Certification, State, Verb};
use domain::process::Process;
use domain::word::Word;
use entity::audit_refusal;
use openapi::Operation;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use serde_json::json;

use crate::contract::stage::{Person, Stage};
use crate::harness::account::Seat;
use crate::harness::app::{TestApp, is_silent};
use crate::harness::evidence::evidence;
use crate::harness::{TestDb, db_tests};

/// Operations that do not succeed with what the stage has; their own tests make them succeed, and the harness looks for
/// the entry behind every write that succeeds, whatever test sends it.
const ELSEWHERE: &[&str] = &[
    "change_email",
    "change_password",
    "claim_case",
    "confirm_certification_on_paper",
    "confirm_second_factor",
    "correct_calendar",
    "create_broker",
    "create_client_secret",
    "create_delegation",
    "create_publicity",
    "delete_file",
    "disable_second_factor",
    "edit_round",
    "extend_round",
    "grant_role",
    "hand_over_case",
    "invite_organisation_member",
    "name_panel",
    "open_certification",
    "pass_assessment",
    "publish_publicity",
    "publish_round",
    "read_notifications_up_to",
    "refuse_factor_reset",
    "refuse_organisation",
    "release_case",
    "rename_organisation",
    "replace_expert",
    "request_city_correction",
    "request_factor_reset",
    "request_further_correction",
    "request_region_correction",
    "revoke_client_secret",
    "save_broker",
    "save_certification_form",
    "score_certification",
    "set_publicity_cases",
    "submit_certification_to_city",
    "verify_organisation",
];

/// The state in which a verb is known.
fn state(operation: Operation<'_>) -> Option<State> {
    if !operation.permissions()?.contains(&"process.certification") {
        return None;
    }
    let verb = Verb::parse(operation.path.rsplit('/').next()?)?;
    Certification::ROWS.iter().find(|row| row.verb == verb).and_then(|row| row.from.first().copied())
}

/// Who may do it at all, in their own place.
fn candidates<'a>(stage: &'a Stage, operation: Operation<'_>) -> impl Iterator<Item = &'a Person> {
    let words = operation.permissions().unwrap_or_default();
    let roles: BTreeSet<Role> = match Verb::parse(operation.path.rsplit('/').next().unwrap_or_default()) {
        Some(verb) if words.contains(&"process.certification") => {
            let rows = Certification::ROWS.iter().filter(|row| row.verb == verb);
            rows.flat_map(|row| row.by.iter().copied()).collect()
        }
        _ => words.iter().filter_map(|word| Permission::parse(word)).flat_map(Permission::roles).copied().collect(),
    };
    stage.people.iter().filter(move |person| !person.is_foreign && roles.contains(&person.role)).take(4)
}

/// Whether somebody succeeds with it; the harness has found the entry then.
async fn succeeds(stage: &Stage, operation: Operation<'_>) -> bool {
    for person in candidates(stage, operation) {
        let answer = match state(operation) {
            Some(state) => {
                stage.put(state).await;
                stage.act(person, operation).await
            }
            None => stage.change(person, operation).await,
        };
        if answer.status < 300 {
            return true;
        }
    }
    false
}

db_tests! {
    async fn every_writing_operation_leaves_an_entry(db: TestDb) {
        let stage = Stage::on(&db).await;
        let (mut shown, mut elsewhere, mut public) = (0, BTreeSet::new(), 0);
        for operation in stage.document().operations() {
            if operation.method == "get" || is_silent(operation.id()) {
                continue;
            }
            if operation.permissions().is_none() {
                public += 1;
            } else if succeeds(&stage, operation).await {
                shown += 1;
            } else {
                elsewhere.insert(operation.id().to_owned());
            }
        }
        assert_eq!(elsewhere, ELSEWHERE.iter().map(|id| (*id).to_owned()).collect());
        let (all, elsewhere) = (shown + elsewhere.len() + public, elsewhere.len());
        evidence!(
            "U1", db.engine().as_str(),
            "{all} writing operations: {shown} succeed here and {} elsewhere, each with an entry of its request",
            elsewhere + public
        );
    }

    async fn refusals_are_counted_per_actor_operation_and_minute(app: TestApp) {
        let broker = app.account(Seat::of(Role::Broker)).await;
        let clerk = app.account(Seat::in_region(Role::CityClerk, "450200")).await;
        let nothing = "019f0000-0000-7000-8000-000000000000";
        let read = || app.get(format!("/api/v1/certifications/{nothing}")).as_(&clerk.token).send();
        for _ in 0..3 {
            app.get("/api/v1/accounts").as_(&broker.token).send().await.expect(403);
            app.post("/api/v1/rounds").as_(&broker.token).json(&json!({})).send().await.expect(403);
            read().await.expect(404);
            app.get("/api/v1/me").as_("forged").send().await.expect(401);
            // Nobody who says nothing is counted: it is how every client begins.
            app.get("/api/v1/me").send().await.expect(401);
        }
        app.clock.advance(chrono::TimeDelta::minutes(1));
        read().await.expect(404);
        let rows = audit_refusal::Entity::find().all(app.connection()).await.unwrap();
        let mut found: Vec<_> = rows.iter().map(|row| (row.operation.as_str(), row.code.as_str(), row.count)).collect();
        found.sort_unstable();
        assert_eq!(found, [
            ("GET /api/v1/accounts", "forbidden", 3),
            ("GET /api/v1/certifications/{id}", "not_found", 1),
            ("GET /api/v1/certifications/{id}", "not_found", 3),
            ("GET /api/v1/me", "unauthenticated", 3),
            ("POST /api/v1/rounds", "forbidden", 3),
        ]);
        assert!(rows.iter().all(|row| row.actor.starts_with("address:") == (row.code == "unauthenticated")));
        evidence!("U1", app.engine().as_str(), "13 refusals in {} rows, one per actor, operation, code and minute", rows.len());
    }

    async fn an_export_and_an_unmasking_leave_entries(app: TestApp) {
        let clerk = app.account(Seat::of(Role::CityClerk)).await;
        for accept in ["text/csv", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"] {
            app.get("/api/v1/cases?overdue=true").as_(&clerk.token).header("accept", accept).send().await.expect(200);
        }
        app.get("/api/v1/cases").as_(&clerk.token).send().await.expect(200);
        let entries = entity::audit::Entity::find()
            .filter(entity::audit::Column::Action.eq("process.export"))
            .all(app.connection())
            .await
            .unwrap();
        assert_eq!(entries.len(), 2);
        assert!(entries.iter().all(|entry| entry.actor_id == Some(clerk.id)));
        assert!(entries[0].after.as_ref().unwrap().contains("\"overdue\":true"));
    }
}
