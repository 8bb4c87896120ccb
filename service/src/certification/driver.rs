//! How certification reads and writes its own tables.

use domain::access::Permission;
use domain::certification::process::{Certification, Change, Command, Event, Facts, State, Verb};
use domain::ids::AccountId;
use domain::process::Recipient;
use domain::word::Word;
use entity::{case_file, certificate, certification, certification_expert, organisation, organisation_member};
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, FromQueryResult, IdenStatic, Iterable, JoinType, QueryFilter,
    QueryResult, QuerySelect, RelationTrait, Select,
};
use serde_json::{Value, json};

use super::facts::Application;
use super::view::{CertificationView, compose};
use super::{apply, document, facts};
use crate::caller::Caller;
use crate::context::Context;
use crate::error::Result;
use crate::process::{Address, Driver, Loaded};
use crate::transaction::Tx;

/// Before the names of the process's own columns in a query of cases.
const OWN: &str = "own_";

impl Driver for Certification {
    type Detail = certification::Model;
    type Gathered = Option<Application>;
    type View = CertificationView;

    const REFUSALS: &'static [Event] =
        &[Event::NotRecommended, Event::NotAccepted, Event::NotPassed, Event::NotApproved];

    fn read_permission() -> Permission {
        Permission::ReadCertifications
    }

    fn joined(query: Select<case_file::Entity>) -> Select<case_file::Entity> {
        let query = query.join(JoinType::InnerJoin, certification::Relation::Case.def().rev());
        certification::Column::iter()
            .fold(query, |query, column| query.column_as(column, format!("{OWN}{}", column.as_str())))
    }

    fn detail(row: &QueryResult) -> Result<certification::Model> {
        Ok(certification::Model::from_query_result(row, OWN)?)
    }

    async fn facts(
        context: &Context,
        connection: &impl ConnectionTrait,
        loaded: &Loaded<Self>,
        command: Option<&Command>,
        asker: Option<AccountId>,
    ) -> Result<(Facts, Option<Application>)> {
        facts::load(context, connection, loaded, command, asker).await
    }

    async fn apply(
        tx: &Tx,
        loaded: &Loaded<Self>,
        application: Option<Application>,
        change: Change,
        caller: &Caller,
    ) -> Result<certification::Model> {
        apply::apply(tx, loaded, application, change, caller).await
    }

    async fn view(
        context: &Context,
        connection: &impl ConnectionTrait,
        caller: &Caller,
        loaded: &Loaded<Self>,
    ) -> Result<CertificationView> {
        compose(context, connection, caller, loaded, None).await
    }

    fn trail(command: &Command) -> Value {
        trail(command)
    }

    fn automatic(verb: Verb) -> Option<Command> {
        Command::automatic(verb)
    }

    async fn recipients(
        connection: &impl ConnectionTrait,
        case: &case_file::Model,
        recipient: Recipient,
    ) -> Result<Option<Vec<Address>>> {
        match recipient {
            Recipient::Experts => Ok(Some(experts(connection, case).await?)),
            Recipient::Employer => employer(connection, case).await,
            Recipient::Applicant | Recipient::Desk | Recipient::DeskLead | Recipient::City => Ok(None),
        }
    }

    async fn tale(connection: &impl ConnectionTrait, loaded: &Loaded<Self>) -> Result<Value> {
        let (case, detail) = (&loaded.row, &loaded.detail);
        let certificate =
            certificate::Entity::find().filter(certificate::Column::CaseId.eq(case.id)).one(connection).await?;
        let parsed = |column: &str, text: Option<&str>| document::parse::<Value>(detail, column, text);
        Ok(json!({
            "state_zh": State::parse(&case.state).map(Word::zh),
            "level": detail.target_level,
            "level_zh": detail.target_level.zh(),
            "correction": parsed("correction", detail.correction.as_deref())?,
            "refusal": parsed("refusal", detail.refusal.as_deref())?,
            "closing": parsed("closing", detail.closing.as_deref())?,
            "review": parsed("review", detail.review.as_deref())?,
            "acceptance": parsed("acceptance", detail.acceptance.as_deref())?,
            "certificate": certificate.map(|row| json!({
                "number": row.number,
                "code": row.code,
                "valid_until": row.valid_until,
                "is_specimen": row.is_specimen,
            })),
        }))
    }
}

/// Experts who still have to score.
async fn experts(connection: &impl ConnectionTrait, case: &case_file::Model) -> Result<Vec<Address>> {
    let accounts: Vec<AccountId> = certification_expert::Entity::find()
        .select_only()
        .column(certification_expert::Column::AccountId)
        .filter(certification_expert::Column::CaseId.eq(case.id))
        .filter(certification_expert::Column::State.eq("assigned"))
        .into_tuple()
        .all(connection)
        .await?;
    Ok(accounts.into_iter().map(Address::Account).collect())
}

/// An employer without a confirmer is written to at its contact address.
async fn employer(connection: &impl ConnectionTrait, case: &case_file::Model) -> Result<Option<Vec<Address>>> {
    let Some(id) = case.organisation_id else { return Ok(Some(Vec::new())) };
    let has_member = organisation_member::Entity::find()
        .filter(organisation_member::Column::OrganisationId.eq(id))
        .filter(organisation_member::Column::AccountId.is_not_null())
        .one(connection)
        .await?
        .is_some();
    if has_member {
        return Ok(None);
    }
    let contact = organisation::Entity::find_by_id(id).one(connection).await?.and_then(|row| row.contact_email);
    Ok(Some(contact.into_iter().map(Address::Email).collect()))
}

/// What the audit trail keeps of a command: reasons and itemised defects, no scores before they may be seen.
fn trail(command: &Command) -> Value {
    match command {
        Command::Confirm(opinion)
        | Command::CheckByCity(opinion)
        | Command::Recommend(opinion)
        | Command::VerifyTraining(opinion)
        | Command::PassAssessment(opinion) => json!({ "opinion": opinion }),
        Command::ConfirmOnPaper { opinion, file } => json!({ "opinion": opinion, "file_id": file }),
        Command::ReturnToApplicant(items)
        | Command::RequestCityCorrection(items)
        | Command::RequestRegionCorrection(items)
        | Command::RequestFurtherCorrection(items) => json!({ "items": items }),
        Command::NotRecommend(refusal)
        | Command::NotAccept(refusal)
        | Command::FailAssessment(refusal)
        | Command::Refuse(refusal) => json!({ "refusal": refusal }),
        Command::AnswerCorrection(answers) => json!({ "answers": answers }),
        Command::ExtendCorrection { reason } | Command::Withdraw { reason } | Command::DeclareConflict { reason } => {
            json!({ "reason": reason })
        }
        Command::NamePanel(experts) => json!({ "experts": experts }),
        Command::ReplaceExpert { leaves, joins } => json!({ "leaves": leaves, "joins": joins }),
        Command::Score(sheet) => {
            let text = serde_json::to_vec(sheet).unwrap_or_default();
            json!({ "sheet_sha256": crate::crypto::sha256_hex(&text) })
        }
        Command::Submit
        | Command::SubmitToCity
        | Command::LapseAtEmployer
        | Command::Accept
        | Command::AcceptBySilence
        | Command::CloseNotice
        | Command::LapseInCorrection
        | Command::StartAssessment
        | Command::PassReview
        | Command::FailReview
        | Command::Publish
        | Command::EndPublicity
        | Command::Issue
        | Command::ExpireDraft => Value::Null,
    }
}
