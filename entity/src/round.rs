//! A round (申报批次).

use chrono::{DateTime, Utc};
use domain::region::RegionCode;
use domain::round::RoundState;
use domain::{AccountId, RoundId, RuleSetId};
use sea_orm::{
    ActiveModelBehavior, DeriveEntityModel, DerivePrimaryKey, DeriveRelation, EntityTrait, EnumIter, PrimaryKeyTrait,
    Related, RelationDef, RelationTrait,
};

#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel, serde::Deserialize)]
#[sea_orm(table_name = "round")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: RoundId,
    pub process: String,
    pub region: Option<RegionCode>,
    pub number: String,
    pub title: String,
    pub opens_at: DateTime<Utc>,
    pub closes_at: DateTime<Utc>,
    pub recommend_until: Option<DateTime<Utc>>,
    pub rule_set_id: RuleSetId,
    pub state: RoundState,
    pub max_file_bytes: i64,
    pub max_files: i32,
    pub close_reason: Option<String>,
    pub published_at: Option<DateTime<Utc>>,
    pub created_by: AccountId,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
    pub version: i32,
}

#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {
    #[sea_orm(belongs_to = "super::rule_set::Entity", from = "Column::RuleSetId", to = "super::rule_set::Column::Id")]
    RuleSet,
}

impl Related<super::rule_set::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::RuleSet.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}
