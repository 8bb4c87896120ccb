//! Nobody is let in without a token; how each role is let in says the matrix.

use openapi::{Document, Operation};
use reqwest::Method;

use crate::harness::app::TestApp;
use crate::harness::db_tests;

/// An id that belongs to nothing, for every parameter of a path.
pub const NOTHING: &str = "019f0000-0000-7000-8000-000000000000";

/// The path with every parameter filled.
pub fn filled(path: &str) -> String {
    filled_with(path, NOTHING)
}

/// The path with this `{id}`; any other parameter names nothing.
pub fn filled_with(path: &str, id: &str) -> String {
    let segments = path.split('/').map(|segment| match segment {
        "{id}" => id,
        parameter if parameter.starts_with('{') => NOTHING,
        fixed => fixed,
    });
    segments.collect::<Vec<_>>().join("/")
}

pub fn method(operation: Operation<'_>) -> Method {
    Method::from_bytes(operation.method.to_uppercase().as_bytes()).unwrap()
}

db_tests! {
    async fn nobody_gets_in_without_a_token(app: TestApp) {
        for operation in Document::built().unwrap().operations() {
            if operation.permissions().is_some() {
                app.call(method(operation), filled(operation.path)).send().await.expect(401);
            }
        }
    }
}
