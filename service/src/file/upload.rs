//! Taking a file in: judged before the first byte, while bytes come, and once more with the case locked.

use bytes::Bytes;
use domain::access::Permission;
use domain::fault::Fault;
use domain::file::{FileFormat, FilePurpose, ScanState, clean_name, extension};
use domain::ids::{CaseId, FileId};
use domain::word::Word;
use entity::{audit, case_file, file};
use futures_util::{Stream, StreamExt};
use object_store::path::Path;
use object_store::{ObjectStoreExt, WriteMultipart};
use sea_orm::{ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QuerySelect};
use serde_json::json;
use sha2::{Digest, Sha256};

use super::format::{self, HEAD};
use super::limit::CaseLimits;
use super::quota;
use super::read::{FileView, view};
use super::right::{readable_cases, uploader};
use super::{object_key, store_failed};
use crate::audit::Entry;
use crate::caller::{Caller, Outcome};
use crate::code::Code;
use crate::context::Context;
use crate::error::{Error, Result};
use crate::transaction::{Tx, Work};

/// A file as announced.
#[derive(Debug, Clone)]
pub struct NewFile {
    pub name: String,
    pub purpose: FilePurpose,
    /// `Content-Type`, where it claims anything.
    pub declared: Option<String>,
    /// `Content-Length`, where it is known.
    pub length: Option<u64>,
}

/// Leave to send the bytes.
#[derive(Debug, Clone)]
pub struct Slot {
    case_id: CaseId,
    name: String,
    purpose: FilePurpose,
    declared: Option<String>,
    /// Most bytes that are taken.
    pub limit: u64,
}

/// A file whose bytes are in the store and whose row is not yet written.
#[derive(Debug)]
pub struct Received {
    id: FileId,
    path: Path,
    format: FileFormat,
    size: u64,
    /// In hex.
    pub sha256: String,
}

/// Bytes gathered before they are handed to the store; the smallest part that object stores take.
const PART: usize = 5 * 1024 * 1024;

/// Judges an announced file before its first byte: name, case, right, size.
///
/// A request whose idempotency key was used before is let through; [`attach`] finds its answer.
pub async fn prepare(context: &Context, caller: &Caller, case_id: CaseId, new: NewFile) -> Result<Slot> {
    let scope = caller.require(Permission::ManageFiles)?;
    let name = clean_name(&new.name).map_err(|fault| Error::Invalid(vec![fault]))?;
    let connection = context.database().read();
    let case = case_file::Entity::find_by_id(case_id)
        .filter(readable_cases(caller, &scope))
        .one(connection)
        .await?
        .ok_or(Error::NotFound)?;
    let promised = FileFormat::of_name(&name);
    if promised.is_some_and(|format| !new.purpose.takes(format)) {
        return Err(Error::Invalid(vec![Fault::with("/name", "file_format", json!({ "purpose": new.purpose }))]));
    }
    let limits = CaseLimits::of(context, connection, &case).await?;
    let limit = limits.file_bytes(new.purpose, promised);
    if new.length.is_some_and(|length| length > limit) {
        return Err(too_large("file_bytes", limit));
    }
    if !is_known(connection, caller).await? {
        let organisation = uploader(caller, &case, new.purpose)?.organisation;
        let size = new.length.unwrap_or(0);
        quota::check(context, connection, context.now(), caller.actor.account, organisation, size).await?;
    }
    Ok(Slot { case_id, name, purpose: new.purpose, declared: new.declared, limit })
}

/// Whether the caller's idempotency key was used here before, for whatever bytes.
async fn is_known(connection: &impl ConnectionTrait, caller: &Caller) -> Result<bool> {
    let Some(idempotency) = &caller.meta.idempotency else { return Ok(false) };
    let known: Option<String> = audit::Entity::find()
        .select_only()
        .column(audit::Column::Outcome)
        .filter(audit::Column::IdempotencyScope.eq(&idempotency.scope))
        .filter(audit::Column::IdempotencyKey.eq(&idempotency.key))
        .into_tuple()
        .one(connection)
        .await?;
    Ok(known.is_some())
}

