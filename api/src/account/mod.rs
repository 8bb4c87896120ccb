//! Accounts: registration, sessions, roles, second factors, clients of other systems.

use utoipa_actix_web::service_config::ServiceConfig;

pub fn routes(config: &mut ServiceConfig<'_>) {
    let _ = config;
}
