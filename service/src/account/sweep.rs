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

/// Sweeps once. Harmless when run twice.
pub async fn sweep(context: &Context) -> Result<()> {
    context.write("account.sweep", &Sweep).await
}

struct Sweep;

impl Work for Sweep {
    type Output = ();

    async fn run(&self, tx: &Tx) -> Result<()> {
        let connection = tx.connection();
        let kept = &tx.context().settings().periods;
        let before = |days: u32| tx.at() - TimeDelta::days(days.into());
        // A session that is over still tells from where its owner usually comes.
        account_session::Entity::delete_many()
            .filter(account_session::Column::ExpiresAt.lt(before(kept.session_days)))
            .exec(connection)
            .await?;
        account_token::Entity::delete_many()
            .filter(account_token::Column::ExpiresAt.lt(before(kept.token_days)))
            .exec(connection)
            .await?;
        guard::sweep(tx).await?;
        let holders = Query::select().column(account_role::Column::AccountId).from(account_role::Entity).to_owned();
        let givers =
            Query::select().column(account_consent::Column::AccountId).from(account_consent::Entity).to_owned();
        account::Entity::delete_many()
            .filter(account::Column::State.eq(AccountState::Pending))
            .filter(account::Column::UpdatedAt.lt(before(kept.unconfirmed_days)))
            .filter(account::Column::Id.not_in_subquery(holders))
            .filter(account::Column::Id.not_in_subquery(givers))
            .exec(connection)
            .await?;
        Ok(())
    }
}
