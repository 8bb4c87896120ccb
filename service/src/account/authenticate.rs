//! From an access token to who calls: the signature, then one query for everything that may have changed since.

use chrono::{DateTime, NaiveDate, Utc};
use domain::access::{Actor, Grant, Permission, Role};
use domain::account::{AccountState, ClientState, is_administrator};
use domain::ids::{AccountId, ApiClientId, SessionId};
use domain::time::civil_day;
use domain::word::Word;
use entity::{account, account_client, account_client_secret, account_delegation, account_role, account_session};
use sea_orm::sea_query::{Condition, Expr, ExprTrait, IntoColumnRef, JoinType, Query, SelectStatement};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryResult};
use uuid::Uuid;

use super::token::{Claims, Holder, latest_beginning, verify};
use crate::code::Code;
use crate::context::Context;
use crate::error::{Error, Result};
use crate::transaction::{Tx, Work};

/// Who an access token speaks for, as the database has it now.
#[derive(Debug, Clone)]
pub struct Authenticated {
    pub actor: Actor,
    pub session: Option<SessionId>,
    pub client: Option<ApiClientId>,
    /// All that a client may do; none for people.
    pub scopes: Option<Vec<Permission>>,
    /// When the password (and second factor) was last proven.
    pub authenticated_at: DateTime<Utc>,
}

/// Checks an access token: signature, claims, session or client, and the rights version of the account. Whatever is
/// wrong answers alike.
pub async fn authenticate(context: &Context, token: &str) -> Result<Authenticated> {
    let claims = verify(context, token)?;
    let now = context.now();
    let query = match &claims.holder {
        Holder::Session { sid, .. } => of_session(*sid, civil_day(now)),
        Holder::Client { client_id, sec, .. } => of_client(client_id, *sec, civil_day(now)),
    };
    let rows = context.database().read().query_all(&query).await?;
    let unauthenticated = || Error::refused(Code::Unauthenticated);
    let first = rows.first().ok_or_else(unauthenticated)?;
    let is_current = first.try_get::<AccountId>("", "account_id")? == claims.sub
        && first.try_get::<AccountState>("", "account_state")? == AccountState::Active
        && first.try_get::<i32>("", "rights_version")? == claims.rv;
    if !is_current {
        return Err(unauthenticated());
    }
    let grants = grants(&rows)?;
    match &claims.holder {
        Holder::Session { sid, generation } => session(context, first, *sid, *generation, &claims, grants, now).await,
        Holder::Client { scope, .. } => client(first, scope, &claims, grants, now),
    }
}

async fn session(
    context: &Context,
    row: &QueryResult,
    id: SessionId,
    generation: i32,
    claims: &Claims,
    grants: Vec<Grant>,
    now: DateTime<Utc>,
) -> Result<Authenticated> {
    let skipped: Option<i32> = row.try_get("", "skipped_generation")?;
    let is_over = row.try_get::<Option<DateTime<Utc>>>("", "revoked_at")?.is_some()
        || row.try_get::<DateTime<Utc>>("", "expires_at")? <= now
        || row.try_get::<DateTime<Utc>>("", "authenticated_at")? > latest_beginning(now)
        || skipped == Some(generation);
    if is_over {
        return Err(Error::refused(Code::Unauthenticated));
    }
    let is_present = row.try_get::<i32>("", "generation")? == generation;
    if is_present && !row.try_get::<bool>("", "successor_used")? {
        match context.write("session.mark_used", &MarkUsed { id, generation }).await {
            // Once in a session's quarter of an hour; while the database cannot write, readers go on.
            Ok(()) | Err(Error::Busy { .. }) => {}
            Err(error) => return Err(error),
        }
    }
    let has_second_factor = row.try_get::<bool>("", "has_second_factor")? && is_enrolled(row)?;
    Ok(Authenticated {
        actor: Actor { account: claims.sub, grants, has_second_factor },
        session: Some(id),
        client: None,
        scopes: None,
        authenticated_at: row.try_get("", "authenticated_at")?,
    })
}

