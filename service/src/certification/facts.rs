//! Loading what the guards of the process look at. What a state does not ask for is not loaded.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use domain::access::Role;
use domain::broker::Profile;
use domain::certification::eligibility::Eligibility;
use domain::certification::process::{
    Candidate, Certification, Command, CorrectionStage, ExpertState, Facts, PanelMember, State,
};
use domain::certification::{CertificationForm, Context as FormContext};
use domain::deadline::DeadlineState;
use domain::fault::Fault;
use domain::file::FilePurpose;
use domain::ids::AccountId;
use domain::process::Process;
use domain::rule::{CertificationRules, Method};
use domain::time::civil_day;
use domain::word::Word;
use entity::{account_role, broker, case_file, certification, certification_expert, deadline, organisation_member};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QuerySelect};

use super::around::{Around, Standing};
use super::{document, eligibility, review};
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
    let around = match loaded.case.state {
        State::Draft | State::Correction | State::EmployerReview => Some(Around::of(connection, loaded).await?),
        _ => None,
    };
    with(context, connection, loaded, command, (asker, around)).await
}

/// The same with what lies around an open application, where the state asks for it.
pub(super) async fn with(
    context: &Context,
    connection: &impl ConnectionTrait,
    loaded: &Loaded<Certification>,
    command: Option<&Command>,
    (asker, around): (Option<AccountId>, Option<Around>),
) -> Result<(Facts, Option<Application>)> {
    let (case, detail) = (&loaded.row, &loaded.detail);
    let set = crate::rule::rule_set(context, connection, case.rule_set_id).await?;
    let rules = crate::rule::certification_rules(context, connection, case.rule_set_id).await?;
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
    let around = || around.as_ref().ok_or_else(|| Error::internal("an open application without its surroundings"));
    match loaded.case.state {
        State::Draft | State::Correction => {
            let around = around()?;
            fill_employer(around, &mut facts);
            application = Some(fill_application(context, connection, loaded, around, &rules, &mut facts).await?);
        }
        State::EmployerReview => {
            let around = around()?;
            fill_employer(around, &mut facts);
            facts.has_paper_opinion = around.has_file(FilePurpose::EmployerOpinion);
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
    around: &Around,
    rules: &CertificationRules,
    facts: &mut Facts,
) -> Result<Application> {
    let detail = &loaded.detail;
    let profile = around.profile(context)?;
    let form = document::form(detail)?;
    let standing = standing(context, connection, loaded, around, &form).await?;
    facts.round = around.round();
    facts.missing_consents = around.missing_consents();
    facts.form_faults = application_faults(&profile, &form, rules, around, &standing);
    let eligibility = eligibility::with(connection, detail, &profile, &form, rules, standing, false).await?;
    facts.unmet_conditions = eligibility::unmet(&eligibility);
    Ok(Application { form, profile, eligibility })
}

/// Where the applicant stands on the day that counts.
pub(super) async fn standing(
    context: &Context,
    connection: &impl ConnectionTrait,
    loaded: &Loaded<Certification>,
    around: &Around,
    form: &CertificationForm,
) -> Result<Standing> {
    let submitted_on = submission_day(context, &loaded.row);
    let other_shares = eligibility::other_shares(connection, &loaded.detail, form).await?;
    Ok(Standing { submitted_on, held: around.held(submitted_on), other_shares })
}

fn fill_employer(around: &Around, facts: &mut Facts) {
    let part = around.employer();
    facts.skips_employer = part.is_skipped;
    facts.employer_has_account = part.has_confirmer;
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
pub(super) fn application_faults(
    profile: &Profile,
    form: &CertificationForm,
    rules: &CertificationRules,
    around: &Around,
    standing: &Standing,
) -> Vec<Fault> {
    let form_context = FormContext {
        submitted_on: standing.submitted_on,
        held: standing.held.iter().map(|held| held.level).max(),
        other_shares: standing.other_shares.clone(),
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
    for purpose in form.required_documents(profile) {
        if !around.has_file(purpose) {
            faults.push(Fault::new(format!("/files/{purpose}"), "document_missing"));
        }
    }
    faults
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
