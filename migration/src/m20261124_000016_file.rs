//! Attachments of cases.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{
    big_integer, pk_uuid, text, text_null, timestamp_with_time_zone, timestamp_with_time_zone_null, uuid,
};

use crate::one_of;

#[derive(Debug, DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_table(
                Table::create()
                    .table(File::Table)
                    .col(pk_uuid(File::Id))
                    .col(uuid(File::CaseId))
                    .col(text(File::Purpose))
                    .col(text(File::Name))
                    .col(text(File::MediaType))
                    .col(big_integer(File::SizeBytes))
                    .col(text(File::Sha256))
                    .col(text(File::ObjectKey))
                    .col(one_of(File::ScanState, ["pending", "clean", "infected", "failed", "skipped"]))
                    .col(text_null(File::ScanDetail))
                    .col(uuid(File::UploadedBy))
                    .col(timestamp_with_time_zone(File::CreatedAt))
                    .col(timestamp_with_time_zone_null(File::DeletedAt))
                    .foreign_key(ForeignKey::create().from(File::Table, File::CaseId).to(CaseFile::Table, CaseFile::Id))
                    .to_owned(),
            )
            .await?;
        manager
            .create_index(
                Index::create()
                    .name("file_case_id_deleted_at")
                    .table(File::Table)
                    .col(File::CaseId)
                    .col(File::DeletedAt)
                    .to_owned(),
            )
            .await?;
        manager
            .create_index(
                Index::create()
                    .name("file_scan_state_created_at")
                    .table(File::Table)
                    .col(File::ScanState)
                    .col(File::CreatedAt)
                    .to_owned(),
            )
            .await?;
        manager
            .create_index(Index::create().name("file_uploaded_by").table(File::Table).col(File::UploadedBy).to_owned())
            .await?;
        manager
            .create_index(Index::create().name("file_sha256").table(File::Table).col(File::Sha256).to_owned())
            .await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table(File::Table).to_owned()).await?;
        Ok(())
    }
}

#[derive(DeriveIden)]
enum File {
    Table,
    Id,
    CaseId,
    Purpose,
    Name,
    MediaType,
    SizeBytes,
    Sha256,
    ObjectKey,
    ScanState,
    ScanDetail,
    UploadedBy,
    CreatedAt,
    DeletedAt,
}

#[derive(DeriveIden)]
enum CaseFile {
    Table,
    Id,
}
