//! What the document says beyond the handlers: the headers that extractors of this floor demand.

use utoipa::openapi::path::{Operation, Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::{ObjectBuilder, OpenApi, Required, Type};

/// Operations that are safe to repeat or give nothing that lasts: they take no `Idempotency-Key`.
const WITHOUT_KEY: &[&str] = &["preview_eligibility", "verify_certificate"];

/// Adds `If-Match` and `Idempotency-Key` where they are required; a contract test compares this with what happens.
pub fn headers(document: &mut OpenApi) {
    for (path, item) in &mut document.paths.paths {
        let is_of_one = path.contains('{');
        for operation in [&mut item.put, &mut item.patch, &mut item.delete].into_iter().flatten() {
            if is_of_one {
                add(operation, if_match());
            }
        }
        if let Some(operation) = &mut item.post {
            if is_of_one && path.contains("/actions/") {
                add(operation, if_match());
            }
            if !operation.operation_id.as_deref().is_some_and(|id| WITHOUT_KEY.contains(&id)) {
                add(operation, idempotency_key());
            }
        }
    }
}

fn add(operation: &mut Operation, parameter: Parameter) {
    operation.parameters.get_or_insert_default().push(parameter.into());
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
