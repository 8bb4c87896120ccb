//! Opening a case, and the human numbers that are never reused.

use chrono::Datelike;
use domain::broker::mod37::check_character;
use domain::calendar::Calendar;
use domain::deadline::Deadline;
use domain::ids::{AccountId, CaseId, OrganisationId, RoundId, RuleSetId};
use domain::region::RegionCode;
use domain::time::civil_day;
use domain::word::Word;
use entity::{case_counter, case_file, deadline};
use sea_orm::sea_query::{Expr, ExprTrait, OnConflict, Query};
use sea_orm::{ConnectionTrait, DbErr, TryIntoModel};

use super::{Driver, deadline as rows};
use crate::audit::Entry;
use crate::caller::Caller;
use crate::change::RowChange;
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

/// A case that was opened, with the clock that runs, if any.
#[derive(Debug)]
pub struct Opened {
    pub row: case_file::Model,
    pub deadlines: Vec<deadline::Model>,
}

/// Makes a new case in its initial state, with the clock that runs there, if any. Its rows are written before the commit.
pub async fn open<P: Driver>(
    tx: &Tx,
    caller: &Caller,
    new: NewCase,
    clock: Option<(P::Clock, domain::calendar::Period)>,
    calendar: &Calendar,
) -> Result<Opened> {
    let id: CaseId = tx.context().new_id();
    let number = next_number(tx, P::PREFIX).await?;
    let started = clock.map(|(kind, period)| Deadline::start(kind.as_str(), P::party(kind), tx.at(), period, calendar));
    let row = case_file::Model {
        id,
        process: P::NAME.to_owned(),
        process_version: P::VERSION,
        number,
        state: P::initial().as_str().to_owned(),
        resume_state: None,
        version: 1,
        region: new.region,
        organisation_id: new.organisation,
        round_id: new.round,
        applicant_id: new.applicant,
        applicant_name: new.applicant_name,
        title: new.title,
        desk_role: P::desk(P::initial()),
        assignee_id: None,
        next_due_at: started.as_ref().map(Deadline::effective_due_at),
        rule_set_id: new.rule_set,
        acts: "[]".to_owned(),
        submitted_at: None,
        closed_at: None,
        created_at: tx.at(),
        updated_at: tx.at(),
    };
    tx.change(RowChange::new_row(row.clone())).await?;
    let clocks = started.iter().map(|value| rows::active(tx, id, None, 0, value)).collect::<Result<Vec<_>>>()?;
    let deadlines = clocks.iter().cloned().map(TryIntoModel::try_into_model).collect::<Result<_, DbErr>>()?;
    rows::save(tx, clocks).await?;
    tx.audit(
        Entry::new(caller, P::NAME, id, &format!("{}.open", P::NAME))
            .of_new()
            .states("", P::initial().as_str())
            .after(&serde_json::json!({ "number": row.number })),
    );
    Ok(Opened { row, deadlines })
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
