//! Taking away what no longer serves: old sessions, spent links, faded failures, registrations never confirmed.

use chrono::TimeDelta;
use domain::account::AccountState;
use entity::{account, account_consent, account_role, account_session, account_token};
use sea_orm::sea_query::Query;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};

use super::guard;
use crate::context::Context;
use crate::error::Result;
use crate::transaction::{Tx, Work};

/// A session that is over still tells from where its owner usually comes.
const SESSIONS: TimeDelta = TimeDelta::days(90);
const TOKENS: TimeDelta = TimeDelta::days(30);
const UNCONFIRMED: TimeDelta = TimeDelta::days(30);

/// Sweeps once. Harmless when run twice.
pub async fn sweep(context: &Context) -> Result<()> {
    context.write("account.sweep", &Sweep).await
}

struct Sweep;

impl Work for Sweep {
    type Output = ();

    async fn run(&self, tx: &Tx) -> Result<()> {
        let connection = tx.connection();
        account_session::Entity::delete_many()
            .filter(account_session::Column::ExpiresAt.lt(tx.at() - SESSIONS))
            .exec(connection)
            .await?;
        account_token::Entity::delete_many()
            .filter(account_token::Column::ExpiresAt.lt(tx.at() - TOKENS))
            .exec(connection)
            .await?;
        guard::sweep(tx).await?;
        let holders = Query::select().column(account_role::Column::AccountId).from(account_role::Entity).to_owned();
        let givers =
            Query::select().column(account_consent::Column::AccountId).from(account_consent::Entity).to_owned();
        account::Entity::delete_many()
            .filter(account::Column::State.eq(AccountState::Pending))
            .filter(account::Column::UpdatedAt.lt(tx.at() - UNCONFIRMED))
            .filter(account::Column::Id.not_in_subquery(holders))
            .filter(account::Column::Id.not_in_subquery(givers))
            .exec(connection)
            .await?;
        Ok(())
    }
}
