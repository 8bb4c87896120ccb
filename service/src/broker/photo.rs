//! The photo (证件照) of a profile: a file of one's own that was taken in as a photo and may be served.

use domain::file::FilePurpose;
use domain::ids::{AccountId, FileId};
use entity::file;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};

use crate::error::{Error, Result};
use crate::file::is_servable;
use crate::transaction::Tx;

/// Refuses a photo that is not there, not the owner's, of another purpose, or not found clean.
pub(super) async fn check(tx: &Tx, owner: AccountId, photo: FileId) -> Result<()> {
    let found = file::Entity::find_by_id(photo)
        .filter(file::Column::UploadedBy.eq(owner))
        .filter(file::Column::DeletedAt.is_null())
        .one(tx.connection())
        .await?;
    let rule = match found {
        None => "photo_unknown",
        Some(row) if row.purpose != FilePurpose::Photo => "photo_purpose",
        Some(row) if !is_servable(row.scan_state, tx.context().settings().scanner.is_some()) => "photo_not_clean",
        Some(_) => return Ok(()),
    };
    Err(Error::invalid("/photo", rule))
}
