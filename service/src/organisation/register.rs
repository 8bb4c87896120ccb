//! Registering an organisation by its credit code.

use domain::access::Permission;
use domain::broker::{Faults, Uscc, email, line, name};
use domain::ids::OrganisationId;
use domain::organisation::{OrganisationKind, OrganisationState};
use domain::region::{RegionCode, name_zh};
use domain::time::civil_day;
use domain::word::Word;
use entity::{organisation, organisation_name};
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter};
use serde_json::json;

use super::check::save;
use super::read::{OrganisationView, seen};
use crate::audit::Entry;
use crate::caller::{Caller, Outcome};
use crate::code::Code;
use crate::context::Context;
use crate::error::{Error, Result};
use crate::transaction::{Tx, Work};

/// An organisation as registered.
#[derive(Debug, Clone)]
pub struct NewOrganisation {
    /// Unified social credit code (统一社会信用代码), GB 32100.
    pub uscc: String,
    pub name: String,
    pub kind: OrganisationKind,
    /// The city that verifies it.
    pub region: RegionCode,
    pub legal_representative: Option<String>,
    pub address: Option<String>,
    pub contact_email: Option<String>,
}

/// Registers an organisation; it waits for its city to verify it. One that was refused may be registered anew.
pub async fn register(context: &Context, caller: &Caller, new: NewOrganisation) -> Result<Outcome<OrganisationView>> {
    caller.require(Permission::RegisterOrganisation)?;
    let new = checked(new)?;
    context.write_once(caller, "organisation.register", &Register { caller, new: &new }).await
}

/// Every fault at once; the values in their normal form.
fn checked(new: NewOrganisation) -> Result<NewOrganisation> {
    let mut faults = Faults::default();
    let uscc = faults.take("/uscc", Uscc::parse(&new.uscc));
    let title = faults.take("/name", line(&new.name, 2, 200));
    if name_zh(&new.region).is_none() {
        faults.add("/region", "region_unknown");
    }
    let legal_representative =
        new.legal_representative.and_then(|text| faults.take("/legal_representative", name(&text)));
    let address = new.address.and_then(|text| faults.take("/address", line(&text, 2, 300)));
    let contact_email = new.contact_email.and_then(|text| faults.take("/contact_email", email(&text)));
    match (uscc, title) {
        (Some(uscc), Some(name)) if faults.0.is_empty() => Ok(NewOrganisation {
            uscc: uscc.as_str().to_owned(),
            name,
            legal_representative,
            address,
            contact_email,
            ..new
        }),
        _ => Err(Error::Invalid(faults.0)),
    }
}

struct Register<'a> {
    caller: &'a Caller,
    new: &'a NewOrganisation,
}

impl Work for Register<'_> {
    type Output = OrganisationView;

    async fn run(&self, tx: &Tx) -> Result<OrganisationView> {
        let known = organisation::Entity::find()
            .filter(organisation::Column::Uscc.eq(&self.new.uscc))
            .one(tx.connection())
            .await?;
        let id = match known {
            None => self.insert(tx).await?,
            Some(known) if known.state == OrganisationState::Refused => self.again(tx, &known).await?,
            // Whether the caller may see it or not, the answer is the same.
            Some(_) => return Err(Error::refused(Code::AlreadyExists)),
        };
        seen(tx.connection(), self.caller, id).await
    }
}

impl Register<'_> {
    async fn insert(&self, tx: &Tx) -> Result<OrganisationId> {
        let id: OrganisationId = tx.context().new_id();
        let new = self.new;
        let row = organisation::ActiveModel {
            id: Set(id),
            uscc: Set(new.uscc.clone()),
            name: Set(new.name.clone()),
            kind: Set(new.kind),
            region: Set(new.region.clone()),
            state: Set(OrganisationState::Pending),
            legal_representative: Set(new.legal_representative.clone()),
            address: Set(new.address.clone()),
            contact_email: Set(new.contact_email.clone()),
            registered_by: Set(self.caller.actor.account),
            verified_by: Set(None),
            verified_at: Set(None),
            refusal_reason: Set(None),
            successor_id: Set(None),
            created_at: Set(tx.at()),
            updated_at: Set(tx.at()),
            version: Set(1),
        };
        organisation::Entity::insert(row).exec_without_returning(tx.connection()).await?;
        self.name(tx, id).await?;
        self.audit(tx, id, "");
        Ok(id)
    }

    /// The first name, known from today on.
    async fn name(&self, tx: &Tx, id: OrganisationId) -> Result<()> {
        let row = organisation_name::ActiveModel {
            id: Set(tx.context().new_id()),
            organisation_id: Set(id),
            name: Set(self.new.name.clone()),
            from_on: Set(civil_day(tx.at())),
            to_on: Set(None),
            evidence: Set(None),
        };
        organisation_name::Entity::insert(row).exec_without_returning(tx.connection()).await?;
        Ok(())
    }

    /// The refused registration is replaced by the new one.
    async fn again(&self, tx: &Tx, refused: &organisation::Model) -> Result<OrganisationId> {
        let new = self.new.clone();
        let after = organisation::Model {
            name: new.name,
            kind: new.kind,
            region: new.region,
            state: OrganisationState::Pending,
            legal_representative: new.legal_representative,
            address: new.address,
            contact_email: new.contact_email,
            registered_by: self.caller.actor.account,
            refusal_reason: None,
            ..refused.clone()
        };
        save(tx, refused, &after).await?;
        organisation_name::Entity::delete_many()
            .filter(organisation_name::Column::OrganisationId.eq(refused.id))
            .exec(tx.connection())
            .await?;
        self.name(tx, refused.id).await?;
        self.audit(tx, refused.id, refused.state.as_str());
        Ok(refused.id)
    }

    fn audit(&self, tx: &Tx, id: OrganisationId, from: &str) {
        tx.audit(Entry::new(self.caller, "organisation", id, "organisation.register").states(from, "pending").after(
            &json!({
                "uscc": self.new.uscc, "name": self.new.name, "kind": self.new.kind, "region": self.new.region
            }),
        ));
    }
}
