//! Publicity (公示): frozen, numbered lists.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{
    boolean, date_null, integer, pk_uuid, text, text_null, text_uniq, timestamp_with_time_zone,
    timestamp_with_time_zone_null, uuid, uuid_null,
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
                    .table(Publicity::Table)
                    .col(pk_uuid(Publicity::Id))
                    .col(text_uniq(Publicity::Number))
                    .col(uuid(Publicity::RoundId))
                    .col(text_null(Publicity::Region))
                    .col(text(Publicity::Title))
                    .col(one_of(Publicity::State, ["draft", "open", "ended"]))
                    .col(date_null(Publicity::OpensOn))
                    .col(timestamp_with_time_zone_null(Publicity::EndsAt))
                    .col(text_null(Publicity::CalendarVersion))
                    .col(boolean(Publicity::Provisional))
                    .col(text_null(Publicity::List))
                    .col(text_null(Publicity::ListSha256))
                    .col(uuid(Publicity::CreatedBy))
                    .col(uuid_null(Publicity::PublishedBy))
                    .col(timestamp_with_time_zone_null(Publicity::PublishedAt))
                    .col(timestamp_with_time_zone(Publicity::CreatedAt))
                    .col(timestamp_with_time_zone(Publicity::UpdatedAt))
                    .col(integer(Publicity::Version).default(1))
                    .foreign_key(
                        ForeignKey::create().from(Publicity::Table, Publicity::RoundId).to(Round::Table, Round::Id),
                    )
                    .to_owned(),
            )
            .await?;
        manager
            .create_index(
                Index::create().name("publicity_round_id").table(Publicity::Table).col(Publicity::RoundId).to_owned(),
            )
            .await?;
        manager
            .create_index(
                Index::create()
                    .name("publicity_state_ends_at_id")
                    .table(Publicity::Table)
                    .col(Publicity::State)
                    .col(Publicity::EndsAt)
                    .col(Publicity::Id)
                    .to_owned(),
            )
            .await?;
        manager
            .create_table(
                Table::create()
                    .table(PublicityEntry::Table)
                    .col(pk_uuid(PublicityEntry::Id))
                    .col(uuid(PublicityEntry::PublicityId))
                    .col(uuid(PublicityEntry::CaseId))
                    .col(integer(PublicityEntry::Position))
                    .col(text(PublicityEntry::Name))
                    .col(text(PublicityEntry::Employer))
                    .col(text(PublicityEntry::Level))
                    .col(one_of(PublicityEntry::State, ["listed", "clean", "removed"]))
                    .col(timestamp_with_time_zone_null(PublicityEntry::EndsAt))
                    .foreign_key(
                        ForeignKey::create()
                            .from(PublicityEntry::Table, PublicityEntry::PublicityId)
                            .to(Publicity::Table, Publicity::Id),
                    )
                    .foreign_key(
                        ForeignKey::create()
                            .from(PublicityEntry::Table, PublicityEntry::CaseId)
                            .to(CaseFile::Table, CaseFile::Id),
                    )
                    .to_owned(),
            )
            .await?;
        manager
            .create_index(
                Index::create()
                    .name("publicity_entry_publicity_id_case_id")
                    .table(PublicityEntry::Table)
                    .col(PublicityEntry::PublicityId)
                    .col(PublicityEntry::CaseId)
                    .unique()
                    .to_owned(),
            )
            .await?;
        manager
            .create_index(
                Index::create()
                    .name("publicity_entry_case_id")
                    .table(PublicityEntry::Table)
                    .col(PublicityEntry::CaseId)
                    .to_owned(),
            )
            .await?;
        manager
            .create_index(
                Index::create()
                    .name("publicity_entry_state_ends_at_id")
                    .table(PublicityEntry::Table)
                    .col(PublicityEntry::State)
                    .col(PublicityEntry::EndsAt)
                    .col(PublicityEntry::Id)
                    .to_owned(),
            )
            .await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table(PublicityEntry::Table).to_owned()).await?;
        manager.drop_table(Table::drop().table(Publicity::Table).to_owned()).await?;
        Ok(())
    }
}

#[derive(DeriveIden)]
enum Publicity {
    Table,
    Id,
    Number,
    RoundId,
    Region,
    Title,
    State,
    OpensOn,
    EndsAt,
    CalendarVersion,
    Provisional,
    List,
    ListSha256,
    CreatedBy,
    PublishedBy,
    PublishedAt,
    CreatedAt,
    UpdatedAt,
    Version,
}

#[derive(DeriveIden)]
enum PublicityEntry {
    Table,
    Id,
    PublicityId,
    CaseId,
    Position,
    Name,
    Employer,
    Level,
    State,
    EndsAt,
}

#[derive(DeriveIden)]
enum Round {
    Table,
    Id,
}

#[derive(DeriveIden)]
enum CaseFile {
    Table,
    Id,
}
