//! Accounts: people, their logins, roles and stand-ins, and the clients of other systems.
//!
//! What a token may do is read from the database on every request, so that a right that was taken away is gone with the
//! next one. Secrets at rest are hashes (passwords by Argon2id, random tokens by SHA-256) or sealed (authenticator
//! secrets). Addresses known and unknown are answered alike: what differs is told by mail, by a job.

pub mod admin;
mod authenticate;
mod client;
mod client_token;
mod consent;
mod email;
mod factor;
mod factor_reset;
mod guard;
mod invitation;
mod login;
mod password;
mod recover;
mod refresh;
mod register;
mod role;
mod secret;
mod session;
mod stand_in;
mod sweep;
mod tell;
mod token;
mod view;

pub use authenticate::{Authenticated, authenticate};
pub use client::{
    ClientView, NewClient, NewSecret, SecretView, create as create_client, create_secret as create_client_secret,
    get as get_client, list as list_clients, revoke as revoke_client, revoke_secret as revoke_client_secret,
};
pub use client_token::{ClientCredentials, ClientToken, OauthError, client_token};
pub use consent::{
    Consent, ConsentView, get as get_consent, give as give_consent, list as list_consents, withdraw as withdraw_consent,
};
pub use email::{Confirmed, change as change_email, confirm as confirm_email};
pub use factor::{
    Enrolment, RecoveryCodes, confirm as confirm_factor, disable as disable_factor, enrol as enrol_factor,
    regenerate as regenerate_recovery_codes,
};
pub use factor_reset::{
    FactorResetView, decide as decide_factor_reset, get as get_factor_reset, list as list_factor_resets,
    request as request_factor_reset,
};
pub(crate) use invitation::issue_link;
pub use invitation::{
    Acceptance, Accepted, Invitation, InvitationView, Invited, accept_in, accept_invitation, get as get_invitation,
    invite, list as list_invitations, send as send_invitation, withdraw as withdraw_invitation,
};
pub use login::{Login, Tokens, login};
pub use password::warm_up;
pub use recover::{Recover, change_password, complete_reset, recover, request_reset};
pub use refresh::refresh;
pub use register::{Register, Registration, register, request_registration};
pub use role::{RoleGrant, grant as grant_role, revoke as revoke_role, set_enabled};
pub use session::{Ended, SessionView, end as end_session, end_others as end_other_sessions, list as list_sessions};
pub use stand_in::{
    AbsenceView, DelegationView, NewDelegation, add_absence, delegate, get_absence, get_delegation, list_absences,
    list_delegations, remove_absence, revoke_delegation,
};
pub use sweep::sweep;
pub(crate) use token::VerifiedTokens;
pub use token::{Jwk, Jwks, jwks};
pub use view::{
    AccountFilter, AccountView, GrantView, MeView, RoleView, get, list, me, update_own as update_own_account,
};

use chrono::TimeDelta;
use domain::ids::AccountId;
use entity::account;
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter};

use crate::caller::Caller;
use crate::code::Code;
use crate::context::Context;
use crate::error::{Error, Result};
use crate::transaction::Tx;

/// Refuses unless the caller proved password and second factor a short while ago (S8). Clients never did.
pub fn require_fresh(context: &Context, caller: &Caller) -> Result<()> {
    let since = context.now() - TimeDelta::seconds(context.settings().fresh_login_seconds);
    let is_fresh = caller.session.is_some() && caller.authenticated_at.is_some_and(|at| at >= since);
    if is_fresh || caller.is_system() { Ok(()) } else { Err(Error::refused(Code::FreshLoginRequired)) }
}

/// The account's row.
async fn load(tx: &Tx, id: AccountId) -> Result<account::Model> {
    account::Entity::find_by_id(id).one(tx.connection()).await?.ok_or(Error::NotFound)
}

/// Changes an account as it was read; with `ends_tokens`, every access token made before is refused from now on.
async fn change(tx: &Tx, row: &account::Model, set: account::ActiveModel, ends_tokens: bool) -> Result<()> {
    let mut set = account::ActiveModel { updated_at: Set(tx.at()), version: Set(row.version + 1), ..set };
    if ends_tokens {
        set.rights_version = Set(row.rights_version + 1);
    }
    let changed = account::Entity::update_many()
        .set(set)
        .filter(account::Column::Id.eq(row.id))
        .filter(account::Column::Version.eq(row.version))
        .exec(tx.connection())
        .await?;
    if changed.rows_affected == 1 { Ok(()) } else { Err(Error::Stale) }
}
