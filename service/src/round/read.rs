//! Reading rounds: published ones are for everybody with an account, drafts for those who make them.

use chrono::{DateTime, Utc};
use domain::access::Permission;
use domain::ids::{RoundId, RuleSetId};
use domain::region::RegionCode;
use domain::round::{RoundFacts, RoundState};
use entity::round;
use sea_orm::{ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder};

use crate::caller::Caller;
use crate::context::Context;
use crate::error::{Error, Result};
use crate::page::{Page, PageRequest, by_id};

/// A round as everybody may read it.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize, utoipa::ToSchema)]
pub struct RoundView {
    pub id: RoundId,
    pub number: String,
    pub process: String,
    /// Absent: the whole autonomous region.
    pub region: Option<RegionCode>,
    pub title: String,
    pub state: RoundState,
    pub opens_at: DateTime<Utc>,
    /// The last instant at which a submission is in time, by server clock.
    pub closes_at: DateTime<Utc>,
    /// Until when cities recommend.
    pub recommend_until: Option<DateTime<Utc>>,
    pub rule_set_id: RuleSetId,
    pub max_file_bytes: i64,
    pub max_files: i32,
    pub close_reason: Option<String>,
    pub published_at: Option<DateTime<Utc>>,
    /// Published, opened and not ended, at the time of the answer.
    pub is_open: bool,
    pub version: i32,
    pub allowed_actions: Vec<String>,
}

/// What a list of rounds may be narrowed to.
#[derive(Debug, Clone, Default)]
pub struct RoundFilter {
    pub process: Option<String>,
    pub state: Option<RoundState>,
    /// Rounds that take applications of this region.
    pub region: Option<RegionCode>,
    /// Only rounds that take applications now.
    pub open: bool,
}

pub(super) fn view(row: round::Model, caller: &Caller, now: DateTime<Utc>) -> RoundView {
    let facts = facts(&row);
    let actions: &[&str] = match row.state {
        _ if !caller.is_system() && !caller.holds(Permission::ManageRounds) => &[],
        RoundState::Draft => &["publish"],
        RoundState::Published => &["extend", "close"],
        RoundState::Closed => &[],
    };
    RoundView {
        id: row.id,
        number: row.number,
        process: row.process,
        region: row.region,
        title: row.title,
        state: row.state,
        opens_at: row.opens_at,
        closes_at: row.closes_at,
        recommend_until: row.recommend_until,
        rule_set_id: row.rule_set_id,
        max_file_bytes: row.max_file_bytes,
        max_files: row.max_files,
        close_reason: row.close_reason,
        published_at: row.published_at,
        is_open: facts.is_published && facts.opens_at <= now && now <= facts.closes_at,
        version: row.version,
        allowed_actions: actions.iter().map(|action| (*action).to_owned()).collect(),
    }
}

/// A round as the guards of a process see it.
pub fn facts(row: &round::Model) -> RoundFacts {
    RoundFacts { is_published: row.state == RoundState::Published, opens_at: row.opens_at, closes_at: row.closes_at }
}

/// Lists rounds, newest first.
pub async fn list(
    context: &Context,
    caller: &Caller,
    filter: &RoundFilter,
    page: &PageRequest,
) -> Result<Page<RoundView>> {
    caller.require(Permission::ReadRounds)?;
    let now = context.now();
    let mut all = visible(caller);
    if let Some(process) = &filter.process {
        all = all.add(round::Column::Process.eq(process));
    }
    if let Some(state) = filter.state {
        all = all.add(round::Column::State.eq(state));
    }
    if let Some(region) = &filter.region {
        all = all.add(
            Condition::any()
                .add(round::Column::Region.is_null())
                .add(round::Column::Region.eq(RegionCode::whole()))
                .add(round::Column::Region.eq(region.clone())),
        );
    }
    if filter.open {
        all = all.add(is_open(now));
    }
    let rows =
        by_id(round::Entity::find().filter(all), round::Column::Id, page)?.all(context.database().read()).await?;
    Ok(Page::cut(rows, page, |row| row.id.to_string()).map(|row| view(row, caller, now)))
}

/// One round.
pub async fn get(context: &Context, caller: &Caller, id: RoundId) -> Result<RoundView> {
    caller.require(Permission::ReadRounds)?;
    let row = round::Entity::find_by_id(id)
        .filter(visible(caller))
        .one(context.database().read())
        .await?
        .ok_or(Error::NotFound)?;
    Ok(view(row, caller, context.now()))
}

fn visible(caller: &Caller) -> Condition {
    let all = Condition::all();
    if caller.is_system() || caller.holds(Permission::ManageRounds) {
        all
    } else {
        all.add(round::Column::State.ne(RoundState::Draft))
    }
}

fn is_open(now: DateTime<Utc>) -> Condition {
    Condition::all()
        .add(round::Column::State.eq(RoundState::Published))
        .add(round::Column::OpensAt.lte(now))
        .add(round::Column::ClosesAt.gte(now))
}

/// The rounds of a process that take applications now, the one that ends first in front.
pub async fn open_rounds(
    connection: &impl ConnectionTrait,
    process: &str,
    now: DateTime<Utc>,
) -> Result<Vec<round::Model>> {
    Ok(round::Entity::find()
        .filter(round::Column::Process.eq(process))
        .filter(is_open(now))
        .order_by_asc(round::Column::ClosesAt)
        .order_by_asc(round::Column::Id)
        .all(connection)
        .await?)
}
