//! The application as the caller may see it.

use chrono::{DateTime, Utc};
use domain::access::{Permission, Role};
use domain::broker::Profile;
use domain::certification::eligibility::Eligibility;
use domain::certification::process::{Certification, Correction, Refusal, State};
use domain::certification::{ApplicationType, CertificationForm, Level};
use domain::fault::Fault;
use domain::ids::{AccountId, BrokerId, CaseId, CertificateId, OrganisationId, RoundId, RuleSetId};
use domain::region::RegionCode;
use domain::rule::RuleStatus;
use domain::word::Word;
use entity::{case_file, certificate, certification};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter};
use serde_json::Value;

use super::around::Around;
use super::document::{self, Acceptance, SignedOpinion};
use super::{facts, warning};
use crate::caller::Caller;
use crate::context::Context;
use crate::error::{Error, Result};
use crate::process::{DeadlineView, For, Loaded, allowed_actions, deadline_views, load, load_visible, offered};

/// The rules that an application runs under, and whether they are in force.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize, utoipa::ToSchema)]
pub struct RuleSetLabel {
    pub id: RuleSetId,
    /// Such as `GX-BROKER-2026-1`.
    pub name: String,
    /// `proposal` while any clause is not law.
    pub status: RuleStatus,
}

/// A seat on the panel, for the desks that may know its members.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize, utoipa::ToSchema)]
pub struct PanelSeat {
    pub expert: AccountId,
    pub state: String,
}

/// An application for certification.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize, utoipa::ToSchema)]
pub struct CertificationView {
    pub id: CaseId,
    pub number: String,
    pub version: i32,
    pub state: State,
    pub state_zh: String,
    pub kind: ApplicationType,
    pub target_level: Level,
    pub region: RegionCode,
    pub round_id: Option<RoundId>,
    pub organisation_id: Option<OrganisationId>,
    pub broker_id: BrokerId,
    pub applicant_name: String,
    pub rule_set: RuleSetLabel,
    /// The desk that owns the next step.
    pub desk: Option<Role>,
    pub assignee_id: Option<AccountId>,
    pub form: CertificationForm,
    /// As submitted; as it is now for a draft. Identity and telephone number masked or absent.
    pub profile: Profile,
    /// What would stop a submission, for drafts and corrections.
    #[schema(value_type = Vec<Object>)]
    pub faults: Vec<Fault>,
    /// What a clerk should look at twice, once submitted; only for the desks that check it. Stops nothing.
    #[schema(value_type = Option<Vec<Object>>)]
    pub warnings: Option<Vec<Fault>>,
    /// Frozen with the submission.
    pub eligibility: Option<Eligibility>,
    pub correction: Option<Correction>,
    pub employer_opinion: Option<SignedOpinion>,
    pub city_opinion: Option<SignedOpinion>,
    pub training: Option<SignedOpinion>,
    pub assessment: Option<SignedOpinion>,
    pub acceptance: Option<Acceptance>,
    pub refusal: Option<Refusal>,
    /// Mean and votes, once the review is closed.
    #[schema(value_type = Option<Object>)]
    pub review: Option<Value>,
    /// Only for the region's desks and auditors.
    pub panel: Option<Vec<PanelSeat>>,
    /// Why it was returned, withdrawn or lapsed.
    #[schema(value_type = Option<Object>)]
    pub closing: Option<Value>,
    pub certificate_id: Option<CertificateId>,
    pub deadlines: Vec<DeadlineView>,
    pub submitted_at: Option<DateTime<Utc>>,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
    /// What the caller may do now, from the same table as the decision.
    pub allowed_actions: Vec<String>,
}

/// One application within the caller's scope.
pub async fn read(context: &Context, caller: &Caller, id: CaseId) -> Result<CertificationView> {
    let loaded = load_visible::<Certification>(context, caller, id).await?;
    compose(context, context.database().read(), caller, &loaded, None).await
}

/// The application as it stands inside a transaction.
pub(super) async fn view_of(
    context: &Context,
    connection: &impl ConnectionTrait,
    caller: &Caller,
    id: CaseId,
) -> Result<CertificationView> {
    let scope = domain::access::Scope { all: true, ..Default::default() };
    let loaded = load::<Certification>(connection, &scope, caller.account(), id, For::Reading).await?;
    compose(context, connection, caller, &loaded, None).await
}