/// A client holds those grants of its accountable person that its scopes need.
fn client(
    row: &QueryResult,
    scope: &str,
    claims: &Claims,
    grants: Vec<Grant>,
    now: DateTime<Utc>,
) -> Result<Authenticated> {
    let is_over = row.try_get::<ClientState>("", "client_state")? != ClientState::Active
        || row.try_get::<Option<DateTime<Utc>>>("", "revoked_at")?.is_some()
        || row.try_get::<Option<DateTime<Utc>>>("", "expires_at")?.is_some_and(|expiry| expiry <= now);
    if is_over {
        return Err(Error::refused(Code::Unauthenticated));
    }
    let granted: Vec<Permission> = super::client::scopes_of(&row.try_get::<String>("", "scopes")?)?;
    let scopes: Vec<Permission> =
        scope.split(' ').filter_map(Permission::parse).filter(|scope| granted.contains(scope)).collect();
    let needed = |role: Role| scopes.iter().any(|scope| scope.roles().contains(&role));
    let grants = grants.into_iter().filter(|grant| grant.on_behalf_of.is_none() && needed(grant.role)).collect();
    Ok(Authenticated {
        actor: Actor { account: claims.sub, grants, has_second_factor: is_enrolled(row)? },
        session: None,
        client: Some(row.try_get("", "client_row_id")?),
        scopes: Some(scopes),
        authenticated_at: DateTime::from_timestamp(claims.iat, 0).unwrap_or(now),
    })
}

fn is_enrolled(row: &QueryResult) -> Result<bool> {
    Ok(row.try_get::<Option<DateTime<Utc>>>("", "totp_confirmed_at")?.is_some())
}

/// The grants of the rows: own ones and those lent by a delegation. Administrators stand in for nobody (三员分立).
fn grants(rows: &[QueryResult]) -> Result<Vec<Grant>> {
    let mut own: Vec<(Uuid, Grant)> = Vec::new();
    let mut lent: Vec<(Uuid, Grant)> = Vec::new();
    for row in rows {
        if let Some(id) = row.try_get::<Option<Uuid>>("", "held_id")?
            && !own.iter().any(|(known, _)| *known == id)
        {
            own.push((id, grant(row, "held", None)?));
        }
        if let Some(id) = row.try_get::<Option<Uuid>>("", "lent_id")?
            && !lent.iter().any(|(known, _)| *known == id)
        {
            lent.push((id, grant(row, "lent", row.try_get("", "lender")?)?));
        }
    }
    if own.iter().any(|(_, grant)| is_administrator(grant.role)) {
        lent.clear();
    }
    Ok(own.into_iter().chain(lent).map(|(_, grant)| grant).collect())
}

fn grant(row: &QueryResult, prefix: &str, on_behalf_of: Option<AccountId>) -> Result<Grant> {
    Ok(Grant {
        role: row.try_get("", &format!("{prefix}_role"))?,
        region: row.try_get("", &format!("{prefix}_region"))?,
        organisation: row.try_get("", &format!("{prefix}_organisation"))?,
        on_behalf_of,
    })
}

fn of_session(id: SessionId, today: NaiveDate) -> SelectStatement {
    use account_session::Column;
    let mut query = Query::select();
    query
        .from(account_session::Entity)
        .inner_join(
            account::Entity,
            Expr::col((account::Entity, account::Column::Id)).equals((account_session::Entity, Column::AccountId)),
        )
        .and_where(Expr::col((account_session::Entity, Column::Id)).eq(id));
    for (column, name) in [
        (Column::CreatedAt, "authenticated_at"),
        (Column::RevokedAt, "revoked_at"),
        (Column::ExpiresAt, "expires_at"),
        (Column::HasSecondFactor, "has_second_factor"),
        (Column::Generation, "generation"),
        (Column::SkippedGeneration, "skipped_generation"),
        (Column::SuccessorUsed, "successor_used"),
    ] {
        query.expr_as(Expr::col((account_session::Entity, column)), name);
    }
    with_account_and_grants(&mut query, today);
    query
}

