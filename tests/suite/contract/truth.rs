//! The document is true: requests thrown from it, sound and broken, for every operation and role. What it calls sound is
//! not refused for its shape, what it does not allow is not accepted, and every answer is one that it names.

use std::collections::BTreeMap;

use domain::access::Role;
use domain::account::{Reach, reach};
use domain::word::Word;
use openapi::{Document, Operation};
use serde_json::Value;

use super::authorisation::method;
use crate::edge::malformed::{demands, filled, parameters};
use crate::harness::account::{Login, Seat};
use crate::harness::app::{Answer, TestApp};
use crate::harness::dice::Dice;
use crate::harness::evidence::{evidence, rounds, seed};
use crate::harness::schema::{NOTHING, broken, percent, thrown};
use crate::harness::{Engine, db_tests};

/// Rules that say that a body has another shape than its schema.
const SHAPE: [&str; 3] = ["unknown_field", "missing_field", "wrong_type"];
/// Operations that end or change what the test logs in with: thrown at by nobody in particular.
const OWN: [&str; 4] = ["change_password", "revoke_other_sessions", "disable_second_factor", "delete_session"];

struct Thrower<'a> {
    app: &'a TestApp,
    document: Document,
    dice: Dice,
    logins: BTreeMap<&'static str, (Role, Login)>,
    sound: u32,
    broken: u32,
    wrong: Vec<String>,
}

/// One request: its address, its body, and whether the document allows it.
struct Thrown {
    query: String,
    body: Option<Value>,
    is_sound: bool,
}

fn text(value: &Value) -> String {
    let plain = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    percent(&plain)
}

impl Thrower<'_> {
    fn throw(&mut self, operation: Operation<'_>) -> Thrown {
        let mut pairs = Vec::new();
        for parameter in parameters(operation, "query") {
            // A cursor comes from an answer; nobody makes one up.
            let is_wanted = parameter["required"] == true || (self.dice.once_in(4) && parameter["name"] != "cursor");
            if is_wanted {
                let value = match parameter.get("example") {
                    Some(example) => example.clone(),
                    None => thrown(&self.document, &parameter["schema"], &mut self.dice),
                };
                pairs.push(format!("{}={}", parameter["name"].as_str().unwrap(), text(&value)));
            }
        }
        let schema = operation.json.pointer("/requestBody/content/application~1json/schema").cloned();
        let body = schema.as_ref().map(|schema| thrown(&self.document, schema, &mut self.dice));
        let mut is_sound = true;
        let body = match (schema, body) {
            (Some(schema), Some(body)) if self.dice.once_in(2) => {
                match broken(&self.document, &schema, &body, &mut self.dice) {
                    Some(broken) => {
                        is_sound = false;
                        Some(broken)
                    }
                    None => Some(body),
                }
            }
            (_, body) => body,
        };
        if is_sound && !parameters(operation, "query").is_empty() && self.dice.once_in(3) {
            pairs.push("no_such_parameter=1".to_owned());
            is_sound = false;
        }
        Thrown { query: pairs.join("&"), body, is_sound }
    }

    async fn send(&self, operation: Operation<'_>, thrown: &Thrown, token: Option<&str>) -> Answer {
        let path = format!("{}?{}", filled(operation.path, NOTHING), thrown.query);
        let call = self.app.post(path).method(method(operation));
        let call = if demands(operation, "If-Match") { call.if_match("\"1.0\"") } else { call };
        let call = match token {
            Some(token) => call.as_(token),
            None => call,
        };
        match &thrown.body {
            Some(body) => call.json(body).send().await,
            // Judged by the document in `send`.
            None => call.send().await,
        }
    }

    /// What the answer says against the document, if anything.
    fn fault(thrown: &Thrown, answer: &Answer) -> Option<String> {
        let rules: Vec<&str> =
            answer.json["errors"].as_array().into_iter().flatten().filter_map(|fault| fault["rule"].as_str()).collect();
        let is_shape = rules.iter().any(|rule| SHAPE.contains(rule)) || answer.status == 400 || answer.status == 415;
        match (thrown.is_sound, answer.status) {
            (_, 500..) => Some("a fault of ours".to_owned()),
            (true, _) if is_shape => Some("the document calls it sound".to_owned()),
            (false, 200..300) => Some("the document does not allow it".to_owned()),
            _ => None,
        }
    }

    async fn at(&mut self, operation: Operation<'_>, who: Option<&'static str>) {
        let thrown = self.throw(operation);
        let token = who.and_then(|who| self.logins.get(who)).map(|(_, login)| login.token.clone());
        let answer = self.send(operation, &thrown, token.as_deref()).await;
        if thrown.is_sound {
            self.sound += 1;
        } else {
            self.broken += 1;
        }
        if let Some(fault) = Self::fault(&thrown, &answer) {
            let body = thrown.body.map(|body| body.to_string()).unwrap_or_default();
            self.wrong.push(format!(
                "{} by {who:?}: {fault}: {} {} for ?{} {body}",
                operation.name(),
                answer.status,
                answer.json,
                thrown.query
            ));
        }
    }
}

