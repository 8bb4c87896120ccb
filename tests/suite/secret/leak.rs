//! No answer shows a raw number: every operation that reads or writes, to every role, on a case full of them.

use serde_json::Value;

use super::scan::raw_numbers;
use crate::contract::stage::Stage;
use crate::harness::evidence::{evidence, rounds};
use crate::harness::{Engine, TestDb, db_tests};

/// The one operation that shows whole numbers: for a stated purpose, with an entry in the trail.
const UNMASKS: &str = "unmask_broker";

db_tests! {
    async fn numbers_leave_the_house_masked(db: TestDb) {
        let stage = Stage::on(&db).await;
        let (mut answers, mut leaks, mut shown) = (0, Vec::new(), 0);
        for (index, operation) in stage.document().operations().into_iter().enumerate() {
            // Text that a client sends comes back to it: only what was stored by others counts.
            if operation.permissions().is_none() {
                continue;
            }
            // Every third person in turn on PostgreSQL: what is shown is decided above the engine.
            let step = if db.engine() == Engine::Sqlite { 1 } else { usize::try_from(rounds(3, 1)).unwrap() };
            for person in stage.people.iter().skip(index % step).step_by(step) {
                let answer = match operation.method {
                    "get" => stage.read(person, operation).await,
                    _ if operation.id() == UNMASKS => stage.change(person, operation).await,
                    _ => continue,
                };
                answers += 1;
                let found = raw_numbers(&String::from_utf8_lossy(&answer.bytes));
                if operation.id() == UNMASKS {
                    shown += usize::from(!found.is_empty());
                } else if !found.is_empty() {
                    leaks.push(format!("{} to {}: {found:?} {}", operation.name(), person.name(), answer.json));
                }
                if let Value::Object(body) = &answer.json {
                    assert!(!body.contains_key("password_hash"), "{}", operation.name());
                }
            }
        }
        assert!(leaks.is_empty(), "{}", leaks.join("\n"));
        assert!(shown > 0, "the scanner sees numbers where they are");
        evidence!("P3", db.engine().as_str(), "{answers} answers of reading operations x roles: 0 raw numbers; {shown} unmaskings show them");
    }
}
