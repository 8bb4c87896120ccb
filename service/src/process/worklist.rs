//! The worklist of reviewers: one query over the shared columns of all cases.

use chrono::{DateTime, Utc};
use domain::access::{Permission, Role};
use domain::ids::{AccountId, CaseId, RoundId};
pub use domain::process::WorkSort;
use domain::region::RegionCode;
use entity::case_file;
use sea_orm::{ColumnTrait, Condition, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect, Select};
use serde_json::json;

use crate::access::visible_cases;
use crate::audit::Entry;
use crate::caller::Caller;
use crate::context::Context;
use crate::error::{Error, Result};
use crate::page::{Page, PageRequest, by_id};
use crate::transaction::{Tx, Work};

/// A case on the worklist: the columns that every process shares.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize, utoipa::ToSchema)]
pub struct WorkItem {
    pub id: CaseId,
    pub process: String,
    pub number: String,
    pub state: String,
    pub version: i32,
    pub region: RegionCode,
    pub round_id: Option<RoundId>,
    pub applicant_name: String,
    pub title: String,
    pub desk: Option<Role>,
    pub assignee_id: Option<AccountId>,
    pub next_due_at: Option<DateTime<Utc>>,
    pub submitted_at: Option<DateTime<Utc>>,
    pub updated_at: DateTime<Utc>,
}

/// What a worklist may be narrowed to.
#[derive(Debug, Clone, Default)]
pub struct WorklistFilter {
    pub process: Option<String>,
    pub state: Option<String>,
    pub region: Option<RegionCode>,
    pub round: Option<RoundId>,
    /// Past the nearest deadline.
    pub overdue: bool,
    /// Claimed by the caller.
    pub mine: bool,
    /// Waiting at a desk of the caller.
    pub at_my_desk: bool,
    pub updated_since: Option<DateTime<Utc>>,
    pub sort: WorkSort,
}

/// The shared columns as shown.
pub fn item(row: case_file::Model) -> WorkItem {
    WorkItem {
        id: row.id,
        process: row.process,
        number: row.number,
        state: row.state,
        version: row.version,
        region: row.region,
        round_id: row.round_id,
        applicant_name: row.applicant_name,
        title: row.title,
        desk: row.desk_role,
        assignee_id: row.assignee_id,
        next_due_at: row.next_due_at,
        submitted_at: row.submitted_at,
        updated_at: row.updated_at,
    }
}

/// Lists the cases that the caller may work on.
pub async fn worklist(
    context: &Context,
    caller: &Caller,
    filter: &WorklistFilter,
    page: &PageRequest,
) -> Result<Page<WorkItem>> {
    let query = filtered(context, caller, filter)?;
    let connection = context.database().read();
    match filter.sort {
        WorkSort::Newest => {
            let rows = by_id(query, case_file::Column::Id, page)?.all(connection).await?;
            Ok(Page::cut(rows, page, |row| row.id.to_string()).map(item))
        }
        WorkSort::Due => {
            let rows = by_due(query, page)?.all(connection).await?;
            let key = |row: &case_file::Model| {
                let due = row.next_due_at.map(|at| at.to_rfc3339()).unwrap_or_default();
                vec![due, row.id.to_string()]
            };
            Ok(Page::cut_by(rows, page, key).map(item))
        }
    }
}

/// Records that the whole filter leaves the house in a file, before its first byte does.
pub async fn record_export(context: &Context, caller: &Caller, filter: &WorklistFilter, format: &str) -> Result<()> {
    let rows = worklist_count(context, caller, filter).await?;
    context.write_once(caller, "process.export", &Export { caller, filter, format, rows }).await?;
    Ok(())
}

struct Export<'a> {
    caller: &'a Caller,
    filter: &'a WorklistFilter,
    format: &'a str,
    rows: u64,
}

impl Work for Export<'_> {
    type Output = ();

    async fn run(&self, tx: &Tx) -> Result<()> {
        let WorklistFilter { process, state, region, round, overdue, mine, at_my_desk, updated_since, sort: _ } =
            self.filter;
        tx.audit(Entry::new(self.caller, "worklist", self.caller.actor.account, "process.export").after(&json!({
            "format": self.format, "rows": self.rows, "process": process, "state": state, "region": region,
            "round_id": round, "overdue": overdue, "mine": mine, "at_my_desk": at_my_desk,
            "updated_since": updated_since,
        })));
        Ok(())
    }
}

/// How many cases the filter matches; asked for explicitly, never on the list path, and capped.
pub async fn worklist_count(context: &Context, caller: &Caller, filter: &WorklistFilter) -> Result<u64> {
    /// Counting stops here.
    const CAP: u64 = 10_000;
    Ok(filtered(context, caller, filter)?.limit(CAP).count(context.database().read()).await?)
}

fn filtered(context: &Context, caller: &Caller, filter: &WorklistFilter) -> Result<Select<case_file::Entity>> {
    let scope = caller.require(Permission::UseWorklist)?;
    let me = caller.actor.account;
    let mut all = Condition::all().add(visible_cases(&scope));
    // Drafts are the applicant's own until they are submitted.
    all = all.add(case_file::Column::SubmittedAt.is_not_null());
    if let Some(process) = &filter.process {
        all = all.add(case_file::Column::Process.eq(process));
    }
    if let Some(state) = &filter.state {
        all = all.add(case_file::Column::State.eq(state));
    }
    if let Some(region) = &filter.region {
        all = all.add(case_file::Column::Region.eq(region.clone()));
    }
    if let Some(round) = filter.round {
        all = all.add(case_file::Column::RoundId.eq(round));
    }
    if filter.overdue {
        all = all.add(case_file::Column::NextDueAt.lt(context.now()));
    }
    if filter.mine {
        all = all.add(case_file::Column::AssigneeId.eq(me));
    }
    if filter.at_my_desk {
        let roles: Vec<Role> = caller.actor.usable_grants().map(|grant| grant.role).collect();
        all = all.add(case_file::Column::DeskRole.is_in(roles));
    }
    if let Some(since) = filter.updated_since {
        all = all.add(case_file::Column::UpdatedAt.gte(since));
    }
    Ok(case_file::Entity::find().filter(all))
}

fn by_due(query: Select<case_file::Entity>, page: &PageRequest) -> Result<Select<case_file::Entity>> {
    let mut query = query.filter(case_file::Column::NextDueAt.is_not_null());
    if let Some(parts) = page.parts()? {
        let unreadable = || Error::invalid("/cursor", "cursor_format");
        let [due, id] = parts.as_slice() else { return Err(unreadable()) };
        let due: DateTime<Utc> = due.parse().map_err(|_| unreadable())?;
        let id: CaseId = id.parse().map_err(|_| unreadable())?;
        query = query.filter(
            Condition::any()
                .add(case_file::Column::NextDueAt.gt(due))
                .add(Condition::all().add(case_file::Column::NextDueAt.eq(due)).add(case_file::Column::Id.gt(id))),
        );
    }
    Ok(query.order_by_asc(case_file::Column::NextDueAt).order_by_asc(case_file::Column::Id).limit(page.limit + 1))
}
