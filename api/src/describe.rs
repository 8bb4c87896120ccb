//! What the document says beyond the handlers: the headers that extractors of this floor demand.

use utoipa::openapi::path::{Operation, Parameter, ParameterBuilder, ParameterIn, PathItem};
use utoipa::openapi::{ContentBuilder, ObjectBuilder, OpenApi, Ref, RefOr, Required, ResponseBuilder, Type};

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
        for operation in operations(item) {
            refusals(operation);
        }
        if let Some(operation) = &mut item.post {
            if path.contains("}/actions/") {
                add(operation, WITHOUT_VERSION, if_match());
            }
            add(operation, WITHOUT_KEY, idempotency_key());
        }
    }
}

fn operations(item: &mut PathItem) -> impl Iterator<Item = &mut Operation> {
    [&mut item.get, &mut item.put, &mut item.post, &mut item.patch, &mut item.delete].into_iter().flatten()
}

/// Every operation may be refused, such as by the rate limit.
fn refusals(operation: &mut Operation) {
    operation.responses.responses.entry("4XX".to_owned()).or_insert_with(|| {
        let schema = RefOr::Ref(Ref::from_schema_name("Problem"));
        let content = ContentBuilder::new().schema(Some(schema)).build();
        ResponseBuilder::new().description("Refused").content("application/problem+json", content).build().into()
    });
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
