//! Rule sets in force and of the past; immutable once stored.

mod list;
mod seed;

pub use list::{RuleSetSummary, RuleSetView, get, list};
pub use seed::seed;

use std::sync::Arc;

use domain::ids::RuleSetId;
use domain::rule::RuleSet;
use entity::rule_set;
use sea_orm::{ConnectionTrait, EntityTrait};

use crate::context::Context;
use crate::error::{Error, Result};

/// The rule set of this id.
pub async fn rule_set(context: &Context, connection: &impl ConnectionTrait, id: RuleSetId) -> Result<Arc<RuleSet>> {
    if let Some(known) = context.cached_rules(id) {
        return Ok(known);
    }
    let row = rule_set::Entity::find_by_id(id)
        .one(connection)
        .await?
        .ok_or_else(|| Error::internal(format!("no rule set {id}")))?;
    let set = RuleSet::read(&row.document).map_err(|_| Error::unreadable("rule_set", "document", id))?;
    let set = Arc::new(set);
    context.cache_rules(id, set.clone());
    Ok(set)
}
