//! What the document says beyond the handlers: the headers that extractors of this floor demand, and the failures that
//! any operation may have.

use utoipa::openapi::path::{Operation, Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::response::{Response, ResponseBuilder};
use utoipa::openapi::{ContentBuilder, HeaderBuilder, ObjectBuilder, OpenApi, Ref, RefOr, Required, Type};

use crate::problem::PROBLEM_JSON;

/// POSTs that are safe to repeat or give nothing that lasts: they take no `Idempotency-Key`.
const WITHOUT_KEY: &[&str] =
    &["create_client_token", "create_session", "preview_eligibility", "refresh_session", "verify_certificate"];

/// Changes of things that have no version, or whose end is the same from every version: they take no `If-Match`.
const WITHOUT_VERSION: &[&str] = &[
    "delete_absence",
    "delete_delegation",
    "delete_file",
    "delete_session",
    "read_notification",
    "requeue_job",
    "revoke_client_secret",
    "unmask_broker",
];

/// Adds `If-Match` and `Idempotency-Key` where they are required; a contract test compares this with what happens.
pub fn headers(document: &mut OpenApi) {
    for (path, item) in &mut document.paths.paths {
        for operation in [&mut item.put, &mut item.patch, &mut item.delete].into_iter().flatten() {
            add(operation, WITHOUT_VERSION, if_match());
        }
        if let Some(operation) = &mut item.post {
            if path.contains("}/actions/") {
                add(operation, WITHOUT_VERSION, if_match());
            }
            add(operation, WITHOUT_KEY, idempotency_key());
        }
    }
}

/// Failures of ours, by status and name: the same for every operation that does not say otherwise.
const FAULTS: [(&str, &str, &str); 2] = [
    ("500", "Failed", "A fault of ours; it is in the log under the request's id"),
    ("503", "Busy", "The service cannot now; worth a retry after the time that the header names"),
];

/// Adds the failures that no handler names: the database is away, or something broke.
pub fn faults(document: &mut OpenApi) {
    for item in document.paths.paths.values_mut() {
        let all = [&mut item.get, &mut item.put, &mut item.post, &mut item.patch, &mut item.delete];
        for operation in all.into_iter().flatten() {
            for (status, name, _) in FAULTS {
                let known = Ref::from_response_name(name);
                operation.responses.responses.entry(status.to_owned()).or_insert(RefOr::Ref(known));
            }
        }
    }
    let components = document.components.get_or_insert_with(Default::default);
    for (status, name, description) in FAULTS {
        components.responses.insert(name.to_owned(), RefOr::T(fault(description, status == "503")));
    }
}

fn fault(description: &str, has_wait: bool) -> Response {
    let problem = ContentBuilder::new().schema(Some(Ref::from_schema_name("Problem"))).build();
    let response = ResponseBuilder::new().description(description).content(PROBLEM_JSON, problem);
    if !has_wait {
        return response.build();
    }
    let seconds = ObjectBuilder::new().schema_type(Type::Integer).minimum(Some(1)).build();
    let wait = HeaderBuilder::new().description(Some("Seconds to wait")).schema(Some(seconds)).build();
    response.header("Retry-After", wait).build()
}

fn add(operation: &mut Operation, except: &[&str], parameter: Parameter) {
    if !operation.operation_id.as_deref().is_some_and(|id| except.contains(&id)) {
        operation.parameters.get_or_insert_default().push(parameter.into());
    }
}

fn if_match() -> Parameter {
    header("If-Match", "The ETag of the representation that the caller saw.", "\"3.5f2b8c1d9e0a4b76\"")
}

fn idempotency_key() -> Parameter {
    header(
        "Idempotency-Key",
        "Chosen by the caller, once per intention; a repetition gets the first answer.",
        "7f9c2b1e",
    )
}

fn header(name: &str, description: &str, example: &str) -> Parameter {
    ParameterBuilder::new()
        .name(name)
        .parameter_in(ParameterIn::Header)
        .required(Required::True)
        .description(Some(description))
        .schema(Some(ObjectBuilder::new().schema_type(Type::String).build()))
        .example(Some(example.into()))
        .build()
}
