//! The second factor: a time-based code (TOTP, RFC 6238) that works once, or a recovery code.

use chrono::Utc;
use domain::access::Permission;
use domain::fault::Fault;
use entity::{account, account_recovery_code, account_session};
use sea_orm::sea_query::Expr;
use sea_orm::{ActiveValue::Set, ColumnTrait, Condition, EntityTrait, QueryFilter};
use serde_json::json;
use totp_rs::{Algorithm, Builder, Secret, Totp};
use uuid::Uuid;

use super::login::is_staff;
use super::{change, load, password, require_fresh, session, tell};
use crate::audit::Entry;
use crate::caller::{Caller, Outcome};
use crate::code::Code;
use crate::context::Context;
use crate::crypto::{Place, token_hash};
use crate::error::{Error, Result};
use crate::transaction::{Tx, Work};

/// RFC 6238 with what every authenticator knows: SHA-1, six digits, thirty seconds.
const DIGITS: u8 = 6;
const STEP_SECONDS: u64 = 30;
const SECRET_BYTES: usize = 20;
/// Steps before and after the present one.
const SKEW: u16 = 1;
const RECOVERY_CODES: usize = 10;
/// 80 bits: a plain hash is enough.
const RECOVERY_BYTES: usize = 10;

/// How somebody proves the second factor.
#[derive(Debug, Clone, Copy)]
pub(super) enum Proof<'a> {
    Totp(&'a str),
    RecoveryCode(&'a str),
}

impl<'a> Proof<'a> {
    pub fn of(totp: Option<&'a str>, recovery_code: Option<&'a str>) -> Option<Self> {
        totp.map(Self::Totp).or(recovery_code.map(Self::RecoveryCode))
    }
}

/// Whether the proof holds; it is used up by that.
pub(super) async fn prove(tx: &Tx, caller: &Caller, account: &account::Model, proof: &Proof<'_>) -> Result<bool> {
    match proof {
        Proof::Totp(code) => use_totp(tx, account, code).await,
        Proof::RecoveryCode(code) => {
            let changed = account_recovery_code::Entity::update_many()
                .col_expr(account_recovery_code::Column::UsedAt, Expr::value(tx.at()))
                .filter(account_recovery_code::Column::AccountId.eq(account.id))
                .filter(account_recovery_code::Column::CodeHash.eq(recovery_hash(code)))
                .filter(account_recovery_code::Column::UsedAt.is_null())
                .exec(tx.connection())
                .await?;
            if changed.rows_affected == 1 {
                let mut entry = Entry::new(caller, "account", account.id, "account.use_recovery_code");
                entry.actor_id = Some(account.id);
                tx.audit(entry);
            }
            Ok(changed.rows_affected == 1)
        }
    }
}

/// Checks a code and remembers its step, so that neither it nor an earlier one works again.
async fn use_totp(tx: &Tx, account: &account::Model, code: &str) -> Result<bool> {
    let Some(sealed) = &account.totp_secret else { return Ok(false) };
    let secret = tx.context().keys().open(place(account), sealed)?;
    let now = u64::try_from(tx.at().timestamp()).unwrap_or(0);
    let step = totp(&secret, &account.email)?.check(code, now).and_then(|step| i64::try_from(step).ok());
    let Some(step) = step else { return Ok(false) };
    let changed = account::Entity::update_many()
        .col_expr(account::Column::TotpLastStep, Expr::value(step))
        .filter(account::Column::Id.eq(account.id))
        .filter(
            Condition::any().add(account::Column::TotpLastStep.is_null()).add(account::Column::TotpLastStep.lt(step)),
        )
        .exec(tx.connection())
        .await?;
    Ok(changed.rows_affected == 1)
}

fn place(account: &account::Model) -> Place<'static> {
    Place { table: "account", column: "totp_secret", row: account.id.0 }
}

/// Seals a secret in base32 for its account.
pub(super) fn seal(context: &Context, account: domain::ids::AccountId, secret: &str) -> Result<String> {
    totp(secret, "check")?;
    context.keys().seal(context, Place { table: "account", column: "totp_secret", row: account.0 }, secret)
}

fn totp(secret: &str, email: &str) -> Result<Totp> {
    let bytes = Secret::try_from_base32(secret).map_err(|_| Error::internal("a TOTP secret is not base32"))?;
    Builder::new()
        .with_algorithm(Algorithm::SHA1)
        .with_digits(DIGITS)
        .with_step_duration(STEP_SECONDS)
        .with_skew(SKEW)
        .with_secret(bytes)
        .with_issuer(Some("Jiqiao"))
        .with_account_name(email.replace(':', "_"))
        .build()
        .map_err(|error| Error::internal(format!("TOTP: {error}")))
}