db_tests! {
    async fn requests_thrown_from_the_document_are_answered_as_it_says(app: TestApp) {
        let seed = seed();
        // An operation in four on PostgreSQL: what is taken and what is answered is decided above the engine.
        let step = if app.engine() == Engine::Sqlite { 1 } else { rounds(4, 1) };
        let mut logins = BTreeMap::new();
        for role in Role::ALL.iter().copied().filter(|role| *role != Role::System && reach(*role) != Reach::Organisation) {
            logins.insert(role.as_str(), (role, app.account(Seat::of(role)).await));
        }
        let document = Document::built().unwrap();
        let operations = document.clone();
        let mut thrower =
            Thrower { app: &app, document, dice: Dice::new(seed), logins, sound: 0, broken: 0, wrong: Vec::new() };
        let roles: Vec<&'static str> = thrower.logins.keys().copied().collect();
        for round in 0..rounds(1, 50) {
            let thrown_at = operations.operations().into_iter().filter(|operation| operation.path != "/oauth/token");
            for (_, operation) in (0..).zip(thrown_at).filter(|(number, _)| (seed + round + number).is_multiple_of(step)) {
                thrower.at(operation, None).await;
                if OWN.contains(&operation.id()) {
                    continue;
                }
                for role in &roles {
                    thrower.at(operation, Some(role)).await;
                }
            }
            assert!(thrower.wrong.len() < 50, "round {round}, seed {seed}:\n{}", thrower.wrong.join("\n"));
        }
        let count = thrower.wrong.len();
        assert!(count == 0, "seed {seed}, {count}:\n{}", thrower.wrong.join("\n"));
        let (sound, broken) = (thrower.sound, thrower.broken);
        let operations = u64::try_from(operations.operations().len()).unwrap().div_ceil(step);
        evidence!(
            "J6",
            app.engine().as_str(),
            "{operations} operations by {} roles and nobody: {sound} sound and {broken} broken requests thrown (seed {seed}), 0 answers beside the document",
            roles.len()
        );
    }
}

/// The thrower sees through a document that lies.
#[test]
fn a_document_that_lies_is_found_out() {
    let answer = |status: u16, json: Value| Answer {
        status,
        headers: reqwest::header::HeaderMap::default(),
        json,
        bytes: Vec::new(),
    };
    let thrown = |is_sound| Thrown { query: String::new(), body: None, is_sound };
    let shape = serde_json::json!({ "errors": [{ "pointer": "/a", "rule": "unknown_field" }] });
    let content = serde_json::json!({ "errors": [{ "pointer": "/a", "rule": "id_checksum" }] });
    assert!(Thrower::fault(&thrown(true), &answer(422, shape.clone())).is_some());
    assert!(Thrower::fault(&thrown(true), &answer(500, Value::Null)).is_some());
    assert!(Thrower::fault(&thrown(false), &answer(200, Value::Null)).is_some());
    assert!(Thrower::fault(&thrown(true), &answer(422, content)).is_none());
    assert!(Thrower::fault(&thrown(false), &answer(422, shape)).is_none());
}
