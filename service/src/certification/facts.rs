//! Loading what the guards of the process look at. What a state does not ask for is not loaded.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use domain::access::Role;
use domain::broker::Profile;
use domain::certification::process::{
    Candidate, Certification, Command, CorrectionStage, ExpertState, Facts, PanelMember, State,
};
use domain::certification::{CertificationForm, Context as FormContext, Level};
use domain::deadline::DeadlineState;
use domain::fault::Fault;
use domain::file::FilePurpose;
use domain::ids::AccountId;
use domain::organisation::{MemberState, OrganisationKind};
use domain::process::Process;
use domain::round::{RoundFacts, RoundState};
use domain::rule::{CertificationRules, Method};
use domain::time::civil_day;
use domain::word::Word;
use entity::{
    account_consent, account_role, broker, case_file, certification, certification_expert, deadline, file,
    organisation, organisation_member, round,
};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QuerySelect};

use super::{document, eligibility, review};
use crate::context::Context;
use crate::error::{Error, Result};

/// Loads the facts of a case for a command, or for offering actions.
pub(super) async fn load(
    context: &Context,
    connection: &impl ConnectionTrait,
    case: &case_file::Model,
    detail: &certification::Model,
    command: Option<&Command>,
    asker: Option<AccountId>,
) -> Result<Facts> {
    let state = State::parse(&case.state).ok_or_else(|| Error::unreadable("case_file", "state", case.id))?;
    let set = crate::rule::rule_set(context, connection, case.rule_set_id).await?;
    let rules =
        CertificationRules::read(&set).map_err(|_| Error::unreadable("rule_set", "document", case.rule_set_id))?;
    let corrections = document::corrections(detail)?;
    let employer = employer(connection, case).await?;
    let mut facts = Facts {
        round: None,
        missing_consents: Vec::new(),
        form_faults: Vec::new(),
        unmet_conditions: Vec::new(),
        is_by_assessment: rules.level(detail.target_level).is_some_and(|level| level.method == Method::Assessment),
        skips_employer: employer.is_skipped,
        employer_has_account: employer.has_confirmer,
        has_paper_opinion: false,
        is_training_verified: detail.training.is_some(),
        city_has_checked: detail.city_opinion.is_some(),
        correction: document::correction(detail)?,
        corrections_asked: asked(&corrections),
        corrections_allowed: rules.correction_rounds,
        region_items_asked: corrections
            .iter()
            .filter(|correction| correction.stage == CorrectionStage::Region)
            .flat_map(|correction| correction.items.iter().map(|item| item.field_path.clone()))
            .collect(),
        running: running(connection, case).await?,
        panel: Vec::new(),
        candidates: Vec::new(),
        scoring: rules.scoring.clone(),
        review: None,
        asker,
        rules: set,
    };
    match state {
        State::Draft | State::Correction => {
            fill_application(context, connection, case, detail, &rules, &mut facts).await?;
        }
        State::EmployerReview => {
            facts.has_paper_opinion = has_file(connection, case, FilePurpose::EmployerOpinion).await?;
        }
        State::Assessment => {
            let answer = eligibility::of_case(context, connection, case, detail, &rules, true).await?;
            facts.unmet_conditions = eligibility::unmet(&answer);
        }
        State::Accepted | State::ExpertReview => {
            let seats = seats(connection, case).await?;
            facts.review = review::outcome(&seats, &rules)?;
            facts.panel = seats.iter().map(member).collect::<Result<_>>()?;
            facts.candidates = candidates(connection, case, wanted(command)).await?;
        }
        State::CityReview
        | State::RegionFormal
        | State::Decision
        | State::Publicity
        | State::Approved
        | State::Certified
        | State::NotAccepted
        | State::NotRecommended
        | State::NotPassed
        | State::NotApproved
        | State::Withdrawn
        | State::Lapsed => {}
    }
    Ok(facts)
}

/// What a submission depends on.
async fn fill_application(
    context: &Context,
    connection: &impl ConnectionTrait,
    case: &case_file::Model,
    detail: &certification::Model,
    rules: &CertificationRules,
    facts: &mut Facts,
) -> Result<()> {
    let broker = broker_of(connection, detail).await?;
    let profile = crate::broker::full_profile(context, &broker)?;
    let form = document::form(detail)?;
    let submitted_on = submission_day(context, case);
    facts.round = round_facts(connection, case).await?;
    facts.missing_consents = missing_consents(connection, case.applicant_id).await?;
    facts.form_faults = application_faults(connection, case, detail, &profile, &form, rules, submitted_on).await?;
    let answer = eligibility::of_case(context, connection, case, detail, rules, false).await?;
    facts.unmet_conditions = eligibility::unmet(&answer);
    Ok(())
}

