//! A certificate as issued.

use chrono::{DateTime, NaiveDate, Utc};
use domain::certification::Level;
use domain::region::RegionCode;
use domain::{BrokerId, CaseId, CertificateId, RuleSetId};
use sea_orm::{
    ActiveModelBehavior, DeriveEntityModel, DerivePrimaryKey, DeriveRelation, EntityTrait, EnumIter, PrimaryKeyTrait,
    Related, RelationDef, RelationTrait,
};

#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel, serde::Deserialize)]
#[sea_orm(table_name = "certificate")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: CertificateId,
    pub number: String,
    /// For verification by anybody.
    pub code: String,
    pub case_id: CaseId,
    pub broker_id: BrokerId,
    pub holder_name: String,
    pub level: Level,
    pub region: RegionCode,
    /// JSON.
    pub specialties: String,
    pub issuer: String,
    pub issue_version: i32,
    pub issued_on: NaiveDate,
    pub valid_until: NaiveDate,
    pub is_specimen: bool,
    pub rule_set_id: RuleSetId,
    pub suspended_at: Option<DateTime<Utc>>,
    pub revoked_at: Option<DateTime<Utc>>,
    pub cancelled_at: Option<DateTime<Utc>>,
    pub superseded_at: Option<DateTime<Utc>>,
    pub superseded_by: Option<CertificateId>,
    pub created_at: DateTime<Utc>,
}

#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {
    #[sea_orm(belongs_to = "super::case_file::Entity", from = "Column::CaseId", to = "super::case_file::Column::Id")]
    Case,
    #[sea_orm(belongs_to = "super::broker::Entity", from = "Column::BrokerId", to = "super::broker::Column::Id")]
    Broker,
    #[sea_orm(belongs_to = "super::rule_set::Entity", from = "Column::RuleSetId", to = "super::rule_set::Column::Id")]
    RuleSet,
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

impl Related<super::rule_set::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::RuleSet.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}
