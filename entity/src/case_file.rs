//! A case: what every process shares. Its detail is in the table of its process.

use chrono::{DateTime, Utc};
use domain::access::Role;
use domain::region::RegionCode;
use domain::{AccountId, CaseId, OrganisationId, RoundId, RuleSetId};
use sea_orm::{
    ActiveModelBehavior, DeriveEntityModel, DerivePrimaryKey, DeriveRelation, EntityTrait, EnumIter, PrimaryKeyTrait,
    Related, RelationDef, RelationTrait,
};

#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "case_file")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: CaseId,
    pub process: String,
    /// The version of the table that the case runs under.
    pub process_version: i32,
    pub number: String,
    pub state: String,
    /// Where a correction returns to.
    pub resume_state: Option<String>,
    pub version: i32,
    pub region: RegionCode,
    pub organisation_id: Option<OrganisationId>,
    pub round_id: Option<RoundId>,
    pub applicant_id: AccountId,
    pub applicant_name: String,
    pub title: String,
    pub desk_role: Option<Role>,
    pub assignee_id: Option<AccountId>,
    pub next_due_at: Option<DateTime<Utc>>,
    pub rule_set_id: RuleSetId,
    /// JSON: who did what so far, `[[verb, account, principal or null], …]`.
    pub acts: String,
    pub submitted_at: Option<DateTime<Utc>>,
    pub closed_at: Option<DateTime<Utc>>,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {
    #[sea_orm(belongs_to = "super::round::Entity", from = "Column::RoundId", to = "super::round::Column::Id")]
    Round,
    #[sea_orm(belongs_to = "super::account::Entity", from = "Column::ApplicantId", to = "super::account::Column::Id")]
    Applicant,
    #[sea_orm(belongs_to = "super::rule_set::Entity", from = "Column::RuleSetId", to = "super::rule_set::Column::Id")]
    RuleSet,
}

impl Related<super::round::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Round.def()
    }
}

impl Related<super::account::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Applicant.def()
    }
}

impl Related<super::rule_set::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::RuleSet.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}
