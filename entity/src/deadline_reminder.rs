//! A reminder of a deadline; a moved deadline has a new revision.

use chrono::{DateTime, Utc};
use domain::DeadlineId;
use sea_orm::{
    ActiveModelBehavior, DeriveEntityModel, DerivePrimaryKey, DeriveRelation, EntityTrait, EnumIter, PrimaryKeyTrait,
    Related, RelationDef, RelationTrait,
};
use uuid::Uuid;

#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "deadline_reminder")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub deadline_id: DeadlineId,
    pub stage: String,
    pub revision: i32,
    pub send_at: DateTime<Utc>,
    pub state: String,
    pub skip_reason: Option<String>,
    pub sent_at: Option<DateTime<Utc>>,
}

#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {
    #[sea_orm(belongs_to = "super::deadline::Entity", from = "Column::DeadlineId", to = "super::deadline::Column::Id")]
    Deadline,
}

impl Related<super::deadline::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Deadline.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}
