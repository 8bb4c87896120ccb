//! A version of the conditions, periods and amounts of a process.

use chrono::{DateTime, NaiveDate, Utc};
use domain::RuleSetId;
use sea_orm::{
    ActiveModelBehavior, DeriveEntityModel, DerivePrimaryKey, DeriveRelation, EntityTrait, EnumIter, PrimaryKeyTrait,
};

#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "rule_set")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: RuleSetId,
    pub name: String,
    pub rule_version: String,
    pub process: String,
    pub status: String,
    pub effective_from: NaiveDate,
    pub effective_to: Option<NaiveDate>,
    pub document: String,
    pub sha256: String,
    pub created_at: DateTime<Utc>,
}

#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
