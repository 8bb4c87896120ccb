//! Clients of other systems (接口客户端): each belongs to an organisation, acts for an accountable person, and holds only
//! the scopes that it was given.

use chrono::{DateTime, TimeDelta, Utc};
use domain::access::Permission;
use domain::account::{AccountState, ClientState};
use domain::fault::Fault;
use domain::ids::{AccountId, ApiClientId, OrganisationId};
use domain::word::Word;
use entity::{account, account_client, account_client_secret, organisation};
use sea_orm::sea_query::Expr;
use sea_orm::{ActiveValue::Set, ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder};
use serde_json::json;
use uuid::Uuid;

use super::require_fresh;
use crate::audit::Entry;
use crate::caller::{Caller, Outcome};
use crate::code::Code;
use crate::context::Context;
use crate::crypto::token_hash;
use crate::error::{Error, Result};
use crate::page::{Page, PageRequest, by_id};
use crate::transaction::{Tx, Work};

/// Secrets that may be good at once: the old one and its successor.
const OVERLAPPING: usize = 2;
const LONGEST_DAYS: i64 = 366;

/// A client to be created.
#[derive(Debug, Clone)]
pub struct NewClient {
    pub name: String,
    pub organisation_id: Option<OrganisationId>,
    /// Whose grants it uses, and who answers for what it does.
    pub accountable_account_id: AccountId,
    pub scopes: Vec<Permission>,
}

/// A client without its secrets.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize, utoipa::ToSchema)]
pub struct ClientView {
    pub id: ApiClientId,
    /// What the client calls itself at `/oauth/token`.
    pub client_id: String,
    pub name: String,
    pub organisation_id: Option<OrganisationId>,
    pub accountable_account_id: AccountId,
    #[schema(value_type = Vec<String>, example = json!(["certificate.read"]))]
    pub scopes: Vec<Permission>,
    pub state: ClientState,
    pub last_used_at: Option<DateTime<Utc>>,
    pub secrets: Vec<SecretView>,
    pub created_at: DateTime<Utc>,
    pub version: i32,
}

/// A secret that is good, without its text.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize, utoipa::ToSchema)]
pub struct SecretView {
    pub id: Uuid,
    pub created_at: DateTime<Utc>,
    pub expires_at: Option<DateTime<Utc>>,
}

/// A new secret, shown once.
#[derive(Clone, serde::Serialize, serde::Deserialize, utoipa::ToSchema)]
pub struct NewSecret {
    pub id: Uuid,
    pub client_id: String,
    pub client_secret: String,
    pub expires_at: Option<DateTime<Utc>>,
}

impl std::fmt::Debug for NewSecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "NewSecret({})", self.id)
    }
}

/// The scopes of the column.
pub(super) fn scopes_of(json: &str) -> Result<Vec<Permission>> {
    Ok(serde_json::from_str(json)?)
}

/// Accounts are looked after by people.
fn is_scope(permission: Permission) -> bool {
    !permission.as_str().starts_with("account.")
}

fn view(row: account_client::Model, secrets: Vec<account_client_secret::Model>) -> Result<ClientView> {
    Ok(ClientView {
        id: row.id,
        client_id: row.client_id,
        name: row.name,
        organisation_id: row.organisation_id,
        accountable_account_id: row.accountable_account_id,
        scopes: scopes_of(&row.scopes)?,
        state: row.state,
        last_used_at: row.last_used_at,
        secrets: secrets
            .into_iter()
            .map(|secret| SecretView { id: secret.id, created_at: secret.created_at, expires_at: secret.expires_at })
            .collect(),
        created_at: row.created_at,
        version: row.version,
    })
}

/// The secrets that are good now, oldest first.
pub(super) async fn good_secrets(
    connection: &impl ConnectionTrait,
    clients: Vec<ApiClientId>,
    now: DateTime<Utc>,
) -> Result<Vec<account_client_secret::Model>> {
    use account_client_secret::Column;
    Ok(account_client_secret::Entity::find()
        .filter(Column::AccountClientId.is_in(clients))
        .filter(Column::RevokedAt.is_null())
        .filter(
            Condition::any().add(Column::ExpiresAt.is_null()).add(
                Condition::all()
                    .add(Column::ExpiresAt.gt(now))
                    .add(Column::CreatedAt.lte(super::token::latest_beginning(now))),
            ),
        )
        .order_by_asc(Column::CreatedAt)
        .all(connection)
        .await?)
}

