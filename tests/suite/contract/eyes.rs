//! Four eyes: nobody decides what they did before, in person or through somebody who stood in for them.

use domain::access::Role;
use domain::certification::process::{Certification, State, Verb};
use domain::organisation::MemberState;
use domain::process::{Process, Row};
use domain::publicity::PublicityState;
use entity::{organisation_member, publicity};
use openapi::Operation;
use sea_orm::sea_query::Expr;
use sea_orm::{ActiveModelTrait, EntityTrait, IntoActiveModel};
use serde_json::{Value, json};

use super::stage::{Person, Stage};
use crate::harness::app::Answer;
use crate::harness::evidence::evidence;
use crate::harness::{TestDb, db_tests};

/// The operation of a verb; that of the list for the one that goes through it.
fn operation(stage: &Stage, verb: Verb) -> Operation<'_> {
    let path = match verb {
        Verb::Publish => "/api/v1/publicities/{id}/actions/publish".to_owned(),
        verb => format!("/api/v1/certifications/{{id}}/actions/{verb}"),
    };
    let found = stage.document().operations().into_iter().find(|operation| operation.path == path);
    found.unwrap_or_else(|| panic!("{verb} has no operation"))
}

/// Tries a verb on the case after it was put where the verb is known and was treated as these acts say.
async fn attempt(stage: &Stage, person: &Person, state: State, verb: Verb, acts: &Value) -> Answer {
    stage.put_after(state, acts).await;
    publicity::Entity::update_many()
        .col_expr(publicity::Column::State, Expr::value(PublicityState::Draft))
        .exec(stage.cast.app.connection())
        .await
        .unwrap();
    let operation = operation(stage, verb);
    if verb == Verb::Publish { stage.change(person, operation).await } else { stage.act(person, operation).await }
}

fn rows() -> impl Iterator<Item = &'static Row<Certification>> {
    Certification::ROWS.iter().filter(|row| !row.apart_from.is_empty())
}

/// The one person of the stage who holds the role in the case's place.
fn holder(stage: &Stage, role: Role) -> &Person {
    stage.people.iter().find(|person| person.role == role && !person.is_foreign).unwrap()
}

db_tests! {
    async fn nobody_decides_what_they_did_before(db: TestDb) {
        let stage = Stage::on(&db).await;
        let (mut pairs, mut wrong) = (0, Vec::new());
        for row in rows() {
            for role in row.by {
                let person = holder(&stage, *role);
                let somebody = holder(&stage, Role::Auditor).account;
                for earlier in row.apart_from {
                    // Done by the same person; by another in their name; and, to see that it is this that counts, by another.
                    for (acts, is_refused) in [
                        (json!([[earlier, person.account, null]]), true),
                        (json!([[earlier, somebody, person.account]]), true),
                        (json!([[earlier, somebody, null]]), false),
                    ] {
                        let answer = attempt(&stage, person, row.from[0], row.verb, &acts).await;
                        pairs += u32::from(is_refused);
                        if (answer.code() == "four_eyes") != is_refused {
                            wrong.push(format!("{} after {earlier} by {role} {acts}: {} {}", row.verb, answer.status, answer.json));
                        }
                    }
                }
            }
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
        evidence!("A9", db.engine().as_str(), "{pairs} pairs of an earlier and a deciding act by one person: all refused");
    }

    async fn nobody_decides_about_an_organisation_of_theirs(db: TestDb) {
        let stage = Stage::on(&db).await;
        let (mut tried, mut wrong) = (0, Vec::new());
        let mut tied: Vec<Role> = Vec::new();
        for row in rows() {
            for role in row.by {
                let person = holder(&stage, *role);
                if !tied.contains(role) {
                    tied.push(*role);
                    let app = &stage.cast.app;
                    // Long ago: even who left is tied.
                    let row = organisation_member::Model {
                        id: app.ctx.new_id(),
                        organisation_id: stage.cast.employer,
                        account_id: Some(person.account),
                        email: None,
                        role: Role::EmployerConfirmer,
                        state: MemberState::Left,
                        invited_by: None,
                        created_at: app.ctx.now(),
                        updated_at: app.ctx.now(),
                    };
                    row.into_active_model().reset_all().insert(app.connection()).await.unwrap();
                }
                let answer = attempt(&stage, person, row.from[0], row.verb, &json!([])).await;
                tried += 1;
                if answer.code() != "decider_conflict" {
                    wrong.push(format!("{} by {role}: {} {}", row.verb, answer.status, answer.json));
                }
            }
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
        evidence!("A9", db.engine().as_str(), "{tried} deciding acts by {} roles with a tie to the employer: all refused", tied.len());
    }
}

#[test]
fn every_deciding_role_has_an_earlier_act_to_be_kept_apart_from() {
    let deciding = [Verb::Recommend, Verb::NotRecommend, Verb::Accept, Verb::NotAccept, Verb::PassAssessment];
    let more = [Verb::FailAssessment, Verb::Score, Verb::Publish, Verb::Refuse];
    for verb in deciding.into_iter().chain(more) {
        assert!(rows().any(|row| row.verb == verb), "{verb} is kept apart from nothing");
    }
}
