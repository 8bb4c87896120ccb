//! Members that no schema names are refused in every object of every JSON body, and an array is no object.

use openapi::{Document, Operation};
use serde_json::{Value, json};

use super::body::schema;
use super::malformed::{Examiner, NOTHING, filled};
use crate::harness::app::TestApp;
use crate::harness::db_tests;
use crate::harness::evidence::evidence;
use crate::harness::schema::{full, objects};

async fn expect(
    examiner: &Examiner<'_>,
    (operation, token): (Operation<'_>, Option<&str>),
    body: &Value,
    (pointer, rules): (&str, &[&str]),
    wrong: &mut Vec<String>,
) {
    let path = filled(operation.path, NOTHING);
    let answer = examiner.call(operation, token, &path).json(body).send().await;
    let fault = &answer.json["errors"][0];
    let is_there = fault["pointer"].as_str().is_some_and(|found| found.starts_with(pointer));
    if answer.status != 422 || !is_there || !rules.iter().any(|rule| fault["rule"] == *rule) {
        wrong.push(format!("{} {pointer} {rules:?}: {} {}", operation.name(), answer.status, answer.json));
    }
}

db_tests! {
    async fn no_object_takes_an_unknown_member_or_an_array(app: TestApp) {
        let document = Document::built().unwrap();
        let mut examiner = Examiner::new(&app);
        let (mut wrong, mut operations, mut places) = (Vec::new(), 0, 0);
        for operation in document.operations() {
            let Some(schema) = schema(&document, operation) else { continue };
            let token = examiner.token(operation).await;
            let body = full(&document, schema);
            operations += 1;
            for place in objects(&document, schema, &body) {
                places += 1;
                let mut more = body.clone();
                let object = more.pointer_mut(&place).unwrap().as_object_mut().unwrap();
                object.insert("no_such_member".to_owned(), json!("x"));
                expect(&examiner, (operation, token.as_deref()), &more, (&place, &["unknown_field"]), &mut wrong).await;
                let mut array = body.clone();
                let object = array.pointer_mut(&place).unwrap();
                let values: Vec<Value> = object.as_object().unwrap().values().cloned().collect();
                *object = json!(values);
                // Where a word decides what an object is, the word is missed first.
                expect(&examiner, (operation, token.as_deref()), &array, (&place, &["wrong_type", "wrong_value"]), &mut wrong).await;
            }
        }
        assert!(wrong.is_empty(), "{} of {places}:\n{}", wrong.len(), wrong.join("\n"));
        evidence!("I9", app.engine().as_str(), "{operations} JSON operations, {places} objects in their bodies, nested ones too: unknown members and arrays refused in each");
    }
}