/// The code that the account's authenticator shows now.
pub(super) fn code(context: &Context, account: &account::Model) -> Result<String> {
    let sealed = account.totp_secret.as_ref().ok_or(Error::NotFound)?;
    let secret = context.keys().open(place(account), sealed)?;
    let now = u64::try_from(context.now().timestamp()).unwrap_or(0);
    Ok(totp(&secret, &account.email)?.generate(now).to_string())
}

fn recovery_hash(code: &str) -> String {
    let plain: String = code.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_uppercase()).collect();
    token_hash(&plain)
}

/// A secret to be put into an authenticator; it counts once a code of it was confirmed.
#[derive(Clone, serde::Serialize, serde::Deserialize, utoipa::ToSchema)]
pub struct Enrolment {
    /// Base32, for typing.
    pub secret: String,
    /// `otpauth:` address, for a QR code.
    pub otpauth_url: String,
}

/// Recovery codes, shown once.
#[derive(Clone, serde::Serialize, serde::Deserialize, utoipa::ToSchema)]
pub struct RecoveryCodes {
    pub recovery_codes: Vec<String>,
}

impl std::fmt::Debug for Enrolment {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Enrolment(redacted)")
    }
}

impl std::fmt::Debug for RecoveryCodes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("RecoveryCodes(redacted)")
    }
}

/// Begins an enrolment; an unfinished one is replaced.
pub async fn enrol(context: &Context, caller: &Caller) -> Result<Outcome<Enrolment>> {
    caller.require(Permission::OwnAccount)?;
    require_fresh(context, caller)?;
    context.write_once(caller, "account.enrol_factor", &Enrol { caller }).await
}

struct Enrol<'a> {
    caller: &'a Caller,
}

impl Work for Enrol<'_> {
    type Output = Enrolment;

    async fn run(&self, tx: &Tx) -> Result<Enrolment> {
        let row = load(tx, self.caller.actor.account).await?;
        if row.totp_confirmed_at.is_some() {
            return Err(Error::Refused(Code::StateForbids, json!({ "second_factor": "confirmed" })));
        }
        let mut bytes = [0u8; SECRET_BYTES];
        tx.context().fill_random(&mut bytes);
        let secret = data_encoding::BASE32_NOPAD.encode(&bytes);
        let otpauth_url =
            totp(&secret, &row.email)?.to_url().map_err(|error| Error::internal(format!("TOTP: {error}")))?;
        let sealed = seal(tx.context(), row.id, &secret)?;
        let set =
            account::ActiveModel { totp_secret: Set(Some(sealed)), totp_last_step: Set(None), ..Default::default() };
        change(tx, &row, set, false).await?;
        tx.audit(Entry::new(self.caller, "account", row.id, "account.enrol_factor"));
        Ok(Enrolment { secret, otpauth_url })
    }
}

/// Confirms an enrolment by a code; this session has proven the second factor from then on.
pub async fn confirm(context: &Context, caller: &Caller, code: &str) -> Result<Outcome<RecoveryCodes>> {
    caller.require(Permission::OwnAccount)?;
    require_fresh(context, caller)?;
    context.write_once(caller, "account.confirm_factor", &Confirm { caller, code }).await
}

struct Confirm<'a> {
    caller: &'a Caller,
    code: &'a str,
}

impl Work for Confirm<'_> {
    type Output = RecoveryCodes;

    async fn run(&self, tx: &Tx) -> Result<RecoveryCodes> {
        let row = load(tx, self.caller.actor.account).await?;
        if row.totp_secret.is_none() || row.totp_confirmed_at.is_some() {
            return Err(Error::Refused(Code::StateForbids, json!({ "second_factor": "not_enrolling" })));
        }
        if !use_totp(tx, &row, self.code).await? {
            return Err(Error::Invalid(vec![Fault::new("/code", "code_wrong")]));
        }
        let set = account::ActiveModel { totp_confirmed_at: Set(Some(tx.at())), ..Default::default() };
        change(tx, &row, set, false).await?;
        // Sessions opened without the factor end; this one has just proven it.
        session::end_all(tx, row.id, self.caller.session, "factor_changed").await?;
        if let Some(session) = self.caller.session {
            account_session::Entity::update_many()
                .col_expr(account_session::Column::HasSecondFactor, Expr::value(true))
                .filter(account_session::Column::Id.eq(session))
                .exec(tx.connection())
                .await?;
        }
        let codes = new_recovery_codes(tx, row.id).await?;
        tx.audit(Entry::new(self.caller, "account", row.id, "account.confirm_factor"));
        tell::factor_changed(tx, &row, "enrolled").await?;
        Ok(RecoveryCodes { recovery_codes: codes })
    }
}