/// Every client, newest first.
pub async fn list(context: &Context, caller: &Caller, page: &PageRequest) -> Result<Page<ClientView>> {
    caller.require(Permission::ManageApiClients)?;
    let connection = context.database().read();
    let rows = by_id(account_client::Entity::find(), account_client::Column::Id, page)?.all(connection).await?;
    let page = Page::cut(rows, page, |row| row.id.to_string());
    let ids = page.items.iter().map(|row| row.id).collect();
    let secrets = good_secrets(connection, ids, context.now()).await?;
    page.try_map(|row| {
        let own = secrets.iter().filter(|secret| secret.account_client_id == row.id).cloned().collect();
        view(row, own)
    })
}

/// One client.
pub async fn get(context: &Context, caller: &Caller, id: ApiClientId) -> Result<ClientView> {
    caller.require(Permission::ManageApiClients)?;
    read(context.database().read(), id, context.now()).await
}

async fn read(connection: &impl ConnectionTrait, id: ApiClientId, now: DateTime<Utc>) -> Result<ClientView> {
    let row = account_client::Entity::find_by_id(id).one(connection).await?.ok_or(Error::NotFound)?;
    view(row, good_secrets(connection, vec![id], now).await?)
}

/// Creates a client; it can do nothing until it has a secret.
pub async fn create(context: &Context, caller: &Caller, new: &NewClient) -> Result<Outcome<ClientView>> {
    caller.require(Permission::ManageApiClients)?;
    require_fresh(context, caller)?;
    let mut faults = super::register::name_faults("/name", &new.name);
    if new.scopes.is_empty() {
        faults.push(Fault::new("/scopes", "text_short"));
    }
    for (index, scope) in new.scopes.iter().enumerate() {
        if !is_scope(*scope) || new.scopes.iter().take(index).any(|earlier| earlier == scope) {
            faults.push(Fault::new(format!("/scopes/{index}"), "scope_not_grantable"));
        }
    }
    if !faults.is_empty() {
        return Err(Error::Invalid(faults));
    }
    context.write_once(caller, "api_client.create", &Create { caller, new }).await
}

struct Create<'a> {
    caller: &'a Caller,
    new: &'a NewClient,
}

impl Work for Create<'_> {
    type Output = ClientView;

    async fn run(&self, tx: &Tx) -> Result<ClientView> {
        let new = self.new;
        let person = account::Entity::find_by_id(new.accountable_account_id).one(tx.connection()).await?;
        if person.is_none_or(|person| person.state != AccountState::Active) {
            return Err(Error::invalid("/accountable_account_id", "account_unknown"));
        }
        if let Some(id) = new.organisation_id
            && organisation::Entity::find_by_id(id).one(tx.connection()).await?.is_none()
        {
            return Err(Error::invalid("/organisation_id", "organisation_unknown"));
        }
        let id: ApiClientId = tx.context().new_id();
        let row = account_client::ActiveModel {
            id: Set(id),
            organisation_id: Set(new.organisation_id),
            accountable_account_id: Set(new.accountable_account_id),
            name: Set(new.name.trim().to_owned()),
            client_id: Set(format!("c-{}", id.0.simple())),
            scopes: Set(serde_json::to_string(&new.scopes)?),
            state: Set(ClientState::Active),
            last_used_at: Set(None),
            created_at: Set(tx.at()),
            version: Set(1),
        };
        account_client::Entity::insert(row).exec_without_returning(tx.connection()).await?;
        tx.audit(
            Entry::new(self.caller, "api_client", id, "api_client.create")
                .after(&json!({ "scopes": new.scopes, "accountable": new.accountable_account_id })),
        );
        read(tx.connection(), id, tx.at()).await
    }
}

/// Makes a secret. With two good ones already, one must be revoked first.
pub async fn create_secret(
    context: &Context,
    caller: &Caller,
    id: ApiClientId,
    valid_days: Option<i64>,
) -> Result<Outcome<NewSecret>> {
    caller.require(Permission::ManageApiClients)?;
    require_fresh(context, caller)?;
    if valid_days.is_some_and(|days| !(1..=LONGEST_DAYS).contains(&days)) {
        return Err(Error::invalid("/valid_days", "wrong_value"));
    }
    context.write_once(caller, "api_client.create_secret", &CreateSecret { caller, id, valid_days }).await
}

struct CreateSecret<'a> {
    caller: &'a Caller,
    id: ApiClientId,
    valid_days: Option<i64>,
}

