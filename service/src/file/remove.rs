//! Taking a file away, by whoever added it.

use domain::access::Permission;
use domain::ids::FileId;
use entity::{case_file, file};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QuerySelect};
use serde_json::json;

use super::right::{may_remove, readable_cases};
use crate::audit::Entry;
use crate::caller::Caller;
use crate::context::Context;
use crate::error::{Error, Result};
use crate::transaction::{Tx, Work};

/// Takes a file away. The row stays for the trail; the bytes of a draft go with the next sweep.
pub async fn remove(context: &Context, caller: &Caller, id: FileId) -> Result<()> {
    caller.require(Permission::ManageFiles)?;
    context.write_once(caller, "file.remove", &Remove { caller, id }).await.map(|_| ())
}

struct Remove<'a> {
    caller: &'a Caller,
    id: FileId,
}

impl Work for Remove<'_> {
    type Output = ();

    async fn run(&self, tx: &Tx) -> Result<()> {
        let scope = self.caller.require(Permission::ManageFiles)?;
        let row = file::Entity::find_by_id(self.id)
            .filter(file::Column::DeletedAt.is_null())
            .one(tx.connection())
            .await?
            .ok_or(Error::NotFound)?;
        let case = case_file::Entity::find_by_id(row.case_id)
            .filter(readable_cases(self.caller, &scope))
            .lock_exclusive()
            .one(tx.connection())
            .await?
            .ok_or(Error::NotFound)?;
        if row.uploaded_by != self.caller.actor.account {
            return Err(Error::Forbidden);
        }
        may_remove(self.caller, &case, row.purpose)?;
        let changed = file::Entity::update_many()
            .col_expr(file::Column::DeletedAt, Expr::value(tx.at()))
            .filter(file::Column::Id.eq(row.id))
            .filter(file::Column::DeletedAt.is_null())
            .exec(tx.connection())
            .await?;
        if changed.rows_affected != 1 {
            return Err(Error::NotFound);
        }
        tx.audit(
            Entry::new(self.caller, "file", row.id, "file.remove")
                .before(&json!({ "case_id": row.case_id, "purpose": row.purpose, "sha256": row.sha256 })),
        );
        Ok(())
    }
}
