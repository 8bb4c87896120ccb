//! Assembling a list: cases of one round that wait for the decision.

use domain::access::Permission;
use domain::broker::Profile;
use domain::broker::line;
use domain::certification::process::State;
use domain::ids::{CaseId, PublicityId, RoundId};
use domain::publicity::{EntryState, PublicityState};
use domain::word::Word;
use entity::{case_file, certification, publicity, publicity_entry, round};
use sea_orm::sea_query::Expr;
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter};
use serde_json::json;

use super::read::{PublicityView, view};
use crate::audit::Entry;
use crate::caller::{Caller, Outcome};
use crate::code::Code;
use crate::context::Context;
use crate::error::{Error, Result};
use crate::process::next_number;
use crate::transaction::{Tx, Work};

/// A list to be assembled.
#[derive(Debug, Clone)]
pub struct NewPublicity {
    pub round: RoundId,
    pub title: String,
    pub cases: Vec<CaseId>,
}

/// Entries of one list.
const MAX_ENTRIES: usize = 500;

/// Assembles a draft list.
pub async fn create(context: &Context, caller: &Caller, new: NewPublicity) -> Result<Outcome<PublicityView>> {
    caller.require(Permission::ManagePublicities)?;
    context.write_once(caller, "publicity.create", &Create { caller, new: &new }).await
}

struct Create<'a> {
    caller: &'a Caller,
    new: &'a NewPublicity,
}

impl Work for Create<'_> {
    type Output = PublicityView;

    async fn run(&self, tx: &Tx) -> Result<PublicityView> {
        let round = round::Entity::find_by_id(self.new.round)
            .one(tx.connection())
            .await?
            .ok_or_else(|| Error::invalid("/round_id", "round_unknown"))?;
        let title = line(&self.new.title, 2, 200).map_err(|broken| Error::Invalid(vec![broken.at("/title")]))?;
        let id: PublicityId = tx.context().new_id();
        let number = next_number(tx, "GS").await?;
        publicity::Entity::insert(publicity::ActiveModel {
            id: Set(id),
            number: Set(number.clone()),
            round_id: Set(round.id),
            region: Set(round.region),
            title: Set(title),
            state: Set(PublicityState::Draft),
            opens_on: Set(None),
            ends_at: Set(None),
            calendar_version: Set(None),
            provisional: Set(false),
            list: Set(None),
            list_sha256: Set(None),
            created_by: Set(self.caller.actor.account),
            published_by: Set(None),
            published_at: Set(None),
            created_at: Set(tx.at()),
            updated_at: Set(tx.at()),
            version: Set(1),
        })
        .exec_without_returning(tx.connection())
        .await?;
        fill(tx, id, round.id, &self.new.cases).await?;
        tx.audit(
            Entry::new(self.caller, "publicity", id, "publicity.create")
                .states("", "draft")
                .after(&json!({ "number": number, "cases": self.new.cases })),
        );
        view(tx.connection(), id).await
    }
}

/// Replaces the cases of a draft list.
pub async fn set_cases(
    context: &Context,
    caller: &Caller,
    id: PublicityId,
    version: i32,
    cases: Vec<CaseId>,
) -> Result<Outcome<PublicityView>> {
    caller.require(Permission::ManagePublicities)?;
    context.write_once(caller, "publicity.set_cases", &SetCases { caller, id, version, cases: &cases }).await
}

struct SetCases<'a> {
    caller: &'a Caller,
    id: PublicityId,
    version: i32,
    cases: &'a [CaseId],
}

