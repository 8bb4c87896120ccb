//! Rule sets in force and of the past; immutable once stored.

mod list;
mod seed;

pub use list::{RuleSetSummary, RuleSetView, get, list};
pub use seed::seed;

use std::sync::Arc;

use domain::ids::RuleSetId;
use domain::rule::RuleSet;
use domain::word::Word;
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

/// Stores the rule set of the build unless it is there.
pub async fn seed(context: &Context) -> Result<()> {
    use rule_set::{ActiveModel, Column, Entity};
    use sea_orm::{Set, TryInsertResult};
    let document = domain::rule::GX_BROKER_2026_1;
    let set = RuleSet::read(document).map_err(|faults| Error::internal(format!("the rule set: {faults:?}")))?;
    let row = ActiveModel {
        id: Set(context.new_id()),
        name: Set(set.id.clone()),
        rule_version: Set(set.version.clone()),
        process: Set(set.process.clone()),
        status: Set(set.status().as_str().to_owned()),
        effective_from: Set(set.effective_from),
        effective_to: Set(set.effective_to),
        document: Set(document.to_owned()),
        sha256: Set(set.hash()),
        created_at: Set(context.now()),
    };
    let inserting = Entity::insert(row).on_conflict_do_nothing_on([Column::Name, Column::RuleVersion]);
    match inserting.exec(context.database().migrator()).await? {
        TryInsertResult::Empty | TryInsertResult::Conflicted | TryInsertResult::Inserted(_) => Ok(()),
    }
}
