//! One case on a list; entries end separately.

use chrono::{DateTime, Utc};
use domain::certification::Level;
use domain::publicity::EntryState;
use domain::{CaseId, PublicityId};
use sea_orm::{
    ActiveModelBehavior, DeriveEntityModel, DerivePrimaryKey, DeriveRelation, EntityTrait, EnumIter, PrimaryKeyTrait,
    Related, RelationDef, RelationTrait,
};
use uuid::Uuid;

#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "publicity_entry")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub publicity_id: PublicityId,
    pub case_id: CaseId,
    pub position: i32,
    pub name: String,
    pub employer: String,
    pub level: Level,
    pub state: EntryState,
    pub ends_at: Option<DateTime<Utc>>,
}

#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {
    #[sea_orm(
        belongs_to = "super::publicity::Entity",
        from = "Column::PublicityId",
        to = "super::publicity::Column::Id"
    )]
    Publicity,
    #[sea_orm(belongs_to = "super::case_file::Entity", from = "Column::CaseId", to = "super::case_file::Column::Id")]
    Case,
}

impl Related<super::publicity::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Publicity.def()
    }
}

impl Related<super::case_file::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Case.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}
