//! People, their roles, consents and stand-ins; the clients of other systems.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{
    big_integer_null, date, integer, pk_uuid, text, text_null, text_uniq, timestamp_with_time_zone,
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
                    .table(Account::Table)
                    .col(pk_uuid(Account::Id))
                    .col(text_uniq(Account::Email))
                    .col(timestamp_with_time_zone_null(Account::EmailConfirmedAt))
                    .col(text_null(Account::PasswordHash))
                    .col(text(Account::Name))
                    .col(text(Account::Locale))
                    .col(one_of(Account::State, ["pending", "active", "disabled"]))
                    .col(integer(Account::RightsVersion))
                    .col(integer(Account::FailedLogins))
                    .col(timestamp_with_time_zone_null(Account::LockedUntil))
                    .col(text_null(Account::TotpSecret))
                    .col(timestamp_with_time_zone_null(Account::TotpConfirmedAt))
                    .col(big_integer_null(Account::TotpLastStep))
                    .col(timestamp_with_time_zone(Account::CreatedAt))
                    .col(timestamp_with_time_zone(Account::UpdatedAt))
                    .col(integer(Account::Version).default(1))
                    .to_owned(),
            )
            .await?;
        manager
            .create_index(
                Index::create()
                    .name("account_state_id")
                    .table(Account::Table)
                    .col(Account::State)
                    .col(Account::Id)
                    .to_owned(),
            )
            .await?;
        manager
            .create_table(
                Table::create()
                    .table(AccountRole::Table)
                    .col(pk_uuid(AccountRole::Id))
                    .col(uuid(AccountRole::AccountId))
                    .col(text(AccountRole::Role))
                    .col(text_null(AccountRole::Region))
                    .col(uuid_null(AccountRole::OrganisationId))
                    .col(uuid_null(AccountRole::GrantedBy))
                    .col(timestamp_with_time_zone(AccountRole::GrantedAt))
                    .col(uuid_null(AccountRole::RevokedBy))
                    .col(timestamp_with_time_zone_null(AccountRole::RevokedAt))
                    .foreign_key(
                        ForeignKey::create()
                            .from(AccountRole::Table, AccountRole::AccountId)
                            .to(Account::Table, Account::Id),
                    )
                    .to_owned(),
            )
            .await?;
        manager
            .create_index(
                Index::create()
                    .name("account_role_account_id_revoked_at")
                    .table(AccountRole::Table)
                    .col(AccountRole::AccountId)
                    .col(AccountRole::RevokedAt)
                    .to_owned(),
            )
            .await?;
        // Partial, so raw; both engines read it the same.
        manager.get_connection().execute_unprepared("CREATE UNIQUE INDEX account_role_active \
 ON account_role (account_id, role, coalesce(region, ''), coalesce(organisation_id, '00000000-0000-0000-0000-000000000000')) \
 WHERE revoked_at IS NULL").await?;
        manager
            .create_table(
                Table::create()
                    .table(AccountConsent::Table)
                    .col(pk_uuid(AccountConsent::Id))
                    .col(uuid(AccountConsent::AccountId))
                    .col(text(AccountConsent::Kind))
                    .col(text(AccountConsent::DocumentVersion))
                    .col(timestamp_with_time_zone(AccountConsent::GivenAt))
                    .col(timestamp_with_time_zone_null(AccountConsent::WithdrawnAt))
                    .col(text_null(AccountConsent::Address))
                    .foreign_key(
                        ForeignKey::create()
                            .from(AccountConsent::Table, AccountConsent::AccountId)
                            .to(Account::Table, Account::Id),
                    )
                    .to_owned(),
            )
            .await?;
        manager
            .create_index(
                Index::create()
                    .name("account_consent_account_id_kind")
                    .table(AccountConsent::Table)
                    .col(AccountConsent::AccountId)
                    .col(AccountConsent::Kind)
                    .to_owned(),
            )
            .await?;
        manager
            .create_table(
                Table::create()
                    .table(AccountDelegation::Table)
                    .col(pk_uuid(AccountDelegation::Id))
                    .col(uuid(AccountDelegation::FromAccountId))
                    .col(uuid(AccountDelegation::ToAccountId))
                    .col(text(AccountDelegation::Role))
                    .col(text_null(AccountDelegation::Region))
                    .col(date(AccountDelegation::FromOn))
                    .col(date(AccountDelegation::ToOn))
                    .col(text(AccountDelegation::Reason))
                    .col(timestamp_with_time_zone(AccountDelegation::CreatedAt))
                    .col(timestamp_with_time_zone_null(AccountDelegation::RevokedAt))
                    .check(Expr::col(AccountDelegation::ToOn).gte(Expr::col(AccountDelegation::FromOn)))
                    .foreign_key(
                        ForeignKey::create()
                            .from(AccountDelegation::Table, AccountDelegation::FromAccountId)
                            .to(Account::Table, Account::Id),
                    )
                    .foreign_key(
                        ForeignKey::create()
                            .from(AccountDelegation::Table, AccountDelegation::ToAccountId)
                            .to(Account::Table, Account::Id),
                    )
                    .to_owned(),
            )
            .await?;
        manager
            .create_index(
                Index::create()
                    .name("account_delegation_to_account_id_revoked_at_to_on")
                    .table(AccountDelegation::Table)
                    .col(AccountDelegation::ToAccountId)
                    .col(AccountDelegation::RevokedAt)
                    .col(AccountDelegation::ToOn)
                    .to_owned(),
            )
            .await?;
        manager
            .create_index(
                Index::create()
                    .name("account_delegation_from_account_id")
                    .table(AccountDelegation::Table)
                    .col(AccountDelegation::FromAccountId)
                    .to_owned(),
            )
            .await?;
        manager
            .create_table(
                Table::create()
                    .table(AccountAbsence::Table)
                    .col(pk_uuid(AccountAbsence::Id))
                    .col(uuid(AccountAbsence::AccountId))
                    .col(date(AccountAbsence::FromOn))
                    .col(date(AccountAbsence::ToOn))
                    .col(text_null(AccountAbsence::Reason))
                    .col(timestamp_with_time_zone(AccountAbsence::CreatedAt))
                    .check(Expr::col(AccountAbsence::ToOn).gte(Expr::col(AccountAbsence::FromOn)))
                    .foreign_key(
                        ForeignKey::create()
                            .from(AccountAbsence::Table, AccountAbsence::AccountId)
                            .to(Account::Table, Account::Id),
                    )
                    .to_owned(),
            )
            .await?;
        manager
            .create_index(
                Index::create()
                    .name("account_absence_account_id_to_on")
                    .table(AccountAbsence::Table)
                    .col(AccountAbsence::AccountId)
                    .col(AccountAbsence::ToOn)
                    .to_owned(),
            )
            .await?;
        manager
            .create_table(
                Table::create()
                    .table(AccountClient::Table)
                    .col(pk_uuid(AccountClient::Id))
                    .col(uuid_null(AccountClient::OrganisationId))
                    .col(uuid(AccountClient::AccountableAccountId))
                    .col(text(AccountClient::Name))
                    .col(text_uniq(AccountClient::ClientId))
                    .col(text(AccountClient::Scopes))
                    .col(one_of(AccountClient::State, ["active", "revoked"]))
                    .col(timestamp_with_time_zone_null(AccountClient::LastUsedAt))
                    .col(timestamp_with_time_zone(AccountClient::CreatedAt))
                    .col(integer(AccountClient::Version).default(1))
                    .foreign_key(
                        ForeignKey::create()
                            .from(AccountClient::Table, AccountClient::AccountableAccountId)
                            .to(Account::Table, Account::Id),
                    )
                    .to_owned(),
            )
            .await?;
        manager
            .create_index(
                Index::create()
                    .name("account_client_organisation_id")
                    .table(AccountClient::Table)
                    .col(AccountClient::OrganisationId)
                    .to_owned(),
            )
            .await?;
        manager
            .create_index(
                Index::create()
                    .name("account_client_accountable_account_id")
                    .table(AccountClient::Table)
                    .col(AccountClient::AccountableAccountId)
                    .to_owned(),
            )
            .await?;
        manager
            .create_table(
                Table::create()
                    .table(AccountClientSecret::Table)
                    .col(pk_uuid(AccountClientSecret::Id))
                    .col(uuid(AccountClientSecret::AccountClientId))
                    .col(text(AccountClientSecret::SecretHash))
                    .col(timestamp_with_time_zone(AccountClientSecret::CreatedAt))
                    .col(timestamp_with_time_zone_null(AccountClientSecret::ExpiresAt))
                    .col(timestamp_with_time_zone_null(AccountClientSecret::RevokedAt))
                    .foreign_key(
                        ForeignKey::create()
                            .from(AccountClientSecret::Table, AccountClientSecret::AccountClientId)
                            .to(AccountClient::Table, AccountClient::Id),
                    )
                    .to_owned(),
            )
            .await?;
        manager
            .create_index(
                Index::create()
                    .name("account_client_secret_account_client_id_revoked_at")
                    .table(AccountClientSecret::Table)
                    .col(AccountClientSecret::AccountClientId)
                    .col(AccountClientSecret::RevokedAt)
                    .to_owned(),
            )
            .await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table(AccountClientSecret::Table).to_owned()).await?;
        manager.drop_table(Table::drop().table(AccountClient::Table).to_owned()).await?;
        manager.drop_table(Table::drop().table(AccountAbsence::Table).to_owned()).await?;
        manager.drop_table(Table::drop().table(AccountDelegation::Table).to_owned()).await?;
        manager.drop_table(Table::drop().table(AccountConsent::Table).to_owned()).await?;
        manager.drop_table(Table::drop().table(AccountRole::Table).to_owned()).await?;
        manager.drop_table(Table::drop().table(Account::Table).to_owned()).await?;
        Ok(())
    }
}

