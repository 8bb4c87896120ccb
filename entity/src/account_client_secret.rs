//! A secret of a client; two may overlap while one is replaced.

use chrono::{DateTime, Utc};
use domain::ApiClientId;
use sea_orm::{
    ActiveModelBehavior, DeriveEntityModel, DerivePrimaryKey, DeriveRelation, EntityTrait, EnumIter, PrimaryKeyTrait,
    Related, RelationDef, RelationTrait,
};
use uuid::Uuid;

#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "account_client_secret")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub account_client_id: ApiClientId,
    pub secret_hash: String,
    pub created_at: DateTime<Utc>,
    pub expires_at: Option<DateTime<Utc>>,
    pub revoked_at: Option<DateTime<Utc>>,
}

#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {
    #[sea_orm(
        belongs_to = "super::account_client::Entity",
        from = "Column::AccountClientId",
        to = "super::account_client::Column::Id"
    )]
    AccountClient,
}

impl Related<super::account_client::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::AccountClient.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}
