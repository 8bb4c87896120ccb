//! From an event of a decision to the people who must know.

use chrono::NaiveDate;
use domain::access::{Role, Scope};
use domain::ids::AccountId;
use domain::organisation::MemberState;
use domain::process::{Process, Recipient};
use domain::region::RegionCode;
use domain::time::civil_day;
use domain::word::Word;
use entity::{account_absence, account_delegation, account_role, case_file, organisation_member};
use sea_orm::{ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter, QuerySelect};
use serde_json::json;

use super::advance::FollowUp;
use super::load::{self, For};
use super::{Address, Driver};
use crate::context::Context;
use crate::error::{Error, Result};
use crate::notification::{Message, place};
use crate::transaction::{Tx, Work};

/// Tells everybody whom a decision concerns. Keys make a repetition harmless.
pub async fn fan_out<P: Driver>(context: &Context, job: &FollowUp) -> Result<()> {
    if job.tell.is_empty() {
        return Ok(());
    }
    context.write("process.fan_out", &FanOut::<P> { job, process: std::marker::PhantomData }).await
}

struct FanOut<'a, P> {
    job: &'a FollowUp,
    process: std::marker::PhantomData<fn() -> P>,
}

impl<P: Driver> Work for FanOut<'_, P> {
    type Output = ();

    async fn run(&self, tx: &Tx) -> Result<()> {
        let scope = Scope { all: true, ..Scope::default() };
        let loaded = load::load::<P>(tx.connection(), &scope, None, self.job.case_id, For::Reading).await?;
        let tale = P::tale(tx.connection(), &loaded).await?;
        let mut messages = Vec::new();
        for (event, recipient) in &self.job.tell {
            let to = Recipient::parse(recipient)
                .ok_or_else(|| Error::internal(format!("unknown recipient `{recipient}`")))?;
            for address in people::<P>(tx, &loaded.row, to).await? {
                messages.push(message::<P>(self.job, &loaded.row, event, address, &tale));
            }
        }
        place(tx, messages).await
    }
}

fn message<P: Process>(
    job: &FollowUp,
    row: &case_file::Model,
    event: &str,
    to: Address,
    tale: &serde_json::Value,
) -> Message {
    let who = match &to {
        Address::Account(account) => account.to_string(),
        Address::Email(email) => crate::crypto::token_hash(email),
    };
    Message {
        unique_key: format!("{}:{}:{}:{event}:{who}", P::NAME, job.case_id, job.version),
        to,
        event: format!("{}.{event}", P::NAME),
        category: "notice.decision".to_owned(),
        case_id: Some(job.case_id),
        params: json!({
            "number": row.number,
            "title": row.title,
            "applicant": row.applicant_name,
            "state": row.state,
            "due_at": row.next_due_at,
            "case_id": row.id,
            "tale": tale,
        }),
    }
}

/// The people behind a recipient.
pub async fn people<P: Driver>(tx: &Tx, row: &case_file::Model, recipient: Recipient) -> Result<Vec<Address>> {
    let connection = tx.connection();
    if let Some(known) = P::recipients(connection, row, recipient).await? {
        return Ok(known);
    }
    let today = civil_day(tx.at());
    let accounts = match recipient {
        Recipient::Applicant => vec![row.applicant_id],
        Recipient::Desk => match (row.assignee_id, row.desk_role) {
            (Some(assignee), _) => present(connection, vec![assignee], today).await?,
            (None, Some(role)) => desk(connection, role, &row.region, today).await?,
            (None, None) => Vec::new(),
        },
        Recipient::DeskLead => match row.desk_role.and_then(lead_of) {
            Some(lead) => desk(connection, lead, &row.region, today).await?,
            None => Vec::new(),
        },
        Recipient::City => desk(connection, Role::CityClerk, &row.region, today).await?,
        Recipient::Employer => members(connection, row).await?,
        Recipient::Experts => Vec::new(),
    };
    Ok(accounts.into_iter().map(Address::Account).collect())
}

