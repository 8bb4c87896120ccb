//! A legal person by its unified social credit code.

use chrono::{DateTime, Utc};
use domain::organisation::{OrganisationKind, OrganisationState};
use domain::region::RegionCode;
use domain::{AccountId, OrganisationId};
use sea_orm::{
    ActiveModelBehavior, DeriveEntityModel, DerivePrimaryKey, DeriveRelation, EntityTrait, EnumIter, PrimaryKeyTrait,
};

#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel, serde::Deserialize)]
#[sea_orm(table_name = "organisation")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: OrganisationId,
    pub uscc: String,
    pub name: String,
    pub kind: OrganisationKind,
    pub region: RegionCode,
    pub state: OrganisationState,
    pub legal_representative: Option<String>,
    pub address: Option<String>,
    pub contact_email: Option<String>,
    pub registered_by: AccountId,
    pub verified_by: Option<AccountId>,
    pub verified_at: Option<DateTime<Utc>>,
    pub refusal_reason: Option<String>,
    pub successor_id: Option<OrganisationId>,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
    pub version: i32,
}

#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
