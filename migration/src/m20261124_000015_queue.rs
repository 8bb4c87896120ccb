//! Jobs and the ticks of schedules.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{
    integer, pk_uuid, text, text_null, timestamp_with_time_zone, timestamp_with_time_zone_null,
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
                    .table(QueueJob::Table)
                    .col(pk_uuid(QueueJob::Id))
                    .col(text(QueueJob::Name))
                    .col(text(QueueJob::Payload))
                    .col(text_null(QueueJob::UniqueKey).unique_key())
                    .col(one_of(QueueJob::State, ["ready", "running", "done", "dead"]))
                    .col(timestamp_with_time_zone(QueueJob::RunAt))
                    .col(integer(QueueJob::Attempt))
                    .col(integer(QueueJob::MaxAttempts))
                    .col(timestamp_with_time_zone_null(QueueJob::LeasedUntil))
                    .col(text_null(QueueJob::LeasedBy))
                    .col(text_null(QueueJob::LastError))
                    .col(timestamp_with_time_zone(QueueJob::CreatedAt))
                    .col(timestamp_with_time_zone_null(QueueJob::FinishedAt))
                    .to_owned(),
            )
            .await?;
        manager
            .create_index(
                Index::create()
                    .name("queue_job_state_run_at_id")
                    .table(QueueJob::Table)
                    .col(QueueJob::State)
                    .col(QueueJob::RunAt)
                    .col(QueueJob::Id)
                    .to_owned(),
            )
            .await?;
        manager
            .create_index(
                Index::create()
                    .name("queue_job_state_leased_until")
                    .table(QueueJob::Table)
                    .col(QueueJob::State)
                    .col(QueueJob::LeasedUntil)
                    .to_owned(),
            )
            .await?;
        manager
            .create_index(
                Index::create()
                    .name("queue_job_state_finished_at")
                    .table(QueueJob::Table)
                    .col(QueueJob::State)
                    .col(QueueJob::FinishedAt)
                    .to_owned(),
            )
            .await?;
        manager
            .create_table(
                Table::create()
                    .table(QueueTick::Table)
                    .col(text(QueueTick::Schedule))
                    .col(timestamp_with_time_zone(QueueTick::DueAt))
                    .primary_key(Index::create().col(QueueTick::Schedule).col(QueueTick::DueAt))
                    .to_owned(),
            )
            .await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table(QueueTick::Table).to_owned()).await?;
        manager.drop_table(Table::drop().table(QueueJob::Table).to_owned()).await?;
        Ok(())
    }
}

#[derive(DeriveIden)]
enum QueueJob {
    Table,
    Id,
    Name,
    Payload,
    UniqueKey,
    State,
    RunAt,
    Attempt,
    MaxAttempts,
    LeasedUntil,
    LeasedBy,
    LastError,
    CreatedAt,
    FinishedAt,
}

#[derive(DeriveIden)]
enum QueueTick {
    Table,
    Schedule,
    DueAt,
}
