//! Pointers that something happened: in the program and by mail.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{
    integer, pk_uuid, text, text_null, text_uniq, timestamp_with_time_zone, timestamp_with_time_zone_null, uuid,
    uuid_null,
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
                    .table(Notification::Table)
                    .col(pk_uuid(Notification::Id))
                    .col(uuid(Notification::AccountId))
                    .col(text(Notification::Event))
                    .col(text(Notification::Category))
                    .col(uuid_null(Notification::CaseId))
                    .col(text(Notification::Params))
                    .col(text_uniq(Notification::UniqueKey))
                    .col(timestamp_with_time_zone(Notification::CreatedAt))
                    .col(timestamp_with_time_zone_null(Notification::ReadAt))
                    .foreign_key(
                        ForeignKey::create()
                            .from(Notification::Table, Notification::AccountId)
                            .to(Account::Table, Account::Id),
                    )
                    .to_owned(),
            )
            .await?;
        manager
            .create_index(
                Index::create()
                    .name("notification_account_id_read_at_id")
                    .table(Notification::Table)
                    .col(Notification::AccountId)
                    .col(Notification::ReadAt)
                    .col((Notification::Id, IndexOrder::Desc))
                    .to_owned(),
            )
            .await?;
        manager
            .create_table(
                Table::create()
                    .table(NotificationDelivery::Table)
                    .col(pk_uuid(NotificationDelivery::Id))
                    .col(uuid_null(NotificationDelivery::NotificationId))
                    .col(uuid_null(NotificationDelivery::CaseId))
                    .col(text(NotificationDelivery::AddressCipher))
                    .col(text(NotificationDelivery::Template))
                    .col(text(NotificationDelivery::Locale))
                    .col(text_null(NotificationDelivery::ParamsCipher))
                    .col(text_uniq(NotificationDelivery::MessageId))
                    .col(text_null(NotificationDelivery::ReferencesId))
                    .col(text_uniq(NotificationDelivery::UniqueKey))
                    .col(one_of(NotificationDelivery::State, ["queued", "sent", "failed", "skipped", "expired"]))
                    .col(integer(NotificationDelivery::Attempts))
                    .col(timestamp_with_time_zone_null(NotificationDelivery::NextAttemptAt))
                    .col(text_null(NotificationDelivery::LastError))
                    .col(timestamp_with_time_zone(NotificationDelivery::ExpiresAt))
                    .col(timestamp_with_time_zone_null(NotificationDelivery::SentAt))
                    .col(timestamp_with_time_zone(NotificationDelivery::CreatedAt))
                    .foreign_key(
                        ForeignKey::create()
                            .from(NotificationDelivery::Table, NotificationDelivery::NotificationId)
                            .to(Notification::Table, Notification::Id),
                    )
                    .to_owned(),
            )
            .await?;
        manager
            .create_index(
                Index::create()
                    .name("notification_delivery_state_next_attempt_at_id")
                    .table(NotificationDelivery::Table)
                    .col(NotificationDelivery::State)
                    .col(NotificationDelivery::NextAttemptAt)
                    .col(NotificationDelivery::Id)
                    .to_owned(),
            )
            .await?;
        manager
            .create_index(
                Index::create()
                    .name("notification_delivery_notification_id")
                    .table(NotificationDelivery::Table)
                    .col(NotificationDelivery::NotificationId)
                    .to_owned(),
            )
            .await?;
        manager
            .create_index(
                Index::create()
                    .name("notification_delivery_case_id")
                    .table(NotificationDelivery::Table)
                    .col(NotificationDelivery::CaseId)
                    .to_owned(),
            )
            .await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table(NotificationDelivery::Table).to_owned()).await?;
        manager.drop_table(Table::drop().table(Notification::Table).to_owned()).await?;
        Ok(())
    }
}

#[derive(DeriveIden)]
enum Notification {
    Table,
    Id,
    AccountId,
    Event,
    Category,
    CaseId,
    Params,
    UniqueKey,
    CreatedAt,
    ReadAt,
}

#[derive(DeriveIden)]
enum NotificationDelivery {
    Table,
    Id,
    NotificationId,
    CaseId,
    AddressCipher,
    Template,
    Locale,
    ParamsCipher,
    MessageId,
    ReferencesId,
    UniqueKey,
    State,
    Attempts,
    NextAttemptAt,
    LastError,
    ExpiresAt,
    SentAt,
    CreatedAt,
}

#[derive(DeriveIden)]
enum Account {
    Table,
    Id,
}
