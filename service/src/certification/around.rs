//! What lies around an application while it is open: person, certificates, consents, files, round and employer, read in
//! one statement.

use chrono::NaiveDate;
use domain::access::Role;
use domain::account::ConsentKind;
use domain::broker::Profile;
use domain::certification::OtherShare;
use domain::file::FilePurpose;
use domain::ids::{AccountId, CaseId};
use domain::organisation::{MemberState, OrganisationKind};
use domain::round::{RoundFacts, RoundState};
use domain::word::Word;
use entity::{
    account_consent, broker, case_file, certificate, certification, file, organisation, organisation_member, round,
};
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, FromQueryResult, JoinType, QueryFilter, QueryResult, QuerySelect,
    QueryTrait, RelationTrait,
};
use serde::de::DeserializeOwned;

use crate::certificate::{Held, held_of};
use crate::context::Context;
use crate::database::rows_as_json;
use crate::error::{Error, Result};

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

impl Around {
    /// Reads them.
    pub async fn of(connection: &impl ConnectionTrait, case: &case_file::Model) -> Result<Self> {
        let engine = connection.get_database_backend();
        let certificates = rows_as_json::<certificate::Entity>(
            engine,
            certificate::Column::BrokerId,
            r#""broker"."id""#,
            &[certificate::Column::Id],
        );
        let consents = rows_as_json::<account_consent::Entity>(
            engine,
            account_consent::Column::AccountId,
            r#""broker"."account_id""#,
            &[account_consent::Column::Id],
        );
        let files = rows_as_json::<file::Entity>(
            engine,
            file::Column::CaseId,
            r#""certification"."case_id""#,
            &[file::Column::Id],
        );
        let rounds =
            rows_as_json::<round::Entity>(engine, round::Column::Id, r#""case_file"."round_id""#, &[round::Column::Id]);
        let employers = rows_as_json::<organisation::Entity>(
            engine,
            organisation::Column::Id,
            r#""case_file"."organisation_id""#,
            &[organisation::Column::Id],
        );
        let members = rows_as_json::<organisation_member::Entity>(
            engine,
            organisation_member::Column::OrganisationId,
            r#""case_file"."organisation_id""#,
            &[organisation_member::Column::Id],
        );
        let query = broker::Entity::find()
            .column_as(certificates, CERTIFICATES)
            .column_as(consents, CONSENTS)
            .column_as(files, FILES)
            .column_as(rounds, ROUND)
            .column_as(employers, EMPLOYER)
            .column_as(members, MEMBERS)
            .join(JoinType::InnerJoin, certification::Relation::Broker.def().rev())
            .join(JoinType::InnerJoin, certification::Relation::Case.def())
            .filter(certification::Column::CaseId.eq(case.id));
        let row = connection
            .query_one(query.as_query())
            .await?
            .ok_or_else(|| Error::unreadable("certification", "broker_id", case.id))?;
        Ok(Self {
            broker: broker::Model::from_query_result(&row, "")?,
            applicant: case.applicant_id,
            certificates: list(&row, CERTIFICATES, case.id)?,
            consents: list(&row, CONSENTS, case.id)?,
            files: list(&row, FILES, case.id)?,
            round: list(&row, ROUND, case.id)?,
            employer: list(&row, EMPLOYER, case.id)?,
            members: list(&row, MEMBERS, case.id)?,
        })
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

fn list<T: DeserializeOwned>(row: &QueryResult, name: &str, case: CaseId) -> Result<Vec<T>> {
    serde_json::from_str(&row.try_get::<String>("", name)?).map_err(|_| Error::unreadable("certification", name, case))
}
