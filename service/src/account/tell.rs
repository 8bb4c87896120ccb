//! Mails about accounts. A token goes under `secret`, which reaches the sealed mail row only.

use domain::access::Role;
use entity::account;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::error::Result;
use crate::notification::{Message, place};
use crate::process::Address;
use crate::transaction::Tx;

/// Places one message about security.
pub(super) async fn tell(tx: &Tx, to: Address, event: &str, params: Value) -> Result<()> {
    let id: Uuid = tx.context().new_id();
    let message = Message {
        unique_key: format!("account.{event}:{id}"),
        to,
        event: format!("account.{event}"),
        category: "security".to_owned(),
        case_id: None,
        params,
    };
    place(tx, vec![message]).await
}

/// A token and the address that carries it, in the fragment: fragments reach no server, log or `Referer`.
pub(super) fn secret(tx: &Tx, page: &str, token: &str) -> Value {
    let base = &tx.context().settings().public_url;
    json!({ "token": token, "link": format!("{base}/account/{page}#token={token}") })
}

/// The password was changed, by its owner or by a reset.
pub(super) async fn password_changed(tx: &Tx, row: &account::Model) -> Result<()> {
    tell(tx, Address::Account(row.id), "password_changed", json!({ "name": row.name })).await
}

/// The second factor was enrolled, disabled or reset, or its recovery codes were made anew.
pub(super) async fn factor_changed(tx: &Tx, row: &account::Model, what: &str) -> Result<()> {
    tell(tx, Address::Account(row.id), "factor_changed", json!({ "name": row.name, "what": what })).await
}

/// A role was granted or revoked.
pub(super) async fn role_changed(tx: &Tx, row: &account::Model, what: &str, role: Role) -> Result<()> {
    tell(tx, Address::Account(row.id), "role_changed", json!({ "name": row.name, "what": what, "role": role })).await
}
