//! Having files looked at. A scanner that cannot be reached changes nothing: what it has not seen stays locked away.

use std::io;

use domain::file::ScanState;
use domain::word::Word;
use entity::file;
use futures_util::StreamExt;
use object_store::ObjectStoreExt;
use object_store::path::Path;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use super::clamd::{self, Verdict};
use super::store_failed;
use crate::audit::Entry;
use crate::caller::Caller;
use crate::context::Context;
use crate::error::Result;
use crate::transaction::{Tx, Work};

/// Files looked at per call; the rest waits for the next minute.
const BATCH: u64 = 100;
/// Characters of a scanner's words that are kept.
const DETAIL: usize = 200;

/// Has pending files looked at by the scanner, and those that were taken in before there was one. Harmless when run
/// twice. Without a scanner nothing happens.
pub async fn scan_pending(context: &Context) -> Result<()> {
    let Some(address) = context.settings().scanner.clone() else { return Ok(()) };
    let waiting = file::Entity::find()
        .filter(file::Column::ScanState.is_in([ScanState::Pending, ScanState::Skipped]))
        .filter(file::Column::DeletedAt.is_null())
        .order_by_asc(file::Column::CreatedAt)
        .order_by_asc(file::Column::Id)
        .limit(BATCH)
        .all(context.database().read())
        .await?;
    for row in waiting {
        match look(context, &address, &row).await {
            Ok((state, detail)) => context.write("file.scan", &Mark { row: &row, state, detail }).await?,
            Err(error) => {
                tracing::warn!(%error, file.id = %row.id, "the scanner did not look at a file");
                metrics::counter!("file_scan_failures").increment(1);
                return Ok(());
            }
        }
    }
    Ok(())
}

async fn look(context: &Context, address: &str, row: &file::Model) -> io::Result<(ScanState, Option<String>)> {
    let object = match context.files().get(&Path::from(row.object_key.as_str())).await {
        Ok(object) => object,
        Err(object_store::Error::NotFound { .. }) => {
            tracing::error!(file.id = %row.id, "a file has lost its bytes");
            return Ok((ScanState::Failed, Some("the bytes are missing".to_owned())));
        }
        Err(error) => return Err(io::Error::other(store_failed(error))),
    };
    let bytes = object.into_stream().map(|chunk| chunk.map_err(io::Error::other));
    Ok(match clamd::scan(address, bytes).await? {
        Verdict::Clean => (ScanState::Clean, None),
        Verdict::Infected(signature) => (ScanState::Infected, Some(signature)),
        Verdict::Unsure(words) => (ScanState::Failed, Some(words)),
    })
}

struct Mark<'a> {
    row: &'a file::Model,
    state: ScanState,
    detail: Option<String>,
}

impl Work for Mark<'_> {
    type Output = ();

    async fn run(&self, tx: &Tx) -> Result<()> {
        let detail = self.detail.as_ref().map(|words| words.chars().take(DETAIL).collect::<String>());
        let changed = file::Entity::update_many()
            .col_expr(file::Column::ScanState, Expr::value(self.state))
            .col_expr(file::Column::ScanDetail, Expr::value(detail.clone()))
            .filter(file::Column::Id.eq(self.row.id))
            .filter(file::Column::ScanState.eq(self.row.scan_state))
            .exec(tx.connection())
            .await?;
        // Another runner was first.
        if changed.rows_affected == 1 {
            let mut entry = Entry::new(&Caller::system("file.scan"), "file", self.row.id, "file.scan")
                .states(self.row.scan_state.as_str(), self.state.as_str());
            entry.reason = detail;
            tx.audit(entry);
        }
        Ok(())
    }
}
