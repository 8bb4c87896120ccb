//! Certificates and the counters of their numbers.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{
    boolean, date, integer, pk_uuid, text, text_uniq, timestamp_with_time_zone, timestamp_with_time_zone_null, uuid,
    uuid_null, uuid_uniq,
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
                    .table(Certificate::Table)
                    .col(pk_uuid(Certificate::Id))
                    .col(text_uniq(Certificate::Number))
                    .col(text_uniq(Certificate::Code))
                    .col(uuid_uniq(Certificate::CaseId))
                    .col(uuid(Certificate::BrokerId))
                    .col(text(Certificate::HolderName))
                    .col(one_of(Certificate::Level, ["L1", "L2", "L3"]))
                    .col(text(Certificate::Region))
                    .col(text(Certificate::Specialties))
                    .col(text(Certificate::Issuer))
                    .col(integer(Certificate::IssueVersion))
                    .col(date(Certificate::IssuedOn))
                    .col(date(Certificate::ValidUntil))
                    .col(boolean(Certificate::IsSpecimen))
                    .col(uuid(Certificate::RuleSetId))
                    .col(timestamp_with_time_zone_null(Certificate::SuspendedAt))
                    .col(timestamp_with_time_zone_null(Certificate::RevokedAt))
                    .col(timestamp_with_time_zone_null(Certificate::CancelledAt))
                    .col(timestamp_with_time_zone_null(Certificate::SupersededAt))
                    .col(uuid_null(Certificate::SupersededBy))
                    .col(timestamp_with_time_zone(Certificate::CreatedAt))
                    .foreign_key(
                        ForeignKey::create()
                            .from(Certificate::Table, Certificate::CaseId)
                            .to(CaseFile::Table, CaseFile::Id),
                    )
                    .foreign_key(
                        ForeignKey::create()
                            .from(Certificate::Table, Certificate::BrokerId)
                            .to(Broker::Table, Broker::Id),
                    )
                    .foreign_key(
                        ForeignKey::create()
                            .from(Certificate::Table, Certificate::RuleSetId)
                            .to(RuleSet::Table, RuleSet::Id),
                    )
                    .to_owned(),
            )
            .await?;
        manager
            .create_index(
                Index::create()
                    .name("certificate_broker_id")
                    .table(Certificate::Table)
                    .col(Certificate::BrokerId)
                    .to_owned(),
            )
            .await?;
        manager
            .create_index(
                Index::create()
                    .name("certificate_valid_until_id")
                    .table(Certificate::Table)
                    .col(Certificate::ValidUntil)
                    .col(Certificate::Id)
                    .to_owned(),
            )
            .await?;
        manager
            .create_index(
                Index::create()
                    .name("certificate_region_level_id")
                    .table(Certificate::Table)
                    .col(Certificate::Region)
                    .col(Certificate::Level)
                    .col(Certificate::Id)
                    .to_owned(),
            )
            .await?;
        manager
            .create_table(
                Table::create()
                    .table(CertificateCounter::Table)
                    .col(integer(CertificateCounter::Year).primary_key())
                    .col(integer(CertificateCounter::Last))
                    .to_owned(),
            )
            .await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table(CertificateCounter::Table).to_owned()).await?;
        manager.drop_table(Table::drop().table(Certificate::Table).to_owned()).await?;
        Ok(())
    }
}

#[derive(DeriveIden)]
enum Certificate {
    Table,
    Id,
    Number,
    Code,
    CaseId,
    BrokerId,
    HolderName,
    Level,
    Region,
    Specialties,
    Issuer,
    IssueVersion,
    IssuedOn,
    ValidUntil,
    IsSpecimen,
    RuleSetId,
    SuspendedAt,
    RevokedAt,
    CancelledAt,
    SupersededAt,
    SupersededBy,
    CreatedAt,
}

#[derive(DeriveIden)]
enum CertificateCounter {
    Table,
    Year,
    Last,
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
enum RuleSet {
    Table,
    Id,
}