impl Work for CreateSecret<'_> {
    type Output = NewSecret;

    async fn run(&self, tx: &Tx) -> Result<NewSecret> {
        let client = load_active(tx, self.id).await?;
        // Serialises two requests for the last place: the version moves with each.
        touch(tx, &client, ClientState::Active).await?;
        if good_secrets(tx.connection(), vec![self.id], tx.at()).await?.len() >= OVERLAPPING {
            return Err(Error::Refused(Code::StateForbids, json!({ "secrets": OVERLAPPING })));
        }
        let secret = tx.context().new_secret();
        let id: Uuid = tx.context().new_id();
        let expires_at = self.valid_days.map(|days| tx.at() + TimeDelta::days(days));
        let row = account_client_secret::ActiveModel {
            id: Set(id),
            account_client_id: Set(self.id),
            secret_hash: Set(token_hash(&secret)),
            created_at: Set(tx.at()),
            expires_at: Set(expires_at),
            revoked_at: Set(None),
        };
        account_client_secret::Entity::insert(row).exec_without_returning(tx.connection()).await?;
        tx.audit(
            Entry::new(self.caller, "api_client", self.id, "api_client.create_secret").after(&json!({ "secret": id })),
        );
        Ok(NewSecret { id, client_id: client.client_id, client_secret: secret, expires_at })
    }
}

async fn load_active(tx: &Tx, id: ApiClientId) -> Result<account_client::Model> {
    let client = account_client::Entity::find_by_id(id).one(tx.connection()).await?.ok_or(Error::NotFound)?;
    match client.state {
        ClientState::Active => Ok(client),
        ClientState::Revoked => Err(Error::Refused(Code::StateForbids, json!({ "state": client.state }))),
    }
}

async fn touch(tx: &Tx, client: &account_client::Model, state: ClientState) -> Result<()> {
    let changed = account_client::Entity::update_many()
        .col_expr(account_client::Column::State, Expr::value(state))
        .col_expr(account_client::Column::Version, Expr::value(client.version + 1))
        .filter(account_client::Column::Id.eq(client.id))
        .filter(account_client::Column::Version.eq(client.version))
        .exec(tx.connection())
        .await?;
    if changed.rows_affected == 1 { Ok(()) } else { Err(Error::Stale) }
}

/// Revokes one secret, with every token obtained by it.
pub async fn revoke_secret(
    context: &Context,
    caller: &Caller,
    id: ApiClientId,
    secret: Uuid,
) -> Result<Outcome<ClientView>> {
    caller.require(Permission::ManageApiClients)?;
    context
        .write_once(caller, "api_client.revoke_secret", &Revoke { caller, id, secret: Some(secret), version: None })
        .await
}

/// Revokes a client for good, with its secrets and tokens.
pub async fn revoke(context: &Context, caller: &Caller, id: ApiClientId, version: i32) -> Result<Outcome<ClientView>> {
    caller.require(Permission::ManageApiClients)?;
    context.write_once(caller, "api_client.revoke", &Revoke { caller, id, secret: None, version: Some(version) }).await
}

struct Revoke<'a> {
    caller: &'a Caller,
    id: ApiClientId,
    /// One of its secrets, or the client itself.
    secret: Option<Uuid>,
    version: Option<i32>,
}

impl Work for Revoke<'_> {
    type Output = ClientView;

    async fn run(&self, tx: &Tx) -> Result<ClientView> {
        use account_client_secret::Column;
        let client = account_client::Entity::find_by_id(self.id).one(tx.connection()).await?.ok_or(Error::NotFound)?;
        if self.version.is_some_and(|version| version != client.version) {
            return Err(Error::Stale);
        }
        load_active(tx, self.id).await?;
        let (state, action) = match self.secret {
            Some(_) => (ClientState::Active, "api_client.revoke_secret"),
            None => (ClientState::Revoked, "api_client.revoke"),
        };
        touch(tx, &client, state).await?;
        let mut update = account_client_secret::Entity::update_many()
            .col_expr(Column::RevokedAt, Expr::value(tx.at()))
            .filter(Column::AccountClientId.eq(self.id))
            .filter(Column::RevokedAt.is_null());
        if let Some(secret) = self.secret {
            update = update.filter(Column::Id.eq(secret));
        }
        let changed = update.exec(tx.connection()).await?;
        if self.secret.is_some() && changed.rows_affected == 0 {
            return Err(Error::NotFound);
        }
        tx.audit(Entry::new(self.caller, "api_client", self.id, action).after(&json!({ "secret": self.secret })));
        read(tx.connection(), self.id, tx.at()).await
    }
}
