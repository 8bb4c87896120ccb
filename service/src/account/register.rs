//! Registration. The request only queues a job, so that known and unknown addresses are answered alike in word and time;
//! the job writes the account, or tells its owner that there is one.

use chrono::TimeDelta;
use domain::access::Role;
use domain::account::{AccountState, ConsentKind, TokenPurpose};
use domain::fault::Fault;
use domain::ids::AccountId;
use entity::{account, account_consent, account_role};
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter};
use serde_json::json;
use uuid::Uuid;

use super::consent::Consent;
use super::{change, email, load, password, secret, tell};
use crate::audit::Entry;
use crate::caller::{Caller, Outcome, RequestMeta};
use crate::code::Code;
use crate::context::Context;
use crate::crypto::Place;
use crate::error::{Error, Result};
use crate::process::Address;
use crate::queue::{Job, Payload};
use crate::transaction::{Tx, Work};

/// What a person registers with.
#[derive(Clone)]
pub struct Registration {
    pub email: String,
    pub name: String,
    pub password: String,
    /// `zh-CN` or `en`.
    pub locale: String,
    pub consents: Vec<Consent>,
}

impl std::fmt::Debug for Registration {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Registration(redacted)")
    }
}

/// What was chosen at registration. It becomes the account's only by the mail's link, so that nobody prepares an account
/// with somebody else's address and their own password.
#[derive(Clone, serde::Serialize, serde::Deserialize)]
pub(super) struct Chosen {
    pub name: String,
    pub locale: String,
    pub password_hash: String,
    pub consents: Vec<Consent>,
    pub address: Option<String>,
}

/// Writes a registered account and its mail. A second run finds the account pending and sends another link; both work
/// until one is used.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
pub struct Register {
    request: Uuid,
    /// Address and choice, sealed.
    sealed: String,
}

impl Payload for Register {
    const NAME: &'static str = "account.register";
}

/// Faults of a name of a person.
pub(super) fn name_faults(pointer: &str, name: &str) -> Vec<Fault> {
    let length = name.trim().chars().count();
    if length == 0 {
        vec![Fault::new(pointer, "text_short")]
    } else if length > 50 {
        vec![Fault::with(pointer, "text_long", json!({ "max": 50 }))]
    } else if domain::broker::line(name, 1, 50).is_err() {
        vec![Fault::new(pointer, "control_character")]
    } else {
        Vec::new()
    }
}

/// Faults of a language of mails.
pub(super) fn locale_faults(pointer: &str, locale: &str) -> Vec<Fault> {
    if matches!(locale, "zh-CN" | "en") { Vec::new() } else { vec![Fault::new(pointer, "unknown_word")] }
}

/// Takes a registration; the mail tells what became of it.
pub async fn request_registration(
    context: &Context,
    meta: RequestMeta,
    registration: &Registration,
) -> Result<Outcome<()>> {
    let email = email::normalised(&registration.email);
    let mut faults = email::faults("/email", &email);
    faults.extend(name_faults("/name", &registration.name));
    faults.extend(password::faults("/password", &registration.password, &email));
    faults.extend(locale_faults("/locale", &registration.locale));
    faults.extend(Consent::faults("/consents", &registration.consents));
    if !registration.consents.iter().any(|consent| consent.kind == ConsentKind::PersonalData) {
        faults.push(Fault::new("/consents", "consent_required"));
    }
    if !faults.is_empty() {
        return Err(Error::Invalid(faults));
    }
    let caller = Caller::anonymous(meta);
    let chosen = Chosen {
        name: registration.name.trim().to_owned(),
        locale: registration.locale.clone(),
        password_hash: password::hash(context, &registration.password).await?,
        consents: registration.consents.clone(),
        address: caller.meta.address.clone(),
    };
    context.write_once(&caller, "account.request_registration", &Ask { caller: &caller, email, chosen }).await
}

struct Ask<'a> {
    caller: &'a Caller,
    email: String,
    chosen: Chosen,
}

impl Work for Ask<'_> {
    type Output = ();

    async fn run(&self, tx: &Tx) -> Result<()> {
        let context = tx.context();
        let request: Uuid = context.new_id();
        let plain = serde_json::to_string(&(&self.email, &self.chosen))?;
        let sealed = context.keys().seal(context, place(request), &plain)?;
        tx.enqueue(Job::new(&Register { request, sealed })?);
        tx.audit(Entry::new(self.caller, "registration", request, "account.request_registration"));
        Ok(())
    }
}

fn place(request: Uuid) -> Place<'static> {
    Place { table: "queue_job", column: "payload", row: request }
}

/// The job of a registration.
pub async fn register(context: &Context, job: &Register) -> Result<()> {
    let plain = context.keys().open(place(job.request), &job.sealed)?;
    let (email, chosen): (String, Chosen) = serde_json::from_str(&plain)?;
    context.write("account.register", &Create { email, chosen, request: job.request }).await
}

struct Create {
    email: String,
    chosen: Chosen,
    request: Uuid,
}

