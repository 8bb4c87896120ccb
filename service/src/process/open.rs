//! Opening a case, and the human numbers that are never reused.

use chrono::Datelike;
use domain::access::Role;
use domain::broker::mod37::check_character;
use domain::calendar::Calendar;
use domain::deadline::Deadline;
use domain::ids::{AccountId, CaseId, OrganisationId, RoundId, RuleSetId};
use domain::region::RegionCode;
use domain::time::civil_day;
use domain::word::Word;
use entity::{case_counter, case_file};
use sea_orm::sea_query::{Expr, ExprTrait, OnConflict, Query};
use sea_orm::{ActiveValue::Set, ConnectionTrait, EntityTrait};

use super::{Driver, deadline as rows};
use crate::audit::Entry;
use crate::caller::Caller;
use crate::error::{Error, Result};
use crate::transaction::Tx;

/// What a new case needs to be known by.
#[derive(Debug, Clone)]
pub struct NewCase {
    pub region: RegionCode,
    pub organisation: Option<OrganisationId>,
    pub round: Option<RoundId>,
    pub rule_set: RuleSetId,
    pub applicant: AccountId,
    pub applicant_name: String,
    pub title: String,
}

/// Writes a new case in its initial state, with the clock that runs there, if any.
pub async fn open<P: Driver>(
    tx: &Tx,
    caller: &Caller,
    new: NewCase,
    clock: Option<(P::Clock, domain::calendar::Period)>,
    calendar: &Calendar,
) -> Result<CaseId> {
    let id: CaseId = tx.context().new_id();
    let number = next_number(tx, P::PREFIX).await?;
    let started = clock.map(|(kind, period)| Deadline::start(kind.as_str(), P::party(kind), tx.at(), period, calendar));
    let desk: Option<Role> = P::desk(P::initial());
    let row = case_file::ActiveModel {
        id: Set(id),
        process: Set(P::NAME.to_owned()),
        process_version: Set(P::VERSION),
        number: Set(number.clone()),
        state: Set(P::initial().as_str().to_owned()),
        resume_state: Set(None),
        version: Set(1),
        region: Set(new.region),
        organisation_id: Set(new.organisation),
        round_id: Set(new.round),
        applicant_id: Set(new.applicant),
        applicant_name: Set(new.applicant_name),
        title: Set(new.title),
        desk_role: Set(desk),
        assignee_id: Set(None),
        next_due_at: Set(started.as_ref().map(Deadline::effective_due_at)),
        rule_set_id: Set(new.rule_set),
        acts: Set("[]".to_owned()),
        submitted_at: Set(None),
        closed_at: Set(None),
        created_at: Set(tx.at()),
        updated_at: Set(tx.at()),
    };
    case_file::Entity::insert(row).exec_without_returning(tx.connection()).await?;
    rows::upsert(tx, id, &[], started.as_slice()).await?;
    tx.audit(
        Entry::new(caller, P::NAME, id, &format!("{}.open", P::NAME))
            .states("", P::initial().as_str())
            .after(&serde_json::json!({ "number": number })),
    );
    Ok(id)
}

/// The next number of a prefix in this year: `CE-2026-000123` and a check character over all of it.
///
/// Counted inside the transaction: a rollback gives the number back before anybody saw it.
pub async fn next_number(tx: &Tx, prefix: &str) -> Result<String> {
    let year = civil_day(tx.at()).year();
    let last = count(tx, prefix, year).await?;
    let body = format!("{prefix}-{year}-{last:06}");
    let check = check_character(&body.replace('-', "")).ok_or_else(|| Error::internal("number prefix"))?;
    Ok(format!("{body}-{check}"))
}

async fn count(tx: &Tx, prefix: &str, year: i32) -> Result<i64> {
    let mut insert = Query::insert();
    insert
        .into_table(case_counter::Entity)
        .columns([case_counter::Column::Prefix, case_counter::Column::Year, case_counter::Column::Last])
        .values_panic([prefix.into(), year.into(), 1i64.into()])
        .on_conflict(
            OnConflict::columns([case_counter::Column::Prefix, case_counter::Column::Year])
                .value(case_counter::Column::Last, Expr::col((case_counter::Entity, case_counter::Column::Last)).add(1))
                .to_owned(),
        )
        .returning_col(case_counter::Column::Last);
    let row = tx.connection().query_one(&insert).await?.ok_or_else(|| Error::internal("case counter"))?;
    Ok(row.try_get("", "last")?)
}
