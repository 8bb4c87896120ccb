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
use crate::harness::evidence::{evidence, rounds};
use crate::harness::{Engine, TestDb, db_tests};

/// Foreign things that one may see: a verified organisation is found by whoever looks for an employer or successor.
const OPEN_TO_ALL: &[&str] = &["get_organisation"];

/// Things of the whole autonomous region: nobody who may see them at all is a stranger to them.
const EVERYWHERE: &str = "/api/v1/rounds/{id}";

/// Whether strangers may see the things of an operation.
pub fn is_open(operation: Operation<'_>) -> bool {
    OPEN_TO_ALL.contains(&operation.id()) || operation.path.starts_with(EVERYWHERE)
}

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

/// Whom a run asks about an operation: everybody on SQLite and in long runs, every third person in turn on PostgreSQL,
/// whose part in the answer is small.
fn asked(stage: &Stage, engine: Engine, operation: usize) -> Vec<&Person> {
    let step = if engine == Engine::Sqlite { 1 } else { usize::try_from(rounds(3, 1)).unwrap() };
    stage.people.iter().skip(operation % step).step_by(step).collect()
}

async fn try_verb(
    stage: &Stage,
    people: &[&Person],
    operation: Operation<'_>,
    verb: Verb,
    tally: &mut Tally,
) -> Vec<String> {
    let mut lines = Vec::new();
    for (index, state) in states(verb).into_iter().enumerate() {
        let mut cells = Vec::new();
        // Who may not read cases at all is asked once.
        for person in people.iter().filter(|person| index == 0 || refused_before_the_table(person) != Some("forbidden"))
        {
            stage.put(state).await;
            let answer = stage.act(person, operation).await;
            tally.cells += 1;
            tally.compared += u32::from(person.is_foreign);
            if !is_as_the_table_says(person, state, verb, &answer) {
                tally.wrong.push(format!(
                    "{verb} in {state} by {}: {} {}",
                    person.name(),
                    outcome(&answer),
                    answer.json
                ));
            }
            cells.push((person.name(), outcome(&answer).to_owned()));
        }
        lines.push(line(&format!("{} [{state}]", operation.id()), &cells));
    }
    lines
}

async fn try_object(
    stage: &Stage,
    people: &[&Person],
    operation: Operation<'_>,
    words: &[&str],
    tally: &mut Tally,
) -> String {
    let permissions: Vec<Permission> = words.iter().filter_map(|word| Permission::parse(word)).collect();
    assert_eq!(permissions.len(), words.len(), "{}: a permission that no test knows", operation.name());
    let mut cells = Vec::new();
    for &person in people {
        let may = permissions.iter().any(|permission| permission.roles().contains(&person.role));
        let here = stage.personal(person, operation).map(|(own, _)| own).or(stage.object(operation));
        // Who lacks the permission is refused whatever is asked for, so one look is enough.
        let missing = stage.reach(person, operation, if may { NOTHING } else { here.unwrap_or(NOTHING) }).await;
        let mut wrong = |answer: &Answer| {
            let (answer, missing) = (tells(answer), tells(&missing));
            tally.wrong.push(format!("{} by {}: {answer:?}, missing {missing:?}", operation.name(), person.name()));
        };
        tally.cells += 1;
        if missing.code() == "unauthenticated" || (missing.code() == "forbidden") == may {
            wrong(&missing);
        }
        let answer = match here {
            Some(here) if may => stage.reach(person, operation, here).await,
            _ => missing.clone(),
        };
        cells.push((person.name(), outcome(&answer).to_owned()));
        if let Some((_, other)) = stage.personal(person, operation) {
            // What is somebody else's is as if it were not there, whoever asks.
            let theirs = stage.reach(person, operation, other).await;
            if tells(&theirs) != tells(&missing) {
                wrong(&theirs);
            }
            if tells(&answer) == tells(&missing) {
                wrong(&answer);
            }
            tally.cells += 2;
            tally.compared += 1;
        } else if here.is_some() && may {
            let is_open = is_open(operation);
            if person.is_foreign && tells(&answer) != tells(&missing) && !is_open {
                wrong(&answer);
            }
            tally.cells += 1;
            tally.compared += u32::from(person.is_foreign && !is_open);
        }
    }
    line(operation.id(), &cells)
}

/// What a walk through the matrix counted.
#[derive(Debug, Default)]
struct Tally {
    operations: u32,
    cells: u32,
    /// Foreign things whose answer was compared with that of a missing one.
    compared: u32,
    wrong: Vec<String>,
}

db_tests! {
    async fn every_operation_by_every_role_on_own_and_foreign_things(db: TestDb) {
        let stage = Stage::on(&db).await;
        let (mut lines, mut tally) = (Vec::new(), Tally::default());
        let mut operations = stage.document().operations();
        // It ends the sessions that others of them reach for.
        operations.sort_by_key(|operation| operation.id() == "revoke_other_sessions");
        for (index, operation) in operations.into_iter().enumerate() {
            let Some(words) = operation.permissions() else { continue };
            tally.operations += 1;
            let people = asked(&stage, db.engine(), index);
            match verb(operation) {
                Some(verb) => lines.extend(try_verb(&stage, &people, operation, verb, &mut tally).await),
                None => lines.push(try_object(&stage, &people, operation, &words, &mut tally).await),
            }
        }
        let Tally { operations, cells, compared, wrong } = tally;
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
        if db.engine() == Engine::Sqlite {
            insta::assert_snapshot!("authorisation_matrix", lines.join("\n"));
        }
        let people = stage.people.len();
        evidence!("A1", db.engine().as_str(), "{operations} operations x {people} people in {cells} cells: 0 failed");
        evidence!("A2", db.engine().as_str(), "{operations} operations of the document, 0 uncovered");
        evidence!("A3", db.engine().as_str(), "{compared} foreign things compared with missing ones: 0 oracles");
    }
}
