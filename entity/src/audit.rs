//! One act on one object, chained to the one before.

use chrono::{DateTime, Utc};
use domain::access::Role;
use domain::{AccountId, ApiClientId, AuditId};
use sea_orm::{
    ActiveModelBehavior, DeriveEntityModel, DerivePrimaryKey, DeriveRelation, EntityTrait, EnumIter, PrimaryKeyTrait,
};

#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "audit")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: AuditId,
    pub object_kind: String,
    pub object_id: String,
    pub seq: i64,
    pub at: DateTime<Utc>,
    pub actor_id: Option<AccountId>,
    pub actor_role: Option<Role>,
    pub on_behalf_of: Option<AccountId>,
    pub client_id: Option<ApiClientId>,
    pub action: String,
    pub state_from: Option<String>,
    pub state_to: Option<String>,
    pub before: Option<String>,
    pub after: Option<String>,
    pub reason: Option<String>,
    pub request_id: Option<String>,
    pub address: Option<String>,
    pub outcome: String,
    pub previous_hash: String,
    pub hash: String,
    pub idempotency_scope: Option<String>,
    pub idempotency_key: Option<String>,
    pub fingerprint: Option<String>,
    pub answer: Option<String>,
}

#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
