//! Whatever is wrong with a request, its answer does not tell whether the thing it names is there.

use openapi::Operation;

use super::authorisation::NOTHING;
use super::stage::{Person, Stage};
use crate::harness::evidence::{evidence, rounds};
use crate::harness::{TestDb, db_tests};

/// Bodies of every kind of wrong, and a right one without its version.
const BODIES: &[(&str, &str)] = &[
    ("no JSON", "{"),
    ("unknown member", "{\"nonsense\":1}"),
    ("wrong types", "[]"),
    ("empty", "{}"),
    ("content", "{\"reason\":\"x\",\"name\":\"\",\"email\":\"x\",\"role\":\"auditor\",\"purpose\":\"x\"}"),
];

/// People who may do it, but not here.
fn strangers<'a>(stage: &'a Stage, operation: Operation<'_>) -> Vec<&'a Person> {
    let words = operation.permissions().unwrap_or_default();
    let may = |person: &&Person| {
        use domain::word::Word;
        let held = |word: &&str| {
            domain::access::Permission::parse(word).is_some_and(|known| known.roles().contains(&person.role))
        };
        person.is_foreign && (words.iter().any(held) || words.contains(&"process.certification"))
    };
    stage.people.iter().filter(may).take(usize::try_from(rounds(1, 10)).unwrap()).collect()
}

db_tests! {
    async fn a_wrong_request_tells_nothing_of_what_is_there(db: TestDb) {
        let stage = Stage::on(&db).await;
        let (mut compared, mut oracles) = (0, Vec::new());
        for operation in stage.document().operations() {
            let is_open = super::matrix::is_open(operation);
            let Some(object) = stage.object(operation).map(str::to_owned).filter(|_| operation.method != "get" && !is_open) else {
                continue;
            };
            for person in strangers(&stage, operation) {
                for (kind, body) in BODIES {
                    for etag in [Some("\"1.x\""), None] {
                        let here = stage.wrong(person, operation, &object, etag, body).await;
                        let nowhere = stage.wrong(person, operation, NOTHING, etag, body).await;
                        compared += 1;
                        let tells = |answer: &crate::harness::app::Answer| (answer.status, answer.json["type"].clone(), answer.json["title"].clone(), answer.json["errors"].clone());
                        if tells(&here) != tells(&nowhere) {
                            oracles.push(format!("{} by {} with {kind} and {etag:?}: {} here, {} nowhere", operation.name(), person.name(), here.json, nowhere.json));
                        }
                    }
                }
            }
        }
        assert!(oracles.is_empty(), "{}", oracles.join("\n"));
        evidence!("A11", db.engine().as_str(), "{compared} wrong requests about foreign and missing things: 0 told apart");
    }
}
