//! A new name: the old one stays findable with the days it was borne.

use chrono::NaiveDate;
use domain::access::Permission;
use domain::broker::{Faults, line, plain};
use domain::ids::OrganisationId;
use domain::organisation::OrganisationState;
use domain::time::civil_day;
use entity::{organisation, organisation_name};
use sea_orm::sea_query::Expr;
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter};
use serde_json::json;

use super::check::{current, recuse, save};
use super::read::{OrganisationView, seen};
use crate::audit::Entry;
use crate::caller::{Caller, Outcome};
use crate::code::Code;
use crate::context::Context;
use crate::error::{Error, Result};
use crate::transaction::{Tx, Work};

/// A change of name as registered elsewhere.
#[derive(Debug, Clone)]
pub struct Renaming {
    pub name: String,
    /// First day of the new name.
    pub from_on: NaiveDate,
    /// What proves it, such as the number of the registration notice.
    pub evidence: String,
}

/// Enters a new name; the history is kept.
pub async fn rename(
    context: &Context,
    caller: &Caller,
    id: OrganisationId,
    version: i32,
    renaming: Renaming,
) -> Result<Outcome<OrganisationView>> {
    caller.require(Permission::ChangeOrganisation)?;
    let mut faults = Faults::default();
    let name = faults.take("/name", line(&renaming.name, 2, 200));
    let evidence = faults.take("/evidence", plain(&renaming.evidence, 2, 500));
    faults.past_date("/from_on", Some(renaming.from_on), civil_day(context.now()));
    let (Some(name), Some(evidence), true) = (name, evidence, faults.0.is_empty()) else {
        return Err(Error::Invalid(faults.0));
    };
    let renaming = Renaming { name, evidence, from_on: renaming.from_on };
    context.write_once(caller, "organisation.rename", &Rename { caller, id, version, renaming: &renaming }).await
}

struct Rename<'a> {
    caller: &'a Caller,
    id: OrganisationId,
    version: i32,
    renaming: &'a Renaming,
}

impl Work for Rename<'_> {
    type Output = OrganisationView;

    async fn run(&self, tx: &Tx) -> Result<OrganisationView> {
        let scope = self.caller.require(Permission::ChangeOrganisation)?;
        let row = current(tx, &scope, self.id, self.version).await?;
        if row.state != OrganisationState::Verified {
            return Err(Error::Refused(Code::StateForbids, json!({ "state": row.state })));
        }
        recuse(tx.connection(), self.caller, row.id).await?;
        self.close_present_name(tx, &row).await?;
        let name = organisation_name::ActiveModel {
            id: Set(tx.context().new_id()),
            organisation_id: Set(row.id),
            name: Set(self.renaming.name.clone()),
            from_on: Set(self.renaming.from_on),
            to_on: Set(None),
            evidence: Set(Some(self.renaming.evidence.clone())),
        };
        organisation_name::Entity::insert(name).exec_without_returning(tx.connection()).await?;
        save(tx, &row, &organisation::Model { name: self.renaming.name.clone(), ..row.clone() }).await?;
        tx.audit(
            Entry::new(self.caller, "organisation", row.id, "organisation.rename")
                .before(&json!({ "name": row.name }))
                .after(&json!({ "name": self.renaming.name, "from_on": self.renaming.from_on }))
                .reason(&self.renaming.evidence),
        );
        seen(tx.connection(), self.caller, row.id).await
    }
}

impl Rename<'_> {
    /// Ends the present name on the day before; the new one must begin later than it did.
    async fn close_present_name(&self, tx: &Tx, row: &organisation::Model) -> Result<()> {
        let present = organisation_name::Entity::find()
            .filter(organisation_name::Column::OrganisationId.eq(row.id))
            .filter(organisation_name::Column::ToOn.is_null())
            .one(tx.connection())
            .await?
            .ok_or_else(|| Error::unreadable("organisation_name", "to_on", row.id))?;
        if self.renaming.from_on <= present.from_on {
            return Err(Error::invalid("/from_on", "before_the_present_name"));
        }
        let closed = organisation_name::Entity::update_many()
            .col_expr(organisation_name::Column::ToOn, Expr::value(self.renaming.from_on.pred_opt()))
            .filter(organisation_name::Column::Id.eq(present.id))
            .filter(organisation_name::Column::ToOn.is_null())
            .exec(tx.connection())
            .await?;
        if closed.rows_affected == 1 { Ok(()) } else { Err(Error::Stale) }
    }
}
