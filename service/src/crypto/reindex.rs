//! Bringing blind indexes to the newest key, like [`super::reseal`]: online, in batches, and from where a run was cut off.

use domain::ids::BrokerId;
use entity::broker;
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use serde_json::json;

use crate::audit::Entry;
use crate::broker::{index_of_mobile, index_of_number, open_mobile, open_number};
use crate::caller::Caller;
use crate::context::Context;
use crate::error::Result;
use crate::transaction::{Tx, Work};

/// Rows per transaction.
const BATCH: u64 = 200;

/// Indexes anew what an older key indexed; the number of rows.
pub(super) async fn reindex(context: &Context) -> Result<u64> {
    let Some(newest) = context.keys().index_prefix() else { return Ok(0) };
    let (mut count, mut after) = (0, None);
    while let Some(last) = context.write("keys.reindex", &Batch { newest: &newest, after }).await? {
        count += last.rows;
        after = Some(last.id);
    }
    Ok(count)
}

struct Batch<'a> {
    newest: &'a str,
    after: Option<BrokerId>,
}

/// Where a batch ended.
struct Last {
    id: BrokerId,
    rows: u64,
}

impl Work for Batch<'_> {
    type Output = Option<Last>;

    async fn run(&self, tx: &Tx) -> Result<Option<Last>> {
        let newest = format!("{}%", self.newest);
        let mut query = broker::Entity::find()
            .filter(broker::Column::IdNumberIndex.not_like(&newest).or(broker::Column::MobileIndex.not_like(&newest)))
            .order_by_asc(broker::Column::Id)
            .limit(BATCH);
        if let Some(after) = self.after {
            query = query.filter(broker::Column::Id.gt(after));
        }
        let rows = query.all(tx.connection()).await?;
        let Some(last) = rows.last().map(|row| Last { id: row.id, rows: rows.len() as u64 }) else { return Ok(None) };
        for row in &rows {
            let context = tx.context();
            let number =
                open_number(context, row)?.map(|number| index_of_number(context, row.id_type.as_deref(), &number));
            let mobile = open_mobile(context, row)?.map(|mobile| index_of_mobile(context, &mobile));
            // A change in between wins; it was indexed by the newest key or is found by the next run.
            broker::Entity::update_many()
                .col_expr(broker::Column::IdNumberIndex, Expr::value(number))
                .col_expr(broker::Column::MobileIndex, Expr::value(mobile))
                .filter(broker::Column::Id.eq(row.id))
                .filter(broker::Column::Version.eq(row.version))
                .exec(tx.connection())
                .await?;
        }
        tx.audit(
            Entry::new(&Caller::system("keys.reindex"), "keys", "broker.index", "keys.reindex")
                .after(&json!({ "rows": rows.len() })),
        );
        Ok(Some(last))
    }
}
