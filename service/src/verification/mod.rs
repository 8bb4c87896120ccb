//! Public verification: by code, or by number and name; for today and for any past day.

use chrono::NaiveDate;
use domain::certificate::{CertificateNumber, Verification, VerificationCode};
use domain::time::civil_day;
use entity::certificate;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};

use crate::certificate::registered;
use crate::context::Context;
use crate::error::{Error, Result};

/// The answer, and whether the certificate is a specimen.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize, utoipa::ToSchema)]
pub struct VerificationView {
    /// The day asked for.
    pub on: NaiveDate,
    #[serde(flatten)]
    pub answer: Verification,
    /// 样本 SPECIMEN: made under rules that are not in force; proves nothing.
    pub is_specimen: bool,
}

/// Verifies by the code of the QR code.
pub async fn by_code(context: &Context, code: &str, on: Option<NaiveDate>) -> Result<VerificationView> {
    let day = day(context, on)?;
    // A malformed code finds nothing, without a look at the database.
    let Ok(code) = code.parse::<VerificationCode>() else { return Ok(missing(context, day, None)) };
    let row = certificate::Entity::find()
        .filter(certificate::Column::Code.eq(code.as_str()))
        .one(context.database().read())
        .await?;
    answer(context, day, row, None).await
}

/// Verifies by number and full name; a name that does not fit finds nothing.
pub async fn by_number(context: &Context, number: &str, name: &str, on: Option<NaiveDate>) -> Result<VerificationView> {
    let day = day(context, on)?;
    let Ok(number) = number.trim().to_ascii_uppercase().parse::<CertificateNumber>() else {
        return Ok(missing(context, day, None));
    };
    let row = certificate::Entity::find()
        .filter(certificate::Column::Number.eq(number.as_str()))
        .one(context.database().read())
        .await?
        .filter(|row| row.holder_name == name.trim());
    answer(context, day, row, Some(number.year())).await
}

/// Today, or a day that is not in the future.
fn day(context: &Context, on: Option<NaiveDate>) -> Result<NaiveDate> {
    let today = civil_day(context.now());
    match on {
        Some(day) if day > today => Err(Error::invalid("/on", "date_in_future")),
        Some(day) => Ok(day),
        None => Ok(today),
    }
}

async fn answer(
    context: &Context,
    day: NaiveDate,
    row: Option<certificate::Model>,
    issue_year: Option<i32>,
) -> Result<VerificationView> {
    let Some(row) = row else { return Ok(missing(context, day, issue_year)) };
    let successor = match row.superseded_by {
        Some(id) => certificate::Entity::find_by_id(id).one(context.database().read()).await?,
        None => None,
    };
    let found = registered(&row, successor.as_ref())?;
    let answer = Verification::on(day, Some(&found));
    // A day before the issue must look like a code that nobody has.
    let is_found = !matches!(answer, Verification::NotFound);
    Ok(VerificationView { on: day, answer, is_specimen: row.is_specimen && is_found })
}

fn missing(context: &Context, day: NaiveDate, issue_year: Option<i32>) -> VerificationView {
    let begins = context.settings().register_begins;
    VerificationView { on: day, answer: Verification::missing(issue_year, begins), is_specimen: false }
}
