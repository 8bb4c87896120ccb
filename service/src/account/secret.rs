//! One-time tokens sent by mail: 256 bits, hashed at rest, for one purpose and one use.

use chrono::{DateTime, TimeDelta, Utc};
use domain::account::TokenPurpose;
use domain::ids::AccountId;
use entity::account_token;
use sea_orm::sea_query::Expr;
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter};
use serde::Serialize;
use serde::de::DeserializeOwned;
use uuid::Uuid;

use super::token::latest_beginning;
use crate::code::Code;
use crate::crypto::token_hash;
use crate::error::{Error, Result};
use crate::transaction::Tx;

/// A token just made; its text exists nowhere else.
pub(super) struct Issued {
    pub id: Uuid,
    pub token: String,
    pub expires_at: DateTime<Utc>,
}

/// Makes a token.
pub(super) async fn issue(
    tx: &Tx,
    account: Option<AccountId>,
    purpose: TokenPurpose,
    payload: &impl Serialize,
    lifetime: TimeDelta,
) -> Result<Issued> {
    let issued = Issued { id: tx.context().new_id(), token: tx.context().new_secret(), expires_at: tx.at() + lifetime };
    let row = account_token::ActiveModel {
        id: Set(issued.id),
        account_id: Set(account),
        purpose: Set(purpose),
        token_hash: Set(token_hash(&issued.token)),
        payload: Set(Some(serde_json::to_string(payload)?)),
        expires_at: Set(issued.expires_at),
        used_at: Set(None),
        created_at: Set(tx.at()),
    };
    account_token::Entity::insert(row).exec_without_returning(tx.connection()).await?;
    Ok(issued)
}

/// A token as spent.
pub(super) struct Spent<T> {
    pub id: Uuid,
    pub account: Option<AccountId>,
    pub payload: T,
}

/// Uses a token up. Unknown, used, expired and foreign ones answer alike.
pub(super) async fn spend<T: DeserializeOwned>(tx: &Tx, token: &str, purpose: TokenPurpose) -> Result<Spent<T>> {
    let spent = || Error::refused(Code::TokenSpent);
    let row = account_token::Entity::find()
        .filter(account_token::Column::TokenHash.eq(token_hash(token)))
        .filter(account_token::Column::Purpose.eq(purpose))
        .filter(account_token::Column::UsedAt.is_null())
        .filter(account_token::Column::ExpiresAt.gt(tx.at()))
        .filter(account_token::Column::CreatedAt.lte(latest_beginning(tx.at())))
        .one(tx.connection())
        .await?
        .ok_or_else(spent)?;
    let changed = account_token::Entity::update_many()
        .col_expr(account_token::Column::UsedAt, Expr::value(tx.at()))
        .filter(account_token::Column::Id.eq(row.id))
        .filter(account_token::Column::UsedAt.is_null())
        .exec(tx.connection())
        .await?;
    if changed.rows_affected != 1 {
        return Err(spent());
    }
    let payload = row.payload.as_deref().unwrap_or("null");
    let payload = serde_json::from_str(payload).map_err(|_| Error::unreadable("account_token", "payload", row.id))?;
    Ok(Spent { id: row.id, account: row.account_id, payload })
}

/// Makes the unused tokens of an account and purpose useless.
pub(super) async fn void(tx: &Tx, account: AccountId, purpose: TokenPurpose) -> Result<()> {
    account_token::Entity::update_many()
        .col_expr(account_token::Column::UsedAt, Expr::value(tx.at()))
        .filter(account_token::Column::AccountId.eq(account))
        .filter(account_token::Column::Purpose.eq(purpose))
        .filter(account_token::Column::UsedAt.is_null())
        .exec(tx.connection())
        .await?;
    Ok(())
}
