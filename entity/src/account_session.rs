//! A login on one device, kept by rotating refresh tokens.

use chrono::{DateTime, Utc};
use domain::{AccountId, SessionId};
use sea_orm::{
    ActiveModelBehavior, DeriveEntityModel, DerivePrimaryKey, DeriveRelation, EntityTrait, EnumIter, PrimaryKeyTrait,
    Related, RelationDef, RelationTrait,
};

#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "account_session")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: SessionId,
    pub account_id: AccountId,
    pub created_at: DateTime<Utc>,
    pub last_used_at: DateTime<Utc>,
    pub user_agent: Option<String>,
    pub address: Option<String>,
    pub refresh_hash: String,
    /// Of the token before: its use after its successor was used is theft.
    pub previous_hash: Option<String>,
    /// Whether the present pair was used: its access token showed up, or its refresh token was rotated.
    pub successor_used: bool,
    /// Counts the rotations; access tokens carry it.
    pub generation: i32,
    /// The generation whose answer was lost and replaced; its tokens are dead.
    pub skipped_generation: Option<i32>,
    pub expires_at: DateTime<Utc>,
    pub revoked_at: Option<DateTime<Utc>>,
    pub revoke_reason: Option<String>,
    pub has_second_factor: bool,
}

#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {
    #[sea_orm(belongs_to = "super::account::Entity", from = "Column::AccountId", to = "super::account::Column::Id")]
    Account,
}

impl Related<super::account::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Account.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}
