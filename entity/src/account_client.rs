//! A client of another system, with a person accountable for it.

use chrono::{DateTime, Utc};
use domain::account::ClientState;
use domain::{AccountId, ApiClientId, OrganisationId};
use sea_orm::{
    ActiveModelBehavior, DeriveEntityModel, DerivePrimaryKey, DeriveRelation, EntityTrait, EnumIter, PrimaryKeyTrait,
    Related, RelationDef, RelationTrait,
};

#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "account_client")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: ApiClientId,
    pub organisation_id: Option<OrganisationId>,
    pub accountable_account_id: AccountId,
    pub name: String,
    pub client_id: String,
    /// JSON.
    pub scopes: String,
    pub state: ClientState,
    pub last_used_at: Option<DateTime<Utc>>,
    pub created_at: DateTime<Utc>,
    pub version: i32,
}

#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {
    #[sea_orm(
        belongs_to = "super::account::Entity",
        from = "Column::AccountableAccountId",
        to = "super::account::Column::Id"
    )]
    AccountableAccount,
}

impl Related<super::account::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::AccountableAccount.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}
