//! Approving a list: every case on it moves in one transaction, and the list is frozen.

use domain::access::Permission;
use domain::certification::process::{Certification, ClockKind, Command};
use domain::deadline::DeadlineState;
use domain::ids::{CaseId, PublicityId};
use domain::publicity::PublicityState;
use domain::time::civil_day;
use domain::word::Word;
use entity::{deadline, publicity, publicity_entry};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};
use serde_json::json;

use super::draft::check;
use super::read::{PublicityView, view};
use crate::audit::Entry;
use crate::caller::{Caller, Outcome};
use crate::code::Code;
use crate::context::Context;
use crate::crypto::sha256_hex;
use crate::error::{Error, Result};
use crate::process::act_in;
use crate::transaction::{Tx, Work};

/// Approves and opens a list (T19). One case that may not move stops the whole list.
pub async fn publish(
    context: &Context,
    caller: &Caller,
    id: PublicityId,
    version: i32,
) -> Result<Outcome<PublicityView>> {
    caller.require(Permission::PublishPublicity)?;
    context.write_once(caller, "publicity.publish", &Publish { caller, id, version }).await
}

struct Publish<'a> {
    caller: &'a Caller,
    id: PublicityId,
    version: i32,
}

impl Work for Publish<'_> {
    type Output = PublicityView;

    async fn run(&self, tx: &Tx) -> Result<PublicityView> {
        let row = publicity::Entity::find_by_id(self.id).one(tx.connection()).await?.ok_or(Error::NotFound)?;
        check(&row, self.version, PublicityState::Draft)?;
        if row.created_by == self.caller.actor.account {
            return Err(Error::Refused(Code::FourEyes, json!({ "earlier_action": "create" })));
        }
        let entries = publicity_entry::Entity::find()
            .filter(publicity_entry::Column::PublicityId.eq(self.id))
            .order_by_asc(publicity_entry::Column::Position)
            .all(tx.connection())
            .await?;
        for entry in &entries {
            act_in::<Certification>(tx, self.caller, entry.case_id, None, &Command::Publish).await?;
        }
        let cases: Vec<CaseId> = entries.iter().map(|entry| entry.case_id).collect();
        let ends = ends(tx, &cases).await?;
        self.freeze(tx, &row, &entries, &ends).await?;
        tx.audit(
            Entry::new(self.caller, "publicity", self.id, "publicity.publish")
                .states("draft", "open")
                .after(&json!({ "cases": cases })),
        );
        view(tx.connection(), self.id).await
    }
}

/// The publicity deadline of each case.
async fn ends(tx: &Tx, cases: &[CaseId]) -> Result<Vec<deadline::Model>> {
    Ok(deadline::Entity::find()
        .filter(deadline::Column::CaseId.is_in(cases.iter().copied()))
        .filter(deadline::Column::Kind.eq(ClockKind::Publicity.as_str()))
        .filter(deadline::Column::State.eq(DeadlineState::Running))
        .all(tx.connection())
        .await?)
}

impl Publish<'_> {
    async fn freeze(
        &self,
        tx: &Tx,
        row: &publicity::Model,
        entries: &[publicity_entry::Model],
        ends: &[deadline::Model],
    ) -> Result<()> {
        // All entries begin on one day under one period, so they end together unless one is corrected later.
        let last = ends
            .iter()
            .max_by_key(|end| end.due_at)
            .ok_or_else(|| Error::internal("a published case has no publicity deadline"))?;
        publicity_entry::Entity::update_many()
            .col_expr(publicity_entry::Column::EndsAt, Expr::value(Some(last.due_at)))
            .filter(publicity_entry::Column::PublicityId.eq(self.id))
            .exec(tx.connection())
            .await?;
        let list = json!({
            "number": row.number,
            "title": row.title,
            "entries": entries
                .iter()
                .map(|entry| json!({
                    "position": entry.position,
                    "name": entry.name,
                    "employer": entry.employer,
                    "level": entry.level,
                }))
                .collect::<Vec<_>>(),
        })
        .to_string();
        let changed = publicity::Entity::update_many()
            .col_expr(publicity::Column::State, Expr::value(PublicityState::Open))
            .col_expr(publicity::Column::OpensOn, Expr::value(Some(civil_day(tx.at()))))
            .col_expr(publicity::Column::EndsAt, Expr::value(Some(last.due_at)))
            .col_expr(publicity::Column::CalendarVersion, Expr::value(Some(last.calendar_version.clone())))
            .col_expr(publicity::Column::Provisional, Expr::value(ends.iter().any(|end| end.provisional)))
            .col_expr(publicity::Column::ListSha256, Expr::value(Some(sha256_hex(list.as_bytes()))))
            .col_expr(publicity::Column::List, Expr::value(Some(list)))
            .col_expr(publicity::Column::PublishedBy, Expr::value(Some(self.caller.actor.account)))
            .col_expr(publicity::Column::PublishedAt, Expr::value(Some(tx.at())))
            .col_expr(publicity::Column::UpdatedAt, Expr::value(tx.at()))
            .col_expr(publicity::Column::Version, Expr::value(row.version + 1))
            .filter(publicity::Column::Id.eq(self.id))
            .filter(publicity::Column::Version.eq(row.version))
            .filter(publicity::Column::State.eq(PublicityState::Draft))
            .exec(tx.connection())
            .await?;
        if changed.rows_affected == 1 { Ok(()) } else { Err(Error::Stale) }
    }
}
