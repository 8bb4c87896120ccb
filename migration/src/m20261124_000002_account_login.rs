//! Logins: sessions, one-time tokens, recovery codes and second-factor resets.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{
    boolean, integer, integer_null, pk_uuid, text, text_null, text_uniq, timestamp_with_time_zone,
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
                    .table(AccountSession::Table)
                    .col(pk_uuid(AccountSession::Id))
                    .col(uuid(AccountSession::AccountId))
                    .col(timestamp_with_time_zone(AccountSession::CreatedAt))
                    .col(timestamp_with_time_zone(AccountSession::LastUsedAt))
                    .col(text_null(AccountSession::UserAgent))
                    .col(text_null(AccountSession::Address))
                    .col(text_uniq(AccountSession::RefreshHash))
                    .col(text_null(AccountSession::PreviousHash))
                    .col(boolean(AccountSession::SuccessorUsed))
                    .col(integer(AccountSession::Generation).default(1))
                    .col(integer_null(AccountSession::SkippedGeneration))
                    .col(timestamp_with_time_zone(AccountSession::ExpiresAt))
                    .col(timestamp_with_time_zone_null(AccountSession::RevokedAt))
                    .col(text_null(AccountSession::RevokeReason))
                    .col(boolean(AccountSession::HasSecondFactor))
                    .foreign_key(
                        ForeignKey::create()
                            .from(AccountSession::Table, AccountSession::AccountId)
                            .to(Account::Table, Account::Id),
                    )
                    .to_owned(),
            )
            .await?;
        manager
            .create_index(
                Index::create()
                    .name("account_session_account_id_revoked_at")
                    .table(AccountSession::Table)
                    .col(AccountSession::AccountId)
                    .col(AccountSession::RevokedAt)
                    .to_owned(),
            )
            .await?;
        manager
            .create_index(
                Index::create()
                    .name("account_session_previous_hash")
                    .table(AccountSession::Table)
                    .col(AccountSession::PreviousHash)
                    .to_owned(),
            )
            .await?;
        manager
            .create_index(
                Index::create()
                    .name("account_session_expires_at")
                    .table(AccountSession::Table)
                    .col(AccountSession::ExpiresAt)
                    .to_owned(),
            )
            .await?;
        manager
            .create_table(
                Table::create()
                    .table(AccountToken::Table)
                    .col(pk_uuid(AccountToken::Id))
                    .col(uuid_null(AccountToken::AccountId))
                    .col(text(AccountToken::Purpose))
                    .col(text_uniq(AccountToken::TokenHash))
                    .col(text_null(AccountToken::Payload))
                    .col(timestamp_with_time_zone(AccountToken::ExpiresAt))
                    .col(timestamp_with_time_zone_null(AccountToken::UsedAt))
                    .col(timestamp_with_time_zone(AccountToken::CreatedAt))
                    .to_owned(),
            )
            .await?;
        manager
            .create_index(
                Index::create()
                    .name("account_token_account_id_purpose")
                    .table(AccountToken::Table)
                    .col(AccountToken::AccountId)
                    .col(AccountToken::Purpose)
                    .to_owned(),
            )
            .await?;
        manager
            .create_index(
                Index::create()
                    .name("account_token_expires_at")
                    .table(AccountToken::Table)
                    .col(AccountToken::ExpiresAt)
                    .to_owned(),
            )
            .await?;
        manager
            .create_table(
                Table::create()
                    .table(AccountRecoveryCode::Table)
                    .col(pk_uuid(AccountRecoveryCode::Id))
                    .col(uuid(AccountRecoveryCode::AccountId))
                    .col(text(AccountRecoveryCode::CodeHash))
                    .col(timestamp_with_time_zone_null(AccountRecoveryCode::UsedAt))
                    .foreign_key(
                        ForeignKey::create()
                            .from(AccountRecoveryCode::Table, AccountRecoveryCode::AccountId)
                            .to(Account::Table, Account::Id),
                    )
                    .to_owned(),
            )
            .await?;
        manager
            .create_index(
                Index::create()
                    .name("account_recovery_code_account_id")
                    .table(AccountRecoveryCode::Table)
                    .col(AccountRecoveryCode::AccountId)
                    .to_owned(),
            )
            .await?;
        manager
            .create_table(
                Table::create()
                    .table(AccountFactorReset::Table)
                    .col(pk_uuid(AccountFactorReset::Id))
                    .col(uuid(AccountFactorReset::AccountId))
                    .col(uuid(AccountFactorReset::RequestedBy))
                    .col(timestamp_with_time_zone(AccountFactorReset::RequestedAt))
                    .col(text(AccountFactorReset::Reason))
                    .col(uuid_null(AccountFactorReset::DecidedBy))
                    .col(timestamp_with_time_zone_null(AccountFactorReset::DecidedAt))
                    .col(one_of(AccountFactorReset::State, ["requested", "approved", "refused"]))
                    .foreign_key(
                        ForeignKey::create()
                            .from(AccountFactorReset::Table, AccountFactorReset::AccountId)
                            .to(Account::Table, Account::Id),
                    )
                    .to_owned(),
            )
            .await?;
        manager
            .create_index(
                Index::create()
                    .name("account_factor_reset_account_id")
                    .table(AccountFactorReset::Table)
                    .col(AccountFactorReset::AccountId)
                    .to_owned(),
            )
            .await?;
        manager
            .create_index(
                Index::create()
                    .name("account_factor_reset_state_requested_at_id")
                    .table(AccountFactorReset::Table)
                    .col(AccountFactorReset::State)
                    .col(AccountFactorReset::RequestedAt)
                    .col(AccountFactorReset::Id)
                    .to_owned(),
            )
            .await?;
        manager
            .create_table(
                Table::create()
                    .table(AccountLoginFailure::Table)
                    .col(text(AccountLoginFailure::Key).primary_key())
                    .col(integer(AccountLoginFailure::Failures))
                    .col(timestamp_with_time_zone(AccountLoginFailure::LastFailedAt))
                    .col(timestamp_with_time_zone_null(AccountLoginFailure::LockedUntil))
                    .to_owned(),
            )
            .await?;
        manager
            .create_index(
                Index::create()
                    .name("account_login_failure_last_failed_at")
                    .table(AccountLoginFailure::Table)
                    .col(AccountLoginFailure::LastFailedAt)
                    .to_owned(),
            )
            .await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table(AccountLoginFailure::Table).to_owned()).await?;
        manager.drop_table(Table::drop().table(AccountFactorReset::Table).to_owned()).await?;
        manager.drop_table(Table::drop().table(AccountRecoveryCode::Table).to_owned()).await?;
        manager.drop_table(Table::drop().table(AccountToken::Table).to_owned()).await?;
        manager.drop_table(Table::drop().table(AccountSession::Table).to_owned()).await?;
        Ok(())
    }
}

#[derive(DeriveIden)]
enum AccountSession {
    Table,
    Id,
    AccountId,
    CreatedAt,
    LastUsedAt,
    UserAgent,
    Address,
    RefreshHash,
    PreviousHash,
    SuccessorUsed,
    Generation,
    SkippedGeneration,
    ExpiresAt,
    RevokedAt,
    RevokeReason,
    HasSecondFactor,
}

#[derive(DeriveIden)]
enum AccountToken {
    Table,
    Id,
    AccountId,
    Purpose,
    TokenHash,
    Payload,
    ExpiresAt,
    UsedAt,
    CreatedAt,
}

#[derive(DeriveIden)]
enum AccountRecoveryCode {
    Table,
    Id,
    AccountId,
    CodeHash,
    UsedAt,
}

#[derive(DeriveIden)]
enum AccountFactorReset {
    Table,
    Id,
    AccountId,
    RequestedBy,
    RequestedAt,
    Reason,
    DecidedBy,
    DecidedAt,
    State,
}

#[derive(DeriveIden)]
enum AccountLoginFailure {
    Table,
    Key,
    Failures,
    LastFailedAt,
    LockedUntil,
}

#[derive(DeriveIden)]
enum Account {
    Table,
    Id,
}
