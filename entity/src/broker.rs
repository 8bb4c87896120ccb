//! A broker's profile. Identity and mobile numbers are encrypted and found by blind index.

use chrono::{DateTime, Utc};
use domain::region::RegionCode;
use domain::{AccountId, BrokerId, OrganisationId};
use sea_orm::{
    ActiveModelBehavior, DeriveEntityModel, DerivePrimaryKey, DeriveRelation, EntityTrait, EnumIter, PrimaryKeyTrait,
    Related, RelationDef, RelationTrait,
};

#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "broker")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: BrokerId,
    pub account_id: AccountId,
    pub name: String,
    pub id_type: Option<String>,
    pub id_number_cipher: Option<String>,
    pub id_number_index: Option<String>,
    pub mobile_cipher: Option<String>,
    pub mobile_index: Option<String>,
    /// JSON without the encrypted fields.
    pub profile: String,
    pub employer_id: Option<OrganisationId>,
    pub residence_city: Option<RegionCode>,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
    pub version: i32,
}

#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {
    #[sea_orm(belongs_to = "super::account::Entity", from = "Column::AccountId", to = "super::account::Column::Id")]
    Account,
}

impl Related<super::account::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Account.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}
