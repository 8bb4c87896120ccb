//! A dated delegation of one role to another person.

use chrono::{DateTime, NaiveDate, Utc};
use domain::AccountId;
use domain::access::Role;
use domain::region::RegionCode;
use sea_orm::{
    ActiveModelBehavior, DeriveEntityModel, DerivePrimaryKey, DeriveRelation, EntityTrait, EnumIter, PrimaryKeyTrait,
};
use uuid::Uuid;

#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "account_delegation")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub from_account_id: AccountId,
    pub to_account_id: AccountId,
    pub role: Role,
    pub region: Option<RegionCode>,
    pub from_on: NaiveDate,
    pub to_on: NaiveDate,
    pub reason: String,
    pub created_at: DateTime<Utc>,
    pub revoked_at: Option<DateTime<Utc>>,
}

#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {
    #[sea_orm(belongs_to = "super::account::Entity", from = "Column::FromAccountId", to = "super::account::Column::Id")]
    FromAccount,
    #[sea_orm(belongs_to = "super::account::Entity", from = "Column::ToAccountId", to = "super::account::Column::Id")]
    ToAccount,
}

impl ActiveModelBehavior for ActiveModel {}