impl Work for Create {
    type Output = ();

    async fn run(&self, tx: &Tx) -> Result<()> {
        let caller = Caller::system("account.register");
        let known = account::Entity::find().filter(account::Column::Email.eq(&self.email)).one(tx.connection()).await?;
        let id = match known {
            Some(row) if row.state != AccountState::Pending => {
                let params = json!({ "name": row.name });
                return tell::tell(tx, Address::Account(row.id), "already_registered", params).await;
            }
            Some(row) => row.id,
            None => {
                let id = insert_pending(tx, &self.email, &self.chosen).await?;
                tx.audit(
                    Entry::new(&caller, "account", id, "account.register")
                        .after(&json!({ "email": email::masked(&self.email), "request": self.request })),
                );
                id
            }
        };
        let lifetime = TimeDelta::hours(tx.context().settings().periods.confirmation_hours.into());
        let issued = secret::issue(tx, Some(id), TokenPurpose::ConfirmEmail, &self.chosen, lifetime).await?;
        let params = json!({ "name": self.chosen.name, "secret": tell::secret(tx, "confirm-email", &issued.token) });
        tell::tell(tx, Address::Email(self.email.clone()), "confirm_email", params).await
    }
}

/// A row that nobody can log in to yet.
pub(super) async fn insert_pending(tx: &Tx, email: &str, chosen: &Chosen) -> Result<AccountId> {
    let id: AccountId = tx.context().new_id();
    let row = account::ActiveModel {
        id: Set(id),
        email: Set(email.to_owned()),
        email_confirmed_at: Set(None),
        password_hash: Set(None),
        name: Set(chosen.name.clone()),
        locale: Set(chosen.locale.clone()),
        state: Set(AccountState::Pending),
        rights_version: Set(1),
        failed_logins: Set(0),
        locked_until: Set(None),
        totp_secret: Set(None),
        totp_confirmed_at: Set(None),
        totp_last_step: Set(None),
        created_at: Set(tx.at()),
        updated_at: Set(tx.at()),
        version: Set(1),
    };
    account::Entity::insert(row).exec_without_returning(tx.connection()).await?;
    Ok(id)
}

/// Confirms a registration: the choice becomes the account's, and the person a broker.
pub(super) async fn activate(tx: &Tx, caller: &Caller, id: AccountId, chosen: Chosen) -> Result<()> {
    let row = load(tx, id).await?;
    if row.state != AccountState::Pending {
        return Err(Error::refused(Code::TokenSpent));
    }
    secret::void(tx, id, TokenPurpose::ConfirmEmail).await?;
    settle(tx, &row, chosen).await?;
    insert_role(tx, id, Held { role: Role::Broker, region: None, organisation: None, granted_by: None }).await?;
    let mut entry = Entry::new(caller, "account", id, "account.confirm_email").states("pending", "active");
    entry.actor_id = Some(id);
    tx.audit(entry);
    Ok(())
}

/// Makes a pending account active with what was chosen.
pub(super) async fn settle(tx: &Tx, row: &account::Model, chosen: Chosen) -> Result<()> {
    let Chosen { name, locale, password_hash, consents, address } = chosen;
    let set = account::ActiveModel {
        name: Set(name),
        locale: Set(locale),
        password_hash: Set(Some(password_hash)),
        email_confirmed_at: Set(Some(tx.at())),
        state: Set(AccountState::Active),
        ..Default::default()
    };
    change(tx, row, set, true).await?;
    let rows = consents.into_iter().map(|consent| account_consent::ActiveModel {
        id: Set(tx.context().new_id::<Uuid>()),
        account_id: Set(row.id),
        kind: Set(consent.kind),
        document_version: Set(consent.version),
        given_at: Set(tx.at()),
        withdrawn_at: Set(None),
        address: Set(address.clone()),
    });
    let rows: Vec<_> = rows.collect();
    if !rows.is_empty() {
        account_consent::Entity::insert_many(rows).exec_without_returning(tx.connection()).await?;
    }
    Ok(())
}

/// A role about to be held.
#[derive(Debug, Clone)]
pub(super) struct Held {
    pub role: Role,
    pub region: Option<domain::region::RegionCode>,
    pub organisation: Option<domain::ids::OrganisationId>,
    pub granted_by: Option<AccountId>,
}

/// Writes the row of a role; whether it may be granted was judged before.
pub(super) async fn insert_role(tx: &Tx, account: AccountId, held: Held) -> Result<Uuid> {
    let id: Uuid = tx.context().new_id();
    let row = account_role::ActiveModel {
        id: Set(id),
        account_id: Set(account),
        role: Set(held.role),
        region: Set(held.region),
        organisation_id: Set(held.organisation),
        granted_by: Set(held.granted_by),
        granted_at: Set(tx.at()),
        revoked_by: Set(None),
        revoked_at: Set(None),
    };
    account_role::Entity::insert(row).exec_without_returning(tx.connection()).await?;
    Ok(id)
}
