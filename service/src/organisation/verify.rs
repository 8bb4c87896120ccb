//! Verifying what was registered: the city looks the credit code up and decides.

use domain::access::Permission;
use domain::broker::plain;
use domain::ids::OrganisationId;
use domain::organisation::OrganisationState;
use domain::word::Word;
use entity::organisation;
use serde_json::json;

use super::check::{current, recuse, save};
use super::read::{OrganisationView, seen};
use crate::audit::Entry;
use crate::caller::{Caller, Outcome};
use crate::code::Code;
use crate::context::Context;
use crate::error::{Error, Result};
use crate::notification::{Message, place};
use crate::process::Address;
use crate::transaction::{Tx, Work};

/// Confirms that the organisation is what it says. A refused one may be verified after a second look.
pub async fn verify(
    context: &Context,
    caller: &Caller,
    id: OrganisationId,
    version: i32,
) -> Result<Outcome<OrganisationView>> {
    caller.require(Permission::VerifyOrganisation)?;
    context.write_once(caller, "organisation.verify", &Verify { caller, id, version, refusal: None }).await
}

/// Refuses a registration, with a reason.
pub async fn refuse(
    context: &Context,
    caller: &Caller,
    id: OrganisationId,
    version: i32,
    reason: &str,
) -> Result<Outcome<OrganisationView>> {
    caller.require(Permission::VerifyOrganisation)?;
    let reason = plain(reason, 2, 500).map_err(|broken| Error::Invalid(vec![broken.at("/reason")]))?;
    context.write_once(caller, "organisation.refuse", &Verify { caller, id, version, refusal: Some(reason) }).await
}

struct Verify<'a> {
    caller: &'a Caller,
    id: OrganisationId,
    version: i32,
    /// The reason of a refusal.
    refusal: Option<String>,
}

impl Work for Verify<'_> {
    type Output = OrganisationView;

    async fn run(&self, tx: &Tx) -> Result<OrganisationView> {
        let scope = self.caller.require(Permission::VerifyOrganisation)?;
        let row = current(tx, &scope, self.id, self.version).await?;
        let may = match row.state {
            OrganisationState::Pending => true,
            OrganisationState::Refused => self.refusal.is_none(),
            OrganisationState::Verified | OrganisationState::Dissolved => false,
        };
        if !may {
            return Err(Error::Refused(Code::StateForbids, json!({ "state": row.state })));
        }
        recuse(tx.connection(), self.caller, row.id).await?;
        let after = self.after(tx, &row);
        save(tx, &row, &after).await?;
        let mut entry = Entry::new(self.caller, "organisation", row.id, self.name())
            .states(row.state.as_str(), after.state.as_str());
        entry.reason.clone_from(&self.refusal);
        tx.audit(entry);
        self.tell(tx, &row).await?;
        seen(tx.connection(), self.caller, row.id).await
    }
}

impl Verify<'_> {
    fn name(&self) -> &'static str {
        if self.refusal.is_some() { "organisation.refuse" } else { "organisation.verify" }
    }

    fn after(&self, tx: &Tx, row: &organisation::Model) -> organisation::Model {
        match &self.refusal {
            None => organisation::Model {
                state: OrganisationState::Verified,
                verified_by: Some(self.caller.actor.account),
                verified_at: Some(tx.at()),
                refusal_reason: None,
                ..row.clone()
            },
            Some(reason) => organisation::Model {
                state: OrganisationState::Refused,
                refusal_reason: Some(reason.clone()),
                ..row.clone()
            },
        }
    }

    /// Tells whoever registered it.
    async fn tell(&self, tx: &Tx, row: &organisation::Model) -> Result<()> {
        let event = if self.refusal.is_some() { "organisation.refused" } else { "organisation.verified" };
        let message = Message {
            unique_key: format!("{event}:{}:{}", row.id, row.version),
            to: Address::Account(row.registered_by),
            event: event.to_owned(),
            category: "notice.decision".to_owned(),
            case_id: None,
            params: json!({ "organisation": row.name, "reason": self.refusal }),
        };
        place(tx, vec![message]).await
    }
}
