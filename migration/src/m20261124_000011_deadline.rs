//! Clocks of cases, and their reminders.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{
    boolean, date, date_null, integer, pk_uuid, text, text_null, timestamp_with_time_zone,
    timestamp_with_time_zone_null, uuid,
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
                    .table(Deadline::Table)
                    .col(pk_uuid(Deadline::Id))
                    .col(uuid(Deadline::CaseId))
                    .col(text(Deadline::Kind))
                    .col(integer(Deadline::RoundNo))
                    .col(one_of(Deadline::Party, ["applicant", "authority", "public"]))
                    .col(one_of(Deadline::State, ["running", "paused", "met", "missed", "cancelled"]))
                    .col(date(Deadline::StartedOn))
                    .col(text(Deadline::Period))
                    .col(timestamp_with_time_zone(Deadline::LegalDueAt))
                    .col(timestamp_with_time_zone(Deadline::CommunicatedDueAt))
                    .col(timestamp_with_time_zone(Deadline::DueAt))
                    .col(text(Deadline::CalendarVersion))
                    .col(boolean(Deadline::Provisional))
                    .col(date_null(Deadline::PausedOn))
                    .col(integer(Deadline::UsedWorkingDays).default(0))
                    .col(integer(Deadline::Revision))
                    .col(timestamp_with_time_zone_null(Deadline::ClosedAt))
                    .col(timestamp_with_time_zone(Deadline::CreatedAt))
                    .foreign_key(
                        ForeignKey::create().from(Deadline::Table, Deadline::CaseId).to(CaseFile::Table, CaseFile::Id),
                    )
                    .to_owned(),
            )
            .await?;
        manager
            .create_index(
                Index::create()
                    .name("deadline_case_id_kind_round_no")
                    .table(Deadline::Table)
                    .col(Deadline::CaseId)
                    .col(Deadline::Kind)
                    .col(Deadline::RoundNo)
                    .unique()
                    .to_owned(),
            )
            .await?;
        manager
            .create_index(
                Index::create()
                    .name("deadline_state_due_at_id")
                    .table(Deadline::Table)
                    .col(Deadline::State)
                    .col(Deadline::DueAt)
                    .col(Deadline::Id)
                    .to_owned(),
            )
            .await?;
        manager
            .create_table(
                Table::create()
                    .table(DeadlineReminder::Table)
                    .col(pk_uuid(DeadlineReminder::Id))
                    .col(uuid(DeadlineReminder::DeadlineId))
                    .col(text(DeadlineReminder::Stage))
                    .col(integer(DeadlineReminder::Revision))
                    .col(timestamp_with_time_zone(DeadlineReminder::SendAt))
                    .col(text(DeadlineReminder::State))
                    .col(text_null(DeadlineReminder::SkipReason))
                    .col(timestamp_with_time_zone_null(DeadlineReminder::SentAt))
                    .foreign_key(
                        ForeignKey::create()
                            .from(DeadlineReminder::Table, DeadlineReminder::DeadlineId)
                            .to(Deadline::Table, Deadline::Id),
                    )
                    .to_owned(),
            )
            .await?;
        manager
            .create_index(
                Index::create()
                    .name("deadline_reminder_deadline_id_stage_revision")
                    .table(DeadlineReminder::Table)
                    .col(DeadlineReminder::DeadlineId)
                    .col(DeadlineReminder::Stage)
                    .col(DeadlineReminder::Revision)
                    .unique()
                    .to_owned(),
            )
            .await?;
        manager
            .create_index(
                Index::create()
                    .name("deadline_reminder_state_send_at_id")
                    .table(DeadlineReminder::Table)
                    .col(DeadlineReminder::State)
                    .col(DeadlineReminder::SendAt)
                    .col(DeadlineReminder::Id)
                    .to_owned(),
            )
            .await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table(DeadlineReminder::Table).to_owned()).await?;
        manager.drop_table(Table::drop().table(Deadline::Table).to_owned()).await?;
        Ok(())
    }
}

#[derive(DeriveIden)]
enum Deadline {
    Table,
    Id,
    CaseId,
    Kind,
    RoundNo,
    Party,
    State,
    StartedOn,
    Period,
    LegalDueAt,
    CommunicatedDueAt,
    DueAt,
    CalendarVersion,
    Provisional,
    PausedOn,
    UsedWorkingDays,
    Revision,
    ClosedAt,
    CreatedAt,
}

#[derive(DeriveIden)]
enum DeadlineReminder {
    Table,
    Id,
    DeadlineId,
    Stage,
    Revision,
    SendAt,
    State,
    SkipReason,
    SentAt,
}

#[derive(DeriveIden)]
enum CaseFile {
    Table,
    Id,
}
