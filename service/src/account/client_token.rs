//! `/oauth/token`: client credentials (RFC 6749 section 4.4) for an access token within the client's scopes.

use domain::access::Permission;
use domain::account::{AccountState, ClientState};
use domain::word::Word;
use entity::{account, account_client};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use serde_json::json;

use super::client::{good_secrets, scopes_of};
use super::token::{Holder, issue};
use crate::audit::{self, Entry};
use crate::caller::{Caller, RequestMeta};
use crate::code::Code;
use crate::context::Context;
use crate::crypto::token_hash;
use crate::error::{Error, Result};
use crate::transaction::{Tx, Work};

/// What a client shows.
#[derive(Clone)]
pub struct ClientCredentials {
    pub client_id: String,
    pub client_secret: String,
    /// Separated by spaces; all of the client's when absent.
    pub scope: Option<String>,
}

impl std::fmt::Debug for ClientCredentials {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "ClientCredentials({})", self.client_id)
    }
}

/// The answer of RFC 6749 section 5.1.
#[derive(Clone, serde::Serialize, utoipa::ToSchema)]
pub struct ClientToken {
    pub access_token: String,
    #[schema(example = "Bearer")]
    pub token_type: &'static str,
    /// Seconds.
    #[schema(example = 900)]
    pub expires_in: i64,
    #[schema(example = "certificate.read")]
    pub scope: String,
}

impl std::fmt::Debug for ClientToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "ClientToken({})", self.scope)
    }
}

/// The refusals of RFC 6749 section 5.2 that can happen here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OauthError {
    InvalidRequest,
    InvalidClient,
    InvalidScope,
    UnsupportedGrantType,
}

impl OauthError {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::InvalidRequest => "invalid_request",
            Self::InvalidClient => "invalid_client",
            Self::InvalidScope => "invalid_scope",
            Self::UnsupportedGrantType => "unsupported_grant_type",
        }
    }
}

/// Makes a token for a client; the inner result is what the client is told.
pub async fn client_token(
    context: &Context,
    meta: RequestMeta,
    credentials: &ClientCredentials,
) -> Result<Result<ClientToken, OauthError>> {
    let caller = Caller::anonymous(meta);
    let answer = context.write("api_client.token", &Grant { caller: &caller, credentials }).await?;
    if answer.is_err() {
        audit::refused(context, &caller, &Error::refused(Code::LoginFailed)).await?;
    }
    Ok(answer)
}

struct Grant<'a> {
    caller: &'a Caller,
    credentials: &'a ClientCredentials,
}

impl Work for Grant<'_> {
    type Output = Result<ClientToken, OauthError>;

    async fn run(&self, tx: &Tx) -> Result<Self::Output> {
        let client = account_client::Entity::find()
            .filter(account_client::Column::ClientId.eq(&self.credentials.client_id))
            .filter(account_client::Column::State.eq(ClientState::Active))
            .one(tx.connection())
            .await?;
        let Some(client) = client else { return Ok(Err(OauthError::InvalidClient)) };
        let hash = token_hash(&self.credentials.client_secret);
        let secrets = good_secrets(tx.connection(), vec![client.id], tx.at()).await?;
        let Some(secret) = secrets.into_iter().find(|secret| secret.secret_hash == hash) else {
            return Ok(Err(OauthError::InvalidClient));
        };
        let person = account::Entity::find_by_id(client.accountable_account_id)
            .filter(account::Column::State.eq(AccountState::Active))
            .one(tx.connection())
            .await?;
        let Some(person) = person else { return Ok(Err(OauthError::InvalidClient)) };
        let Some(scope) = scope(self.credentials.scope.as_deref(), &scopes_of(&client.scopes)?) else {
            return Ok(Err(OauthError::InvalidScope));
        };
        account_client::Entity::update_many()
            .col_expr(account_client::Column::LastUsedAt, Expr::value(tx.at()))
            .filter(account_client::Column::Id.eq(client.id))
            .exec(tx.connection())
            .await?;
        let mut entry = Entry::new(self.caller, "api_client", client.id, "api_client.token")
            .after(&json!({ "secret": secret.id, "scope": scope }));
        entry.client_id = Some(client.id);
        tx.audit(entry);
        let holder = Holder::Client { client_id: client.client_id, sec: secret.id, scope: scope.clone() };
        let (access_token, expires_in) = issue(tx.context(), tx.at(), person.id, person.rights_version, holder)?;
        Ok(Ok(ClientToken { access_token, token_type: "Bearer", expires_in, scope }))
    }
}

/// The scopes asked for, when the client holds all of them.
fn scope(asked: Option<&str>, held: &[Permission]) -> Option<String> {
    let words: Vec<&str> = match asked.map(str::trim).filter(|asked| !asked.is_empty()) {
        Some(asked) => asked.split(' ').filter(|word| !word.is_empty()).collect(),
        None => held.iter().map(|scope| scope.as_str()).collect(),
    };
    let is_held = |word: &&str| Permission::parse(word).is_some_and(|scope| held.contains(&scope));
    words.iter().all(is_held).then(|| words.join(" "))
}
