//! Lists as anybody may read them: names, employers and levels, never a number of a person.

use chrono::{DateTime, NaiveDate, Utc};
use domain::access::Permission;
use domain::certification::Level;
use domain::ids::{CaseId, PublicityId, RoundId};
use domain::publicity::{EntryState, PublicityState};
use domain::region::RegionCode;
use domain::rule::RuleStatus;
use entity::{publicity, publicity_entry, round, rule_set};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder};

use crate::caller::Caller;
use crate::context::Context;
use crate::error::{Error, Result};
use crate::page::{Page, PageRequest, by_id};

/// One entry of a list.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize, utoipa::ToSchema)]
pub struct EntryView {
    pub position: i32,
    pub name: String,
    pub employer: String,
    pub level: Level,
    pub state: EntryState,
    pub ends_at: Option<DateTime<Utc>>,
    /// Only for staff.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub case_id: Option<CaseId>,
}

/// A list.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize, utoipa::ToSchema)]
pub struct PublicityView {
    pub id: PublicityId,
    pub number: String,
    pub version: i32,
    pub round_id: RoundId,
    pub region: Option<RegionCode>,
    pub title: String,
    pub state: PublicityState,
    pub opens_on: Option<NaiveDate>,
    /// The last second at which an objection is in time.
    pub ends_at: Option<DateTime<Utc>>,
    pub calendar_version: Option<String>,
    /// The end may still move with a holiday notice that is not out yet; never to an earlier day.
    pub provisional: bool,
    /// Hash of the list as it was frozen.
    pub list_sha256: Option<String>,
    /// `proposal` while the rules behind it are not in force.
    pub rule_status: RuleStatus,
    pub published_at: Option<DateTime<Utc>>,
    /// Absent in lists of lists.
    #[serde(default)]
    pub entries: Vec<EntryView>,
}

/// What a list of lists may be narrowed to.
#[derive(Debug, Clone, Default)]
pub struct PublicityFilter {
    pub state: Option<PublicityState>,
    pub round: Option<RoundId>,
}

/// A list for everybody: open or ended.
pub async fn read_public(context: &Context, id: PublicityId) -> Result<PublicityView> {
    let view = view(context.database().read(), id).await?;
    if view.state == PublicityState::Draft {
        return Err(Error::NotFound);
    }
    Ok(without_cases(view))
}

/// A list for the desks that make it, drafts included.
pub async fn read(context: &Context, caller: &Caller, id: PublicityId) -> Result<PublicityView> {
    may_see_drafts(caller)?;
    view(context.database().read(), id).await
}

/// Open and ended lists, newest first.
pub async fn list_public(
    context: &Context,
    filter: &PublicityFilter,
    page: &PageRequest,
) -> Result<Page<PublicityView>> {
    page_of(context, filter, page, false).await
}

/// All lists, for the desks that make them.
pub async fn list(
    context: &Context,
    caller: &Caller,
    filter: &PublicityFilter,
    page: &PageRequest,
) -> Result<Page<PublicityView>> {
    may_see_drafts(caller)?;
    page_of(context, filter, page, true).await
}

fn may_see_drafts(caller: &Caller) -> Result<()> {
    caller.require(Permission::ManagePublicities).or_else(|_| caller.require(Permission::PublishPublicity)).map(|_| ())
}

async fn page_of(
    context: &Context,
    filter: &PublicityFilter,
    page: &PageRequest,
    with_drafts: bool,
) -> Result<Page<PublicityView>> {
    let mut query = publicity::Entity::find();
    if !with_drafts {
        query = query.filter(publicity::Column::State.ne(PublicityState::Draft));
    }
    if let Some(state) = filter.state {
        query = query.filter(publicity::Column::State.eq(state));
    }
    if let Some(round) = filter.round {
        query = query.filter(publicity::Column::RoundId.eq(round));
    }
    let connection = context.database().read();
    let rows = by_id(query, publicity::Column::Id, page)?.all(connection).await?;
    let page = Page::cut(rows, page, |row| row.id.to_string());
    let statuses = statuses(connection, page.items.iter().map(|row| row.round_id)).await?;
    Ok(page.map(|row| {
        let status =
            statuses.iter().find(|(round, _)| *round == row.round_id).map_or(RuleStatus::Proposal, |(_, s)| *s);
        shown(row, status, Vec::new())
    }))
}

/// Whether the rules behind rounds are in force, in one query.
async fn statuses(
    connection: &impl ConnectionTrait,
    rounds: impl Iterator<Item = RoundId>,
) -> Result<Vec<(RoundId, RuleStatus)>> {
    let rounds: Vec<RoundId> = rounds.collect();
    if rounds.is_empty() {
        return Ok(Vec::new());
    }
    let rows = round::Entity::find()
        .find_also_related(rule_set::Entity)
        .filter(round::Column::Id.is_in(rounds))
        .all(connection)
        .await?;
    Ok(rows
        .into_iter()
        .map(|(round, rules)| {
            let status = rules.and_then(|rules| rules.status.parse().ok()).unwrap_or(RuleStatus::Proposal);
            (round.id, status)
        })
        .collect())
}

pub(super) async fn view(connection: &impl ConnectionTrait, id: PublicityId) -> Result<PublicityView> {
    let row = publicity::Entity::find_by_id(id).one(connection).await?.ok_or(Error::NotFound)?;
    let entries = publicity_entry::Entity::find()
        .filter(publicity_entry::Column::PublicityId.eq(id))
        .order_by_asc(publicity_entry::Column::Position)
        .all(connection)
        .await?;
    let status = statuses(connection, std::iter::once(row.round_id)).await?;
    let status = status.first().map_or(RuleStatus::Proposal, |(_, status)| *status);
    Ok(shown(row, status, entries))
}

fn shown(row: publicity::Model, rule_status: RuleStatus, entries: Vec<publicity_entry::Model>) -> PublicityView {
    PublicityView {
        id: row.id,
        number: row.number,
        version: row.version,
        round_id: row.round_id,
        region: row.region,
        title: row.title,
        state: row.state,
        opens_on: row.opens_on,
        ends_at: row.ends_at,
        calendar_version: row.calendar_version,
        provisional: row.provisional,
        list_sha256: row.list_sha256,
        rule_status,
        published_at: row.published_at,
        entries: entries
            .into_iter()
            .map(|entry| EntryView {
                position: entry.position,
                name: entry.name,
                employer: entry.employer,
                level: entry.level,
                state: entry.state,
                ends_at: entry.ends_at,
                case_id: Some(entry.case_id),
            })
            .collect(),
    }
}

fn without_cases(mut view: PublicityView) -> PublicityView {
    for entry in &mut view.entries {
        entry.case_id = None;
    }
    view
}
