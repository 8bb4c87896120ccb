//! What lies around an application while it is open: person, certificates, consents, files, round and employer, read in
//! one statement.

use chrono::NaiveDate;
use domain::access::Role;
use domain::account::ConsentKind;
use domain::broker::Profile;
use domain::certification::OtherShare;
use domain::certification::process::Certification;
use domain::file::FilePurpose;
use domain::ids::{AccountId, BrokerId, CaseId, RoundId};
use domain::organisation::{MemberState, OrganisationKind};
use domain::round::{RoundFacts, RoundState};
use domain::word::Word;
use entity::{account_consent, broker, certificate, certification, file, organisation, organisation_member, round};
use sea_orm::sea_query::{Expr, ExprTrait, IntoCondition};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DbBackend, EntityTrait, FromQueryResult, JoinType, QueryFilter, QueryResult,
    QuerySelect, QueryTrait, RelationTrait, Select,
};
use serde::de::DeserializeOwned;

use crate::certificate::{Held, held_of};
use crate::context::Context;
use crate::error::{Error, Result};
use crate::process::Loaded;
use crate::rows::{Owner, rows_as_json};

/// The rows around one application.
#[derive(Debug)]
pub(super) struct Around {
    pub broker: broker::Model,
    applicant: AccountId,
    certificates: Vec<certificate::Model>,
    consents: Vec<account_consent::Model>,
    files: Vec<file::Model>,
    round: Vec<round::Model>,
    employer: Vec<organisation::Model>,
    members: Vec<organisation_member::Model>,
}

/// How the employer takes part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct EmployerPart {
    pub is_skipped: bool,
    /// Somebody else than the applicant can confirm.
    pub has_confirmer: bool,
}

/// What faults and conditions look at beside form and profile.
#[derive(Debug)]
pub(super) struct Standing {
    pub submitted_on: NaiveDate,
    pub held: Vec<Held>,
    pub other_shares: Vec<OtherShare>,
}

const CERTIFICATES: &str = "certificates";
const CONSENTS: &str = "consents";
const FILES: &str = "files";
const ROUND: &str = "rounds";
const EMPLOYER: &str = "employers";
const MEMBERS: &str = "members";
const OPEN_CASE: &str = "open_case";

/// Which application they lie around.
#[derive(Debug)]
struct Place {
    case: Option<CaseId>,
    applicant: AccountId,
    round: Option<RoundId>,
    employer: Owner,
}

impl Around {
    /// Reads them.
    pub async fn of(connection: &impl ConnectionTrait, loaded: &Loaded<Certification>) -> Result<Self> {
        let case = &loaded.row;
        let place = Place {
            case: Some(case.id),
            applicant: case.applicant_id,
            round: case.round_id,
            employer: Owner::of(case.organisation_id.map(|id| id.0)),
        };
        let query = broker::Entity::find_by_id(loaded.detail.broker_id);
        let row = with_rows(connection.get_database_backend(), query, &place);
        let row = connection
            .query_one(row.as_query())
            .await?
            .ok_or_else(|| Error::unreadable("certification", "broker_id", case.id))?;
        Self::read(&row, &place)
    }

