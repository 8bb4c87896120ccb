//! A broker's share of a technology contract, claimed by an application that is open or was granted.

use domain::certification::Level;
use domain::{BrokerId, CaseId};
use sea_orm::{
    ActiveModelBehavior, DeriveEntityModel, DerivePrimaryKey, DeriveRelation, EntityTrait, EnumIter, PrimaryKeyTrait,
    Related, RelationDef, RelationTrait,
};

#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "certification_contract")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub case_id: CaseId,
    /// Digits only.
    #[sea_orm(primary_key, auto_increment = false)]
    pub reg_no: String,
    pub broker_id: BrokerId,
    pub level: Level,
    pub share_pct: i32,
    /// Whether a certificate rests on it.
    pub is_credited: bool,
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
