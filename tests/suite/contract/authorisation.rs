//! What the document says of permissions is what happens: every operation is called under every role.

use domain::access::{Permission, Role};
use domain::account::{Reach, reach};
use domain::word::Word;
use openapi::{Document, Operation};
use reqwest::Method;

use crate::harness::account::Seat;
use crate::harness::app::TestApp;
use crate::harness::db_tests;

/// An id that belongs to nothing, for every parameter of a path.
const NOTHING: &str = "019f0000-0000-7000-8000-000000000000";

/// The path with every parameter filled.
pub fn filled(path: &str) -> String {
    let segments = path.split('/').map(|segment| if segment.starts_with('{') { NOTHING } else { segment });
    segments.collect::<Vec<_>>().join("/")
}

pub fn method(operation: Operation<'_>) -> Method {
    Method::from_bytes(operation.method.to_uppercase().as_bytes()).unwrap()
}

/// The roles that an account can hold without an organisation.
fn roles() -> impl Iterator<Item = Role> {
    Role::ALL.iter().copied().filter(|role| *role != Role::System && reach(*role) != Reach::Organisation)
}

db_tests! {
    async fn roles_may_what_the_document_says(app: TestApp) {
        let document = Document::built().unwrap();
        let mut wrong = Vec::new();
        for role in roles() {
            let login = app.account(Seat::of(role)).await;
            for operation in document.operations() {
                // Verbs of a process are refused inside the decision, which needs a case.
                let words = operation.permissions().unwrap_or_default();
                let permissions: Vec<Permission> = words.iter().filter_map(|word| Permission::parse(word)).collect();
                if permissions.is_empty() || permissions.len() < words.len() {
                    continue;
                }
                let answer = app.call(method(operation), filled(operation.path)).as_(&login.token).send().await;
                let may = permissions.iter().any(|permission| permission.roles().contains(&role));
                if answer.status == 401 || (answer.code() == "forbidden") == may {
                    wrong.push(format!("{role} {}: {} {}", operation.name(), answer.status, answer.code()));
                }
            }
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }

    async fn nobody_gets_in_without_a_token(app: TestApp) {
        for operation in Document::built().unwrap().operations() {
            if operation.permissions().is_some() {
                app.call(method(operation), filled(operation.path)).send().await.expect(401);
            }
        }
    }
}