/// The application as shown; what lies around it is read where it is needed and not given.
pub(super) async fn compose(
    context: &Context,
    connection: &impl ConnectionTrait,
    caller: &Caller,
    loaded: &Loaded<Certification>,
    around: Option<Around>,
) -> Result<CertificationView> {
    let (row, detail) = (&loaded.row, &loaded.detail);
    let rules = crate::rule::certification_rules(context, connection, row.rule_set_id).await?;
    let form = document::form(detail)?;
    let Person { profile, faults, allowed_actions } = person(context, connection, caller, loaded, around).await?;
    let certificate = certificate_of(connection, row).await?;
    let warnings = warning::of_case(connection, caller, row, &form, &profile).await?;
    Ok(CertificationView {
        id: row.id,
        number: row.number.clone(),
        version: row.version,
        state: loaded.case.state,
        state_zh: loaded.case.state.zh().to_owned(),
        kind: detail.kind,
        target_level: detail.target_level,
        region: row.region.clone(),
        round_id: row.round_id,
        organisation_id: row.organisation_id,
        broker_id: detail.broker_id,
        applicant_name: row.applicant_name.clone(),
        rule_set: RuleSetLabel { id: row.rule_set_id, name: rules.name.clone(), status: rules.status },
        desk: row.desk_role,
        assignee_id: row.assignee_id,
        form,
        profile,
        faults,
        warnings,
        eligibility: column(detail, "eligibility", detail.eligibility.as_deref())?,
        correction: document::correction(detail)?,
        employer_opinion: column(detail, "employer_opinion", detail.employer_opinion.as_deref())?,
        city_opinion: column(detail, "city_opinion", detail.city_opinion.as_deref())?,
        training: column(detail, "training", detail.training.as_deref())?,
        assessment: column(detail, "assessment", detail.assessment.as_deref())?,
        acceptance: column(detail, "acceptance", detail.acceptance.as_deref())?,
        refusal: column(detail, "refusal", detail.refusal.as_deref())?,
        review: column(detail, "review", detail.review.as_deref())?,
        panel: panel(connection, caller, row, loaded.case.state).await?,
        closing: column(detail, "closing", detail.closing.as_deref())?,
        certificate_id: certificate.map(|row| row.id),
        deadlines: deadline_views(&loaded.deadlines)?,
        submitted_at: row.submitted_at,
        created_at: row.created_at,
        updated_at: row.updated_at,
        allowed_actions,
    })
}

fn column<T: serde::de::DeserializeOwned>(
    detail: &certification::Model,
    name: &str,
    text: Option<&str>,
) -> Result<Option<T>> {
    document::parse(detail, name, text)
}

/// Who applies, what still stops a submission, and what the caller may do.
struct Person {
    profile: Profile,
    faults: Vec<Fault>,
    allowed_actions: Vec<String>,
}

async fn person(
    context: &Context,
    connection: &impl ConnectionTrait,
    caller: &Caller,
    loaded: &Loaded<Certification>,
    around: Option<Around>,
) -> Result<Person> {
    if matches!(loaded.case.state, State::Draft | State::Correction) {
        // The same facts say what is wrong and what is offered.
        let around = match around {
            Some(around) => around,
            None => Around::of(connection, loaded).await?,
        };
        let known = (caller.account(), Some(around));
        let (facts, application) = facts::with(context, connection, loaded, None, known).await?;
        let application = application.ok_or_else(|| Error::internal("an open application without its facts"))?;
        return Ok(Person {
            profile: crate::broker::masked(application.profile),
            allowed_actions: offered(context, caller, loaded, Some(&facts)),
            faults: facts.form_faults,
        });
    }
    let profile = match document::profile(&loaded.detail)? {
        Some(frozen) => frozen,
        None => crate::broker::masked(Around::of(connection, loaded).await?.profile(context)?),
    };
    let allowed_actions = allowed_actions(context, connection, caller, loaded).await?;
    Ok(Person { profile, faults: Vec::new(), allowed_actions })
}

async fn certificate_of(
    connection: &impl ConnectionTrait,
    row: &case_file::Model,
) -> Result<Option<certificate::Model>> {
    if row.state != State::Certified.as_str() {
        return Ok(None);
    }
    Ok(certificate::Entity::find().filter(certificate::Column::CaseId.eq(row.id)).one(connection).await?)
}

/// Experts are not named to applicants, employers, cities or each other.
async fn panel(
    connection: &impl ConnectionTrait,
    caller: &Caller,
    row: &case_file::Model,
    state: State,
) -> Result<Option<Vec<PanelSeat>>> {
    if !caller.holds(Permission::ReadScores) {
        return Ok(None);
    }
    // Nobody is named before the acceptance; most of a desk's reading happens there.
    let seats = if has_panel(state) { facts::seats(connection, row).await? } else { Vec::new() };
    Ok(Some(seats.into_iter().map(|seat| PanelSeat { expert: seat.account_id, state: seat.state }).collect()))
}

/// Whether experts may have been named by then.
fn has_panel(state: State) -> bool {
    match state {
        State::Draft
        | State::EmployerReview
        | State::CityReview
        | State::RegionFormal
        | State::Assessment
        | State::NotAccepted
        | State::NotRecommended => false,
        State::Correction
        | State::Accepted
        | State::ExpertReview
        | State::Decision
        | State::Publicity
        | State::Approved
        | State::Certified
        | State::NotPassed
        | State::NotApproved
        | State::Withdrawn
        | State::Lapsed => true,
    }
}
