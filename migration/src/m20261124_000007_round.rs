//! Rounds (申报批次): when applications are taken, and under which rules.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{
    big_integer, integer, pk_uuid, text, text_null, text_uniq, timestamp_with_time_zone, timestamp_with_time_zone_null,
    uuid,
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
                    .table(Round::Table)
                    .col(pk_uuid(Round::Id))
                    .col(text(Round::Process))
                    .col(text_null(Round::Region))
                    .col(text_uniq(Round::Number))
                    .col(text(Round::Title))
                    .col(timestamp_with_time_zone(Round::OpensAt))
                    .col(timestamp_with_time_zone(Round::ClosesAt))
                    .col(timestamp_with_time_zone_null(Round::RecommendUntil))
                    .col(uuid(Round::RuleSetId))
                    .col(one_of(Round::State, ["draft", "published", "closed"]))
                    .col(big_integer(Round::MaxFileBytes))
                    .col(integer(Round::MaxFiles))
                    .col(text_null(Round::CloseReason))
                    .col(timestamp_with_time_zone_null(Round::PublishedAt))
                    .col(uuid(Round::CreatedBy))
                    .col(timestamp_with_time_zone(Round::CreatedAt))
                    .col(timestamp_with_time_zone(Round::UpdatedAt))
                    .col(integer(Round::Version).default(1))
                    .foreign_key(
                        ForeignKey::create().from(Round::Table, Round::RuleSetId).to(RuleSet::Table, RuleSet::Id),
                    )
                    .to_owned(),
            )
            .await?;
        manager
            .create_index(
                Index::create()
                    .name("round_process_state_closes_at")
                    .table(Round::Table)
                    .col(Round::Process)
                    .col(Round::State)
                    .col(Round::ClosesAt)
                    .to_owned(),
            )
            .await?;
        manager
            .create_index(
                Index::create()
                    .name("round_state_closes_at_id")
                    .table(Round::Table)
                    .col(Round::State)
                    .col(Round::ClosesAt)
                    .col(Round::Id)
                    .to_owned(),
            )
            .await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table(Round::Table).to_owned()).await?;
        Ok(())
    }
}

#[derive(DeriveIden)]
enum Round {
    Table,
    Id,
    Process,
    Region,
    Number,
    Title,
    OpensAt,
    ClosesAt,
    RecommendUntil,
    RuleSetId,
    State,
    MaxFileBytes,
    MaxFiles,
    CloseReason,
    PublishedAt,
    CreatedBy,
    CreatedAt,
    UpdatedAt,
    Version,
}

#[derive(DeriveIden)]
enum RuleSet {
    Table,
    Id,
}
