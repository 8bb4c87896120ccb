//! The end of an organisation, and who goes on for it (broker.md E18). Open cases stay where they are.

use domain::access::Permission;
use domain::broker::plain;
use domain::ids::OrganisationId;
use domain::organisation::OrganisationState;
use entity::organisation;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use serde_json::json;

use super::check::{active_people, current, recuse, save};
use super::read::{OrganisationView, seen};
use crate::audit::Entry;
use crate::caller::{Caller, Outcome};
use crate::code::Code;
use crate::context::Context;
use crate::error::{Error, Result};
use crate::notification::{Message, place};
use crate::process::Address;
use crate::transaction::{Tx, Work};

/// Marks an organisation as dissolved, with the one that goes on for it, if any.
pub async fn dissolve(
    context: &Context,
    caller: &Caller,
    id: OrganisationId,
    version: i32,
    successor: Option<OrganisationId>,
    reason: &str,
) -> Result<Outcome<OrganisationView>> {
    caller.require(Permission::ChangeOrganisation)?;
    let reason = plain(reason, 2, 500).map_err(|broken| Error::Invalid(vec![broken.at("/reason")]))?;
    let work = Dissolve { caller, id, version, successor, reason };
    context.write_once(caller, "organisation.dissolve", &work).await
}

struct Dissolve<'a> {
    caller: &'a Caller,
    id: OrganisationId,
    version: i32,
    successor: Option<OrganisationId>,
    reason: String,
}

impl Work for Dissolve<'_> {
    type Output = OrganisationView;

    async fn run(&self, tx: &Tx) -> Result<OrganisationView> {
        let scope = self.caller.require(Permission::ChangeOrganisation)?;
        self.lock(tx).await?;
        let row = current(tx, &scope, self.id, self.version).await?;
        if row.state != OrganisationState::Verified {
            return Err(Error::Refused(Code::StateForbids, json!({ "state": row.state })));
        }
        recuse(tx.connection(), self.caller, row.id).await?;
        if let Some(successor) = self.successor {
            check_successor(tx.connection(), row.id, successor).await?;
        }
        let after =
            organisation::Model { state: OrganisationState::Dissolved, successor_id: self.successor, ..row.clone() };
        save(tx, &row, &after).await?;
        tx.audit(
            Entry::new(self.caller, "organisation", row.id, "organisation.dissolve")
                .states("verified", "dissolved")
                .after(&json!({ "successor_id": self.successor }))
                .reason(&self.reason),
        );
        self.tell(tx, &row).await?;
        seen(tx.connection(), self.caller, row.id).await
    }
}

impl Dissolve<'_> {
    /// Locks both organisations in one order, so that two dissolutions cannot name each other.
    async fn lock(&self, tx: &Tx) -> Result<()> {
        organisation::Entity::find()
            .filter(organisation::Column::Id.is_in([Some(self.id), self.successor].into_iter().flatten()))
            .order_by_asc(organisation::Column::Id)
            .lock_exclusive()
            .all(tx.connection())
            .await?;
        Ok(())
    }

    /// Tells everybody who acts for it.
    async fn tell(&self, tx: &Tx, row: &organisation::Model) -> Result<()> {
        let messages = active_people(tx.connection(), row.id).await?.into_iter().map(|account| Message {
            unique_key: format!("organisation.dissolved:{}:{account}", row.id),
            to: Address::Account(account),
            event: "organisation.dissolved".to_owned(),
            category: "notice.decision".to_owned(),
            case_id: None,
            params: json!({ "organisation": row.name, "reason": self.reason }),
        });
        place(tx, messages.collect()).await
    }
}

/// A successor is another organisation that stands, and does not lead back.
async fn check_successor(
    connection: &impl ConnectionTrait,
    id: OrganisationId,
    successor: OrganisationId,
) -> Result<()> {
    let fault = |rule| Err(Error::invalid("/successor_id", rule));
    let Some(row) = organisation::Entity::find_by_id(successor).one(connection).await? else {
        return fault("successor_unknown");
    };
    let mut next = Some(row.clone());
    for _ in 0..LONGEST_CHAIN {
        let Some(link) = next.take() else { break };
        if link.id == id {
            return fault("successor_cycle");
        }
        next = after(connection, &link).await?;
    }
    if row.state == OrganisationState::Verified { Ok(()) } else { fault("successor_not_verified") }
}

/// Successions followed before a chain counts as broken data.
const LONGEST_CHAIN: usize = 64;

async fn after(connection: &impl ConnectionTrait, row: &organisation::Model) -> Result<Option<organisation::Model>> {
    match row.successor_id {
        Some(successor) => Ok(organisation::Entity::find_by_id(successor).one(connection).await?),
        None => Ok(None),
    }
}

/// The organisation that stands for this one today: itself while it stands, otherwise the end of its successions.
/// None when it was dissolved without a successor.
pub async fn successor_of(connection: &impl ConnectionTrait, id: OrganisationId) -> Result<Option<OrganisationId>> {
    let mut next = organisation::Entity::find_by_id(id).one(connection).await?;
    for _ in 0..LONGEST_CHAIN {
        match next {
            None => return Ok(None),
            Some(row) if row.state != OrganisationState::Dissolved => return Ok(Some(row.id)),
            Some(row) => next = after(connection, &row).await?,
        }
    }
    Err(Error::internal(format!("the successions of organisation {id} do not end")))
}
