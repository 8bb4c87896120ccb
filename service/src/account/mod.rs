//! Accounts: people, their logins, roles, and the clients of other systems.

use chrono::{DateTime, Utc};
use domain::access::Actor;
use domain::ids::{ApiClientId, SessionId};

/// Who an access token speaks for, as the database has it now.
#[derive(Debug, Clone)]
pub struct Authenticated {
    pub actor: Actor,
    pub session: Option<SessionId>,
    pub client: Option<ApiClientId>,
    /// When the password (and second factor) was last proven.
    pub authenticated_at: DateTime<Utc>,
}

/// Checks an access token: signature, claims, session, and the rights version of the account.
pub async fn authenticate(context: &crate::Context, token: &str) -> crate::Result<Authenticated> {
    let _ = (context, token);
    Err(crate::Error::refused(crate::Code::Unauthenticated))
}