/// The lead over a desk, told when the desk is late.
pub fn lead_of(role: Role) -> Option<Role> {
    match role {
        Role::CityClerk => Some(Role::CityLead),
        Role::RegionClerk | Role::Expert | Role::CityLead | Role::IntegrityOfficer => Some(Role::RegionLead),
        Role::AgencyClerk => Some(Role::AgencyHead),
        Role::Broker
        | Role::EmployerConfirmer
        | Role::AgencyHead
        | Role::RegionLead
        | Role::FinanceReviewer
        | Role::BaseAdministrator
        | Role::Instructor
        | Role::Auditor
        | Role::SystemAdministrator
        | Role::SecurityAdministrator
        | Role::System => None,
    }
}

/// Everybody at a desk (role × region), those who are absent replaced by their delegates.
pub async fn desk(
    connection: &impl ConnectionTrait,
    role: Role,
    region: &RegionCode,
    today: NaiveDate,
) -> Result<Vec<AccountId>> {
    let covers = Condition::any()
        .add(account_role::Column::Region.is_null())
        .add(account_role::Column::Region.eq(region.clone()))
        .add(account_role::Column::Region.eq(RegionCode::whole()));
    let holders: Vec<AccountId> = account_role::Entity::find()
        .select_only()
        .column(account_role::Column::AccountId)
        .distinct()
        .filter(account_role::Column::Role.eq(role))
        .filter(account_role::Column::RevokedAt.is_null())
        .filter(covers)
        .into_tuple()
        .all(connection)
        .await?;
    present(connection, holders, today).await
}

/// Replaces those who are absent today by whom they delegated to; an absence without a delegate changes nothing.
async fn present(
    connection: &impl ConnectionTrait,
    holders: Vec<AccountId>,
    today: NaiveDate,
) -> Result<Vec<AccountId>> {
    let absent: Vec<AccountId> = account_absence::Entity::find()
        .select_only()
        .column(account_absence::Column::AccountId)
        .filter(account_absence::Column::AccountId.is_in(holders.iter().copied()))
        .filter(account_absence::Column::FromOn.lte(today))
        .filter(account_absence::Column::ToOn.gte(today))
        .into_tuple()
        .all(connection)
        .await?;
    if absent.is_empty() {
        return Ok(holders);
    }
    let delegates: Vec<(AccountId, AccountId)> = account_delegation::Entity::find()
        .select_only()
        .column(account_delegation::Column::FromAccountId)
        .column(account_delegation::Column::ToAccountId)
        .filter(account_delegation::Column::FromAccountId.is_in(absent.iter().copied()))
        .filter(account_delegation::Column::FromOn.lte(today))
        .filter(account_delegation::Column::ToOn.gte(today))
        .filter(account_delegation::Column::RevokedAt.is_null())
        .into_tuple()
        .all(connection)
        .await?;
    let mut people: Vec<AccountId> = holders
        .into_iter()
        .flat_map(|holder| {
            let stands_in: Vec<AccountId> =
                delegates.iter().filter(|(from, _)| *from == holder).map(|(_, to)| *to).collect();
            if absent.contains(&holder) && !stands_in.is_empty() { stands_in } else { vec![holder] }
        })
        .collect();
    people.sort_unstable();
    people.dedup();
    Ok(people)
}

/// The confirmers of the case's organisation.
async fn members(connection: &impl ConnectionTrait, row: &case_file::Model) -> Result<Vec<AccountId>> {
    let Some(organisation) = row.organisation_id else { return Ok(Vec::new()) };
    let accounts: Vec<Option<AccountId>> = organisation_member::Entity::find()
        .select_only()
        .column(organisation_member::Column::AccountId)
        .filter(organisation_member::Column::OrganisationId.eq(organisation))
        .filter(organisation_member::Column::Role.eq(Role::EmployerConfirmer))
        .filter(organisation_member::Column::State.eq(MemberState::Active))
        .into_tuple()
        .all(connection)
        .await?;
    Ok(accounts.into_iter().flatten().collect())
}
