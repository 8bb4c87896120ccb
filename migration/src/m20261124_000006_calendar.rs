//! Working days, by version.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{integer, pk_uuid, text, text_null, timestamp_with_time_zone, uuid_null};

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
                    .table(CalendarVersion::Table)
                    .col(pk_uuid(CalendarVersion::Id))
                    .col(text(CalendarVersion::Name))
                    .col(integer(CalendarVersion::Number))
                    .col(text(CalendarVersion::Document))
                    .col(text_null(CalendarVersion::Reason))
                    .col(text_null(CalendarVersion::Source))
                    .col(uuid_null(CalendarVersion::CreatedBy))
                    .col(timestamp_with_time_zone(CalendarVersion::CreatedAt))
                    .to_owned(),
            )
            .await?;
        manager
            .create_index(
                Index::create()
                    .name("calendar_version_name_number")
                    .table(CalendarVersion::Table)
                    .col(CalendarVersion::Name)
                    .col(CalendarVersion::Number)
                    .unique()
                    .to_owned(),
            )
            .await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table(CalendarVersion::Table).to_owned()).await?;
        Ok(())
    }
}

#[derive(DeriveIden)]
enum CalendarVersion {
    Table,
    Id,
    Name,
    Number,
    Document,
    Reason,
    Source,
    CreatedBy,
    CreatedAt,
}
