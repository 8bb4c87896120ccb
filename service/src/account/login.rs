//! Login: the password, the second factor where there is one, and a session with its first pair of tokens.

use chrono::{DateTime, TimeDelta, Utc};
use domain::access::Role;
use domain::account::AccountState;
use domain::ids::{AccountId, SessionId};
use entity::{account, account_role, account_session};
use sea_orm::{ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QuerySelect};

use super::factor::{self, Proof};
use super::guard::Guard;
use super::refresh;
use super::token::{Holder, issue};
use super::{email, password};
use crate::audit::{self, Entry};
use crate::caller::{Caller, RequestMeta};
use crate::code::Code;
use crate::context::Context;
use crate::error::{Error, Result};
use crate::transaction::{Tx, Work};

/// What a person logs in with.
#[derive(Clone)]
pub struct Login {
    pub email: String,
    pub password: String,
    /// Six digits of the authenticator.
    pub totp: Option<String>,
    /// Instead of the authenticator, once each.
    pub recovery_code: Option<String>,
    pub user_agent: Option<String>,
}

impl std::fmt::Debug for Login {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Login(redacted)")
    }
}

/// The tokens of a session.
#[derive(Clone, serde::Serialize, serde::Deserialize, utoipa::ToSchema)]
pub struct Tokens {
    pub session_id: SessionId,
    pub account_id: AccountId,
    /// A JWT (RFC 9068) for `Authorization: Bearer`.
    pub access_token: String,
    #[schema(example = "Bearer")]
    pub token_type: String,
    /// Seconds.
    #[schema(example = 900)]
    pub expires_in: i64,
    /// Good for one refresh.
    pub refresh_token: String,
    /// When the session ends, whatever is refreshed.
    pub session_expires_at: DateTime<Utc>,
    /// The account holds a staff role that counts for nothing until a second factor is proven.
    pub second_factor_missing: bool,
}

impl std::fmt::Debug for Tokens {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Tokens({})", self.session_id)
    }
}

/// Logs in. Known and unknown addresses, wrong passwords and accounts that may not log in answer alike and cost alike.
pub async fn login(context: &Context, meta: RequestMeta, login: &Login) -> Result<Tokens> {
    let caller = Caller::anonymous(meta);
    let email = email::normalised(&login.email);
    let guard = Guard::new(context, &email, caller.meta.address.as_deref());
    let connection = context.database().read();
    if let Err(refusal) = guard.check(connection, context.now()).await {
        audit::refused(context, &caller, &refusal).await?;
        return Err(refusal);
    }
    let row = account::Entity::find().filter(account::Column::Email.eq(&email)).one(connection).await?;
    let hash = row.as_ref().and_then(|row| row.password_hash.as_deref());
    let is_right = password::verify(&login.password, hash).await?;
    let account = row.filter(|row| is_right && row.state == AccountState::Active);
    match context.write("session.login", &LogIn { caller: &caller, login, guard: &guard, account }).await? {
        Attempt::In(tokens) => Ok(*tokens),
        Attempt::Failed => Err(Error::refused(Code::LoginFailed)),
        Attempt::FactorRequired => Err(Error::refused(Code::SecondFactorRequired)),
    }
}

/// A failure must be counted, so it is an outcome of the transaction, not an error of it.
enum Attempt {
    In(Box<Tokens>),
    Failed,
    FactorRequired,
}

struct LogIn<'a> {
    caller: &'a Caller,
    login: &'a Login,
    guard: &'a Guard,
    /// With the right password, and active.
    account: Option<account::Model>,
}

