//! Drafting a round.

use chrono::{DateTime, Utc};
use domain::access::Permission;
use domain::ids::{RoundId, RuleSetId};
use domain::region::RegionCode;
use domain::round::RoundState;
use entity::round;
use sea_orm::sea_query::Expr;
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter};
use serde_json::json;

use super::check::check;
use super::read::{RoundView, view};
use crate::audit::Entry;
use crate::caller::{Caller, Outcome};
use crate::code::Code;
use crate::context::Context;
use crate::error::{Error, Result};
use crate::transaction::{Tx, Work};

/// The prefix of a round's number.
const PREFIX: &str = "CR";

/// A round as drafted.
#[derive(Debug, Clone)]
pub struct NewRound {
    pub process: String,
    /// The whole autonomous region when absent.
    pub region: Option<RegionCode>,
    pub title: String,
    pub opens_at: DateTime<Utc>,
    /// The last instant at which a submission is in time.
    pub closes_at: DateTime<Utc>,
    /// Until when cities recommend.
    pub recommend_until: Option<DateTime<Utc>>,
    pub rule_set_id: RuleSetId,
    pub max_file_bytes: u64,
    pub max_files: u32,
}

/// What a draft is changed to; absent members stay.
#[derive(Debug, Clone, Default)]
pub struct RoundChange {
    pub region: Option<Option<RegionCode>>,
    pub title: Option<String>,
    pub opens_at: Option<DateTime<Utc>>,
    pub closes_at: Option<DateTime<Utc>>,
    pub recommend_until: Option<Option<DateTime<Utc>>>,
    pub rule_set_id: Option<RuleSetId>,
    pub max_file_bytes: Option<u64>,
    pub max_files: Option<u32>,
}

/// Drafts a round.
pub async fn create(context: &Context, caller: &Caller, new: NewRound) -> Result<Outcome<RoundView>> {
    caller.require(Permission::ManageRounds)?;
    context.write_once(caller, "round.create", &Create { caller, new: &new }).await
}

struct Create<'a> {
    caller: &'a Caller,
    new: &'a NewRound,
}

impl Work for Create<'_> {
    type Output = RoundView;

    async fn run(&self, tx: &Tx) -> Result<RoundView> {
        let new = self.new;
        check(tx.connection(), &tx.context().settings().files, new).await?;
        let row = round::Model {
            id: tx.context().new_id(),
            process: new.process.clone(),
            region: new.region.clone(),
            number: crate::process::next_number(tx, PREFIX).await?,
            title: new.title.trim().to_owned(),
            opens_at: new.opens_at,
            closes_at: new.closes_at,
            recommend_until: new.recommend_until,
            rule_set_id: new.rule_set_id,
            state: RoundState::Draft,
            max_file_bytes: column(new.max_file_bytes)?,
            max_files: column(new.max_files)?,
            close_reason: None,
            published_at: None,
            created_by: self.caller.actor.account,
            created_at: tx.at(),
            updated_at: tx.at(),
            version: 1,
        };
        round::Entity::insert(active(row.clone())).exec_without_returning(tx.connection()).await?;
        tx.audit(
            Entry::new(self.caller, "round", row.id, "round.create")
                .states("", "draft")
                .after(&json!({ "number": row.number, "title": row.title, "opens_at": row.opens_at,
                    "closes_at": row.closes_at, "rule_set_id": row.rule_set_id })),
        );
        Ok(view(row, self.caller, tx.at()))
    }
}

fn active(row: round::Model) -> round::ActiveModel {
    round::ActiveModel {
        id: Set(row.id),
        process: Set(row.process),
        region: Set(row.region),
        number: Set(row.number),
        title: Set(row.title),
        opens_at: Set(row.opens_at),
        closes_at: Set(row.closes_at),
        recommend_until: Set(row.recommend_until),
        rule_set_id: Set(row.rule_set_id),
        state: Set(row.state),
        max_file_bytes: Set(row.max_file_bytes),
        max_files: Set(row.max_files),
        close_reason: Set(row.close_reason),
        published_at: Set(row.published_at),
        created_by: Set(row.created_by),
        created_at: Set(row.created_at),
        updated_at: Set(row.updated_at),
        version: Set(row.version),
    }
}

/// A number as its column keeps it; the check has bounded it already.
fn column<T, U: TryFrom<T>>(number: T) -> Result<U> {
    U::try_from(number).map_err(|_| Error::internal("a limit of a round leaves its column"))
}

