//! A list of a round as published.

use chrono::{DateTime, NaiveDate, Utc};
use domain::publicity::PublicityState;
use domain::region::RegionCode;
use domain::{AccountId, PublicityId, RoundId};
use sea_orm::{
    ActiveModelBehavior, DeriveEntityModel, DerivePrimaryKey, DeriveRelation, EntityTrait, EnumIter, PrimaryKeyTrait,
    Related, RelationDef, RelationTrait,
};

#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "publicity")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: PublicityId,
    pub number: String,
    pub round_id: RoundId,
    pub region: Option<RegionCode>,
    pub title: String,
    pub state: PublicityState,
    pub opens_on: Option<NaiveDate>,
    pub ends_at: Option<DateTime<Utc>>,
    pub calendar_version: Option<String>,
    pub provisional: bool,
    /// JSON, frozen.
    pub list: Option<String>,
    pub list_sha256: Option<String>,
    pub created_by: AccountId,
    pub published_by: Option<AccountId>,
    pub published_at: Option<DateTime<Utc>>,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
    pub version: i32,
}

#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {
    #[sea_orm(belongs_to = "super::round::Entity", from = "Column::RoundId", to = "super::round::Column::Id")]
    Round,
}

impl Related<super::round::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Round.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}
