//! The columns that all cases share, and the counters of their numbers.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{
    big_integer, integer, pk_uuid, text, text_null, text_uniq, timestamp_with_time_zone, timestamp_with_time_zone_null,
    uuid, uuid_null,
};

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
                    .table(CaseFile::Table)
                    .col(pk_uuid(CaseFile::Id))
                    .col(text(CaseFile::Process))
                    .col(integer(CaseFile::ProcessVersion))
                    .col(text_uniq(CaseFile::Number))
                    .col(text(CaseFile::State))
                    .col(text_null(CaseFile::ResumeState))
                    .col(integer(CaseFile::Version).default(1))
                    .col(text(CaseFile::Region))
                    .col(uuid_null(CaseFile::OrganisationId))
                    .col(uuid_null(CaseFile::RoundId))
                    .col(uuid(CaseFile::ApplicantId))
                    .col(text(CaseFile::ApplicantName))
                    .col(text(CaseFile::Title))
                    .col(text_null(CaseFile::DeskRole))
                    .col(uuid_null(CaseFile::AssigneeId))
                    .col(timestamp_with_time_zone_null(CaseFile::NextDueAt))
                    .col(uuid(CaseFile::RuleSetId))
                    .col(text(CaseFile::Acts).default("[]"))
                    .col(timestamp_with_time_zone_null(CaseFile::SubmittedAt))
                    .col(timestamp_with_time_zone_null(CaseFile::ClosedAt))
                    .col(timestamp_with_time_zone(CaseFile::CreatedAt))
                    .col(timestamp_with_time_zone(CaseFile::UpdatedAt))
                    .foreign_key(
                        ForeignKey::create().from(CaseFile::Table, CaseFile::RoundId).to(Round::Table, Round::Id),
                    )
                    .foreign_key(
                        ForeignKey::create()
                            .from(CaseFile::Table, CaseFile::ApplicantId)
                            .to(Account::Table, Account::Id),
                    )
                    .foreign_key(
                        ForeignKey::create().from(CaseFile::Table, CaseFile::RuleSetId).to(RuleSet::Table, RuleSet::Id),
                    )
                    .to_owned(),
            )
            .await?;
        // Lists go by id, newest first; with equality before it, a page deep in the list costs what the first one does.
        manager
            .create_index(
                Index::create()
                    .name("case_file_process_state_region_id")
                    .table(CaseFile::Table)
                    .col(CaseFile::Process)
                    .col(CaseFile::State)
                    .col(CaseFile::Region)
                    .col(CaseFile::Id)
                    .to_owned(),
            )
            .await?;
        manager
            .create_index(
                Index::create()
                    .name("case_file_applicant_id_id")
                    .table(CaseFile::Table)
                    .col(CaseFile::ApplicantId)
                    .col(CaseFile::Id)
                    .to_owned(),
            )
            .await?;
        manager
            .create_index(
                Index::create()
                    .name("case_file_organisation_id_state")
                    .table(CaseFile::Table)
                    .col(CaseFile::OrganisationId)
                    .col(CaseFile::State)
                    .to_owned(),
            )
            .await?;
        manager
            .create_index(
                Index::create()
                    .name("case_file_desk_role_region_next_due_at_id")
                    .table(CaseFile::Table)
                    .col(CaseFile::DeskRole)
                    .col(CaseFile::Region)
                    .col(CaseFile::NextDueAt)
                    .col(CaseFile::Id)
                    .to_owned(),
            )
            .await?;
        manager
            .create_index(
                Index::create()
                    .name("case_file_assignee_id_next_due_at_id")
                    .table(CaseFile::Table)
                    .col(CaseFile::AssigneeId)
                    .col(CaseFile::NextDueAt)
                    .col(CaseFile::Id)
                    .to_owned(),
            )
            .await?;
        manager
            .create_index(
                Index::create()
                    .name("case_file_round_id_state")
                    .table(CaseFile::Table)
                    .col(CaseFile::RoundId)
                    .col(CaseFile::State)
                    .to_owned(),
            )
            .await?;
        manager
            .create_index(
                Index::create()
                    .name("case_file_updated_at_id")
                    .table(CaseFile::Table)
                    .col(CaseFile::UpdatedAt)
                    .col(CaseFile::Id)
                    .to_owned(),
            )
            .await?;
        manager
            .create_table(
                Table::create()
                    .table(CaseCounter::Table)
                    .col(text(CaseCounter::Prefix))
                    .col(integer(CaseCounter::Year))
                    .col(big_integer(CaseCounter::Last))
                    .primary_key(Index::create().col(CaseCounter::Prefix).col(CaseCounter::Year))
                    .to_owned(),
            )
            .await?;
        manager
            .create_table(
                Table::create()
                    .table(CaseParticipant::Table)
                    .col(uuid(CaseParticipant::AccountId))
                    .col(uuid(CaseParticipant::CaseId))
                    .primary_key(Index::create().col(CaseParticipant::AccountId).col(CaseParticipant::CaseId))
                    .foreign_key(
                        ForeignKey::create()
                            .from(CaseParticipant::Table, CaseParticipant::CaseId)
                            .to(CaseFile::Table, CaseFile::Id),
                    )
                    .foreign_key(
                        ForeignKey::create()
                            .from(CaseParticipant::Table, CaseParticipant::AccountId)
                            .to(Account::Table, Account::Id),
                    )
                    .to_owned(),
            )
            .await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table(CaseParticipant::Table).to_owned()).await?;
        manager.drop_table(Table::drop().table(CaseCounter::Table).to_owned()).await?;
        manager.drop_table(Table::drop().table(CaseFile::Table).to_owned()).await?;
        Ok(())
    }
}

#[derive(DeriveIden)]
enum CaseFile {
    Table,
    Id,
    Process,
    ProcessVersion,
    Number,
    State,
    ResumeState,
    Version,
    Region,
    OrganisationId,
    RoundId,
    ApplicantId,
    ApplicantName,
    Title,
    DeskRole,
    AssigneeId,
    NextDueAt,
    RuleSetId,
    Acts,
    SubmittedAt,
    ClosedAt,
    CreatedAt,
    UpdatedAt,
}

#[derive(DeriveIden)]
enum CaseParticipant {
    Table,
    CaseId,
    AccountId,
}

#[derive(DeriveIden)]
enum CaseCounter {
    Table,
    Prefix,
    Year,
    Last,
}

#[derive(DeriveIden)]
enum Round {
    Table,
    Id,
}

#[derive(DeriveIden)]
enum Account {
    Table,
    Id,
}

#[derive(DeriveIden)]
enum RuleSet {
    Table,
    Id,
}
