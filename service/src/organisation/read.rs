//! Reading organisations: staff by region, members their own, everybody a verified one by its exact credit code.

use chrono::{DateTime, NaiveDate, Utc};
use domain::access::{Permission, Scope};
use domain::broker::Uscc;
use domain::ids::OrganisationId;
use domain::organisation::{OrganisationKind, OrganisationState};
use domain::region::RegionCode;
use entity::{organisation, organisation_name};
use sea_orm::{ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder};

use super::check::inside;
use crate::caller::Caller;
use crate::context::Context;
use crate::database::begins_with;
use crate::error::{Error, Result};
use crate::page::{Page, PageRequest, by_id};

/// An organisation as the caller may see it; what concerns only its own people and staff is absent for others.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize, utoipa::ToSchema)]
pub struct OrganisationView {
    pub id: OrganisationId,
    pub uscc: String,
    pub name: String,
    pub kind: OrganisationKind,
    pub region: RegionCode,
    pub state: OrganisationState,
    pub legal_representative: Option<String>,
    pub address: Option<String>,
    pub contact_email: Option<String>,
    pub verified_at: Option<DateTime<Utc>>,
    pub refusal_reason: Option<String>,
    /// Who goes on for a dissolved organisation.
    pub successor_id: Option<OrganisationId>,
    /// Names over time, the present one first; empty in lists.
    pub names: Vec<NameView>,
    pub version: i32,
    pub allowed_actions: Vec<String>,
}

/// A name and the days it was borne.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize, utoipa::ToSchema)]
pub struct NameView {
    pub name: String,
    pub from_on: NaiveDate,
    /// Last day; absent for the present name.
    pub to_on: Option<NaiveDate>,
}

/// What a list of organisations may be narrowed to.
#[derive(Debug, Clone, Default)]
pub struct OrganisationFilter {
    pub state: Option<OrganisationState>,
    pub region: Option<RegionCode>,
    pub kind: Option<OrganisationKind>,
    /// Exact credit code.
    pub uscc: Option<String>,
    pub name_prefix: Option<String>,
}

/// Lists organisations, newest first.
pub async fn list(
    context: &Context,
    caller: &Caller,
    filter: &OrganisationFilter,
    page: &PageRequest,
) -> Result<Page<OrganisationView>> {
    let scope = caller.require(Permission::ReadOrganisations)?;
    let mut visible = own(caller, &scope);
    let mut all = Condition::all();
    if let Some(text) = &filter.uscc {
        let uscc = Uscc::parse(text).map_err(|broken| Error::Invalid(vec![broken.at("/uscc")]))?;
        visible = visible.add(organisation::Column::State.eq(OrganisationState::Verified));
        all = all.add(organisation::Column::Uscc.eq(uscc.as_str()));
    }
    if let Some(state) = filter.state {
        all = all.add(organisation::Column::State.eq(state));
    }
    if let Some(region) = &filter.region {
        all = all.add(organisation::Column::Region.eq(region.clone()));
    }
    if let Some(kind) = filter.kind {
        all = all.add(organisation::Column::Kind.eq(kind));
    }
    if let Some(prefix) = &filter.name_prefix {
        all = all.add(begins_with(context.database().read(), organisation::Column::Name, prefix));
    }
    let query = organisation::Entity::find().filter(visible).filter(all);
    let rows = by_id(query, organisation::Column::Id, page)?.all(context.database().read()).await?;
    Ok(Page::cut(rows, page, |row| row.id.to_string()).map(|row| view(row, Vec::new(), caller, &scope)))
}

/// What the caller looks after or registered.
fn own(caller: &Caller, scope: &Scope) -> Condition {
    Condition::any().add(inside(scope)).add(organisation::Column::RegisteredBy.eq(caller.actor.account))
}

/// One organisation.
pub async fn get(context: &Context, caller: &Caller, id: OrganisationId) -> Result<OrganisationView> {
    seen(context.database().read(), caller, id).await
}

/// One organisation as the caller may see it, in or out of a transaction.
pub(super) async fn seen(
    connection: &impl ConnectionTrait,
    caller: &Caller,
    id: OrganisationId,
) -> Result<OrganisationView> {
    let scope = caller.require(Permission::ReadOrganisations)?;
    // Verified organisations are looked up by their code; their ids cannot be guessed.
    let visible = own(caller, &scope)
        .add(organisation::Column::State.is_in([OrganisationState::Verified, OrganisationState::Dissolved]));
    let row = organisation::Entity::find_by_id(id).filter(visible).one(connection).await?.ok_or(Error::NotFound)?;
    let names = organisation_name::Entity::find()
        .filter(organisation_name::Column::OrganisationId.eq(id))
        .order_by_desc(organisation_name::Column::FromOn)
        .all(connection)
        .await?
        .into_iter()
        .map(|name| NameView { name: name.name, from_on: name.from_on, to_on: name.to_on })
        .collect();
    Ok(view(row, names, caller, &scope))
}

/// Whether the caller looks after the organisation or registered it.
fn is_inside(row: &organisation::Model, caller: &Caller, scope: &Scope) -> bool {
    scope.all
        || scope.regions.contains(&row.region)
        || scope.organisations.contains(&row.id)
        || row.registered_by == caller.actor.account
}

fn view(row: organisation::Model, names: Vec<NameView>, caller: &Caller, scope: &Scope) -> OrganisationView {
    let inside = is_inside(&row, caller, scope);
    let inner = |text: Option<String>| text.filter(|_| inside);
    OrganisationView {
        allowed_actions: actions(&row, caller),
        id: row.id,
        uscc: row.uscc,
        name: row.name,
        kind: row.kind,
        region: row.region,
        state: row.state,
        legal_representative: inner(row.legal_representative),
        address: inner(row.address),
        contact_email: inner(row.contact_email),
        verified_at: row.verified_at,
        refusal_reason: inner(row.refusal_reason),
        successor_id: row.successor_id,
        names,
        version: row.version,
    }
}

/// What the caller may do with it now, as far as role, region and state say.
fn actions(row: &organisation::Model, caller: &Caller) -> Vec<String> {
    let covers =
        |permission| caller.require(permission).is_ok_and(|scope| scope.all || scope.regions.contains(&row.region));
    let mut actions: Vec<&str> = Vec::new();
    if covers(Permission::VerifyOrganisation) {
        match row.state {
            OrganisationState::Pending => actions.extend(["verify", "refuse"]),
            OrganisationState::Refused => actions.push("verify"),
            OrganisationState::Verified | OrganisationState::Dissolved => {}
        }
    }
    if row.state == OrganisationState::Verified && covers(Permission::ChangeOrganisation) {
        actions.extend(["rename", "dissolve"]);
    }
    actions.into_iter().map(str::to_owned).collect()
}
