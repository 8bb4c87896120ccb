//! Minting a certificate, inside the transaction that ends the case: number, code, validity.

use chrono::Datelike;
use domain::broker::Profile;
use domain::certificate::{VerificationCode, next_serial, valid_until};
use domain::rule::CertificationRules;
use domain::time::civil_day;
use entity::{case_file, certificate, certificate_counter, certification};
use sea_orm::sea_query::{Expr, OnConflict};
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, QuerySelect};
use serde_json::json;

use crate::audit::Entry;
use crate::caller::Caller;
use crate::change::RowChange;
use crate::error::{Error, Result};
use crate::transaction::Tx;

/// Issues the certificate of an approved case and supersedes the holder's lower one.
pub async fn mint(
    tx: &Tx,
    caller: &Caller,
    case: &case_file::Model,
    detail: &certification::Model,
    profile: &Profile,
    rules: &CertificationRules,
) -> Result<certificate::Model> {
    let context = tx.context();
    let today = civil_day(tx.at());
    let year = today.year();
    let last = counter(tx, year).await?;
    let number = next_serial(detail.target_level, year, &case.region, last)
        .ok_or_else(|| Error::internal(format!("no certificate number is left in {year}")))?;
    store_counter(tx, year, i32::try_from(number.serial()).unwrap_or(i32::MAX)).await?;
    let mut random = [0u8; 10];
    context.fill_random(&mut random);
    let until =
        valid_until(today, &rules.certificate).ok_or_else(|| Error::internal("validity leads beyond the calendar"))?;
    let row = certificate::Model {
        id: context.new_id(),
        number: number.as_str().to_owned(),
        code: VerificationCode::from_random(random).as_str().to_owned(),
        case_id: case.id,
        broker_id: detail.broker_id,
        holder_name: case.applicant_name.clone(),
        level: detail.target_level,
        region: case.region.clone(),
        specialties: serde_json::to_string(&profile.specialties)?,
        issuer: context.settings().certificate_issuer.clone(),
        issue_version: 1,
        issued_on: today,
        valid_until: until,
        is_specimen: context.settings().is_specimen,
        rule_set_id: case.rule_set_id,
        suspended_at: None,
        revoked_at: None,
        cancelled_at: None,
        superseded_at: None,
        superseded_by: None,
        created_at: tx.at(),
    };
    supersede(tx, &row).await?;
    tx.change(RowChange::new_row(row.clone())).await?;
    tx.audit(Entry::new(caller, "certificate", row.id, "certificate.issue").after(&json!({
        "number": row.number,
        "level": row.level,
        "issued_on": row.issued_on,
        "valid_until": row.valid_until,
        "case_id": row.case_id,
    })));
    Ok(row)
}

/// The last serial of the year, with the counter's row locked until the commit.
async fn counter(tx: &Tx, year: i32) -> Result<u32> {
    certificate_counter::Entity::insert(certificate_counter::ActiveModel { year: Set(year), last: Set(0) })
        .on_conflict(OnConflict::column(certificate_counter::Column::Year).do_nothing().to_owned())
        .exec_without_returning(tx.connection())
        .await?;
    let row = certificate_counter::Entity::find_by_id(year)
        .lock_exclusive()
        .one(tx.connection())
        .await?
        .ok_or_else(|| Error::internal("certificate counter"))?;
    Ok(u32::try_from(row.last).unwrap_or(0))
}

async fn store_counter(tx: &Tx, year: i32, last: i32) -> Result<()> {
    certificate_counter::Entity::update_many()
        .col_expr(certificate_counter::Column::Last, Expr::value(last))
        .filter(certificate_counter::Column::Year.eq(year))
        .exec(tx.connection())
        .await?;
    Ok(())
}

/// E65: the holder's lower certificates end with the new one, and point to it.
async fn supersede(tx: &Tx, row: &certificate::Model) -> Result<()> {
    certificate::Entity::update_many()
        .col_expr(certificate::Column::SupersededAt, Expr::value(tx.at()))
        .col_expr(certificate::Column::SupersededBy, Expr::value(row.id))
        .filter(certificate::Column::BrokerId.eq(row.broker_id))
        .filter(certificate::Column::SupersededAt.is_null())
        .filter(certificate::Column::RevokedAt.is_null())
        .filter(certificate::Column::CancelledAt.is_null())
        .exec(tx.connection())
        .await?;
    Ok(())
}
