//! Certification: drafts and the verbs of its process.

mod action;
mod draft;
mod request;

use utoipa_actix_web::service_config::ServiceConfig;

pub fn routes(config: &mut ServiceConfig<'_>) {
    draft::routes(config);
    action::routes(config);
}
