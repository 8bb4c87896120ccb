//! Rule sets of every process, by version.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{date, date_null, pk_uuid, text, timestamp_with_time_zone};

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
                    .table(RuleSet::Table)
                    .col(pk_uuid(RuleSet::Id))
                    .col(text(RuleSet::Name))
                    .col(text(RuleSet::RuleVersion))
                    .col(text(RuleSet::Process))
                    .col(text(RuleSet::Status))
                    .col(date(RuleSet::EffectiveFrom))
                    .col(date_null(RuleSet::EffectiveTo))
                    .col(text(RuleSet::Document))
                    .col(text(RuleSet::Sha256))
                    .col(timestamp_with_time_zone(RuleSet::CreatedAt))
                    .to_owned(),
            )
            .await?;
        manager
            .create_index(
                Index::create()
                    .name("rule_set_name_rule_version")
                    .table(RuleSet::Table)
                    .col(RuleSet::Name)
                    .col(RuleSet::RuleVersion)
                    .unique()
                    .to_owned(),
            )
            .await?;
        manager
            .create_index(
                Index::create()
                    .name("rule_set_process_status_effective_from")
                    .table(RuleSet::Table)
                    .col(RuleSet::Process)
                    .col(RuleSet::Status)
                    .col(RuleSet::EffectiveFrom)
                    .to_owned(),
            )
            .await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table(RuleSet::Table).to_owned()).await?;
        Ok(())
    }
}

#[derive(DeriveIden)]
enum RuleSet {
    Table,
    Id,
    Name,
    RuleVersion,
    Process,
    Status,
    EffectiveFrom,
    EffectiveTo,
    Document,
    Sha256,
    CreatedAt,
}