#[derive(DeriveIden)]
enum Account {
    Table,
    Id,
    Email,
    EmailConfirmedAt,
    PasswordHash,
    Name,
    Locale,
    State,
    RightsVersion,
    FailedLogins,
    LockedUntil,
    TotpSecret,
    TotpConfirmedAt,
    TotpLastStep,
    CreatedAt,
    UpdatedAt,
    Version,
}

#[derive(DeriveIden)]
enum AccountRole {
    Table,
    Id,
    AccountId,
    Role,
    Region,
    OrganisationId,
    GrantedBy,
    GrantedAt,
    RevokedBy,
    RevokedAt,
}

#[derive(DeriveIden)]
enum AccountConsent {
    Table,
    Id,
    AccountId,
    Kind,
    DocumentVersion,
    GivenAt,
    WithdrawnAt,
    Address,
}

#[derive(DeriveIden)]
enum AccountDelegation {
    Table,
    Id,
    FromAccountId,
    ToAccountId,
    Role,
    Region,
    FromOn,
    ToOn,
    Reason,
    CreatedAt,
    RevokedAt,
}

#[derive(DeriveIden)]
enum AccountAbsence {
    Table,
    Id,
    AccountId,
    FromOn,
    ToOn,
    Reason,
    CreatedAt,
}

#[derive(DeriveIden)]
enum AccountClient {
    Table,
    Id,
    OrganisationId,
    AccountableAccountId,
    Name,
    ClientId,
    Scopes,
    State,
    LastUsedAt,
    CreatedAt,
    Version,
}

#[derive(DeriveIden)]
enum AccountClientSecret {
    Table,
    Id,
    AccountClientId,
    SecretHash,
    CreatedAt,
    ExpiresAt,
    RevokedAt,
}
