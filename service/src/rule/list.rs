//! Rule sets as the public reads them: every figure with its basis, and whether it is law or put forward.

use chrono::NaiveDate;
use domain::ids::RuleSetId;
use domain::rule::{Clause, RuleSet, RuleStatus};
use entity::rule_set;
use sea_orm::{EntityTrait, QuerySelect};

use super::{find, rule_set as stored};
use crate::context::Context;
use crate::error::{Error, Result};
use crate::page::{Page, PageRequest, by_id};

/// A rule set without its clauses.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize, utoipa::ToSchema)]
pub struct RuleSetSummary {
    pub id: RuleSetId,
    /// Such as `GX-BROKER`.
    pub name: String,
    /// Such as `2026-1`.
    pub rule_version: String,
    pub title: String,
    /// The process it governs.
    pub process: String,
    /// `proposal` while any clause rests on less than a rule in force.
    pub status: RuleStatus,
    pub effective_from: NaiveDate,
    /// Last day; absent while open.
    pub effective_to: Option<NaiveDate>,
    /// Over the canonical form of the whole set.
    pub sha256: String,
}

/// A rule set with every clause and its basis.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize, utoipa::ToSchema)]
pub struct RuleSetView {
    #[serde(flatten)]
    pub summary: RuleSetSummary,
    pub issuer: String,
    /// GB/T 2260 code of the area it holds in.
    pub jurisdiction: String,
    pub clauses: Vec<Clause>,
}

/// Lists rule sets, newest first.
pub async fn list(context: &Context, page: &PageRequest) -> Result<Page<RuleSetSummary>> {
    let connection = context.database().read();
    let ids: Vec<RuleSetId> = by_id(rule_set::Entity::find(), rule_set::Column::Id, page)?
        .select_only()
        .column(rule_set::Column::Id)
        .into_tuple()
        .all(connection)
        .await?;
    let page = Page::cut(ids, page, ToString::to_string);
    let mut items = Vec::with_capacity(page.items.len());
    for id in page.items {
        items.push(summary(id, &*stored(context, connection, id).await?));
    }
    Ok(Page { items, next: page.next })
}

/// One rule set.
pub async fn get(context: &Context, id: RuleSetId) -> Result<RuleSetView> {
    let set = find(context, context.database().read(), id).await?.ok_or(Error::NotFound)?.set.clone();
    Ok(RuleSetView {
        summary: summary(id, &set),
        issuer: set.issuer.clone(),
        jurisdiction: set.jurisdiction.clone(),
        clauses: set.clauses.clone(),
    })
}

fn summary(id: RuleSetId, set: &RuleSet) -> RuleSetSummary {
    RuleSetSummary {
        id,
        name: set.id.clone(),
        rule_version: set.version.clone(),
        title: set.title.clone(),
        process: set.process.clone(),
        status: set.status(),
        effective_from: set.effective_from,
        effective_to: set.effective_to,
        sha256: set.hash(),
    }
}