    /// What lies around an application that this person begins in a round, and the one that is open already, if any.
    pub async fn of_beginner(
        connection: &impl ConnectionTrait,
        account: AccountId,
        round: RoundId,
    ) -> Result<Option<(Self, Option<CaseId>)>> {
        let employer = Owner::Column(r#""broker"."employer_id""#);
        let place = Place { case: None, applicant: account, round: Some(round), employer };
        let open = certification::Relation::Broker
            .def()
            .rev()
            .on_condition(|_, right| Expr::col((right, certification::Column::IsOpen)).eq(true).into_condition());
        let query = broker::Entity::find()
            .column_as(certification::Column::CaseId, OPEN_CASE)
            .join(JoinType::LeftJoin, open)
            .filter(broker::Column::AccountId.eq(account));
        let row = with_rows(connection.get_database_backend(), query, &place);
        let Some(row) = connection.query_one(row.as_query()).await? else { return Ok(None) };
        Ok(Some((Self::read(&row, &place)?, row.try_get("", OPEN_CASE)?)))
    }

    fn read(row: &QueryResult, place: &Place) -> Result<Self> {
        let broker = broker::Model::from_query_result(row, "")?;
        let id = broker.id;
        Ok(Self {
            broker,
            applicant: place.applicant,
            certificates: list(row, CERTIFICATES, id)?,
            consents: list(row, CONSENTS, id)?,
            files: list(row, FILES, id)?,
            round: list(row, ROUND, id)?,
            employer: list(row, EMPLOYER, id)?,
            members: list(row, MEMBERS, id)?,
        })
    }

    /// The round as it is stored.
    pub fn stored_round(&self) -> Option<&round::Model> {
        self.round.first()
    }

    pub fn stored_employer(&self) -> Option<&organisation::Model> {
        self.employer.first()
    }

    /// Whether the account belongs or belonged to the employer.
    pub fn has_member(&self, account: AccountId) -> bool {
        self.members.iter().any(|row| row.account_id == Some(account))
    }

    /// The person, with the numbers.
    pub fn profile(&self, context: &Context) -> Result<Profile> {
        crate::broker::full_profile(context, &self.broker)
    }

    /// Certificates that are valid on a day.
    pub fn held(&self, day: NaiveDate) -> Vec<Held> {
        held_of(&self.certificates, day)
    }

    pub fn round(&self) -> Option<RoundFacts> {
        self.round.first().map(|row| RoundFacts {
            is_published: row.state == RoundState::Published,
            opens_at: row.opens_at,
            closes_at: row.closes_at,
        })
    }

    pub fn missing_consents(&self) -> Vec<String> {
        let is_given =
            |kind: &ConsentKind| self.consents.iter().any(|row| row.kind == *kind && row.withdrawn_at.is_none());
        ConsentKind::ALL.iter().filter(|kind| !is_given(kind)).map(|kind| kind.as_str().to_owned()).collect()
    }

    pub fn has_file(&self, purpose: FilePurpose) -> bool {
        self.files.iter().any(|row| row.purpose == purpose && row.deleted_at.is_none())
    }

    /// T03: a bureau as employer, and an applicant who would confirm for himself, go to the city directly.
    pub fn employer(&self) -> EmployerPart {
        let Some(employer) = self.employer.first() else {
            return EmployerPart { is_skipped: true, has_confirmer: false };
        };
        let confirmers: Vec<_> = self
            .members
            .iter()
            .filter(|row| row.role == Role::EmployerConfirmer && row.state == MemberState::Active)
            .collect();
        let has_confirmer = confirmers.iter().filter_map(|row| row.account_id).any(|account| account != self.applicant);
        let is_own = !confirmers.is_empty() && !has_confirmer;
        EmployerPart { is_skipped: employer.kind == OrganisationKind::Government || is_own, has_confirmer }
    }
}

fn with_rows(engine: DbBackend, query: Select<broker::Entity>, place: &Place) -> Select<broker::Entity> {
    let certificates = rows_as_json::<certificate::Entity>(
        engine,
        certificate::Column::BrokerId,
        &Owner::Column(r#""broker"."id""#),
        &[certificate::Column::Id],
    );
    let consents = rows_as_json::<account_consent::Entity>(
        engine,
        account_consent::Column::AccountId,
        &Owner::Column(r#""broker"."account_id""#),
        &[account_consent::Column::Id],
    );
    let (case, round) = (Owner::of(place.case.map(|id| id.0)), Owner::of(place.round.map(|id| id.0)));
    let files = rows_as_json::<file::Entity>(engine, file::Column::CaseId, &case, &[file::Column::Id]);
    let rounds = rows_as_json::<round::Entity>(engine, round::Column::Id, &round, &[round::Column::Id]);
    let employers = rows_as_json::<organisation::Entity>(
        engine,
        organisation::Column::Id,
        &place.employer,
        &[organisation::Column::Id],
    );
    let members = rows_as_json::<organisation_member::Entity>(
        engine,
        organisation_member::Column::OrganisationId,
        &place.employer,
        &[organisation_member::Column::Id],
    );
    query
        .column_as(certificates, CERTIFICATES)
        .column_as(consents, CONSENTS)
        .column_as(files, FILES)
        .column_as(rounds, ROUND)
        .column_as(employers, EMPLOYER)
        .column_as(members, MEMBERS)
}

fn list<T: DeserializeOwned>(row: &QueryResult, name: &str, broker: BrokerId) -> Result<Vec<T>> {
    serde_json::from_str(&row.try_get::<String>("", name)?).map_err(|_| Error::unreadable("broker", name, broker))
}
