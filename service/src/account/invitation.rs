//! Invitations: a role is offered to an address; who reads the mail takes it, with a new account or the one they have.

use chrono::{DateTime, TimeDelta, Utc};
use domain::access::{Permission, Role};
use domain::account::{AccountState, ConsentKind, TokenPurpose};
use domain::fault::Fault;
use domain::ids::{AccountId, OrganisationId};
use domain::region::RegionCode;
use entity::{account, account_token};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use serde_json::{Value, json};
use uuid::Uuid;

use super::consent::Consent;
use super::register::{Chosen, insert_pending, insert_role, locale_faults, name_faults, settle};
use super::role::{RoleGrant, check_grant};
use super::{change, email, password, require_fresh, secret, session, tell};
use crate::audit::Entry;
use crate::caller::{Caller, Outcome, RequestMeta};
use crate::code::Code;
use crate::context::Context;
use crate::error::{Error, Result};
use crate::page::{Page, PageRequest, by_id};
use crate::process::Address;
use crate::transaction::{Tx, Work};

/// A role offered to an address.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Invitation {
    pub email: String,
    /// How the person is addressed, and the name of a new account that gives none.
    pub name: Option<String>,
    pub role: Role,
    pub region: Option<RegionCode>,
    pub organisation_id: Option<OrganisationId>,
    pub invited_by: Option<AccountId>,
}

impl Invitation {
    fn grant(&self) -> RoleGrant {
        RoleGrant { role: self.role, region: self.region.clone(), organisation_id: self.organisation_id }
    }
}

/// An invitation just made; the token's text exists nowhere else.
pub struct Invited {
    pub id: Uuid,
    pub token: String,
    pub expires_at: DateTime<Utc>,
}

impl std::fmt::Debug for Invited {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Invited({})", self.id)
    }
}

/// An invitation as shown, without its token.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize, utoipa::ToSchema)]
pub struct InvitationView {
    pub id: Uuid,
    pub email: String,
    pub role: Role,
    pub region: Option<RegionCode>,
    pub organisation_id: Option<OrganisationId>,
    pub invited_by: Option<AccountId>,
    pub created_at: DateTime<Utc>,
    pub expires_at: DateTime<Utc>,
    /// When it was taken or withdrawn.
    pub closed_at: Option<DateTime<Utc>>,
}

impl InvitationView {
    /// 1 while open, 2 once closed.
    pub fn revision(&self) -> i32 {
        if self.closed_at.is_none() { 1 } else { 2 }
    }

    fn of(row: account_token::Model) -> Result<Self> {
        let text = row.payload.unwrap_or_default();
        let payload: Invitation =
            serde_json::from_str(&text).map_err(|_| Error::unreadable("account_token", "payload", row.id))?;
        Ok(Self {
            id: row.id,
            email: payload.email,
            role: payload.role,
            region: payload.region,
            organisation_id: payload.organisation_id,
            invited_by: payload.invited_by,
            created_at: row.created_at,
            expires_at: row.expires_at,
            closed_at: row.used_at,
        })
    }
}

/// Invites within an open transaction and sends the mail. Who may invite to which role is the caller's to judge; that
/// the role fits region, organisation and the roles already held is judged here.
pub async fn invite(tx: &Tx, caller: &Caller, invitation: &Invitation) -> Result<Invited> {
    let (invitation, invited) = issue(tx, caller, invitation).await?;
    let params = json!({
        "name": invitation.name.as_deref().unwrap_or_default(),
        "role": invitation.role,
        "expires_at": invited.expires_at,
        "secret": tell::secret(tx, "accept-invitation", &invited.token),
    });
    tell::tell(tx, Address::Email(invitation.email), "invitation", params).await?;
    Ok(invited)
}

/// The invitation and what its mail carries under `secret`, for features that word the mail themselves.
pub(crate) async fn issue_link(tx: &Tx, caller: &Caller, invitation: &Invitation) -> Result<(Invited, Value)> {
    let (_, invited) = issue(tx, caller, invitation).await?;
    let secret = tell::secret(tx, "accept-invitation", &invited.token);
    Ok((invited, secret))
}

/// The invitation without its mail.
pub(super) async fn issue(tx: &Tx, caller: &Caller, invitation: &Invitation) -> Result<(Invitation, Invited)> {
    let email = email::normalised(&invitation.email);
    let mut faults = email::faults("/email", &email);
    faults.extend(invitation.name.iter().flat_map(|name| name_faults("/name", name)));
    if !faults.is_empty() {
        return Err(Error::Invalid(faults));
    }
    let known = account::Entity::find().filter(account::Column::Email.eq(&email)).one(tx.connection()).await?;
    check_grant(tx, known.map(|row| row.id), &invitation.grant()).await?;
    let invitation = Invitation { email, ..invitation.clone() };
    let lifetime = TimeDelta::seconds(tx.context().settings().invitation_seconds);
    let issued = secret::issue(tx, None, TokenPurpose::Invitation, &invitation, lifetime).await?;
    tx.audit(Entry::new(caller, "invitation", issued.id, "account.invite").after(&json!({
        "email": email::masked(&invitation.email),
        "role": invitation.role,
        "region": invitation.region,
        "organisation": invitation.organisation_id,
    })));
    Ok((invitation, Invited { id: issued.id, token: issued.token, expires_at: issued.expires_at }))
}

