//! The deterministic data set: the same people, applications, certificates and audit rows at every run of one size.
//!
//! Brokers come in fours: one without an open application (two certificates), one with a complete draft, one who asks for
//! the third level (two certificates), and one who asks for the first. Ten applications, four certificates and forty
//! contracts per four brokers give the proportions of the goals.

mod cases;
mod certificates;
mod forms;
mod people;
mod put;
mod trail;

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use domain::ids::{AccountId, BrokerId, CaseId, CertificateId, OrganisationId, RoundId, RuleSetId};
use domain::region::{REGIONS, RegionCode};
use domain::time::civil_day;
use sea_orm::DatabaseConnection;
use service::Context;
use uuid::Uuid;

pub use cases::{State, applications};
pub use certificates::code;
pub use put::put;

/// Brokers at 100 percent; everything else follows from it.
const BROKERS: u32 = 20_000;
/// Brokers whose rows are made and written together.
const CHUNK: u32 = 2_000;

/// One data set.
#[derive(Debug, Clone, Copy)]
pub struct Plan {
    pub brokers: u32,
    /// Audit rows of an application.
    pub trail: u32,
    /// When it was loaded; everything happened before.
    pub now: DateTime<Utc>,
    pub rules: RuleSetId,
}

/// What an id stands for.
#[derive(Debug, Clone, Copy)]
#[repr(u8)]
pub enum Kind {
    Account = 1,
    Staff,
    Confirmer,
    Broker,
    Organisation,
    Round,
    Case,
    Certificate,
    Deadline,
    File,
    Role,
    Consent,
    Member,
    Audit,
    Session,
    Job,
}

/// The kinds of brokers, by number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Broker {
    /// Two certificates and nothing open: may open a draft.
    Free,
    /// A complete draft, ready to be submitted.
    Drafter,
    /// Two certificates and an application for the third level on its way.
    Climber,
    /// Refused once, and an application for the first level on its way.
    Beginner,
}

impl Plan {
    pub fn new(percent: u32, trail: u32, now: DateTime<Utc>, rules: RuleSetId) -> Self {
        Self { brokers: BROKERS / 100 * percent, trail, now, rules }
    }

    pub fn organisations(&self) -> u32 {
        self.brokers / 10
    }

    pub fn kind(number: u32) -> Broker {
        match number % 4 {
            0 => Broker::Free,
            1 => Broker::Drafter,
            2 => Broker::Climber,
            _ => Broker::Beginner,
        }
    }

    /// The numbers of all brokers of a kind.
    pub fn of_kind(&self, kind: Broker) -> impl Iterator<Item = u32> + use<> {
        (0..self.brokers).filter(move |number| Self::kind(*number) == kind)
    }

    /// Half of everything happens in Nanning.
    pub fn region(number: u32) -> RegionCode {
        let four = number / 4;
        let at = if four.is_multiple_of(2) { 1 } else { 2 + (four / 2) as usize % (REGIONS.len() - 2) };
        region(at)
    }

    /// When the application of this place (0 is a broker's first) was opened: the later the place, the later the day.
    pub fn opened(&self, place: u32, number: u32) -> DateTime<Utc> {
        let begin = self.now - TimeDelta::days(1_000 - 330 * i64::from(place));
        begin + TimeDelta::milliseconds(i64::from(number) * 1_000)
    }

    pub fn day(&self) -> NaiveDate {
        civil_day(self.now)
    }

    pub fn account(&self, number: u32) -> AccountId {
        AccountId(self.id(Kind::Account, number))
    }

    pub fn staff(&self, number: u32) -> AccountId {
        AccountId(self.id(Kind::Staff, number))
    }

    pub fn broker(&self, number: u32) -> BrokerId {
        BrokerId(self.id(Kind::Broker, number))
    }

    pub fn organisation(&self, number: u32) -> OrganisationId {
        OrganisationId(self.id(Kind::Organisation, number % self.organisations()))
    }

    pub fn round(&self) -> RoundId {
        RoundId(self.id(Kind::Round, 0))
    }

    pub fn case(&self, place: u32, number: u32) -> CaseId {
        CaseId(made_id(Kind::Case, self.opened(place, number), place * 16_000_000 + number))
    }

    pub fn certificate(&self, place: u32, number: u32) -> CertificateId {
        CertificateId(self.id(Kind::Certificate, place * 16_000_000 + number))
    }

    pub fn id(&self, kind: Kind, number: u32) -> Uuid {
        made_id(kind, self.now - TimeDelta::days(1_100), number)
    }
}

/// The mail address of a broker's account.
pub fn email(number: u32) -> String {
    format!("broker{number}@example.org")
}

/// The mail address of the region's clerk.
pub const CLERK: &str = "regionclerk@example.org";
/// The staff numbers of the region's clerk and lead; the cities' follow.
pub const REGION_CLERK: u32 = 0;
pub const REGION_LEAD: u32 = 1;

/// The staff numbers of a city's clerk and lead.
pub fn city_staff(region: &RegionCode) -> (u32, u32) {
    let at = REGIONS.iter().position(|(code, _, _)| *code == region.as_str()).unwrap_or(0);
    let at = u32::try_from(at).unwrap_or(0);
    (2 + 2 * at, 3 + 2 * at)
}

fn region(at: usize) -> RegionCode {
    REGIONS.get(at).and_then(|(code, _, _)| code.parse().ok()).unwrap_or_else(RegionCode::whole)
}

/// A time-sorted id that says what it stands for.
fn made_id(kind: Kind, at: DateTime<Utc>, number: u32) -> Uuid {
    let mut bytes = [0; 10];
    bytes[1] = kind as u8;
    bytes[6..].copy_from_slice(&number.to_be_bytes());
    let millis = u64::try_from(at.timestamp_millis()).unwrap_or(0);
    uuid::Builder::from_unix_timestamp_millis(millis, &bytes).into_uuid()
}

/// Writes the whole set.
pub async fn load(context: &Context, connection: &DatabaseConnection, plan: &Plan) -> anyhow::Result<()> {
    people::staff(connection, plan).await?;
    people::organisations(connection, plan).await?;
    for from in (0..plan.brokers).step_by(CHUNK as usize) {
        let numbers = from..(from + CHUNK).min(plan.brokers);
        people::brokers(context, connection, plan, numbers).await?;
    }
    let forms = forms::Forms::new(plan)?;
    let mut serials = certificates::Serials::default();
    let mut count = 0;
    // Place by place, as time went on: rows lie in the order of their ids.
    for place in 0..3 {
        for from in (0..plan.brokers).step_by(CHUNK as usize) {
            let numbers = from..(from + CHUNK).min(plan.brokers);
            let cases = cases::applications(plan, place, numbers);
            count = cases::write(connection, plan, &forms, &cases, count).await?;
            certificates::write(connection, plan, &cases, &mut serials).await?;
            trail::write(connection, plan, &cases).await?;
        }
    }
    certificates::supersede(connection).await?;
    cases::count(connection, plan, count).await
}
