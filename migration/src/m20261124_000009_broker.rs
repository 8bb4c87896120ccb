//! Brokers: the persons whom certificates name.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{integer, pk_uuid, text, text_null, timestamp_with_time_zone, uuid_null, uuid_uniq};

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
                    .table(Broker::Table)
                    .col(pk_uuid(Broker::Id))
                    .col(uuid_uniq(Broker::AccountId))
                    .col(text(Broker::Name))
                    .col(text_null(Broker::IdType))
                    .col(text_null(Broker::IdNumberCipher))
                    .col(text_null(Broker::IdNumberIndex))
                    .col(text_null(Broker::MobileCipher))
                    .col(text_null(Broker::MobileIndex))
                    .col(text(Broker::Profile))
                    .col(uuid_null(Broker::EmployerId))
                    .col(text_null(Broker::ResidenceCity))
                    .col(timestamp_with_time_zone(Broker::CreatedAt))
                    .col(timestamp_with_time_zone(Broker::UpdatedAt))
                    .col(integer(Broker::Version).default(1))
                    .foreign_key(
                        ForeignKey::create().from(Broker::Table, Broker::AccountId).to(Account::Table, Account::Id),
                    )
                    .to_owned(),
            )
            .await?;
        manager
            .create_index(
                Index::create()
                    .name("broker_id_type_id_number_index")
                    .table(Broker::Table)
                    .col(Broker::IdType)
                    .col(Broker::IdNumberIndex)
                    .unique()
                    .to_owned(),
            )
            .await?;
        manager
            .create_index(
                Index::create().name("broker_mobile_index").table(Broker::Table).col(Broker::MobileIndex).to_owned(),
            )
            .await?;
        manager
            .create_index(
                Index::create()
                    .name("broker_employer_id_id")
                    .table(Broker::Table)
                    .col(Broker::EmployerId)
                    .col(Broker::Id)
                    .to_owned(),
            )
            .await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table(Broker::Table).to_owned()).await?;
        Ok(())
    }
}

#[derive(DeriveIden)]
enum Broker {
    Table,
    Id,
    AccountId,
    Name,
    IdType,
    IdNumberCipher,
    IdNumberIndex,
    MobileCipher,
    MobileIndex,
    Profile,
    EmployerId,
    ResidenceCity,
    CreatedAt,
    UpdatedAt,
    Version,
}

#[derive(DeriveIden)]
enum Account {
    Table,
    Id,
}
