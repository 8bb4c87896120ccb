//! The register: a certificate as the rules of its state see it. One function computes the state for every channel.

use chrono::NaiveDate;
use domain::certificate::{CertificateFacts, CertificateState, Registered, Revocation, Suspension, state_on};
use domain::certification::Level;
use domain::ids::BrokerId;
use domain::time::civil_day;
use entity::certificate;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter};

use crate::error::{Error, Result};

/// A certificate that was valid on a day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    pub level: Level,
    pub issued_on: NaiveDate,
}

/// The certificates of a person that were valid on a day.
pub async fn held_on(connection: &impl ConnectionTrait, broker: BrokerId, day: NaiveDate) -> Result<Vec<Held>> {
    let rows = certificate::Entity::find().filter(certificate::Column::BrokerId.eq(broker)).all(connection).await?;
    Ok(held_of(&rows, day))
}

/// Those of a person's certificates that are valid on a day.
pub(crate) fn held_of(rows: &[certificate::Model], day: NaiveDate) -> Vec<Held> {
    rows.iter()
        .filter(|row| matches!(state_on(day, &facts(row)), Some((CertificateState::Valid, _))))
        .map(|row| Held { level: row.level, issued_on: row.issued_on })
        .collect()
}

/// What the state of a certificate follows from.
pub(crate) fn facts(row: &certificate::Model) -> CertificateFacts {
    let mut facts = CertificateFacts::issued(row.issued_on, row.valid_until);
    facts.superseded_on = row.superseded_at.map(civil_day);
    facts.cancelled_on = row.cancelled_at.map(civil_day);
    facts.revoked = row.revoked_at.map(|at| Revocation { on: civil_day(at), from_the_start: true });
    facts.suspensions.extend(row.suspended_at.map(|at| Suspension { from: civil_day(at), lifted_on: None }));
    facts
}

/// The certificate as verification shows it.
pub fn registered(row: &certificate::Model, successor: Option<&certificate::Model>) -> Result<Registered> {
    let number =
        |row: &certificate::Model| row.number.parse().map_err(|_| Error::unreadable("certificate", "number", row.id));
    Ok(Registered {
        number: number(row)?,
        holder_name: row.holder_name.clone(),
        specialties: serde_json::from_str(&row.specialties)
            .map_err(|_| Error::unreadable("certificate", "specialties", row.id))?,
        issuer: row.issuer.clone(),
        facts: facts(row),
        superseded_by: successor.map(number).transpose()?,
    })
}
