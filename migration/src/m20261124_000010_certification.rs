//! Broker certification: the detail of a case, and its experts.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{
    boolean, boolean_null, integer, pk_uuid, text, text_null, timestamp_with_time_zone, timestamp_with_time_zone_null,
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
                    .table(Certification::Table)
                    .col(pk_uuid(Certification::CaseId))
                    .col(uuid(Certification::BrokerId))
                    .col(one_of(Certification::Kind, ["initial", "upgrade"]))
                    .col(one_of(Certification::TargetLevel, ["L1", "L2", "L3"]))
                    .col(text(Certification::Form))
                    .col(text_null(Certification::Correction))
                    .col(text_null(Certification::CorrectionRounds))
                    .col(text_null(Certification::Eligibility))
                    .col(text_null(Certification::Assessment))
                    .col(text_null(Certification::EmployerOpinion))
                    .col(text_null(Certification::CityOpinion))
                    .col(text_null(Certification::Acceptance))
                    .col(text_null(Certification::Refusal))
                    .col(text_null(Certification::Profile))
                    .col(text_null(Certification::Training))
                    .col(text_null(Certification::Review))
                    .col(text_null(Certification::Closing))
                    .col(boolean(Certification::IsOpen))
                    .foreign_key(
                        ForeignKey::create()
                            .from(Certification::Table, Certification::CaseId)
                            .to(CaseFile::Table, CaseFile::Id),
                    )
                    .foreign_key(
                        ForeignKey::create()
                            .from(Certification::Table, Certification::BrokerId)
                            .to(Broker::Table, Broker::Id),
                    )
                    .to_owned(),
            )
            .await?;
        manager
            .create_index(
                Index::create()
                    .name("certification_broker_id")
                    .table(Certification::Table)
                    .col(Certification::BrokerId)
                    .to_owned(),
            )
            .await?;
        // Partial, so raw; both engines read it the same.
        manager
            .get_connection()
            .execute_unprepared(
                "CREATE UNIQUE INDEX certification_open \
 ON certification (broker_id) \
 WHERE is_open",
            )
            .await?;
        manager
            .create_table(
                Table::create()
                    .table(CertificationContract::Table)
                    .col(uuid(CertificationContract::CaseId))
                    .col(text(CertificationContract::RegNo))
                    .col(uuid(CertificationContract::BrokerId))
                    .col(one_of(CertificationContract::Level, ["L1", "L2", "L3"]))
                    .col(integer(CertificationContract::SharePct))
                    .col(boolean(CertificationContract::IsCredited))
                    .primary_key(Index::create().col(CertificationContract::CaseId).col(CertificationContract::RegNo))
                    .foreign_key(
                        ForeignKey::create()
                            .from(CertificationContract::Table, CertificationContract::CaseId)
                            .to(CaseFile::Table, CaseFile::Id),
                    )
                    .to_owned(),
            )
            .await?;
        manager
            .create_index(
                Index::create()
                    .name("certification_contract_reg_no")
                    .table(CertificationContract::Table)
                    .col(CertificationContract::RegNo)
                    .to_owned(),
            )
            .await?;
        manager
            .create_index(
                Index::create()
                    .name("certification_contract_broker_id_level")
                    .table(CertificationContract::Table)
                    .col(CertificationContract::BrokerId)
                    .col(CertificationContract::Level)
                    .to_owned(),
            )
            .await?;
        manager
            .create_table(
                Table::create()
                    .table(CertificationExpert::Table)
                    .col(pk_uuid(CertificationExpert::Id))
                    .col(uuid(CertificationExpert::CaseId))
                    .col(uuid(CertificationExpert::AccountId))
                    .col(one_of(CertificationExpert::State, ["assigned", "conflict", "scored", "replaced"]))
                    .col(uuid(CertificationExpert::NamedBy))
                    .col(timestamp_with_time_zone(CertificationExpert::NamedAt))
                    .col(text_null(CertificationExpert::Scores))
                    .col(boolean_null(CertificationExpert::Vote))
                    .col(text_null(CertificationExpert::Comment))
                    .col(timestamp_with_time_zone_null(CertificationExpert::ScoredAt))
                    .col(text_null(CertificationExpert::ConflictReason))
                    .foreign_key(
                        ForeignKey::create()
                            .from(CertificationExpert::Table, CertificationExpert::CaseId)
                            .to(CaseFile::Table, CaseFile::Id),
                    )
                    .foreign_key(
                        ForeignKey::create()
                            .from(CertificationExpert::Table, CertificationExpert::AccountId)
                            .to(Account::Table, Account::Id),
                    )
                    .to_owned(),
            )
            .await?;
        manager
            .create_index(
                Index::create()
                    .name("certification_expert_case_id_account_id")
                    .table(CertificationExpert::Table)
                    .col(CertificationExpert::CaseId)
                    .col(CertificationExpert::AccountId)
                    .unique()
                    .to_owned(),
            )
            .await?;
        manager
            .create_index(
                Index::create()
                    .name("certification_expert_account_id_state")
                    .table(CertificationExpert::Table)
                    .col(CertificationExpert::AccountId)
                    .col(CertificationExpert::State)
                    .to_owned(),
            )
            .await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table(CertificationExpert::Table).to_owned()).await?;
        manager.drop_table(Table::drop().table(CertificationContract::Table).to_owned()).await?;
        manager.drop_table(Table::drop().table(Certification::Table).to_owned()).await?;
        Ok(())
    }
}

#[derive(DeriveIden)]
enum Certification {
    Table,
    CaseId,
    BrokerId,
    Kind,
    TargetLevel,
    Form,
    Correction,
    CorrectionRounds,
    Eligibility,
    Assessment,
    EmployerOpinion,
    CityOpinion,
    Acceptance,
    Refusal,
    Profile,
    Training,
    Review,
    Closing,
    IsOpen,
}

#[derive(DeriveIden)]
enum CertificationContract {
    Table,
    CaseId,
    RegNo,
    BrokerId,
    Level,
    SharePct,
    IsCredited,
}

#[derive(DeriveIden)]
enum CertificationExpert {
    Table,
    Id,
    CaseId,
    AccountId,
    State,
    NamedBy,
    NamedAt,
    Scores,
    Vote,
    Comment,
    ScoredAt,
    ConflictReason,
}

#[derive(DeriveIden)]
enum CaseFile {
    Table,
    Id,
}

#[derive(DeriveIden)]
enum Broker {
    Table,
    Id,
}

#[derive(DeriveIden)]
enum Account {
    Table,
    Id,
}