/// The day that counts for conditions: of the submission, or today while it is a draft.
pub(super) fn submission_day(context: &Context, case: &case_file::Model) -> NaiveDate {
    civil_day(case.submitted_at.unwrap_or_else(|| context.now()))
}

pub(super) async fn broker_of(
    connection: &impl ConnectionTrait,
    detail: &certification::Model,
) -> Result<broker::Model> {
    broker::Entity::find_by_id(detail.broker_id)
        .one(connection)
        .await?
        .ok_or_else(|| Error::unreadable("certification", "broker_id", detail.case_id))
}

/// Every fault of form, profile and attachments, with pointers that begin with `/form`, `/profile` or `/files`.
pub(super) async fn application_faults(
    connection: &impl ConnectionTrait,
    case: &case_file::Model,
    detail: &certification::Model,
    profile: &Profile,
    form: &CertificationForm,
    rules: &CertificationRules,
    submitted_on: NaiveDate,
) -> Result<Vec<Fault>> {
    let form_context = FormContext {
        submitted_on,
        held: held_level(connection, detail, submitted_on).await?,
        other_shares: eligibility::other_shares(connection, detail, form).await?,
        bases: Vec::new(),
    };
    let mut faults: Vec<Fault> = form
        .check(profile, rules, &form_context)
        .into_iter()
        .map(|fault| match fault.pointer.strip_prefix("/profile") {
            Some(_) => fault,
            None => Fault { pointer: format!("/form{}", fault.pointer), ..fault },
        })
        .collect();
    let attached: Vec<FilePurpose> = file::Entity::find()
        .select_only()
        .column(file::Column::Purpose)
        .filter(file::Column::CaseId.eq(case.id))
        .filter(file::Column::DeletedAt.is_null())
        .into_tuple()
        .all(connection)
        .await?;
    for purpose in form.required_documents(profile) {
        if !attached.contains(&purpose) {
            faults.push(Fault::new(format!("/files/{purpose}"), "document_missing"));
        }
    }
    Ok(faults)
}

async fn held_level(
    connection: &impl ConnectionTrait,
    detail: &certification::Model,
    day: NaiveDate,
) -> Result<Option<Level>> {
    let held = crate::certificate::held_on(connection, detail.broker_id, day).await?;
    Ok(held.into_iter().map(|held| held.level).max())
}

async fn round_facts(connection: &impl ConnectionTrait, case: &case_file::Model) -> Result<Option<RoundFacts>> {
    let Some(id) = case.round_id else { return Ok(None) };
    let row = round::Entity::find_by_id(id).one(connection).await?;
    Ok(row.map(|row| RoundFacts {
        is_published: row.state == RoundState::Published,
        opens_at: row.opens_at,
        closes_at: row.closes_at,
    }))
}

async fn missing_consents(connection: &impl ConnectionTrait, account: AccountId) -> Result<Vec<String>> {
    let given: Vec<domain::account::ConsentKind> = account_consent::Entity::find()
        .select_only()
        .column(account_consent::Column::Kind)
        .filter(account_consent::Column::AccountId.eq(account))
        .filter(account_consent::Column::WithdrawnAt.is_null())
        .into_tuple()
        .all(connection)
        .await?;
    Ok(domain::account::ConsentKind::ALL
        .iter()
        .filter(|kind| !given.contains(kind))
        .map(|kind| kind.as_str().to_owned())
        .collect())
}

/// How the employer takes part.
struct Employer {
    is_skipped: bool,
    has_confirmer: bool,
}

