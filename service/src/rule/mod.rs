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

/// The same for an id that somebody sent: none where it is of no rule set of certification.
pub(crate) async fn certification_rules_sent(
    context: &Context,
    connection: &impl ConnectionTrait,
    id: RuleSetId,
) -> Result<Option<Arc<CertificationRules>>> {
    Ok(find(context, connection, id).await?.and_then(|known| known.certification.clone()))
}

async fn known(context: &Context, connection: &impl ConnectionTrait, id: RuleSetId) -> Result<Arc<Known>> {
    find(context, connection, id).await?.ok_or_else(|| Error::internal(format!("no rule set {id}")))
}

async fn find(context: &Context, connection: &impl ConnectionTrait, id: RuleSetId) -> Result<Option<Arc<Known>>> {
    if let Some(known) = context.cached_rules(id) {
        return Ok(Some(known));
    }
    let Some(row) = rule_set::Entity::find_by_id(id).one(connection).await? else { return Ok(None) };
    let set = RuleSet::read(&row.document).map_err(|_| Error::unreadable("rule_set", "document", id))?;
    let certification = CertificationRules::read(&set).ok().map(Arc::new);
    let known = Arc::new(Known { set: Arc::new(set), certification });
    context.cache_rules(id, known.clone());
    Ok(Some(known))
}
