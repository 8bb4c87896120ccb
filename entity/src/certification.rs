//! The detail of a certification case; documents are JSON.

use domain::certification::{ApplicationType, Level};
use domain::{BrokerId, CaseId};
use sea_orm::{
    ActiveModelBehavior, DeriveEntityModel, DerivePrimaryKey, DeriveRelation, EntityTrait, EnumIter, PrimaryKeyTrait,
    Related, RelationDef, RelationTrait,
};

#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "certification")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub case_id: CaseId,
    pub broker_id: BrokerId,
    pub kind: ApplicationType,
    pub target_level: Level,
    pub form: String,
    pub correction: Option<String>,
    pub correction_rounds: Option<String>,
    pub eligibility: Option<String>,
    pub assessment: Option<String>,
    pub employer_opinion: Option<String>,
    pub city_opinion: Option<String>,
    pub acceptance: Option<String>,
    pub refusal: Option<String>,
    /// JSON: the profile as submitted, without identity number and phone.
    pub profile: Option<String>,
    /// JSON: who verified the training evidence, and how.
    pub training: Option<String>,
    /// JSON: mean and votes of the closed review.
    pub review: Option<String>,
    /// JSON: why it was withdrawn or lapsed.
    pub closing: Option<String>,
    /// At most one per broker.
    pub is_open: bool,
}

#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {
    #[sea_orm(belongs_to = "super::case_file::Entity", from = "Column::CaseId", to = "super::case_file::Column::Id")]
    Case,
    #[sea_orm(belongs_to = "super::broker::Entity", from = "Column::BrokerId", to = "super::broker::Column::Id")]
    Broker,
}

impl Related<super::case_file::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Case.def()
    }
}

impl Related<super::broker::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Broker.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}
