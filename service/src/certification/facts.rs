//! Loading what the guards of the process look at. What a state does not ask for is not loaded.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use domain::access::Role;
use domain::broker::Profile;
use domain::certification::eligibility::Eligibility;
use domain::certification::process::{
    Candidate, Certification, Command, CorrectionStage, ExpertState, Facts, PanelMember, State,
};
use domain::certification::{CertificationForm, Context as FormContext, OtherShare};
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
use crate::certificate::Held;
use crate::context::Context;
use crate::error::{Error, Result};
use crate::process::Loaded;

/// What a submission rests on, read once: the facts are made of it, and the submission freezes it.
#[derive(Debug)]
pub struct Application {
    pub form: CertificationForm,
    pub profile: Profile,
    pub eligibility: Eligibility,
}

/// Loads the facts of a case for a command, or for offering actions.
pub(super) async fn load(
    context: &Context,
    connection: &impl ConnectionTrait,
    loaded: &Loaded<Certification>,
    command: Option<&Command>,
    asker: Option<AccountId>,
) -> Result<(Facts, Option<Application>)> {
    let (case, detail) = (&loaded.row, &loaded.detail);
    let set = crate::rule::rule_set(context, connection, case.rule_set_id).await?;
    let rules =
        CertificationRules::read(&set).map_err(|_| Error::unreadable("rule_set", "document", case.rule_set_id))?;
    let corrections = document::corrections(detail)?;
    let mut facts = Facts {
        round: None,
        missing_consents: Vec::new(),
        form_faults: Vec::new(),
        unmet_conditions: Vec::new(),
        is_by_assessment: rules.level(detail.target_level).is_some_and(|level| level.method == Method::Assessment),
        skips_employer: false,
        employer_has_account: false,
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
        running: running(&loaded.deadlines),
        panel: Vec::new(),
        candidates: Vec::new(),
        scoring: rules.scoring.clone(),
        review: None,
        asker,
        rules: set,
    };
    let mut application = None;
    match loaded.case.state {
        State::Draft | State::Correction => {
            fill_employer(connection, case, &mut facts).await?;
            application = Some(fill_application(context, connection, loaded, &rules, &mut facts).await?);
        }
        State::EmployerReview => {
            fill_employer(connection, case, &mut facts).await?;
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
    Ok((facts, application))
}

/// What a submission depends on.
async fn fill_application(
    context: &Context,
    connection: &impl ConnectionTrait,
    loaded: &Loaded<Certification>,
    rules: &CertificationRules,
    facts: &mut Facts,
) -> Result<Application> {
    let (case, detail) = (&loaded.row, &loaded.detail);
    let broker = broker_of(connection, detail).await?;
    let profile = crate::broker::full_profile(context, &broker)?;
    let form = document::form(detail)?;
    let around = Around::of(context, connection, case, detail, &form).await?;
    facts.round = round_facts(connection, case).await?;
    facts.missing_consents = missing_consents(connection, case.applicant_id).await?;
    facts.form_faults = application_faults(connection, case, &profile, &form, rules, &around).await?;
    let eligibility = eligibility::with(connection, detail, &profile, &form, rules, around, false).await?;
    facts.unmet_conditions = eligibility::unmet(&eligibility);
    Ok(Application { form, profile, eligibility })
}

/// What faults and conditions look at beside form and profile.
#[derive(Debug)]
pub(super) struct Around {
    pub submitted_on: NaiveDate,
    pub held: Vec<Held>,
    pub other_shares: Vec<OtherShare>,
}

impl Around {
    pub(super) async fn of(
        context: &Context,
        connection: &impl ConnectionTrait,
        case: &case_file::Model,
        detail: &certification::Model,
        form: &CertificationForm,
    ) -> Result<Self> {
        let submitted_on = submission_day(context, case);
        Ok(Self {
            submitted_on,
            held: crate::certificate::held_on(connection, detail.broker_id, submitted_on).await?,
            other_shares: eligibility::other_shares(connection, detail, form).await?,
        })
    }
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
    profile: &Profile,
    form: &CertificationForm,
    rules: &CertificationRules,
    around: &Around,
) -> Result<Vec<Fault>> {
    let form_context = FormContext {
        submitted_on: around.submitted_on,
        held: around.held.iter().map(|held| held.level).max(),
        other_shares: around.other_shares.clone(),
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

/// How the employer takes part. T03: a bureau as employer, and an applicant who would confirm for himself, go to the
/// city directly.
async fn fill_employer(connection: &impl ConnectionTrait, case: &case_file::Model, facts: &mut Facts) -> Result<()> {
    let Some(id) = case.organisation_id else {
        facts.skips_employer = true;
        return Ok(());
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
    facts.skips_employer = is_bureau || is_own;
    facts.employer_has_account = others > 0;
    Ok(())
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

fn running(deadlines: &[deadline::Model]) -> BTreeMap<String, chrono::DateTime<chrono::Utc>> {
    let running = deadlines.iter().filter(|deadline| deadline.state == DeadlineState::Running);
    running.map(|deadline| (deadline.kind.clone(), deadline.due_at)).collect()
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