/// Removes the second factor, by password and a last proof. Staff must keep theirs.
pub async fn disable(context: &Context, caller: &Caller, current_password: &str, code: &str) -> Result<Outcome<()>> {
    caller.require(Permission::OwnAccount)?;
    require_fresh(context, caller)?;
    password::require_own(context, caller, current_password, "/password").await?;
    context.write_once(caller, "account.disable_factor", &Disable { caller, code }).await
}

struct Disable<'a> {
    caller: &'a Caller,
    code: &'a str,
}

impl Work for Disable<'_> {
    type Output = ();

    async fn run(&self, tx: &Tx) -> Result<()> {
        let row = load(tx, self.caller.actor.account).await?;
        if row.totp_confirmed_at.is_none() {
            return Err(Error::Refused(Code::StateForbids, json!({ "second_factor": "none" })));
        }
        if is_staff(tx.connection(), row.id).await? {
            return Err(Error::Refused(Code::StateForbids, json!({ "second_factor": "required_for_staff" })));
        }
        let proof = if self.code.len() == usize::from(DIGITS) {
            Proof::Totp(self.code)
        } else {
            Proof::RecoveryCode(self.code)
        };
        if !prove(tx, self.caller, &row, &proof).await? {
            return Err(Error::Invalid(vec![Fault::new("/code", "code_wrong")]));
        }
        remove(tx, &row).await?;
        session::end_all(tx, row.id, self.caller.session, "factor_changed").await?;
        tx.audit(Entry::new(self.caller, "account", row.id, "account.disable_factor"));
        tell::factor_changed(tx, &row, "disabled").await
    }
}

/// Takes secret and recovery codes away.
pub(super) async fn remove(tx: &Tx, row: &account::Model) -> Result<()> {
    let set = account::ActiveModel {
        totp_secret: Set(None),
        totp_confirmed_at: Set(None::<chrono::DateTime<Utc>>),
        totp_last_step: Set(None),
        ..Default::default()
    };
    change(tx, row, set, true).await?;
    account_recovery_code::Entity::delete_many()
        .filter(account_recovery_code::Column::AccountId.eq(row.id))
        .exec(tx.connection())
        .await?;
    Ok(())
}

/// Makes new recovery codes; the old ones stop working.
pub async fn regenerate(context: &Context, caller: &Caller) -> Result<Outcome<RecoveryCodes>> {
    caller.require(Permission::OwnAccount)?;
    require_fresh(context, caller)?;
    context.write_once(caller, "account.regenerate_recovery_codes", &Regenerate { caller }).await
}

struct Regenerate<'a> {
    caller: &'a Caller,
}

impl Work for Regenerate<'_> {
    type Output = RecoveryCodes;

    async fn run(&self, tx: &Tx) -> Result<RecoveryCodes> {
        let row = load(tx, self.caller.actor.account).await?;
        if row.totp_confirmed_at.is_none() {
            return Err(Error::Refused(Code::StateForbids, json!({ "second_factor": "none" })));
        }
        // Enrolled, but not proven in this session: a new login helps.
        if !self.caller.actor.has_second_factor {
            return Err(Error::refused(Code::SecondFactorRequired));
        }
        let codes = new_recovery_codes(tx, row.id).await?;
        tx.audit(Entry::new(self.caller, "account", row.id, "account.regenerate_recovery_codes"));
        tell::factor_changed(tx, &row, "recovery_codes").await?;
        Ok(RecoveryCodes { recovery_codes: codes })
    }
}

async fn new_recovery_codes(tx: &Tx, account: domain::ids::AccountId) -> Result<Vec<String>> {
    account_recovery_code::Entity::delete_many()
        .filter(account_recovery_code::Column::AccountId.eq(account))
        .exec(tx.connection())
        .await?;
    let mut codes = Vec::with_capacity(RECOVERY_CODES);
    let mut rows = Vec::with_capacity(RECOVERY_CODES);
    for _ in 0..RECOVERY_CODES {
        let mut bytes = [0u8; RECOVERY_BYTES];
        tx.context().fill_random(&mut bytes);
        let plain = data_encoding::BASE32_NOPAD.encode(&bytes);
        rows.push(account_recovery_code::ActiveModel {
            id: Set(tx.context().new_id::<Uuid>()),
            account_id: Set(account),
            code_hash: Set(token_hash(&plain)),
            used_at: Set(None),
        });
        let groups: Vec<String> =
            plain.as_bytes().chunks(4).map(|group| String::from_utf8_lossy(group).into_owned()).collect();
        codes.push(groups.join("-"));
    }
    account_recovery_code::Entity::insert_many(rows).exec_without_returning(tx.connection()).await?;
    Ok(codes)
}