fn of_client(client_id: &str, secret: Uuid, today: NaiveDate) -> SelectStatement {
    use account_client::Column;
    use account_client_secret::Column as Secret;
    let mut query = Query::select();
    query
        .from(account_client::Entity)
        .inner_join(
            account_client_secret::Entity,
            Expr::col((account_client_secret::Entity, Secret::AccountClientId))
                .equals((account_client::Entity, Column::Id)),
        )
        .inner_join(
            account::Entity,
            Expr::col((account::Entity, account::Column::Id))
                .equals((account_client::Entity, Column::AccountableAccountId)),
        )
        .and_where(Expr::col((account_client::Entity, Column::ClientId)).eq(client_id))
        .and_where(Expr::col((account_client_secret::Entity, Secret::Id)).eq(secret))
        .expr_as(Expr::col((account_client::Entity, Column::Id)), "client_row_id")
        .expr_as(Expr::col((account_client::Entity, Column::State)), "client_state")
        .expr_as(Expr::col((account_client::Entity, Column::Scopes)), "scopes")
        .expr_as(Expr::col((account_client_secret::Entity, Secret::RevokedAt)), "revoked_at")
        .expr_as(Expr::col((account_client_secret::Entity, Secret::ExpiresAt)), "expires_at");
    with_account_and_grants(&mut query, today);
    query
}

/// Adds the account, its roles, and the roles of those who delegated to it for today.
fn with_account_and_grants(query: &mut SelectStatement, today: NaiveDate) {
    use account_delegation::Column as Delegation;
    use account_role::Column as Held;
    let day = || Expr::value(today);
    let column = |table: &'static str, column: Held| Expr::col((table, column));
    let loan = |column: Delegation| Expr::col(("loan", column));
    let account = |column: account::Column| (account::Entity, column).into_column_ref();
    query
        .expr_as(Expr::col(account(account::Column::Id)), "account_id")
        .expr_as(Expr::col(account(account::Column::State)), "account_state")
        .expr_as(Expr::col(account(account::Column::RightsVersion)), "rights_version")
        .expr_as(Expr::col(account(account::Column::TotpConfirmedAt)), "totp_confirmed_at")
        .expr_as(loan(Delegation::FromAccountId), "lender")
        .join_as(
            JoinType::LeftJoin,
            account_role::Entity,
            "held",
            Condition::all()
                .add(column("held", Held::AccountId).equals(account(account::Column::Id)))
                .add(column("held", Held::RevokedAt).is_null()),
        )
        .join_as(
            JoinType::LeftJoin,
            account_delegation::Entity,
            "loan",
            Condition::all()
                .add(loan(Delegation::ToAccountId).equals(account(account::Column::Id)))
                .add(loan(Delegation::RevokedAt).is_null())
                .add(loan(Delegation::FromOn).lte(day()))
                .add(loan(Delegation::ToOn).gte(day())),
        )
        .join_as(
            JoinType::LeftJoin,
            account::Entity,
            "lender_account",
            Condition::all()
                .add(Expr::col(("lender_account", account::Column::Id)).equals(("loan", Delegation::FromAccountId)))
                .add(Expr::col(("lender_account", account::Column::State)).eq(AccountState::Active.as_str())),
        )
        .join_as(
            JoinType::LeftJoin,
            account_role::Entity,
            "lent",
            Condition::all()
                .add(column("lent", Held::AccountId).equals(("lender_account", account::Column::Id)))
                .add(column("lent", Held::Role).equals(("loan", Delegation::Role)))
                .add(column("lent", Held::RevokedAt).is_null())
                .add(
                    Condition::any()
                        .add(loan(Delegation::Region).is_null())
                        .add(column("lent", Held::Region).equals(("loan", Delegation::Region))),
                ),
        );
    for table in ["held", "lent"] {
        for (name, of) in
            [("id", Held::Id), ("role", Held::Role), ("region", Held::Region), ("organisation", Held::OrganisationId)]
        {
            query.expr_as(column(table, of), format!("{table}_{name}"));
        }
    }
}

/// Notes that the present pair of tokens arrived: from now on, a use of the pair before it is theft.
struct MarkUsed {
    id: SessionId,
    generation: i32,
}

impl Work for MarkUsed {
    type Output = ();

    async fn run(&self, tx: &Tx) -> Result<()> {
        account_session::Entity::update_many()
            .col_expr(account_session::Column::SuccessorUsed, Expr::value(true))
            .filter(account_session::Column::Id.eq(self.id))
            .filter(account_session::Column::Generation.eq(self.generation))
            .filter(account_session::Column::SuccessorUsed.eq(false))
            .exec(tx.connection())
            .await?;
        Ok(())
    }
}
