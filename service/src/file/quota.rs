//! How much one account, and the members of one organisation, may have stored over all cases.

use chrono::{DateTime, Utc};
use domain::ids::{AccountId, OrganisationId};
use entity::{account, account_role, file, organisation};
use sea_orm::sea_query::{Expr, ExprTrait, LockType, Query};
use sea_orm::{ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter, QuerySelect, Select};

use super::sweep::grace;
use super::upload::too_large;
use crate::context::Context;
use crate::error::Result;
use crate::transaction::Tx;

/// Holds account and organisation until the end of the transaction, so that uploads to several cases are counted one
/// after the other.
pub(super) async fn hold(tx: &Tx, account: AccountId, organisation: Option<OrganisationId>) -> Result<()> {
    // Weak enough to let rows that refer to them be written.
    let held = account::Entity::find_by_id(account).select_only().column(account::Column::Id);
    held.lock(LockType::NoKeyUpdate).into_tuple::<AccountId>().one(tx.connection()).await?;
    if let Some(id) = organisation {
        let held = organisation::Entity::find_by_id(id).select_only().column(organisation::Column::Id);
        held.lock(LockType::NoKeyUpdate).into_tuple::<OrganisationId>().one(tx.connection()).await?;
    }
    Ok(())
}

/// Refuses another file of this size where a quota would be passed.
pub(super) async fn check(
    context: &Context,
    connection: &impl ConnectionTrait,
    at: DateTime<Utc>,
    account: AccountId,
    organisation: Option<OrganisationId>,
    size: u64,
) -> Result<()> {
    let limits = &context.settings().files;
    let since = at - grace(context);
    let own = stored(since).filter(file::Column::UploadedBy.eq(account));
    let (files, bytes) = used(own, connection).await?;
    within("account_files", files + 1, limits.account_files)?;
    within("account_bytes", bytes.saturating_add(size), limits.account_bytes)?;
    if let Some(organisation) = organisation {
        let members = Query::select()
            .column(account_role::Column::AccountId)
            .from(account_role::Entity)
            .and_where(Expr::col(account_role::Column::OrganisationId).eq(organisation))
            .to_owned();
        let (files, bytes) =
            used(stored(since).filter(file::Column::UploadedBy.in_subquery(members)), connection).await?;
        within("organisation_files", files + 1, limits.organisation_files)?;
        within("organisation_bytes", bytes.saturating_add(size), limits.organisation_bytes)?;
    }
    Ok(())
}

/// Files whose bytes are kept: those that are there, and those taken away so lately that no sweep has come by.
fn stored(since: DateTime<Utc>) -> Select<file::Entity> {
    let is_kept = Condition::any().add(file::Column::DeletedAt.is_null()).add(file::Column::CreatedAt.gt(since));
    file::Entity::find().filter(is_kept)
}

async fn used(files: Select<file::Entity>, connection: &impl ConnectionTrait) -> Result<(u64, u64)> {
    // PostgreSQL's sum of big integers is a numeric.
    let bytes = Expr::col((file::Entity, file::Column::SizeBytes)).sum().cast_as("bigint");
    let row: Option<(i64, Option<i64>)> = files
        .select_only()
        .column_as(file::Column::Id.count(), "files")
        .column_as(bytes, "bytes")
        .into_tuple()
        .one(connection)
        .await?;
    let (files, bytes) = row.unwrap_or((0, None));
    Ok((u64::try_from(files).unwrap_or(0), u64::try_from(bytes.unwrap_or(0)).unwrap_or(0)))
}

fn within(what: &str, wanted: u64, limit: u64) -> Result<()> {
    if wanted > limit { Err(too_large(what, limit)) } else { Ok(()) }
}
