//! Removing bytes that belong to nothing: of uploads that ended before their row, and of files taken from drafts.

use std::path::{Path as Folder, PathBuf};

use chrono::{DateTime, TimeDelta, Utc};
use domain::ids::FileId;
use entity::{case_file, file};
use futures_util::StreamExt;
use object_store::ObjectStoreExt;
use object_store::path::Path;
use sea_orm::{ColumnTrait, Condition, EntityTrait, JoinType, QueryFilter, QuerySelect, RelationTrait};

use super::{PREFIX, store_failed};
use crate::context::Context;
use crate::error::{Error, Result};

/// No upload takes this long; younger bytes may still get their row.
pub(super) fn grace(context: &Context) -> TimeDelta {
    TimeDelta::hours(context.settings().periods.loose_file_hours.into())
}

/// Objects compared with the table per query.
const BATCH: usize = 500;

/// Removes orphans; the number removed. Harmless when run twice.
pub async fn sweep_orphans(context: &Context) -> Result<u64> {
    let before = context.now() - grace(context);
    let mut removed = match context.settings().files_folder.clone() {
        Some(folder) => remove_staged(folder, before).await?,
        None => 0,
    };
    let mut batch = Vec::with_capacity(BATCH);
    let mut objects = context.files().list(Some(&Path::from(PREFIX)));
    while let Some(object) = objects.next().await {
        let path = object.map_err(store_failed)?.location;
        match id_of(&path) {
            // The id tells when the upload began, whatever the store's own clock says.
            Some((id, begun)) if begun < before => batch.push((id, path)),
            Some(_) => {}
            None => tracing::warn!(%path, "an object has a name that is none of ours"),
        }
        if batch.len() >= BATCH {
            removed += remove(context, std::mem::take(&mut batch)).await?;
        }
    }
    Ok(removed + remove(context, batch).await?)
}

/// The file's id and the instant in it (UUIDv7).
fn id_of(path: &Path) -> Option<(FileId, DateTime<Utc>)> {
    let id: FileId = path.filename()?.parse().ok()?;
    let (seconds, nanos) = id.0.get_timestamp()?.to_unix();
    Some((id, DateTime::from_timestamp(i64::try_from(seconds).ok()?, nanos)?))
}

async fn remove(context: &Context, objects: Vec<(FileId, Path)>) -> Result<u64> {
    if objects.is_empty() {
        return Ok(0);
    }
    // What was submitted is kept, even when it was replaced in a correction.
    let is_kept =
        Condition::any().add(file::Column::DeletedAt.is_null()).add(case_file::Column::SubmittedAt.is_not_null());
    let kept: Vec<FileId> = file::Entity::find()
        .select_only()
        .column(file::Column::Id)
        .join(JoinType::InnerJoin, file::Relation::Case.def())
        .filter(file::Column::Id.is_in(objects.iter().map(|(id, _)| *id)))
        .filter(is_kept)
        .into_tuple()
        .all(context.database().read())
        .await?;
    let mut removed = 0;
    for (_, path) in objects.into_iter().filter(|(id, _)| !kept.contains(id)) {
        match context.files().delete(&path).await {
            Ok(()) => removed += 1,
            Err(object_store::Error::NotFound { .. }) => {}
            Err(error) => return Err(store_failed(error)),
        }
    }
    Ok(removed)
}

/// A local store writes beside the final name, `<id>#<n>`, and renames; a killed process leaves the former behind,
/// which the store itself does not list.
async fn remove_staged(folder: PathBuf, before: DateTime<Utc>) -> Result<u64> {
    tokio::task::spawn_blocking(move || staged(&folder.join(PREFIX), before))
        .await
        .map_err(|error| Error::Internal(Box::new(error)))?
        .map_err(|error| Error::Internal(Box::new(error)))
}

fn staged(root: &Folder, before: DateTime<Utc>) -> std::io::Result<u64> {
    let mut removed = 0;
    let cases = match std::fs::read_dir(root) {
        Ok(cases) => cases,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(0),
        Err(error) => return Err(error),
    };
    for case in cases {
        let case = case?.path();
        if !case.is_dir() {
            continue;
        }
        for entry in std::fs::read_dir(case)? {
            let entry = entry?;
            let changed: DateTime<Utc> = entry.metadata()?.modified()?.into();
            if changed < before && is_staged(&entry.file_name().to_string_lossy()) {
                std::fs::remove_file(entry.path())?;
                removed += 1;
            }
        }
    }
    Ok(removed)
}

fn is_staged(name: &str) -> bool {
    name.rsplit_once('#').is_some_and(|(id, part)| {
        id.parse::<FileId>().is_ok() && !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit())
    })
}
