//! What the demo prints: logins, tokens ready to paste, and three walks with curl.

use chrono::{DateTime, Utc};
use domain::access::Role;
use domain::word::Word;
use service::Context;
use service::account::admin::open_session;

use super::people::{PASSWORD, TOTP_SECRET, address};
use crate::config::Config;

/// Roles with a login of the demo; agencies join with their own feature.
const ROLES: [Role; 14] = [
    Role::Broker,
    Role::EmployerConfirmer,
    Role::CityClerk,
    Role::CityLead,
    Role::RegionClerk,
    Role::RegionLead,
    Role::Expert,
    Role::IntegrityOfficer,
    Role::FinanceReviewer,
    Role::BaseAdministrator,
    Role::Instructor,
    Role::Auditor,
    Role::SystemAdministrator,
    Role::SecurityAdministrator,
];

/// Tokens that are printed at once; `jiqiao demo token ROLE` prints any other.
const PRINTED: [Role; 3] = [Role::Broker, Role::CityClerk, Role::RegionClerk];

/// The address of the login of a role; a broker is the first of many.
pub fn login_of(role: Role) -> String {
    match role {
        Role::Broker => address("broker1"),
        Role::Expert => address("expert1"),
        other => address(other.as_str()),
    }
}

/// Everything that a visitor needs.
pub async fn greeting(config: &Config, context: &Context, now: DateTime<Utc>) -> anyhow::Result<String> {
    let base = format!("http://{}", config.server.listen);
    let program = program();
    let mut text = format!(
        "\nJiqiao (技桥) demo. Its clock shows {} (Asia/Shanghai).\n\
         API {base}/api/v1   document {base}/openapi.json   Swagger UI {base}/docs/\n\
         Mails are written to {} and listed at {base}/demo/mails\n\n\
         Logins (password {PASSWORD}; staff need a code of the authenticator secret {TOTP_SECRET},\n\
         or `{program} demo totp ACCOUNT`):\n",
        now.with_timezone(&chrono_tz::Asia::Shanghai).format("%Y-%m-%d %H:%M"),
        config.mail_folder().display(),
    );
    for role in ROLES {
        text.push_str(&format!("  {:<24} {:<40} {}\n", role.as_str(), login_of(role), role.zh()));
    }
    text.push_str(&format!("\nTokens, good for 15 minutes (`{program} demo token ROLE` prints a new one):\n"));
    for role in PRINTED {
        let token = open_session(context, &login_of(role)).await?.access_token;
        text.push_str(&format!("  {}={token}\n", role.as_str().to_uppercase()));
    }
    text.push_str(&walks(&base, &program));
    Ok(text)
}

/// How this program is called from where the visitor stands.
fn program() -> String {
    std::env::current_exe().map_or_else(|_| "jiqiao".to_owned(), |path| path.display().to_string())
}

fn walks(base: &str, program: &str) -> String {
    format!(
        "\n1. Anybody: the processes, a deadline in Guangxi's working days, the lists open to objection\n\
         \x20  curl {base}/api/v1/processes/certification\n\
         \x20  curl '{base}/api/v1/calendars/gx/add?from=2026-09-30&working_days=10'\n\
         \x20  curl {base}/api/v1/public/publicities\n\n\
         2. A city clerk: the worklist, and one case of it\n\
         \x20  TOKEN=$({program} demo token city_clerk)\n\
         \x20  curl -H \"Authorization: Bearer $TOKEN\" '{base}/api/v1/cases?at_my_desk=true&sort=due'\n\
         \x20  curl -H \"Authorization: Bearer $TOKEN\" -H 'Accept: text/csv' {base}/api/v1/cases\n\n\
         3. From a publicity to verified certificates: let eight days pass\n\
         \x20  curl -X POST -H 'Content-Type: application/json' -d '{{\"days\": 8}}' {base}/demo/clock/actions/advance\n\
         \x20  TOKEN=$({program} demo token region_clerk)\n\
         \x20  curl -H \"Authorization: Bearer $TOKEN\" '{base}/api/v1/certificates?limit=1'\n\
         \x20  curl {base}/api/v1/verifications/CODE   # `verification_code` of the answer before\n\n\
         The README walks one application from registration to a verified certificate. Stop with Ctrl-C.\n"
    )
}
