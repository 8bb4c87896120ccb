//! The invitation by mail: the account's own, in the words of an organisation.

use domain::access::Role;
use domain::word::Word;
use entity::organisation;
use serde_json::json;

use crate::account::{Invitation, issue_link};
use crate::caller::Caller;
use crate::error::Result;
use crate::notification::{Message, place};
use crate::process::Address;
use crate::transaction::Tx;

/// Invites an address to act for an organisation. The secret is in the mail only.
pub(super) async fn invite_confirmer(
    tx: &Tx,
    caller: &Caller,
    organisation: &organisation::Model,
    email: &str,
    role: Role,
) -> Result<()> {
    let invitation = Invitation {
        email: email.to_owned(),
        name: None,
        role,
        region: None,
        organisation_id: Some(organisation.id),
        invited_by: caller.account(),
    };
    let (invited, secret) = issue_link(tx, caller, &invitation).await?;
    let message = Message {
        unique_key: format!("organisation.confirmer_invited:{}", invited.id),
        to: Address::Email(email.to_owned()),
        event: "organisation.confirmer_invited".to_owned(),
        category: "security".to_owned(),
        case_id: None,
        params: json!({
            "secret": secret, "organisation": organisation.name, "role": role, "role_zh": role.zh(),
            "expires_at": invited.expires_at
        }),
    };
    place(tx, vec![message]).await
}