/// Invites as the security administrator.
pub async fn send(context: &Context, caller: &Caller, invitation: &Invitation) -> Result<Outcome<InvitationView>> {
    caller.require(Permission::GrantRoles)?;
    require_fresh(context, caller)?;
    context.write_once(caller, "account.invite", &Send { caller, invitation }).await
}

struct Send<'a> {
    caller: &'a Caller,
    invitation: &'a Invitation,
}

impl Work for Send<'_> {
    type Output = InvitationView;

    async fn run(&self, tx: &Tx) -> Result<InvitationView> {
        let invited = invite(tx, self.caller, self.invitation).await?;
        let row = account_token::Entity::find_by_id(invited.id).one(tx.connection()).await?;
        InvitationView::of(row.ok_or(Error::NotFound)?)
    }
}

/// Invitations, newest first.
pub async fn list(context: &Context, caller: &Caller, page: &PageRequest) -> Result<Page<InvitationView>> {
    caller.require(Permission::GrantRoles)?;
    let query = account_token::Entity::find().filter(account_token::Column::Purpose.eq(TokenPurpose::Invitation));
    let rows = by_id(query, account_token::Column::Id, page)?.all(context.database().read()).await?;
    Page::cut(rows, page, |row| row.id.to_string()).try_map(InvitationView::of)
}

/// One invitation.
pub async fn get(context: &Context, caller: &Caller, id: Uuid) -> Result<InvitationView> {
    caller.require(Permission::GrantRoles)?;
    let row = account_token::Entity::find_by_id(id)
        .filter(account_token::Column::Purpose.eq(TokenPurpose::Invitation))
        .one(context.database().read())
        .await?;
    InvitationView::of(row.ok_or(Error::NotFound)?)
}

/// Withdraws an invitation that nobody has taken yet.
pub async fn withdraw(context: &Context, caller: &Caller, id: Uuid, revision: i32) -> Result<Outcome<InvitationView>> {
    caller.require(Permission::GrantRoles)?;
    context.write_once(caller, "account.withdraw_invitation", &Withdraw { caller, id, revision }).await
}

struct Withdraw<'a> {
    caller: &'a Caller,
    id: Uuid,
    revision: i32,
}

impl Work for Withdraw<'_> {
    type Output = InvitationView;

    async fn run(&self, tx: &Tx) -> Result<InvitationView> {
        let row = account_token::Entity::find_by_id(self.id)
            .filter(account_token::Column::Purpose.eq(TokenPurpose::Invitation))
            .one(tx.connection())
            .await?;
        let view = InvitationView::of(row.ok_or(Error::NotFound)?)?;
        if view.revision() != self.revision {
            return Err(Error::Stale);
        }
        if view.closed_at.is_some() {
            return Err(Error::refused(Code::StateForbids));
        }
        let changed = account_token::Entity::update_many()
            .col_expr(account_token::Column::UsedAt, Expr::value(tx.at()))
            .filter(account_token::Column::Id.eq(self.id))
            .filter(account_token::Column::UsedAt.is_null())
            .exec(tx.connection())
            .await?;
        if changed.rows_affected != 1 {
            return Err(Error::Stale);
        }
        tx.audit(Entry::new(self.caller, "invitation", self.id, "account.withdraw_invitation"));
        Ok(InvitationView { closed_at: Some(tx.at()), ..view })
    }
}

/// What somebody takes an invitation with. Password and consents (and a name, where the invitation has none) are needed for a new account only.
#[derive(Clone)]
pub struct Acceptance {
    pub token: String,
    pub name: Option<String>,
    pub password: Option<String>,
    pub locale: Option<String>,
    pub consents: Vec<Consent>,
}

impl std::fmt::Debug for Acceptance {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Acceptance(redacted)")
    }
}

/// Who has taken an invitation, and to what.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize, utoipa::ToSchema)]
pub struct Accepted {
    pub account_id: AccountId,
    /// False when the role was added to an account that existed.
    pub is_new: bool,
    pub role: Role,
    pub region: Option<RegionCode>,
    pub organisation_id: Option<OrganisationId>,
}

