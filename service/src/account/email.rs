//! E-mail addresses: their form, confirming them, and moving an account to another one.

use chrono::TimeDelta;
use domain::access::Permission;
use domain::account::{AccountState, TokenPurpose};
use domain::fault::Fault;
use entity::account;
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter};
use serde_json::json;

use super::register::{self, Chosen};
use super::{load, password, require_fresh, secret, session, tell};
use crate::audit::Entry;
use crate::caller::{Caller, Outcome, RequestMeta};
use crate::code::Code;
use crate::context::Context;
use crate::error::{Error, Result};
use crate::process::Address;
use crate::transaction::{Tx, Work};

const LONGEST: usize = 254;

/// An address as it is stored and compared: trimmed and in lower case.
pub(super) fn normalised(email: &str) -> String {
    email.trim().to_lowercase()
}

/// What is wrong with the form of a normalised address.
pub(super) fn faults(pointer: &str, email: &str) -> Vec<Fault> {
    let is_plain = |text: &str| text.bytes().all(|b| b.is_ascii_graphic() && !b"\"(),:;<>[\\]@".contains(&b));
    let is_label = |label: &str| !label.is_empty() && !label.starts_with('-') && !label.ends_with('-');
    let fits = email.len() <= LONGEST
        && email.split_once('@').is_some_and(|(local, domain)| {
            let is_local =
                (1..=64).contains(&local.len()) && is_plain(local) && local.split('.').all(|p| !p.is_empty());
            let is_domain = domain.contains('.')
                && domain.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'.' || b == b'-')
                && domain.split('.').all(is_label);
            is_local && is_domain
        });
    if fits { Vec::new() } else { vec![Fault::new(pointer, "email_format")] }
}

/// An address of which only the owner recognises more than the provider.
pub(super) fn masked(email: &str) -> String {
    match email.split_once('@') {
        Some((local, domain)) => format!("{}***@{domain}", local.chars().take(1).collect::<String>()),
        None => "***".to_owned(),
    }
}

/// What a confirmation was for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Confirmed {
    /// A new account may log in.
    Registration,
    /// An account has moved to this address.
    Change,
}

/// Confirms an address by the token that was sent to it: of a registration or of a change.
pub async fn confirm(context: &Context, meta: RequestMeta, token: &str) -> Result<Outcome<Confirmed>> {
    let caller = Caller::anonymous(meta);
    context.write_once(&caller, "account.confirm_email", &Confirm { caller: &caller, token }).await
}

struct Confirm<'a> {
    caller: &'a Caller,
    token: &'a str,
}

impl Work for Confirm<'_> {
    type Output = Confirmed;

    async fn run(&self, tx: &Tx) -> Result<Confirmed> {
        match secret::spend::<Chosen>(tx, self.token, TokenPurpose::ConfirmEmail).await {
            Ok(spent) => {
                let id = spent.account.ok_or_else(|| Error::unreadable("account_token", "account_id", spent.id))?;
                register::activate(tx, self.caller, id, spent.payload).await?;
                Ok(Confirmed::Registration)
            }
            Err(Error::Refused(Code::TokenSpent, _)) => self.change(tx).await,
            Err(error) => Err(error),
        }
    }
}

impl Confirm<'_> {
    async fn change(&self, tx: &Tx) -> Result<Confirmed> {
        let spent = secret::spend::<Target>(tx, self.token, TokenPurpose::ChangeEmail).await?;
        let id = spent.account.ok_or_else(|| Error::unreadable("account_token", "account_id", spent.id))?;
        let row = load(tx, id).await?;
        let email = spent.payload.email;
        if row.state != AccountState::Active || is_taken(tx, &email).await? {
            return Err(Error::refused(Code::TokenSpent));
        }
        let set = account::ActiveModel {
            email: Set(email.clone()),
            email_confirmed_at: Set(Some(tx.at())),
            ..Default::default()
        };
        super::change(tx, &row, set, true).await?;
        session::end_all(tx, id, None, "email_changed").await?;
        // Links that were sent to the old address die with it.
        secret::void(tx, id, TokenPurpose::ResetPassword).await?;
        let mut entry = Entry::new(self.caller, "account", id, "account.change_email")
            .before(&json!({ "email": masked(&row.email) }))
            .after(&json!({ "email": masked(&email) }));
        entry.actor_id = Some(id);
        tx.audit(entry);
        let params = json!({ "name": row.name, "new_email": masked(&email) });
        tell::tell(tx, Address::Email(row.email), "email_changed", params).await?;
        Ok(Confirmed::Change)
    }
}

/// The payload of a change: the address to move to.
#[derive(Debug, serde::Serialize, serde::Deserialize)]
struct Target {
    email: String,
}

async fn is_taken(tx: &Tx, email: &str) -> Result<bool> {
    Ok(account::Entity::find().filter(account::Column::Email.eq(email)).one(tx.connection()).await?.is_some())
}

/// Asks to move the caller's account to another address; the mail sent there completes it. A taken address answers
/// alike: its owner is told.
pub async fn change(
    context: &Context,
    caller: &Caller,
    new_email: &str,
    current_password: &str,
) -> Result<Outcome<()>> {
    caller.require(Permission::OwnAccount)?;
    require_fresh(context, caller)?;
    let email = normalised(new_email);
    let faults = faults("/email", &email);
    if !faults.is_empty() {
        return Err(Error::Invalid(faults));
    }
    password::require_own(context, caller, current_password, "/password").await?;
    context.write_once(caller, "account.request_email_change", &Ask { caller, email }).await
}

struct Ask<'a> {
    caller: &'a Caller,
    email: String,
}

impl Work for Ask<'_> {
    type Output = ();

    async fn run(&self, tx: &Tx) -> Result<()> {
        let row = load(tx, self.caller.actor.account).await?;
        tx.audit(
            Entry::new(self.caller, "account", row.id, "account.request_email_change")
                .after(&json!({ "email": masked(&self.email) })),
        );
        let to = Address::Email(self.email.clone());
        if is_taken(tx, &self.email).await? {
            return tell::tell(tx, to, "already_registered", json!({ "name": "" })).await;
        }
        let target = Target { email: self.email.clone() };
        secret::void(tx, row.id, TokenPurpose::ChangeEmail).await?;
        let lifetime = TimeDelta::hours(tx.context().settings().periods.email_change_hours.into());
        let issued = secret::issue(tx, Some(row.id), TokenPurpose::ChangeEmail, &target, lifetime).await?;
        let params = json!({ "name": row.name, "secret": tell::secret(tx, "confirm-email", &issued.token) });
        tell::tell(tx, to, "email_change_confirm", params).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_and_what_is_none() {
        for good in ["li.ming@example.cn", "a+b@kjt.gx.example"] {
            assert!(faults("/email", good).is_empty(), "{good}");
        }
        for bad in ["", "a@b", "a@@b.cn", "a b@c.cn", "a\r\nbcc:x@c.cn", ".a@c.cn", "a@-c.cn", "a@c..cn", "王@c.cn"] {
            assert!(!faults("/email", bad).is_empty(), "{bad:?}");
        }
        assert_eq!(masked("li.ming@example.cn"), "l***@example.cn");
    }
}
