//! Bringing sealed values to the newest key, online and in batches. Older keys keep opening what is not yet reached, and
//! a run that was cut off goes on where it stopped: what is left is what still names an older key.

use sea_orm::sea_query::{Alias, Expr, ExprTrait, Query};
use sea_orm::{ConnectionTrait, Order};
use serde_json::json;
use uuid::Uuid;

use super::Place;
use crate::audit::Entry;
use crate::caller::Caller;
use crate::context::Context;
use crate::error::Result;
use crate::transaction::{Tx, Work};

/// Every column whose sealed values outlive their request.
const SEALED: [(&str, &str); 4] = [
    ("broker", "id_number_cipher"),
    ("broker", "mobile_cipher"),
    ("account", "totp_secret"),
    ("notification_delivery", "address_cipher"),
];

/// Values per transaction.
const BATCH: u64 = 200;

/// Seals and indexes everything anew that an older key sealed or indexed; the number of values. After it, older field keys
/// may be removed once the answers of idempotency keys are forgotten (`office.periods.answer_days`). Older index keys stay
/// for as long as anchors of the audit trail from their time are to be verified.
pub async fn reseal(context: &Context) -> Result<u64> {
    let mut count = 0;
    for (table, column) in SEALED {
        loop {
            let done = context.write("keys.reseal", &Batch { table, column }).await?;
            count += done;
            if done < BATCH {
                break;
            }
        }
    }
    count += super::reindex::reindex(context).await?;
    Ok(count)
}

struct Batch {
    table: &'static str,
    column: &'static str,
}

impl Work for Batch {
    type Output = u64;

    async fn run(&self, tx: &Tx) -> Result<u64> {
        let rows = self.outdated(tx).await?;
        for (id, old) in &rows {
            let place = Place { table: self.table, column: self.column, row: *id };
            let keys = tx.context().keys();
            let new = keys.seal(tx.context(), place, &keys.open(place, old)?)?;
            self.replace(tx, *id, old, &new).await?;
        }
        if !rows.is_empty() {
            let object = format!("{}.{}", self.table, self.column);
            tx.audit(
                Entry::new(&Caller::system("keys.reseal"), "keys", object, "keys.reseal")
                    .after(&json!({ "values": rows.len() })),
            );
        }
        Ok(rows.len() as u64)
    }
}

impl Batch {
    /// Values that name another key than the newest.
    async fn outdated(&self, tx: &Tx) -> Result<Vec<(Uuid, String)>> {
        let column = || Expr::col(Alias::new(self.column));
        let newest = tx.context().keys().prefix();
        let mut query = Query::select();
        query
            .columns([Alias::new("id"), Alias::new(self.column)])
            .from(Alias::new(self.table))
            .and_where(column().is_not_null())
            .and_where(column().not_like(format!("{newest}%")))
            .order_by(Alias::new("id"), Order::Asc)
            .limit(BATCH);
        let rows = tx.connection().query_all(&query).await?;
        rows.iter().map(|row| Ok((row.try_get("", "id")?, row.try_get("", self.column)?))).collect()
    }

    /// Only over the value that was read: a change in between wins.
    async fn replace(&self, tx: &Tx, id: Uuid, old: &str, new: &str) -> Result<()> {
        let mut update = Query::update();
        update
            .table(Alias::new(self.table))
            .value(Alias::new(self.column), new)
            .and_where(Expr::col(Alias::new("id")).eq(id))
            .and_where(Expr::col(Alias::new(self.column)).eq(old));
        tx.connection().execute(&update).await?;
        Ok(())
    }
}