/// Takes an invitation.
pub async fn accept_invitation(
    context: &Context,
    meta: RequestMeta,
    acceptance: &Acceptance,
) -> Result<Outcome<Accepted>> {
    let mut faults = Consent::faults("/consents", &acceptance.consents);
    faults.extend(acceptance.name.iter().flat_map(|name| name_faults("/name", name)));
    faults.extend(acceptance.locale.iter().flat_map(|locale| locale_faults("/locale", locale)));
    faults.extend(acceptance.password.iter().flat_map(|text| password::faults("/password", text, "")));
    if !faults.is_empty() {
        return Err(Error::Invalid(faults));
    }
    let hash = match &acceptance.password {
        Some(text) => Some(password::hash(context, text).await?),
        None => None,
    };
    let caller = Caller::anonymous(meta);
    context.write_once(&caller, "account.accept_invitation", &Accept { caller: &caller, acceptance, hash }).await
}

struct Accept<'a> {
    caller: &'a Caller,
    acceptance: &'a Acceptance,
    hash: Option<String>,
}

impl Work for Accept<'_> {
    type Output = Accepted;

    async fn run(&self, tx: &Tx) -> Result<Accepted> {
        accept_in(tx, self.caller, self.acceptance, self.hash.as_deref()).await
    }
}

/// Takes an invitation within an open transaction; the password was hashed before.
pub async fn accept_in(
    tx: &Tx,
    caller: &Caller,
    acceptance: &Acceptance,
    password_hash: Option<&str>,
) -> Result<Accepted> {
    let spent = secret::spend::<Invitation>(tx, &acceptance.token, TokenPurpose::Invitation).await?;
    let invitation = spent.payload;
    let known =
        account::Entity::find().filter(account::Column::Email.eq(&invitation.email)).one(tx.connection()).await?;
    let (account, is_new) = match known {
        Some(row) if row.state == AccountState::Disabled => return Err(Error::refused(Code::TokenSpent)),
        Some(row) if row.state == AccountState::Active => (row.id, false),
        pending_or_none => {
            let chosen = chosen(caller, acceptance, invitation.name.as_ref(), password_hash)?;
            let id = match pending_or_none {
                Some(row) => row.id,
                None => insert_pending(tx, &invitation.email, &chosen).await?,
            };
            secret::void(tx, id, TokenPurpose::ConfirmEmail).await?;
            settle(tx, &super::load(tx, id).await?, chosen).await?;
            (id, true)
        }
    };
    check_grant(tx, Some(account), &invitation.grant()).await?;
    insert_role(tx, account, invitation.grant().held(invitation.invited_by)).await?;
    let row = super::load(tx, account).await?;
    if !is_new {
        change(tx, &row, account::ActiveModel::default(), true).await?;
        session::end_all(tx, account, None, "rights_changed").await?;
        tell::role_changed(tx, &row, "granted", invitation.role).await?;
    }
    join(tx, account, &invitation).await?;
    let mut entry = Entry::new(caller, "account", account, "account.accept_invitation")
        .after(&json!({ "invitation": spent.id, "role": invitation.role, "is_new": is_new }));
    entry.actor_id = Some(account);
    tx.audit(entry);
    let Invitation { role, region, organisation_id, .. } = invitation;
    Ok(Accepted { account_id: account, is_new, role, region, organisation_id })
}

/// What a new account needs.
fn chosen(
    caller: &Caller,
    acceptance: &Acceptance,
    invited_as: Option<&String>,
    password_hash: Option<&str>,
) -> Result<Chosen> {
    let mut faults = Vec::new();
    let name = acceptance.name.as_ref().or(invited_as);
    if name.is_none() {
        faults.push(Fault::new("/name", "missing_field"));
    }
    if password_hash.is_none() {
        faults.push(Fault::new("/password", "missing_field"));
    }
    if !acceptance.consents.iter().any(|consent| consent.kind == ConsentKind::PersonalData) {
        faults.push(Fault::new("/consents", "consent_required"));
    }
    match (name, password_hash) {
        (Some(name), Some(hash)) if faults.is_empty() => Ok(Chosen {
            name: name.trim().to_owned(),
            locale: acceptance.locale.clone().unwrap_or_else(|| "zh-CN".to_owned()),
            password_hash: hash.to_owned(),
            consents: acceptance.consents.clone(),
            address: caller.meta.address.clone(),
        }),
        _ => Err(Error::Invalid(faults)),
    }
}

/// The seat that an organisation kept for this address becomes the account's.
async fn join(tx: &Tx, account: AccountId, invitation: &Invitation) -> Result<()> {
    match invitation.organisation_id {
        Some(organisation) => {
            crate::organisation::seat(tx, organisation, &invitation.email, invitation.role, account).await
        }
        None => Ok(()),
    }
}