impl Work for LogIn<'_> {
    type Output = Attempt;

    async fn run(&self, tx: &Tx) -> Result<Attempt> {
        // Guesses that ran side by side are counted one by one.
        self.guard.check(tx.connection(), tx.at()).await?;
        let Some(account) = &self.account else { return self.fail(tx).await };
        let Some(account) = account::Entity::find_by_id(account.id)
            .filter(account::Column::State.eq(AccountState::Active))
            .filter(account::Column::PasswordHash.eq(account.password_hash.as_deref()))
            .one(tx.connection())
            .await?
        else {
            return self.fail(tx).await;
        };
        let has_second_factor = if account.totp_confirmed_at.is_some() {
            let Some(proof) = Proof::of(self.login.totp.as_deref(), self.login.recovery_code.as_deref()) else {
                return Ok(Attempt::FactorRequired);
            };
            if !factor::prove(tx, self.caller, &account, &proof).await? {
                return self.fail(tx).await;
            }
            true
        } else {
            false
        };
        self.guard.succeeded(tx).await?;
        let meta = &self.caller.meta;
        let device = Device { user_agent: self.login.user_agent.as_deref(), address: meta.address.as_deref() };
        let tokens = open(tx, &account, has_second_factor, device).await?;
        let mut entry = Entry::new(self.caller, "account", account.id, "session.login")
            .after(&serde_json::json!({ "session": tokens.session_id, "second_factor": has_second_factor }));
        entry.actor_id = Some(account.id);
        tx.audit(entry);
        Ok(Attempt::In(Box::new(tokens)))
    }
}

impl LogIn<'_> {
    async fn fail(&self, tx: &Tx) -> Result<Attempt> {
        self.guard.failed(tx).await?;
        let mut entry = Entry::new(self.caller, "login", self.guard.object(), "session.login_failed");
        entry.outcome = audit::Outcome::Refused;
        tx.audit(entry);
        Ok(Attempt::Failed)
    }
}

/// From where a session was opened.
#[derive(Debug, Clone, Copy)]
pub(super) struct Device<'a> {
    pub(super) user_agent: Option<&'a str>,
    pub(super) address: Option<&'a str>,
}

/// Opens a session and makes its first pair of tokens.
pub(super) async fn open(
    tx: &Tx,
    account: &account::Model,
    has_second_factor: bool,
    device: Device<'_>,
) -> Result<Tokens> {
    let context = tx.context();
    let id: SessionId = context.new_id();
    let expires_at = tx.at() + TimeDelta::seconds(context.settings().session_seconds);
    let refresh_token = refresh::new_token(context, id, 1);
    let row = account_session::ActiveModel {
        id: Set(id),
        account_id: Set(account.id),
        created_at: Set(tx.at()),
        last_used_at: Set(tx.at()),
        user_agent: Set(device.user_agent.map(shown)),
        address: Set(device.address.map(str::to_owned)),
        refresh_hash: Set(crate::crypto::token_hash(&refresh_token)),
        previous_hash: Set(None),
        successor_used: Set(false),
        generation: Set(1),
        skipped_generation: Set(None),
        expires_at: Set(expires_at),
        revoked_at: Set(None),
        revoke_reason: Set(None),
        has_second_factor: Set(has_second_factor),
    };
    account_session::Entity::insert(row).exec_without_returning(tx.connection()).await?;
    tokens(tx, account, Pair { id, generation: 1, refresh_token, expires_at, has_second_factor }).await
}

/// What a pair of tokens is made of.
pub(super) struct Pair {
    pub id: SessionId,
    pub generation: i32,
    pub refresh_token: String,
    pub expires_at: DateTime<Utc>,
    pub has_second_factor: bool,
}

/// The answer of a login or refresh.
pub(super) async fn tokens(tx: &Tx, account: &account::Model, pair: Pair) -> Result<Tokens> {
    let holder = Holder::Session { sid: pair.id, generation: pair.generation };
    let (access_token, expires_in) = issue(tx.context(), tx.at(), account.id, account.rights_version, holder)?;
    Ok(Tokens {
        session_id: pair.id,
        account_id: account.id,
        access_token,
        token_type: "Bearer".to_owned(),
        expires_in,
        refresh_token: pair.refresh_token,
        session_expires_at: pair.expires_at,
        second_factor_missing: !pair.has_second_factor && is_staff(tx.connection(), account.id).await?,
    })
}

/// Whether the account holds a staff role.
pub(super) async fn is_staff(connection: &impl ConnectionTrait, account: AccountId) -> Result<bool> {
    let roles: Vec<Role> = account_role::Entity::find()
        .select_only()
        .column(account_role::Column::Role)
        .filter(account_role::Column::AccountId.eq(account))
        .filter(account_role::Column::RevokedAt.is_null())
        .into_tuple()
        .all(connection)
        .await?;
    Ok(roles.into_iter().any(Role::is_staff))
}

/// A user agent as it may be shown: short and without control characters.
fn shown(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(200).collect()
}
