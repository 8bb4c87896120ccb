//! Refreshing: every refresh token works once. A second use of it ends the session, unless its answer was lost.
//!
//! A token names its session and generation and proves by a keyed hash that it is ours, so that any old token, not only
//! the last, is recognised as reused. While the newest pair was never used, the pair before it may be exchanged once
//! more: the first answer was lost on its way. A further repetition is refused, but proves no theft.

use domain::account::AccountState;
use domain::ids::SessionId;
use entity::{account, account_session};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QuerySelect};
use uuid::Uuid;

use super::login::{Pair, Tokens, tokens};
use super::token::latest_beginning;
use crate::audit::{self, Entry};
use crate::caller::{Caller, RequestMeta};
use crate::code::Code;
use crate::context::Context;
use crate::crypto::token_hash;
use crate::error::{Error, Result};
use crate::transaction::{Tx, Work};

/// Why a session ended that was not logged out.
const REUSED: &str = "refresh_reused";

/// Exchanges a refresh token for a new pair.
pub async fn refresh(context: &Context, meta: RequestMeta, refresh_token: &str) -> Result<Tokens> {
    let caller = Caller::anonymous(meta);
    let refused = || Error::refused(Code::Unauthenticated);
    let Some(token) = Presented::read(context, refresh_token) else {
        audit::refused(context, &caller, &refused()).await?;
        return Err(refused());
    };
    if let Some(tokens) = context.write("session.refresh", &Refresh { caller: &caller, token }).await? {
        return Ok(tokens);
    }
    audit::refused(context, &caller, &refused()).await?;
    Err(refused())
}

/// A new refresh token of this session and generation.
pub(super) fn new_token(context: &Context, session: SessionId, generation: i32) -> String {
    let body = format!("{}.{generation}.{}", session.0.simple(), context.new_secret());
    let mac = context.keys().blind_index("account_session.refresh", &body);
    format!("{body}.{mac}")
}

/// A refresh token that was ours once.
struct Presented {
    session: SessionId,
    generation: i32,
    hash: String,
}

impl Presented {
    fn read(context: &Context, token: &str) -> Option<Self> {
        let (body, mac) = token.rsplit_once('.')?;
        let expected = context.keys().blind_indexes("account_session.refresh", body);
        // Compared as hashes: the time says nothing about the expected value.
        if !expected.iter().any(|expected| token_hash(mac) == token_hash(expected)) {
            return None;
        }
        let mut parts = body.split('.');
        let session = Uuid::parse_str(parts.next()?).ok()?;
        let generation = parts.next()?.parse().ok()?;
        Some(Self { session: SessionId(session), generation, hash: token_hash(token) })
    }
}

/// What a presented token is to its session.
#[derive(Debug, PartialEq, Eq)]
enum Finding {
    Newest,
    /// The one before, and nothing of the newest pair ever arrived.
    AnswerLost,
    /// Repeated once too often, without a sign of theft.
    Repeated,
    Reused,
}

fn judge(session: &account_session::Model, token: &Presented) -> Finding {
    let was_skipped = session.skipped_generation == Some(session.generation - 1);
    if token.hash == session.refresh_hash {
        Finding::Newest
    } else if session.successor_used {
        Finding::Reused
    } else if session.previous_hash.as_ref() == Some(&token.hash) {
        if was_skipped { Finding::Repeated } else { Finding::AnswerLost }
    } else if was_skipped && session.skipped_generation == Some(token.generation) {
        Finding::Repeated
    } else {
        Finding::Reused
    }
}

struct Refresh<'a> {
    caller: &'a Caller,
    token: Presented,
}

impl Work for Refresh<'_> {
    type Output = Option<Tokens>;

    async fn run(&self, tx: &Tx) -> Result<Option<Tokens>> {
        let session = account_session::Entity::find_by_id(self.token.session)
            .filter(account_session::Column::RevokedAt.is_null())
            .filter(account_session::Column::ExpiresAt.gt(tx.at()))
            .filter(account_session::Column::CreatedAt.lte(latest_beginning(tx.at())))
            .lock_exclusive()
            .one(tx.connection())
            .await?;
        let Some(session) = session else { return Ok(None) };
        let account = account::Entity::find_by_id(session.account_id)
            .filter(account::Column::State.eq(AccountState::Active))
            .one(tx.connection())
            .await?;
        let Some(account) = account else { return Ok(None) };
        match judge(&session, &self.token) {
            Finding::Newest => self.rotate(tx, &account, &session, false).await.map(Some),
            Finding::AnswerLost => self.rotate(tx, &account, &session, true).await.map(Some),
            Finding::Repeated => Ok(None),
            Finding::Reused => self.end(tx, &session).await.map(|()| None),
        }
    }
}

impl Refresh<'_> {
    async fn rotate(
        &self,
        tx: &Tx,
        account: &account::Model,
        session: &account_session::Model,
        is_repeated: bool,
    ) -> Result<Tokens> {
        use account_session::Column;
        let generation = session.generation + 1;
        let refresh_token = new_token(tx.context(), session.id, generation);
        let skipped = if is_repeated { Some(session.generation) } else { session.skipped_generation };
        let changed = account_session::Entity::update_many()
            .col_expr(Column::RefreshHash, Expr::value(token_hash(&refresh_token)))
            .col_expr(Column::PreviousHash, Expr::value(self.token.hash.clone()))
            .col_expr(Column::SuccessorUsed, Expr::value(false))
            .col_expr(Column::Generation, Expr::value(generation))
            .col_expr(Column::SkippedGeneration, Expr::value(skipped))
            .col_expr(Column::LastUsedAt, Expr::value(tx.at()))
            .filter(Column::Id.eq(session.id))
            .filter(Column::Generation.eq(session.generation))
            .exec(tx.connection())
            .await?;
        if changed.rows_affected != 1 {
            return Err(Error::Stale);
        }
        self.audit(tx, session, if is_repeated { "session.refresh_repeated" } else { "session.refresh" });
        let pair = Pair {
            id: session.id,
            generation,
            refresh_token,
            expires_at: session.expires_at,
            has_second_factor: session.has_second_factor && account.totp_confirmed_at.is_some(),
        };
        tokens(tx, account, pair).await
    }

    async fn end(&self, tx: &Tx, session: &account_session::Model) -> Result<()> {
        account_session::Entity::update_many()
            .col_expr(account_session::Column::RevokedAt, Expr::value(tx.at()))
            .col_expr(account_session::Column::RevokeReason, Expr::value(REUSED))
            .filter(account_session::Column::Id.eq(session.id))
            .filter(account_session::Column::RevokedAt.is_null())
            .exec(tx.connection())
            .await?;
        self.audit(tx, session, "session.refresh_reused");
        Ok(())
    }

    fn audit(&self, tx: &Tx, session: &account_session::Model, action: &str) {
        let mut entry = Entry::new(self.caller, "account", session.account_id, action)
            .after(&serde_json::json!({ "session": session.id }));
        entry.actor_id = Some(session.account_id);
        tx.audit(entry);
    }
}