/// T03: a bureau as employer, and an applicant who would confirm for himself, go to the city directly.
async fn employer(connection: &impl ConnectionTrait, case: &case_file::Model) -> Result<Employer> {
    let Some(id) = case.organisation_id else {
        return Ok(Employer { is_skipped: true, has_confirmer: false });
    };
    let organisation = organisation::Entity::find_by_id(id).one(connection).await?;
    let confirmers: Vec<Option<AccountId>> = organisation_member::Entity::find()
        .select_only()
        .column(organisation_member::Column::AccountId)
        .filter(organisation_member::Column::OrganisationId.eq(id))
        .filter(organisation_member::Column::Role.eq(Role::EmployerConfirmer))
        .filter(organisation_member::Column::State.eq(MemberState::Active))
        .into_tuple()
        .all(connection)
        .await?;
    let others = confirmers.iter().flatten().filter(|account| **account != case.applicant_id).count();
    let is_bureau = organisation.is_some_and(|row| row.kind == OrganisationKind::Government);
    let is_own = !confirmers.is_empty() && others == 0;
    Ok(Employer { is_skipped: is_bureau || is_own, has_confirmer: others > 0 })
}

async fn has_file(connection: &impl ConnectionTrait, case: &case_file::Model, purpose: FilePurpose) -> Result<bool> {
    let found = file::Entity::find()
        .filter(file::Column::CaseId.eq(case.id))
        .filter(file::Column::Purpose.eq(purpose))
        .filter(file::Column::DeletedAt.is_null())
        .one(connection)
        .await?;
    Ok(found.is_some())
}

fn asked(corrections: &[domain::certification::process::Correction]) -> BTreeMap<CorrectionStage, u32> {
    let mut asked = BTreeMap::new();
    for correction in corrections {
        *asked.entry(correction.stage).or_insert(0) += 1;
    }
    asked
}

async fn running(
    connection: &impl ConnectionTrait,
    case: &case_file::Model,
) -> Result<BTreeMap<String, chrono::DateTime<chrono::Utc>>> {
    let rows: Vec<(String, chrono::DateTime<chrono::Utc>)> = deadline::Entity::find()
        .select_only()
        .column(deadline::Column::Kind)
        .column(deadline::Column::DueAt)
        .filter(deadline::Column::CaseId.eq(case.id))
        .filter(deadline::Column::State.eq(DeadlineState::Running))
        .into_tuple()
        .all(connection)
        .await?;
    Ok(rows.into_iter().collect())
}

pub(super) async fn seats(
    connection: &impl ConnectionTrait,
    case: &case_file::Model,
) -> Result<Vec<certification_expert::Model>> {
    Ok(certification_expert::Entity::find()
        .filter(certification_expert::Column::CaseId.eq(case.id))
        .all(connection)
        .await?)
}

fn member(seat: &certification_expert::Model) -> Result<PanelMember> {
    let state =
        ExpertState::parse(&seat.state).ok_or_else(|| Error::unreadable("certification_expert", "state", seat.id))?;
    Ok(PanelMember { account: seat.account_id, state })
}

/// Whom a command wants on the panel.
fn wanted(command: Option<&Command>) -> Vec<AccountId> {
    match command {
        Some(Command::NamePanel(experts)) => experts.clone(),
        Some(Command::ReplaceExpert { joins, .. }) => vec![*joins],
        _ => Vec::new(),
    }
}

async fn candidates(
    connection: &impl ConnectionTrait,
    case: &case_file::Model,
    wanted: Vec<AccountId>,
) -> Result<Vec<Candidate>> {
    if wanted.is_empty() {
        return Ok(Vec::new());
    }
    let experts: Vec<AccountId> = account_role::Entity::find()
        .select_only()
        .column(account_role::Column::AccountId)
        .filter(account_role::Column::AccountId.is_in(wanted.iter().copied()))
        .filter(account_role::Column::Role.eq(Role::Expert))
        .filter(account_role::Column::RevokedAt.is_null())
        .into_tuple()
        .all(connection)
        .await?;
    let tied: Vec<Option<AccountId>> = match case.organisation_id {
        None => Vec::new(),
        Some(organisation) => {
            organisation_member::Entity::find()
                .select_only()
                .column(organisation_member::Column::AccountId)
                .filter(organisation_member::Column::OrganisationId.eq(organisation))
                .filter(organisation_member::Column::AccountId.is_in(wanted.iter().copied()))
                .into_tuple()
                .all(connection)
                .await?
        }
    };
    Ok(wanted
        .into_iter()
        .map(|account| Candidate {
            account,
            is_expert: experts.contains(&account),
            is_tied: tied.contains(&Some(account)) || account == case.applicant_id,
        })
        .collect())
}

/// The word of the process, where a column needs it.
pub(super) const PROCESS: &str = <Certification as Process>::NAME;
