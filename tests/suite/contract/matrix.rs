//! The authorisation matrix: every operation, every role, own and foreign, as it really answers.

use std::fmt::Write as _;

use domain::access::{Permission, Role};
use domain::certification::process::{Certification, State, Verb};
use domain::process::Process;
use domain::word::Word;
use openapi::Operation;

use super::authorisation::NOTHING;
use super::stage::{Person, Stage};
use crate::harness::app::Answer;
use crate::harness::{TestDb, db_tests};

/// Foreign things that one may see: a verified organisation is found by whoever looks for an employer or successor.
const OPEN_TO_ALL: &[&str] = &["get_organisation"];

fn outcome(answer: &Answer) -> &str {
    if answer.status < 300 { "ok" } else { answer.code() }
}

/// What a stranger can tell of a thing.
fn tells(answer: &Answer) -> (u16, String, String) {
    (answer.status, answer.code().to_owned(), answer.json["title"].to_string())
}

/// One line of the matrix: people by outcome, in the order in which outcomes appear.
fn line(name: &str, cells: &[(String, String)]) -> String {
    let mut outcomes: Vec<(&str, Vec<&str>)> = Vec::new();
    for (person, outcome) in cells {
        match outcomes.iter_mut().find(|(known, _)| known == outcome) {
            Some((_, people)) => people.push(person),
            None => outcomes.push((outcome, vec![person])),
        }
    }
    let mut text = name.to_owned();
    for (outcome, people) in outcomes {
        let _ = write!(text, "\n  {outcome} = {}", people.join(" "));
    }
    text
}

/// The verb behind an operation of the process.
fn verb(operation: Operation<'_>) -> Option<Verb> {
    operation.permissions()?.contains(&"process.certification").then_some(())?;
    Verb::parse(operation.path.rsplit('/').next()?)
}

/// Whether a person sees the case at all, by the kernel's order: permission first, then scope.
fn refused_before_the_table(person: &Person) -> Option<&'static str> {
    match (Permission::ReadCertifications.roles().contains(&person.role), person.is_foreign) {
        (false, _) => Some("forbidden"),
        (true, true) => Some("not_found"),
        (true, false) => None,
    }
}

fn is_in_table(state: State, verb: Verb, role: Option<Role>) -> bool {
    let mut rows = Certification::ROWS.iter().filter(|row| row.verb == verb && row.from.contains(&state));
    rows.any(|row| role.is_none_or(|role| row.by.contains(&role)))
}

/// What is wrong with an answer to a verb, if anything.
fn is_as_the_table_says(person: &Person, state: State, verb: Verb, answer: &Answer) -> bool {
    let found = outcome(answer);
    match refused_before_the_table(person) {
        Some(expected) => found == expected,
        None if !is_in_table(state, verb, None) => found == "state_forbids",
        None if !is_in_table(state, verb, Some(person.role)) => found == "forbidden",
        None => !["forbidden", "not_found", "state_forbids", "stale", "malformed"].contains(&found),
    }
}

/// A state in which the verb is known, and one in which it is not.
fn states(verb: Verb) -> [State; 2] {
    let known = State::ALL.iter().find(|state| is_in_table(**state, verb, None)).unwrap();
    [*known, *State::ALL.iter().find(|state| !is_in_table(**state, verb, None)).unwrap()]
}

async fn try_verb(stage: &Stage, operation: Operation<'_>, verb: Verb, wrong: &mut Vec<String>) -> Vec<String> {
    let mut lines = Vec::new();
    for state in states(verb) {
        let mut cells = Vec::new();
        for person in &stage.people {
            stage.put(state).await;
            let answer = stage.act(person, operation).await;
            if !is_as_the_table_says(person, state, verb, &answer) {
                wrong.push(format!("{verb} in {state} by {}: {} {}", person.name(), outcome(&answer), answer.json));
            }
            cells.push((person.name(), outcome(&answer).to_owned()));
        }
        lines.push(line(&format!("{} [{state}]", operation.id()), &cells));
    }
    lines
}

async fn try_object(stage: &Stage, operation: Operation<'_>, words: &[&str], wrong: &mut Vec<String>) -> String {
    let permissions: Vec<Permission> = words.iter().filter_map(|word| Permission::parse(word)).collect();
    assert_eq!(permissions.len(), words.len(), "{}: a permission that no test knows", operation.name());
    let object = stage.object(operation);
    let mut cells = Vec::new();
    for person in &stage.people {
        let missing = stage.reach(person, operation, NOTHING).await;
        let may = permissions.iter().any(|permission| permission.roles().contains(&person.role));
        if missing.code() == "unauthenticated" || (missing.code() == "forbidden") == may {
            wrong.push(format!("{} by {}: {} {}", operation.name(), person.name(), missing.status, missing.code()));
        }
        let Some(id) = object else {
            cells.push((person.name(), outcome(&missing).to_owned()));
            continue;
        };
        let answer = stage.reach(person, operation, id).await;
        let is_an_oracle = person.is_foreign && tells(&answer) != tells(&missing);
        if (is_an_oracle && !OPEN_TO_ALL.contains(&operation.id())) || (!may && answer.code() != "forbidden") {
            wrong.push(format!(
                "{} by {}: {:?}, missing {:?}",
                operation.name(),
                person.name(),
                tells(&answer),
                tells(&missing)
            ));
        }
        cells.push((person.name(), outcome(&answer).to_owned()));
    }
    line(operation.id(), &cells)
}

db_tests! {
    async fn every_operation_by_every_role_on_own_and_foreign_things(db: TestDb) {
        let stage = Stage::on(&db).await;
        let (mut lines, mut wrong) = (Vec::new(), Vec::new());
        for operation in stage.document().operations() {
            let Some(words) = operation.permissions() else { continue };
            match verb(operation) {
                Some(verb) => lines.extend(try_verb(&stage, operation, verb, &mut wrong).await),
                None => lines.push(try_object(&stage, operation, &words, &mut wrong).await),
            }
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
        insta::assert_snapshot!("authorisation_matrix", lines.join("\n"));
    }
}
