//! What must hold of a round, whole or not yet published.

use chrono::{DateTime, Timelike, Utc};
use domain::broker::{Faults, line};
use domain::region::name_zh;
use domain::time::civil_day;
use entity::rule_set;
use sea_orm::{ConnectionTrait, EntityTrait};
use serde_json::json;

use super::draft::NewRound;
use crate::error::{Error, Result};
use crate::settings::FileLimits;

/// Every fault of a round at once.
pub(super) async fn check(connection: &impl ConnectionTrait, limits: &FileLimits, round: &NewRound) -> Result<()> {
    let mut faults = Faults::default();
    if crate::process::describe_one(&round.process).is_err() {
        faults.add("/process", "process_unknown");
    }
    if round.region.as_ref().is_some_and(|region| name_zh(region).is_none()) {
        faults.add("/region", "region_unknown");
    }
    faults.take("/title", line(&round.title, 2, 200));
    check_times(&mut faults, round.opens_at, round.closes_at, round.recommend_until);
    if !(1..=limits.round_file_bytes).contains(&round.max_file_bytes) {
        faults.with("/max_file_bytes", "number_range", json!({ "min": 1, "max": limits.round_file_bytes }));
    }
    if !(1..=limits.round_case_files).contains(&round.max_files) {
        faults.with("/max_files", "number_range", json!({ "min": 1, "max": limits.round_case_files }));
    }
    check_rules(connection, &mut faults, round).await?;
    if faults.0.is_empty() { Ok(()) } else { Err(Error::Invalid(faults.0)) }
}

/// The order of the instants; each is a whole minute.
pub(super) fn check_times(
    faults: &mut Faults,
    opens_at: DateTime<Utc>,
    closes_at: DateTime<Utc>,
    recommend_until: Option<DateTime<Utc>>,
) {
    let is_whole = |at: DateTime<Utc>| at.second() == 0 && at.nanosecond() == 0;
    for (pointer, at) in
        [("/opens_at", Some(opens_at)), ("/closes_at", Some(closes_at)), ("/recommend_until", recommend_until)]
    {
        if at.is_some_and(|at| !is_whole(at)) {
            faults.add(pointer, "not_a_whole_minute");
        }
    }
    if closes_at <= opens_at {
        faults.add("/closes_at", "closes_before_opening");
    }
    if recommend_until.is_some_and(|until| until < closes_at) {
        faults.add("/recommend_until", "recommends_before_closing");
    }
}

async fn check_rules(connection: &impl ConnectionTrait, faults: &mut Faults, round: &NewRound) -> Result<()> {
    let Some(rules) = rule_set::Entity::find_by_id(round.rule_set_id).one(connection).await? else {
        faults.add("/rule_set_id", "rule_set_unknown");
        return Ok(());
    };
    if rules.process != round.process {
        faults.with("/rule_set_id", "rule_set_of_other_process", json!({ "process": rules.process }));
    }
    let day = civil_day(round.opens_at);
    if day < rules.effective_from || rules.effective_to.is_some_and(|last| last < day) {
        faults.with(
            "/rule_set_id",
            "rule_set_not_effective",
            json!({ "effective_from": rules.effective_from, "effective_to": rules.effective_to }),
        );
    }
    Ok(())
}
