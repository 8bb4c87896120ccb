//! What the command line and the demo do with accounts, without a login.

use chrono::{DateTime, Utc};
use domain::access::Role;
use domain::account::TokenPurpose;
use domain::ids::AccountId;
use entity::{account, account_role, account_token};
use sea_orm::sea_query::Expr;
use sea_orm::{ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter};
use serde_json::json;

use super::invitation::{self, Invitation};
use super::login::{Device, Tokens, open};
use super::register::{Chosen, insert_pending, insert_role, settle};
use super::role::{RoleGrant, check_grant};
use super::{change, email, factor, load, password};
use crate::audit::Entry;
use crate::caller::Caller;
use crate::code::Code;
use crate::context::Context;
use crate::error::{Error, Result};
use crate::transaction::{Tx, Work};

/// The one-time token with which the first administrator chooses a password.
pub struct SetupToken {
    pub token: String,
    /// Where it is used; the token is in the fragment.
    pub link: String,
    pub expires_at: DateTime<Utc>,
}

impl std::fmt::Debug for SetupToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SetupToken(until {})", self.expires_at)
    }
}

/// Invites the first security administrator (S10): no default password, and none when there is one already. A token
/// that was not used yet is replaced. The token is for `POST /invitations/actions/accept`.
pub async fn create_administrator(context: &Context, email: &str, name: &str) -> Result<SetupToken> {
    context.write("account.create_administrator", &FirstAdministrator { email, name }).await
}

struct FirstAdministrator<'a> {
    email: &'a str,
    name: &'a str,
}

impl Work for FirstAdministrator<'_> {
    type Output = SetupToken;

    async fn run(&self, tx: &Tx) -> Result<SetupToken> {
        let holder = account_role::Entity::find()
            .filter(account_role::Column::Role.eq(Role::SecurityAdministrator))
            .filter(account_role::Column::RevokedAt.is_null())
            .one(tx.connection())
            .await?;
        if holder.is_some() {
            return Err(Error::refused(Code::AlreadyExists));
        }
        void_open(tx).await?;
        let invitation = Invitation {
            email: self.email.to_owned(),
            name: Some(self.name.to_owned()),
            role: Role::SecurityAdministrator,
            region: None,
            organisation_id: None,
            invited_by: None,
        };
        let caller = Caller::system("account.create_administrator");
        let (_, invited) = invitation::issue(tx, &caller, &invitation).await?;
        let base = &tx.context().settings().public_url;
        Ok(SetupToken {
            link: format!("{base}/account/accept-invitation#token={}", invited.token),
            token: invited.token,
            expires_at: invited.expires_at,
        })
    }
}

/// Only the newest setup token works.
async fn void_open(tx: &Tx) -> Result<()> {
    use account_token::Column;
    let open = account_token::Entity::find()
        .filter(Column::Purpose.eq(TokenPurpose::Invitation))
        .filter(Column::UsedAt.is_null())
        .all(tx.connection())
        .await?;
    let is_setup = |row: &account_token::Model| {
        let payload = row.payload.as_deref().and_then(|text| serde_json::from_str::<Invitation>(text).ok());
        payload
            .is_some_and(|invitation| invitation.role == Role::SecurityAdministrator && invitation.invited_by.is_none())
    };
    let ids: Vec<_> = open.iter().filter(|row| is_setup(row)).map(|row| row.id).collect();
    account_token::Entity::update_many()
        .col_expr(Column::UsedAt, Expr::value(tx.at()))
        .filter(Column::Id.is_in(ids))
        .exec(tx.connection())
        .await?;
    Ok(())
}

/// A confirmed account with everything set, for the demo and for tests.
pub async fn create_account_with(
    context: &Context,
    email: &str,
    name: &str,
    password: &str,
    roles: &[RoleGrant],
    totp_secret: Option<&str>,
) -> Result<AccountId> {
    let chosen = Chosen {
        name: name.to_owned(),
        locale: "zh-CN".to_owned(),
        password_hash: password::hash(context, password).await?,
        consents: Vec::new(),
        address: None,
    };
    let email = email::normalised(email);
    context.write("account.create", &CreateWith { email, chosen, roles, totp_secret }).await
}

struct CreateWith<'a> {
    email: String,
    chosen: Chosen,
    roles: &'a [RoleGrant],
    totp_secret: Option<&'a str>,
}

impl Work for CreateWith<'_> {
    type Output = AccountId;

    async fn run(&self, tx: &Tx) -> Result<AccountId> {
        let id = insert_pending(tx, &self.email, &self.chosen).await?;
        settle(tx, &load(tx, id).await?, self.chosen.clone()).await?;
        for grant in self.roles {
            check_grant(tx, Some(id), grant).await?;
            insert_role(tx, id, grant.held(None)).await?;
            if let Some(organisation) = grant.organisation_id {
                crate::organisation::seat(tx, organisation, &self.email, grant.role, id).await?;
            }
        }
        if let Some(secret) = self.totp_secret {
            let set = account::ActiveModel {
                totp_secret: Set(Some(factor::seal(tx.context(), id, secret)?)),
                totp_confirmed_at: Set(Some(tx.at())),
                ..Default::default()
            };
            change(tx, &load(tx, id).await?, set, false).await?;
        }
        tx.audit(Entry::new(&Caller::system("account.create"), "account", id, "account.create").after(&self.roles));
        Ok(id)
    }
}

/// Opens a session without a login, for the demo and for tests.
pub async fn open_session(context: &Context, email: &str) -> Result<Tokens> {
    context.write("account.open_session", &OpenSession { email: email::normalised(email) }).await
}

struct OpenSession {
    email: String,
}

impl Work for OpenSession {
    type Output = Tokens;

    async fn run(&self, tx: &Tx) -> Result<Tokens> {
        let row = by_email(tx.connection(), &self.email).await?;
        let device = Device { user_agent: Some("command line"), address: None };
        let tokens = open(tx, &row, row.totp_confirmed_at.is_some(), device).await?;
        let caller = Caller::system("account.open_session");
        tx.audit(
            Entry::new(&caller, "account", row.id, "session.open").after(&json!({ "session": tokens.session_id })),
        );
        Ok(tokens)
    }
}

/// The code that an account's authenticator shows now, for the demo.
pub async fn totp_code(context: &Context, email: &str) -> Result<String> {
    let row = by_email(context.database().read(), &email::normalised(email)).await?;
    factor::code(context, &row)
}

async fn by_email(connection: &impl ConnectionTrait, email: &str) -> Result<account::Model> {
    account::Entity::find().filter(account::Column::Email.eq(email)).one(connection).await?.ok_or(Error::NotFound)
}
