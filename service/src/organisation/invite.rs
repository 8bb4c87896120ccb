//! The invitation by mail: a one-time token whose payload says what accepting it makes of the account.

use chrono::TimeDelta;
use domain::access::Role;
use domain::account::{AccountState, TokenPurpose};
use entity::{account, account_token, organisation};
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter};
use serde_json::json;
use uuid::Uuid;

use crate::crypto::token_hash;
use crate::error::Result;
use crate::notification::{Message, place};
use crate::process::Address;
use crate::transaction::Tx;
use domain::word::Word;

/// How long an invitation may be accepted.
const VALID_FOR: TimeDelta = TimeDelta::days(7);

/// Writes the token of an invitation and the mail that carries it. The secret is in the mail only.
pub async fn invite_confirmer(
    tx: &Tx,
    organisation: &organisation::Model,
    email: &str,
    role: Role,
    member_id: Uuid,
) -> Result<()> {
    let token = tx.context().new_secret();
    let id: Uuid = tx.context().new_id();
    let payload = json!({ "role": role, "organisation_id": organisation.id, "member_id": member_id, "region": null });
    let row = account_token::ActiveModel {
        id: Set(id),
        account_id: Set(None),
        purpose: Set(TokenPurpose::Invitation),
        token_hash: Set(token_hash(&token)),
        payload: Set(Some(payload.to_string())),
        expires_at: Set(tx.at() + VALID_FOR),
        used_at: Set(None),
        created_at: Set(tx.at()),
    };
    account_token::Entity::insert(row).exec_without_returning(tx.connection()).await?;
    let known = account::Entity::find()
        .filter(account::Column::Email.eq(email))
        .filter(account::Column::State.eq(AccountState::Active))
        .one(tx.connection())
        .await?;
    let message = Message {
        unique_key: format!("organisation.confirmer_invited:{id}"),
        to: known.map_or_else(|| Address::Email(email.to_owned()), |account| Address::Account(account.id)),
        event: "organisation.confirmer_invited".to_owned(),
        category: "account.invitation".to_owned(),
        case_id: None,
        params: json!({
            "secret": token, "organisation": organisation.name, "role": role, "role_zh": role.zh(),
            "expires_at": tx.at() + VALID_FOR
        }),
    };
    place(tx, vec![message]).await
}