pub(super) fn too_large(what: &str, limit: u64) -> Error {
    Error::Refused(Code::TooLarge, json!({ "limit": what, "max": limit }))
}

/// Takes the bytes in: counted, hashed and written as they come; what they are is told at their end.
pub async fn receive<S>(context: &Context, slot: &Slot, body: S) -> Result<Received>
where
    S: Stream<Item = Result<Bytes>>,
{
    let id: FileId = context.new_id();
    let path = object_key(slot.case_id, id);
    let store = context.files();
    let upload = store.put_multipart(&path).await.map_err(store_failed)?;
    let mut writer = WriteMultipart::new_with_chunk_size(upload, PART);
    let stored = match copy(slot.limit, body, &mut writer).await {
        Ok(copied) => writer.finish().await.map_err(store_failed).map(|_| copied),
        Err(error) => {
            // What cannot be taken back now is found by the sweep.
            let _ = writer.abort().await;
            Err(error)
        }
    };
    let Copied { family, size, sha256 } = stored?;
    match format::format(store.as_ref(), &path, family, size, &context.settings().files).await {
        Ok(Some(format)) if format.agrees(&slot.name, slot.declared.as_deref()) => {
            Ok(Received { id, path, format, size, sha256 })
        }
        Ok(found) => {
            discard(context, &path).await;
            Err(wrong_type(slot, found))
        }
        Err(error) => {
            discard(context, &path).await;
            Err(error)
        }
    }
}

struct Copied {
    family: format::Family,
    size: u64,
    sha256: String,
}

async fn copy<S>(limit: u64, body: S, writer: &mut WriteMultipart) -> Result<Copied>
where
    S: Stream<Item = Result<Bytes>>,
{
    /// Parts on their way to the store at a time.
    const PARTS: usize = 2;
    let unknown = || Error::invalid("/body", "file_type");
    let mut body = std::pin::pin!(body);
    let (mut head, mut size, mut hash) = (Vec::with_capacity(HEAD), 0u64, Sha256::new());
    while let Some(chunk) = body.next().await {
        let chunk = chunk?;
        size += chunk.len() as u64;
        if size > limit {
            return Err(too_large("file_bytes", limit));
        }
        if head.len() < HEAD {
            head.extend(chunk.iter().take(HEAD - head.len()));
            if head.len() == HEAD && format::family(&head).is_none() {
                return Err(unknown());
            }
        }
        hash.update(&chunk);
        writer.wait_for_capacity(PARTS).await.map_err(store_failed)?;
        writer.put(chunk);
    }
    let family = format::family(&head).ok_or_else(unknown)?;
    Ok(Copied { family, size, sha256: data_encoding::HEXLOWER.encode(&hash.finalize()) })
}

fn wrong_type(slot: &Slot, found: Option<FileFormat>) -> Error {
    Error::Invalid(vec![Fault::with(
        "/body",
        "file_type",
        json!({ "found": found.map(Word::as_str), "extension": extension(&slot.name), "declared": slot.declared }),
    )])
}

/// Removes bytes that get no row. A failure leaves them to the sweep.
async fn discard(context: &Context, path: &Path) {
    if let Err(error) = context.files().delete(path).await {
        tracing::warn!(%error, %path, "received bytes could not be removed");
    }
}

/// Writes the row of a received file. A repetition is answered with the first file, and its bytes are dropped.
pub async fn attach(context: &Context, caller: &Caller, slot: &Slot, received: Received) -> Result<Outcome<FileView>> {
    let outcome = context.write_once(caller, "file.upload", &Attach { caller, slot, received: &received }).await;
    match &outcome {
        Ok(Outcome { replayed: false, .. }) => {}
        // The commit may have happened although its answer was lost: the sweep knows, we do not.
        Err(error) if error.is_ours() => {}
        Ok(_) | Err(_) => discard(context, &received.path).await,
    }
    outcome
}

