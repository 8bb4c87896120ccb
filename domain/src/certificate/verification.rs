//! The answer of the public verification (broker.md section 7.3): four cases, and enough shown that a forged paper is
//! noticed. No ID number, ever; the holder's name in part.

use chrono::NaiveDate;

use super::state::{CertificateFacts, state_on};
use super::{CertificateNumber, CertificateState};
use crate::broker::{Industry, mask};
use crate::certification::Level;

/// What anyone may see of a certificate.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Shown {
    pub number: CertificateNumber,
    /// Masked, such as `王*明`.
    pub holder: String,
    pub level: Level,
    pub specialties: Vec<Industry>,
    pub issuer: String,
    pub issued_on: NaiveDate,
    pub valid_until: NaiveDate,
    /// Version of the certificate, from 1.
    pub version: u32,
    /// Day of the last change of state up to the day asked for.
    pub changed_on: NaiveDate,
    /// The certificate that replaced this one.
    pub superseded_by: Option<CertificateNumber>,
}

/// The answer.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(tag = "answer", rename_all = "snake_case")]
pub enum Verification {
    Valid {
        certificate: Shown,
    },
    NotValid {
        state: CertificateState,
        since: NaiveDate,
        certificate: Shown,
    },
    /// Wrong input or no such certificate; which of the two is not told.
    NotFound,
    /// A paper from before the register began.
    OutOfScope {
        /// The first year that the register covers.
        register_begins: i32,
    },
}

/// A certificate as the register has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Registered {
    pub number: CertificateNumber,
    /// The full name; it leaves masked.
    pub holder_name: String,
    pub specialties: Vec<Industry>,
    pub issuer: String,
    pub facts: CertificateFacts,
    pub superseded_by: Option<CertificateNumber>,
}

impl Verification {
    /// The answer for a day. A day before the issue finds nothing: there was no certificate then.
    pub fn on(day: NaiveDate, found: Option<&Registered>) -> Self {
        let Some((found, (state, since))) = found.and_then(|found| Some((found, state_on(day, &found.facts)?))) else {
            return Self::NotFound;
        };
        // The version of that day: the newest that had begun.
        let begun = found.facts.validity.iter().filter(|validity| validity.from <= day);
        let version = u32::try_from(begun.clone().count()).unwrap_or(u32::MAX);
        let certificate = Shown {
            level: found.number.level(),
            number: found.number.clone(),
            holder: mask::name(&found.holder_name),
            specialties: found.specialties.clone(),
            issuer: found.issuer.clone(),
            issued_on: found.facts.issued_on,
            valid_until: begun.map(|validity| validity.until).max().unwrap_or(found.facts.issued_on),
            version,
            changed_on: since,
            superseded_by: match state {
                CertificateState::Superseded => found.superseded_by.clone(),
                CertificateState::Valid
                | CertificateState::Expired
                | CertificateState::ExpiredPending
                | CertificateState::Suspended
                | CertificateState::Revoked
                | CertificateState::Cancelled => None,
            },
        };
        if state == CertificateState::Valid {
            Self::Valid { certificate }
        } else {
            Self::NotValid { state, since, certificate }
        }
    }

    /// The answer to a year of issue that lies before the register, or to nothing found.
    pub fn missing(issue_year: Option<i32>, register_begins: i32) -> Self {
        if issue_year.is_some_and(|year| year < register_begins) {
            Self::OutOfScope { register_begins }
        } else {
            Self::NotFound
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::certificate::{Renewal, Revocation};

    fn registered() -> Registered {
        Registered {
            number: "GXJ22026450100018G".parse().unwrap(),
            holder_name: "王小明".to_owned(),
            specialties: vec![Industry::NewMaterials],
            issuer: "广西壮族自治区科学技术厅".to_owned(),
            facts: CertificateFacts::issued("2026-08-25".parse().unwrap(), "2029-08-31".parse().unwrap()),
            superseded_by: None,
        }
    }

    fn on(day: &str, found: &Registered) -> serde_json::Value {
        serde_json::to_value(Verification::on(day.parse().unwrap(), Some(found))).unwrap()
    }

    #[test]
    fn a_valid_certificate_shows_a_masked_name() {
        let answer = on("2026-09-01", &registered());
        assert_eq!(answer["answer"], "valid");
        assert_eq!(answer["certificate"]["holder"], "王*明");
        assert_eq!(answer["certificate"]["level"], "L2");
        assert!(!answer.to_string().contains("王小明"));
    }

    #[test]
    fn the_state_of_the_day_is_told_with_its_beginning() {
        let mut found = registered();
        found.facts.renewals.push(Renewal { submitted_on: "2029-06-01".parse().unwrap(), decided_on: None });
        let answer = on("2029-09-01", &found);
        assert_eq!((&answer["answer"], &answer["state"]), (&"not_valid".into(), &"expired_pending".into()));
        found.facts.revoked = Some(Revocation { on: "2027-06-01".parse().unwrap(), from_the_start: true });
        let answer = on("2027-01-01", &found);
        assert_eq!((&answer["state"], &answer["since"]), (&"revoked".into(), &"2027-06-01".into()));
    }

    #[test]
    fn nothing_found_tells_nothing_more() {
        assert_eq!(Verification::on("2026-09-01".parse().unwrap(), None), Verification::NotFound);
        assert_eq!(on("2026-08-24", &registered())["answer"], "not_found");
        assert_eq!(Verification::missing(Some(2019), 2026), Verification::OutOfScope { register_begins: 2026 });
        assert_eq!(Verification::missing(Some(2026), 2026), Verification::NotFound);
    }
}
