//! A forgotten password, and changing a known one.

use chrono::TimeDelta;
use domain::access::Permission;
use domain::account::{AccountState, TokenPurpose};
use entity::account;
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter};
use serde_json::json;
use uuid::Uuid;

use super::{change, email, load, password, require_fresh, secret, session, tell};
use crate::audit::Entry;
use crate::caller::{Caller, Outcome, RequestMeta};
use crate::code::Code;
use crate::context::Context;
use crate::crypto::Place;
use crate::error::{Error, Result};
use crate::process::Address;
use crate::queue::{Job, Payload};
use crate::transaction::{Tx, Work};

/// Sends the link of a reset, if there is an account. A second run sends a newer link, and the older stops working.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
pub struct Recover {
    request: Uuid,
    /// The address, sealed.
    sealed: String,
}

impl Payload for Recover {
    const NAME: &'static str = "account.recover";
}

fn place(request: Uuid) -> Place<'static> {
    Place { table: "queue_job", column: "payload", row: request }
}

/// Takes a request for a reset; known and unknown addresses are answered alike, by the same work.
pub async fn request_reset(context: &Context, meta: RequestMeta, address: &str) -> Result<Outcome<()>> {
    let email = email::normalised(address);
    let faults = email::faults("/email", &email);
    if !faults.is_empty() {
        return Err(Error::Invalid(faults));
    }
    let caller = Caller::anonymous(meta);
    context.write_once(&caller, "account.request_reset", &Ask { caller: &caller, email }).await
}

struct Ask<'a> {
    caller: &'a Caller,
    email: String,
}

impl Work for Ask<'_> {
    type Output = ();

    async fn run(&self, tx: &Tx) -> Result<()> {
        let context = tx.context();
        let request: Uuid = context.new_id();
        let sealed = context.keys().seal(context, place(request), &self.email)?;
        tx.enqueue(Job::new(&Recover { request, sealed })?);
        tx.audit(Entry::new(self.caller, "password_reset", request, "account.request_reset"));
        Ok(())
    }
}

/// The job of a reset request.
pub async fn recover(context: &Context, job: &Recover) -> Result<()> {
    let email = context.keys().open(place(job.request), &job.sealed)?;
    context.write("account.recover", &SendLink { email, request: job.request }).await
}

struct SendLink {
    email: String,
    request: Uuid,
}

impl Work for SendLink {
    type Output = ();

    async fn run(&self, tx: &Tx) -> Result<()> {
        let row = account::Entity::find()
            .filter(account::Column::Email.eq(&self.email))
            .filter(account::Column::State.eq(AccountState::Active))
            .one(tx.connection())
            .await?;
        let Some(row) = row else { return Ok(()) };
        secret::void(tx, row.id, TokenPurpose::ResetPassword).await?;
        let lifetime = TimeDelta::hours(tx.context().settings().periods.password_reset_hours.into());
        let issued = secret::issue(tx, Some(row.id), TokenPurpose::ResetPassword, &(), lifetime).await?;
        tx.audit(
            Entry::new(&Caller::system("account.recover"), "account", row.id, "account.send_reset")
                .after(&json!({ "request": self.request })),
        );
        let params = json!({ "name": row.name, "secret": tell::secret(tx, "reset-password", &issued.token) });
        tell::tell(tx, Address::Account(row.id), "reset_password", params).await
    }
}

/// Sets a new password by the token of the mail. Every session ends; the second factor stays as it was.
pub async fn complete_reset(
    context: &Context,
    meta: RequestMeta,
    token: &str,
    new_password: &str,
) -> Result<Outcome<()>> {
    let faults = password::faults("/password", new_password, "");
    if !faults.is_empty() {
        return Err(Error::Invalid(faults));
    }
    let caller = Caller::anonymous(meta);
    let hash = password::hash(context, new_password).await?;
    context.write_once(&caller, "account.reset_password", &Complete { caller: &caller, token, hash }).await
}

struct Complete<'a> {
    caller: &'a Caller,
    token: &'a str,
    hash: String,
}

impl Work for Complete<'_> {
    type Output = ();

    async fn run(&self, tx: &Tx) -> Result<()> {
        let spent = secret::spend::<()>(tx, self.token, TokenPurpose::ResetPassword).await?;
        let id = spent.account.ok_or_else(|| Error::unreadable("account_token", "account_id", spent.id))?;
        let row = load(tx, id).await?;
        if row.state != AccountState::Active {
            return Err(Error::refused(Code::TokenSpent));
        }
        let mut caller = self.caller.clone();
        caller.actor.account = id;
        set_password(tx, &caller, &row, &self.hash, "account.reset_password").await
    }
}

/// Changes the caller's password; the caller's other sessions end.
pub async fn change_password(
    context: &Context,
    caller: &Caller,
    current: &str,
    new_password: &str,
) -> Result<Outcome<()>> {
    caller.require(Permission::OwnAccount)?;
    // The password it names is the old one by now.
    if let Some(done) = context.answered(caller).await? {
        return Ok(done);
    }
    require_fresh(context, caller)?;
    let own = account::Entity::find_by_id(caller.actor.account).one(context.database().read()).await?;
    let faults = password::faults("/new_password", new_password, &own.ok_or(Error::NotFound)?.email);
    if !faults.is_empty() {
        return Err(Error::Invalid(faults));
    }
    password::require_own(context, caller, current, "/current_password").await?;
    let hash = password::hash(context, new_password).await?;
    context.write_once(caller, "account.change_password", &Change { caller, hash }).await
}

struct Change<'a> {
    caller: &'a Caller,
    hash: String,
}

impl Work for Change<'_> {
    type Output = ();

    async fn run(&self, tx: &Tx) -> Result<()> {
        let row = load(tx, self.caller.actor.account).await?;
        set_password(tx, self.caller, &row, &self.hash, "account.change_password").await
    }
}

async fn set_password(tx: &Tx, caller: &Caller, row: &account::Model, hash: &str, action: &str) -> Result<()> {
    let set = account::ActiveModel { password_hash: Set(Some(hash.to_owned())), ..Default::default() };
    change(tx, row, set, true).await?;
    session::end_all(tx, row.id, caller.session, "password_changed").await?;
    secret::void(tx, row.id, TokenPurpose::ResetPassword).await?;
    secret::void(tx, row.id, TokenPurpose::ChangeEmail).await?;
    tx.audit(Entry::new(caller, "account", row.id, action));
    tell::password_changed(tx, row).await
}
