//! Rule sets in force and of the past; immutable once stored.

mod list;
mod seed;

pub use list::{RuleSetSummary, RuleSetView, get, list};
pub use seed::seed;

use std::sync::Arc;

use domain::ids::RuleSetId;
use domain::rule::{CertificationRules, RuleSet};
use entity::rule_set;
use sea_orm::{ConnectionTrait, EntityTrait};

use crate::context::Context;
use crate::error::{Error, Result};

/// A stored rule set, and what it says about certification: both read once, because neither ever changes.
#[derive(Debug)]
pub(crate) struct Known {
    set: Arc<RuleSet>,
    /// None in a rule set of another process.
    certification: Option<Arc<CertificationRules>>,
}

/// The rule set of this id.
pub async fn rule_set(context: &Context, connection: &impl ConnectionTrait, id: RuleSetId) -> Result<Arc<RuleSet>> {
    Ok(known(context, connection, id).await?.set.clone())
}

/// What the rule set of this id says about certification.
pub async fn certification_rules(
    context: &Context,
    connection: &impl ConnectionTrait,
    id: RuleSetId,
) -> Result<Arc<CertificationRules>> {
    let known = known(context, connection, id).await?;
    known.certification.clone().ok_or_else(|| Error::unreadable("rule_set", "document", id))
}

async fn known(context: &Context, connection: &impl ConnectionTrait, id: RuleSetId) -> Result<Arc<Known>> {
    if let Some(known) = context.cached_rules(id) {
        return Ok(known);
    }
    let row = rule_set::Entity::find_by_id(id)
        .one(connection)
        .await?
        .ok_or_else(|| Error::internal(format!("no rule set {id}")))?;
    let set = RuleSet::read(&row.document).map_err(|_| Error::unreadable("rule_set", "document", id))?;
    let certification = CertificationRules::read(&set).ok().map(Arc::new);
    let known = Arc::new(Known { set: Arc::new(set), certification });
    context.cache_rules(id, known.clone());
    Ok(known)
}
