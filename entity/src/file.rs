//! An attachment; its bytes are in the object store.

use chrono::{DateTime, Utc};
use domain::file::{FilePurpose, ScanState};
use domain::{AccountId, CaseId, FileId};
use sea_orm::{
    ActiveModelBehavior, DeriveEntityModel, DerivePrimaryKey, DeriveRelation, EntityTrait, EnumIter, PrimaryKeyTrait,
    Related, RelationDef, RelationTrait,
};

#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel, serde::Deserialize)]
#[sea_orm(table_name = "file")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: FileId,
    pub case_id: CaseId,
    pub purpose: FilePurpose,
    pub name: String,
    pub media_type: String,
    pub size_bytes: i64,
    pub sha256: String,
    pub object_key: String,
    pub scan_state: ScanState,
    pub scan_detail: Option<String>,
    pub uploaded_by: AccountId,
    pub created_at: DateTime<Utc>,
    pub deleted_at: Option<DateTime<Utc>>,
}

#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {
    #[sea_orm(belongs_to = "super::case_file::Entity", from = "Column::CaseId", to = "super::case_file::Column::Id")]
    Case,
}

impl Related<super::case_file::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Case.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}
