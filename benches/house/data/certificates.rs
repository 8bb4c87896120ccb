//! Certificates of certified applications: numbers by year, codes, the first one superseded by the second.

use chrono::{DateTime, Datelike, Days, Months, NaiveDate, Utc};
use domain::certificate::{VerificationCode, next_serial};
use domain::certification::Level;
use domain::time::start_of_day;
use entity::certificate;
use sea_orm::{ConnectionTrait, DatabaseConnection};
use sha2::{Digest, Sha256};

use super::cases::{Case, State};
use super::people::profile;
use super::{Plan, put};

/// The last serial of each year.
#[derive(Debug, Default)]
pub struct Serials(std::collections::HashMap<i32, u32>);

/// The verification code of a broker's certificate: nobody could guess it, everybody computes it here.
pub fn code(place: u32, number: u32) -> VerificationCode {
    let digest = Sha256::new().chain_update(b"certificate").chain_update(place.to_be_bytes());
    let digest = digest.chain_update(number.to_be_bytes()).finalize();
    let mut bytes = [0; 10];
    bytes.copy_from_slice(&digest[..10]);
    VerificationCode::from_random(bytes)
}

/// Certificates are spread over years: a year has 99,999 numbers.
fn issued_on(plan: &Plan, case: &Case) -> NaiveDate {
    let four = case.broker / 4;
    let years = match case.level {
        Level::L1 => 3 + four % 2,
        Level::L2 | Level::L3 => four % 3,
    };
    let day = plan.day().checked_sub_months(Months::new(12 * years)).unwrap_or_default();
    day.checked_sub_days(Days::new(40)).unwrap_or(day)
}

/// Writes the certificates of those applications that ended with one.
pub async fn write(
    connection: &DatabaseConnection,
    plan: &Plan,
    cases: &[Case],
    serials: &mut Serials,
) -> anyhow::Result<()> {
    let certified = cases.iter().filter(|case| case.state == State::Certified);
    let rows = certified.filter_map(|case| row(plan, case, serials)).collect();
    put::<certificate::Entity>(connection, rows).await
}

/// Lets every first certificate point to the second one.
pub async fn supersede(connection: &DatabaseConnection) -> anyhow::Result<()> {
    let statement = "UPDATE certificate SET superseded_by = (SELECT later.id FROM certificate AS later \
         WHERE later.broker_id = certificate.broker_id AND later.level = 'L2') WHERE level = 'L1'";
    connection.execute_unprepared(statement).await?;
    Ok(())
}

fn row(plan: &Plan, case: &Case, serials: &mut Serials) -> Option<certificate::Model> {
    let issued_on = issued_on(plan, case);
    let last = serials.0.entry(issued_on.year()).or_insert(0);
    let number = next_serial(case.level, issued_on.year(), &case.region, *last)?;
    *last = number.serial();
    let person = profile(plan, case.broker);
    let at: DateTime<Utc> = start_of_day(issued_on);
    Some(certificate::Model {
        id: plan.certificate(case.place, case.broker),
        number: number.as_str().to_owned(),
        code: code(case.place, case.broker).as_str().to_owned(),
        case_id: case.id,
        broker_id: plan.broker(case.broker),
        holder_name: person.name.unwrap_or_default(),
        level: case.level,
        region: case.region.clone(),
        specialties: serde_json::to_string(&person.specialties).ok()?,
        issuer: "广西壮族自治区科学技术厅".to_owned(),
        issue_version: 1,
        issued_on,
        valid_until: issued_on.checked_add_months(Months::new(36))?,
        is_specimen: false,
        rule_set_id: plan.rules,
        suspended_at: None,
        revoked_at: None,
        cancelled_at: None,
        superseded_at: (case.level == Level::L1).then_some(plan.now),
        superseded_by: None,
        created_at: at,
    })
}