impl Work for SetCases<'_> {
    type Output = PublicityView;

    async fn run(&self, tx: &Tx) -> Result<PublicityView> {
        let row = publicity::Entity::find_by_id(self.id).one(tx.connection()).await?.ok_or(Error::NotFound)?;
        check(&row, self.version, PublicityState::Draft)?;
        publicity_entry::Entity::delete_many()
            .filter(publicity_entry::Column::PublicityId.eq(self.id))
            .exec(tx.connection())
            .await?;
        fill(tx, self.id, row.round_id, self.cases).await?;
        let changed = publicity::Entity::update_many()
            .col_expr(publicity::Column::Version, Expr::value(row.version + 1))
            .col_expr(publicity::Column::UpdatedAt, Expr::value(tx.at()))
            .filter(publicity::Column::Id.eq(self.id))
            .filter(publicity::Column::Version.eq(row.version))
            .filter(publicity::Column::State.eq(PublicityState::Draft))
            .exec(tx.connection())
            .await?;
        if changed.rows_affected != 1 {
            return Err(Error::Stale);
        }
        tx.audit(
            Entry::new(self.caller, "publicity", self.id, "publicity.set_cases")
                .states("draft", "draft")
                .after(&json!({ "cases": self.cases })),
        );
        view(tx.connection(), self.id).await
    }
}

/// Version first, then state.
pub(super) fn check(row: &publicity::Model, version: i32, state: PublicityState) -> Result<()> {
    if row.version != version {
        return Err(Error::Stale);
    }
    if row.state != state {
        return Err(Error::Refused(Code::StateForbids, json!({ "state": row.state })));
    }
    Ok(())
}

/// Writes the entries: name, employer and level only, in the order given.
async fn fill(tx: &Tx, id: PublicityId, round: RoundId, cases: &[CaseId]) -> Result<()> {
    if cases.is_empty() {
        return Err(Error::invalid("/case_ids", "list_empty"));
    }
    if cases.len() > MAX_ENTRIES {
        return Err(Error::invalid("/case_ids", "list_long"));
    }
    let rows = certification::Entity::find()
        .find_also_related(case_file::Entity)
        .filter(certification::Column::CaseId.is_in(cases.iter().copied()))
        .all(tx.connection())
        .await?;
    let mut faults = Vec::new();
    let mut entries: Vec<publicity_entry::ActiveModel> = Vec::new();
    for (position, case) in cases.iter().enumerate() {
        let found =
            rows.iter().find_map(|(detail, row)| row.as_ref().filter(|row| row.id == *case).map(|row| (detail, row)));
        let rule = match found {
            None => Some("case_unknown"),
            Some(_) if cases.iter().take(position).any(|earlier| earlier == case) => Some("case_twice"),
            Some((_, row)) if row.round_id != Some(round) => Some("case_of_another_round"),
            Some((_, row)) if row.state != State::Decision.as_str() => Some("case_not_decided"),
            Some(_) => None,
        };
        if let Some(rule) = rule {
            faults.push(domain::fault::Fault::new(format!("/case_ids/{position}"), rule));
        } else if let Some((detail, row)) = found {
            entries.push(entry(tx, id, position, detail, row)?);
        }
    }
    if !faults.is_empty() {
        return Err(Error::Invalid(faults));
    }
    publicity_entry::Entity::insert_many(entries).exec_without_returning(tx.connection()).await?;
    Ok(())
}

fn entry(
    tx: &Tx,
    id: PublicityId,
    position: usize,
    detail: &certification::Model,
    row: &case_file::Model,
) -> Result<publicity_entry::ActiveModel> {
    let profile: Option<Profile> = detail
        .profile
        .as_deref()
        .map(serde_json::from_str)
        .transpose()
        .map_err(|_| Error::unreadable("certification", "profile", row.id))?;
    Ok(publicity_entry::ActiveModel {
        id: Set(tx.context().new_id()),
        publicity_id: Set(id),
        case_id: Set(row.id),
        position: Set(i32::try_from(position + 1).unwrap_or(i32::MAX)),
        name: Set(row.applicant_name.clone()),
        employer: Set(profile.and_then(|profile| profile.employer_name).unwrap_or_default()),
        level: Set(detail.target_level),
        state: Set(EntryState::Listed),
        ends_at: Set(None),
    })
}
