//! Listing and serving files, within the scope of their case.

use bytes::Bytes;
use chrono::{DateTime, Utc};
use domain::access::Permission;
use domain::file::{FilePurpose, ScanState};
use domain::ids::{AccountId, CaseId, FileId};
use entity::{case_file, file};
use futures_util::StreamExt;
use futures_util::stream::BoxStream;
use object_store::ObjectStoreExt;
use object_store::path::Path;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder};
use serde_json::json;

use super::right::{readable_cases, reads_identity};
use super::store_failed;
use crate::audit::Entry;
use crate::caller::Caller;
use crate::code::Code;
use crate::context::Context;
use crate::error::{Error, Result};
use crate::page::{Page, PageRequest, by_id};
use crate::transaction::{Tx, Work};

/// A file without its bytes.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize, utoipa::ToSchema)]
pub struct FileView {
    pub id: FileId,
    pub case_id: CaseId,
    pub purpose: FilePurpose,
    pub name: String,
    pub media_type: String,
    pub size_bytes: i64,
    /// In hex.
    pub sha256: String,
    pub scan_state: ScanState,
    pub uploaded_by: AccountId,
    pub created_at: DateTime<Utc>,
}

pub(super) fn view(row: file::Model) -> FileView {
    FileView {
        id: row.id,
        case_id: row.case_id,
        purpose: row.purpose,
        name: row.name,
        media_type: row.media_type,
        size_bytes: row.size_bytes,
        sha256: row.sha256,
        scan_state: row.scan_state,
        uploaded_by: row.uploaded_by,
        created_at: row.created_at,
    }
}

/// A file on its way out.
pub struct Download {
    pub file: FileView,
    pub bytes: BoxStream<'static, Result<Bytes>>,
}

impl std::fmt::Debug for Download {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Download").field("file", &self.file).finish_non_exhaustive()
    }
}

/// The files of a case, oldest first.
pub async fn of_case(connection: &impl ConnectionTrait, case: CaseId) -> Result<Vec<file::Model>> {
    Ok(file::Entity::find()
        .filter(file::Column::CaseId.eq(case))
        .filter(file::Column::DeletedAt.is_null())
        .order_by_asc(file::Column::Id)
        .all(connection)
        .await?)
}

/// Lists the files of a case that the caller may read, newest first.
pub async fn list(context: &Context, caller: &Caller, case: CaseId, page: &PageRequest) -> Result<Page<FileView>> {
    let connection = context.database().read();
    let case = readable_case(connection, caller, case).await?;
    let mut query =
        file::Entity::find().filter(file::Column::CaseId.eq(case.id)).filter(file::Column::DeletedAt.is_null());
    if !reads_identity(caller, &case) {
        query = query.filter(file::Column::Purpose.ne(FilePurpose::IdentityDocument));
    }
    let rows = by_id(query, file::Column::Id, page)?.all(connection).await?;
    Ok(Page::cut(rows, page, |row| row.id.to_string()).map(view))
}

async fn readable_case(connection: &impl ConnectionTrait, caller: &Caller, id: CaseId) -> Result<case_file::Model> {
    let scope = caller.require(Permission::ReadFiles)?;
    case_file::Entity::find_by_id(id)
        .filter(readable_cases(caller, &scope))
        .one(connection)
        .await?
        .ok_or(Error::NotFound)
}

/// A file with its bytes; every reading leaves a trail.
pub async fn open(context: &Context, caller: &Caller, id: FileId) -> Result<Download> {
    caller.require(Permission::ReadFiles)?;
    let row = context.write_once(caller, "file.read", &Read { caller, id }).await?.value;
    let object = context.files().get(&Path::from(row.1)).await.map_err(store_failed)?;
    let bytes = object.into_stream().map(|chunk| chunk.map_err(store_failed)).boxed();
    Ok(Download { file: row.0, bytes })
}

struct Read<'a> {
    caller: &'a Caller,
    id: FileId,
}

impl Work for Read<'_> {
    /// The file, and where its bytes are.
    type Output = (FileView, String);

    async fn run(&self, tx: &Tx) -> Result<Self::Output> {
        let row = file::Entity::find_by_id(self.id)
            .filter(file::Column::DeletedAt.is_null())
            .one(tx.connection())
            .await?
            .ok_or(Error::NotFound)?;
        let case = readable_case(tx.connection(), self.caller, row.case_id).await?;
        if row.purpose.is_identity() && !reads_identity(self.caller, &case) {
            return Err(Error::NotFound);
        }
        if !is_servable(row.scan_state, tx.context().settings().scanner.is_some()) {
            return Err(Error::Refused(Code::FileNotServable, json!({ "scan_state": row.scan_state })));
        }
        tx.audit(
            Entry::new(self.caller, "file", row.id, "file.read")
                .after(&json!({ "case_id": row.case_id, "purpose": row.purpose })),
        );
        let key = row.object_key.clone();
        Ok((view(row), key))
    }
}

/// Only clean files leave the house; unscanned ones only where there is no scanner.
pub(crate) fn is_servable(state: ScanState, has_scanner: bool) -> bool {
    match state {
        ScanState::Clean => true,
        ScanState::Skipped => !has_scanner,
        ScanState::Pending | ScanState::Infected | ScanState::Failed => false,
    }
}
