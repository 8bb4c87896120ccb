//! Who works on a case at its desk: claiming, giving back, handing over.

use domain::access::{Permission, Role};
use domain::ids::{AccountId, CaseId};
use domain::time::civil_day;
use entity::case_file;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use serde_json::json;

use super::fanout::desk;
use super::worklist::{WorkItem, item};
use crate::access::visible_cases;
use crate::audit::Entry;
use crate::caller::{Caller, Outcome};
use crate::code::Code;
use crate::context::Context;
use crate::error::{Error, Result};
use crate::transaction::{Tx, Work};

/// Claims a case of one's own desk.
pub async fn claim_case(context: &Context, caller: &Caller, id: CaseId, version: i32) -> Result<Outcome<WorkItem>> {
    let to = Some(caller.actor.account);
    context
        .write_once(caller, "case.claim", &Assign { caller, id, version, to, action: "case.claim", reason: None })
        .await
}

/// Gives a claimed case back to its desk.
pub async fn release(context: &Context, caller: &Caller, id: CaseId, version: i32) -> Result<Outcome<WorkItem>> {
    context
        .write_once(
            caller,
            "case.release",
            &Assign { caller, id, version, to: None, action: "case.release", reason: None },
        )
        .await
}

/// Hands a case over to a colleague of the same desk, with a reason.
pub async fn hand_over(
    context: &Context,
    caller: &Caller,
    id: CaseId,
    version: i32,
    to: AccountId,
    reason: String,
) -> Result<Outcome<WorkItem>> {
    if reason.trim().chars().count() < 2 {
        return Err(Error::invalid("/reason", "text_short"));
    }
    let work = Assign { caller, id, version, to: Some(to), action: "case.hand_over", reason: Some(reason) };
    context.write_once(caller, "case.hand_over", &work).await
}

struct Assign<'a> {
    caller: &'a Caller,
    id: CaseId,
    version: i32,
    to: Option<AccountId>,
    action: &'static str,
    reason: Option<String>,
}

impl Work for Assign<'_> {
    type Output = WorkItem;

    async fn run(&self, tx: &Tx) -> Result<WorkItem> {
        let scope = self.caller.require(Permission::UseWorklist)?;
        let row = case_file::Entity::find_by_id(self.id)
            .filter(visible_cases(&scope))
            .one(tx.connection())
            .await?
            .ok_or(Error::NotFound)?;
        if row.version != self.version {
            return Err(Error::Stale);
        }
        self.check(tx, &row).await?;
        let changed = case_file::Entity::update_many()
            .col_expr(case_file::Column::AssigneeId, Expr::value(self.to))
            .col_expr(case_file::Column::Version, Expr::value(row.version + 1))
            .col_expr(case_file::Column::UpdatedAt, Expr::value(tx.at()))
            .filter(case_file::Column::Id.eq(row.id))
            .filter(case_file::Column::Version.eq(row.version))
            .exec(tx.connection())
            .await?;
        if changed.rows_affected != 1 {
            return Err(Error::Stale);
        }
        let mut entry = Entry::new(self.caller, &row.process, row.id, self.action)
            .before(&json!({ "assignee": row.assignee_id }))
            .after(&json!({ "assignee": self.to }));
        entry.reason.clone_from(&self.reason);
        tx.audit(entry);
        Ok(item(case_file::Model { assignee_id: self.to, version: row.version + 1, updated_at: tx.at(), ..row }))
    }
}

impl Assign<'_> {
    /// The desk's own people only, and nobody takes a case out of a colleague's hands unasked.
    async fn check(&self, tx: &Tx, row: &case_file::Model) -> Result<()> {
        let Some(role) = row.desk_role.filter(|role| is_desk(*role)) else {
            return Err(Error::Refused(Code::StateForbids, json!({ "state": row.state })));
        };
        let me = self.caller.actor.account;
        let colleagues = desk(tx.connection(), role, &row.region, civil_day(tx.at())).await?;
        if !colleagues.contains(&me) {
            return Err(Error::Forbidden);
        }
        if row.assignee_id.is_some_and(|assignee| assignee != me) {
            return Err(Error::refused(Code::AssignedToAnother));
        }
        if self.to.is_none() && row.assignee_id.is_none() {
            return Err(Error::Refused(Code::StateForbids, json!({ "assignee": null })));
        }
        match self.to {
            Some(to) if !colleagues.contains(&to) => Err(Error::invalid("/to", "not_at_this_desk")),
            _ => Ok(()),
        }
    }
}

/// Desks where a case is claimed by one person; experts each score for themselves.
fn is_desk(role: Role) -> bool {
    matches!(role, Role::CityClerk | Role::CityLead | Role::RegionClerk | Role::RegionLead | Role::IntegrityOfficer)
}
