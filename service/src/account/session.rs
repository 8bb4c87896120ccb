//! One's own sessions: the list, ending one (which is also the logout), ending all others.

use chrono::{DateTime, Utc};
use domain::access::Permission;
use domain::ids::{AccountId, SessionId};
use entity::account_session;
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};

use crate::audit::Entry;
use crate::caller::{Caller, Outcome};
use crate::context::Context;
use crate::error::{Error, Result};
use crate::page::{Page, PageRequest, by_id};
use crate::transaction::{Tx, Work};

/// A login on one device.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize, utoipa::ToSchema)]
pub struct SessionView {
    pub id: SessionId,
    pub created_at: DateTime<Utc>,
    pub last_used_at: DateTime<Utc>,
    pub expires_at: DateTime<Utc>,
    pub user_agent: Option<String>,
    pub address: Option<String>,
    pub has_second_factor: bool,
    /// The session that asks.
    pub is_current: bool,
}

/// How many sessions were ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize, utoipa::ToSchema)]
pub struct Ended {
    pub ended: u64,
}

/// The caller's live sessions, newest first.
pub async fn list(context: &Context, caller: &Caller, page: &PageRequest) -> Result<Page<SessionView>> {
    caller.require(Permission::OwnAccount)?;
    let query = account_session::Entity::find()
        .filter(account_session::Column::AccountId.eq(caller.actor.account))
        .filter(account_session::Column::RevokedAt.is_null())
        .filter(account_session::Column::ExpiresAt.gt(context.now()));
    let rows = by_id(query, account_session::Column::Id, page)?.all(context.database().read()).await?;
    Ok(Page::cut(rows, page, |row| row.id.to_string()).map(|row| SessionView {
        is_current: Some(row.id) == caller.session,
        id: row.id,
        created_at: row.created_at,
        last_used_at: row.last_used_at,
        expires_at: row.expires_at,
        user_agent: row.user_agent,
        address: row.address,
        has_second_factor: row.has_second_factor,
    }))
}

/// Ends one of the caller's sessions; its tokens are refused from the next request on. A session that is over is not
/// found.
pub async fn end(context: &Context, caller: &Caller, id: SessionId) -> Result<Outcome<Ended>> {
    context.write_once(caller, "session.end", &End { caller, which: Which::One(id) }).await
}

/// Ends all of the caller's sessions but the one that asks.
pub async fn end_others(context: &Context, caller: &Caller) -> Result<Outcome<Ended>> {
    context.write_once(caller, "session.end_others", &End { caller, which: Which::Others }).await
}

enum Which {
    One(SessionId),
    Others,
}

struct End<'a> {
    caller: &'a Caller,
    which: Which,
}

impl Work for End<'_> {
    type Output = Ended;

    async fn run(&self, tx: &Tx) -> Result<Ended> {
        self.caller.require(Permission::OwnAccount)?;
        let account = self.caller.actor.account;
        let (ended, action, which) = match self.which {
            Which::One(id) => {
                let ended = end_where(tx, account, Expr::col(account_session::Column::Id).eq(id), "logout").await?;
                if ended == 0 {
                    return Err(Error::NotFound);
                }
                (ended, "session.end", Some(id))
            }
            Which::Others => (end_all(tx, account, self.caller.session, "logout").await?, "session.end_others", None),
        };
        tx.audit(
            Entry::new(self.caller, "account", account, action)
                .after(&serde_json::json!({ "session": which, "ended": ended })),
        );
        Ok(Ended { ended })
    }
}

/// Ends an account's sessions, all but one where one is named.
pub(super) async fn end_all(tx: &Tx, account: AccountId, but: Option<SessionId>, reason: &str) -> Result<u64> {
    let which = match but {
        Some(kept) => Expr::col(account_session::Column::Id).ne(kept),
        None => Expr::value(true),
    };
    end_where(tx, account, which, reason).await
}

async fn end_where(tx: &Tx, account: AccountId, which: Expr, reason: &str) -> Result<u64> {
    let changed = account_session::Entity::update_many()
        .col_expr(account_session::Column::RevokedAt, Expr::value(tx.at()))
        .col_expr(account_session::Column::RevokeReason, Expr::value(reason))
        .filter(account_session::Column::AccountId.eq(account))
        .filter(account_session::Column::RevokedAt.is_null())
        .filter(account_session::Column::ExpiresAt.gt(tx.at()))
        .filter(which)
        .exec(tx.connection())
        .await?;
    Ok(changed.rows_affected)
}
