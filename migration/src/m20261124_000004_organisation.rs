//! Employers, agencies' legal persons, bureaus, bases and their members.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{
    date, date_null, integer, pk_uuid, text, text_null, text_uniq, timestamp_with_time_zone,
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
                    .table(Organisation::Table)
                    .col(pk_uuid(Organisation::Id))
                    .col(text_uniq(Organisation::Uscc))
                    .col(text(Organisation::Name))
                    .col(text(Organisation::Kind))
                    .col(text(Organisation::Region))
                    .col(one_of(Organisation::State, ["pending", "verified", "refused", "dissolved"]))
                    .col(text_null(Organisation::LegalRepresentative))
                    .col(text_null(Organisation::Address))
                    .col(text_null(Organisation::ContactEmail))
                    .col(uuid(Organisation::RegisteredBy))
                    .col(uuid_null(Organisation::VerifiedBy))
                    .col(timestamp_with_time_zone_null(Organisation::VerifiedAt))
                    .col(text_null(Organisation::RefusalReason))
                    .col(uuid_null(Organisation::SuccessorId))
                    .col(timestamp_with_time_zone(Organisation::CreatedAt))
                    .col(timestamp_with_time_zone(Organisation::UpdatedAt))
                    .col(integer(Organisation::Version).default(1))
                    .to_owned(),
            )
            .await?;
        manager
            .create_index(
                Index::create()
                    .name("organisation_region_state_id")
                    .table(Organisation::Table)
                    .col(Organisation::Region)
                    .col(Organisation::State)
                    .col(Organisation::Id)
                    .to_owned(),
            )
            .await?;
        manager
            .create_index(
                Index::create()
                    .name("organisation_state_id")
                    .table(Organisation::Table)
                    .col(Organisation::State)
                    .col(Organisation::Id)
                    .to_owned(),
            )
            .await?;
        manager
            .create_table(
                Table::create()
                    .table(OrganisationName::Table)
                    .col(pk_uuid(OrganisationName::Id))
                    .col(uuid(OrganisationName::OrganisationId))
                    .col(text(OrganisationName::Name))
                    .col(date(OrganisationName::FromOn))
                    .col(date_null(OrganisationName::ToOn))
                    .col(text_null(OrganisationName::Evidence))
                    .foreign_key(
                        ForeignKey::create()
                            .from(OrganisationName::Table, OrganisationName::OrganisationId)
                            .to(Organisation::Table, Organisation::Id),
                    )
                    .to_owned(),
            )
            .await?;
        manager
            .create_index(
                Index::create()
                    .name("organisation_name_organisation_id_from_on")
                    .table(OrganisationName::Table)
                    .col(OrganisationName::OrganisationId)
                    .col(OrganisationName::FromOn)
                    .to_owned(),
            )
            .await?;
        manager
            .create_table(
                Table::create()
                    .table(OrganisationMember::Table)
                    .col(pk_uuid(OrganisationMember::Id))
                    .col(uuid(OrganisationMember::OrganisationId))
                    .col(uuid_null(OrganisationMember::AccountId))
                    .col(text_null(OrganisationMember::Email))
                    .col(text(OrganisationMember::Role))
                    .col(one_of(OrganisationMember::State, ["invited", "active", "left"]))
                    .col(uuid_null(OrganisationMember::InvitedBy))
                    .col(timestamp_with_time_zone(OrganisationMember::CreatedAt))
                    .col(timestamp_with_time_zone(OrganisationMember::UpdatedAt))
                    .foreign_key(
                        ForeignKey::create()
                            .from(OrganisationMember::Table, OrganisationMember::OrganisationId)
                            .to(Organisation::Table, Organisation::Id),
                    )
                    .to_owned(),
            )
            .await?;
        manager
            .create_index(
                Index::create()
                    .name("organisation_member_account_id")
                    .table(OrganisationMember::Table)
                    .col(OrganisationMember::AccountId)
                    .to_owned(),
            )
            .await?;
        manager
            .create_index(
                Index::create()
                    .name("organisation_member_organisation_id_state")
                    .table(OrganisationMember::Table)
                    .col(OrganisationMember::OrganisationId)
                    .col(OrganisationMember::State)
                    .to_owned(),
            )
            .await?;
        manager
            .create_index(
                Index::create()
                    .name("organisation_member_email")
                    .table(OrganisationMember::Table)
                    .col(OrganisationMember::Email)
                    .to_owned(),
            )
            .await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table(OrganisationMember::Table).to_owned()).await?;
        manager.drop_table(Table::drop().table(OrganisationName::Table).to_owned()).await?;
        manager.drop_table(Table::drop().table(Organisation::Table).to_owned()).await?;
        Ok(())
    }
}

#[derive(DeriveIden)]
enum Organisation {
    Table,
    Id,
    Uscc,
    Name,
    Kind,
    Region,
    State,
    LegalRepresentative,
    Address,
    ContactEmail,
    RegisteredBy,
    VerifiedBy,
    VerifiedAt,
    RefusalReason,
    SuccessorId,
    CreatedAt,
    UpdatedAt,
    Version,
}

#[derive(DeriveIden)]
enum OrganisationName {
    Table,
    Id,
    OrganisationId,
    Name,
    FromOn,
    ToOn,
    Evidence,
}

#[derive(DeriveIden)]
enum OrganisationMember {
    Table,
    Id,
    OrganisationId,
    AccountId,
    Email,
    Role,
    State,
    InvitedBy,
    CreatedAt,
    UpdatedAt,
}
