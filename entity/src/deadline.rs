//! A clock of a case; `due_at` is the effective end.

use chrono::{DateTime, NaiveDate, Utc};
use domain::deadline::{DeadlineState, Party};
use domain::{CaseId, DeadlineId};
use sea_orm::{
    ActiveModelBehavior, DeriveEntityModel, DerivePrimaryKey, DeriveRelation, EntityTrait, EnumIter, PrimaryKeyTrait,
    Related, RelationDef, RelationTrait,
};

#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel, serde::Deserialize)]
#[sea_orm(table_name = "deadline")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: DeadlineId,
    pub case_id: CaseId,
    pub kind: String,
    /// Counts the clocks of one kind in a case.
    pub round_no: i32,
    pub party: Party,
    pub state: DeadlineState,
    pub started_on: NaiveDate,
    /// JSON.
    pub period: String,
    pub legal_due_at: DateTime<Utc>,
    pub communicated_due_at: DateTime<Utc>,
    pub due_at: DateTime<Utc>,
    pub calendar_version: String,
    /// The calendar of a year on the way was not yet published.
    pub provisional: bool,
    pub paused_on: Option<NaiveDate>,
    /// In runs that ended with a pause.
    pub used_working_days: i32,
    pub revision: i32,
    pub closed_at: Option<DateTime<Utc>>,
    pub created_at: DateTime<Utc>,
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