/// Changes a round that is still a draft.
pub async fn edit(
    context: &Context,
    caller: &Caller,
    id: RoundId,
    version: i32,
    change: RoundChange,
) -> Result<Outcome<RoundView>> {
    caller.require(Permission::ManageRounds)?;
    context.write_once(caller, "round.edit", &Edit { caller, id, version, change: &change }).await
}

struct Edit<'a> {
    caller: &'a Caller,
    id: RoundId,
    version: i32,
    change: &'a RoundChange,
}

impl Work for Edit<'_> {
    type Output = RoundView;

    async fn run(&self, tx: &Tx) -> Result<RoundView> {
        let row = current(tx, self.id, self.version).await?;
        if row.state != RoundState::Draft {
            return Err(Error::Refused(Code::StateForbids, json!({ "state": row.state })));
        }
        let new = merged(&row, self.change)?;
        check(tx.connection(), &tx.context().settings().files, &new).await?;
        let after = round::Model {
            region: new.region,
            title: new.title.trim().to_owned(),
            opens_at: new.opens_at,
            closes_at: new.closes_at,
            recommend_until: new.recommend_until,
            rule_set_id: new.rule_set_id,
            max_file_bytes: column(new.max_file_bytes)?,
            max_files: column(new.max_files)?,
            updated_at: tx.at(),
            version: row.version + 1,
            ..row.clone()
        };
        save(tx, &row, &after).await?;
        tx.audit(Entry::new(self.caller, "round", row.id, "round.edit").before(&trail(&row)).after(&trail(&after)));
        Ok(view(after, self.caller, tx.at()))
    }
}

fn trail(row: &round::Model) -> serde_json::Value {
    json!({ "region": row.region, "title": row.title, "opens_at": row.opens_at, "closes_at": row.closes_at,
        "recommend_until": row.recommend_until, "rule_set_id": row.rule_set_id, "max_file_bytes": row.max_file_bytes,
        "max_files": row.max_files })
}

fn merged(row: &round::Model, change: &RoundChange) -> Result<NewRound> {
    let change = change.clone();
    Ok(NewRound {
        process: row.process.clone(),
        region: change.region.unwrap_or_else(|| row.region.clone()),
        title: change.title.unwrap_or_else(|| row.title.clone()),
        opens_at: change.opens_at.unwrap_or(row.opens_at),
        closes_at: change.closes_at.unwrap_or(row.closes_at),
        recommend_until: change.recommend_until.unwrap_or(row.recommend_until),
        rule_set_id: change.rule_set_id.unwrap_or(row.rule_set_id),
        max_file_bytes: change.max_file_bytes.map_or_else(|| column(row.max_file_bytes), Ok)?,
        max_files: change.max_files.map_or_else(|| column(row.max_files), Ok)?,
    })
}

/// The round in the version that the caller saw.
pub(super) async fn current(tx: &Tx, id: RoundId, version: i32) -> Result<round::Model> {
    let row = round::Entity::find_by_id(id).one(tx.connection()).await?.ok_or(Error::NotFound)?;
    if row.version == version { Ok(row) } else { Err(Error::Stale) }
}

/// One update of everything that may change; its WHERE names version and state.
pub(super) async fn save(tx: &Tx, before: &round::Model, after: &round::Model) -> Result<()> {
    let changed = round::Entity::update_many()
        .col_expr(round::Column::Region, Expr::value(after.region.clone()))
        .col_expr(round::Column::Title, Expr::value(after.title.as_str()))
        .col_expr(round::Column::OpensAt, Expr::value(after.opens_at))
        .col_expr(round::Column::ClosesAt, Expr::value(after.closes_at))
        .col_expr(round::Column::RecommendUntil, Expr::value(after.recommend_until))
        .col_expr(round::Column::RuleSetId, Expr::value(after.rule_set_id))
        .col_expr(round::Column::State, Expr::value(after.state))
        .col_expr(round::Column::MaxFileBytes, Expr::value(after.max_file_bytes))
        .col_expr(round::Column::MaxFiles, Expr::value(after.max_files))
        .col_expr(round::Column::CloseReason, Expr::value(after.close_reason.clone()))
        .col_expr(round::Column::PublishedAt, Expr::value(after.published_at))
        .col_expr(round::Column::UpdatedAt, Expr::value(after.updated_at))
        .col_expr(round::Column::Version, Expr::value(after.version))
        .filter(round::Column::Id.eq(before.id))
        .filter(round::Column::Version.eq(before.version))
        .filter(round::Column::State.eq(before.state))
        .exec(tx.connection())
        .await?;
    if changed.rows_affected == 1 { Ok(()) } else { Err(Error::Stale) }
}