struct Attach<'a> {
    caller: &'a Caller,
    slot: &'a Slot,
    received: &'a Received,
}

impl Work for Attach<'_> {
    type Output = FileView;

    async fn run(&self, tx: &Tx) -> Result<FileView> {
        let scope = self.caller.require(Permission::ManageFiles)?;
        // Locked: neither a submission nor another upload slips in between.
        let case = case_file::Entity::find_by_id(self.slot.case_id)
            .filter(readable_cases(self.caller, &scope))
            .lock_exclusive()
            .one(tx.connection())
            .await?
            .ok_or(Error::NotFound)?;
        let grant = uploader(self.caller, &case, self.slot.purpose)?;
        self.check_case(tx, &case).await?;
        quota::hold(tx, self.caller.actor.account, grant.organisation).await?;
        let (account, size) = (self.caller.actor.account, self.received.size);
        quota::check(tx.context(), tx.connection(), tx.at(), account, grant.organisation, size).await?;
        let row = self.row(tx)?;
        file::Entity::insert(active(row.clone())).exec_without_returning(tx.connection()).await?;
        tx.audit(
            Entry::new(self.caller, "file", row.id, "file.upload")
                .states("", row.scan_state.as_str())
                .role(grant.role, grant.on_behalf_of)
                .after(&json!({ "case_id": row.case_id, "purpose": row.purpose, "size_bytes": row.size_bytes,
                    "sha256": row.sha256 })),
        );
        Ok(view(row))
    }
}

impl Attach<'_> {
    async fn check_case(&self, tx: &Tx, case: &case_file::Model) -> Result<()> {
        let limits = CaseLimits::of(tx.context(), tx.connection(), case).await?;
        let sizes: Vec<i64> = file::Entity::find()
            .select_only()
            .column(file::Column::SizeBytes)
            .filter(file::Column::CaseId.eq(case.id))
            .filter(file::Column::DeletedAt.is_null())
            .into_tuple()
            .all(tx.connection())
            .await?;
        if sizes.len() as u64 >= limits.case_files {
            return Err(too_large("case_files", limits.case_files));
        }
        let used: u64 = sizes.iter().map(|size| u64::try_from(*size).unwrap_or(0)).sum();
        if used + self.received.size > limits.case_bytes {
            return Err(too_large("case_bytes", limits.case_bytes));
        }
        Ok(())
    }

    fn row(&self, tx: &Tx) -> Result<file::Model> {
        let scan_state =
            if tx.context().settings().scanner.is_some() { ScanState::Pending } else { ScanState::Skipped };
        Ok(file::Model {
            id: self.received.id,
            case_id: self.slot.case_id,
            purpose: self.slot.purpose,
            name: self.slot.name.clone(),
            media_type: self.received.format.media_type().to_owned(),
            size_bytes: i64::try_from(self.received.size).map_err(|_| Error::internal("file size"))?,
            sha256: self.received.sha256.clone(),
            object_key: self.received.path.to_string(),
            scan_state,
            scan_detail: None,
            uploaded_by: self.caller.actor.account,
            created_at: tx.at(),
            deleted_at: None,
        })
    }
}

fn active(row: file::Model) -> file::ActiveModel {
    file::ActiveModel {
        id: Set(row.id),
        case_id: Set(row.case_id),
        purpose: Set(row.purpose),
        name: Set(row.name),
        media_type: Set(row.media_type),
        size_bytes: Set(row.size_bytes),
        sha256: Set(row.sha256),
        object_key: Set(row.object_key),
        scan_state: Set(row.scan_state),
        scan_detail: Set(row.scan_detail),
        uploaded_by: Set(row.uploaded_by),
        created_at: Set(row.created_at),
        deleted_at: Set(row.deleted_at),
    }
}
