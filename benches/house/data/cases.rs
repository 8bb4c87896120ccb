//! Applications: the case, its own row, its deadlines, files and claimed contracts.

use std::ops::Range;

use chrono::{DateTime, Datelike, TimeDelta, Utc};
use domain::access::Role;
use domain::broker::mod37::check_character;
use domain::calendar::Period;
pub use domain::certification::process::State;
use domain::certification::{ApplicationType, Level};
use domain::deadline::{DeadlineState, Party};
use domain::file::{FilePurpose, ScanState};
use domain::ids::{CaseId, DeadlineId, FileId};
use domain::region::RegionCode;
use domain::word::Word;
use entity::{case_counter, case_file, certification, certification_contract, deadline, file};
use sea_orm::DatabaseConnection;
use serde_json::{Value, json};

use super::forms::{Forms, contracts, registration};
use super::people::{profile, stored};
use super::{Broker, Kind, Plan, REGION_CLERK, city_staff, put};

/// One application of one broker.
#[derive(Debug, Clone)]
pub struct Case {
    pub id: CaseId,
    pub place: u32,
    pub broker: u32,
    /// Keeps its registration numbers apart from all others.
    pub series: u32,
    pub state: State,
    pub level: Level,
    pub region: RegionCode,
    pub opened: DateTime<Utc>,
    /// When something last happened.
    pub touched: DateTime<Utc>,
}

/// Where applications of the first and of the third level are on their way.
const FIRST: [State; 8] = [
    State::RegionFormal,
    State::EmployerReview,
    State::RegionFormal,
    State::CityReview,
    State::RegionFormal,
    State::Assessment,
    State::Decision,
    State::Accepted,
];
const THIRD: [State; 8] = [
    State::CityReview,
    State::RegionFormal,
    State::ExpertReview,
    State::Accepted,
    State::Decision,
    State::Publicity,
    State::EmployerReview,
    State::RegionFormal,
];

/// What a broker's application of this place is, if there is one.
fn outline(place: u32, number: u32) -> Option<(State, Level)> {
    // Eight steps for each city.
    let step = (number / 4 / 2) as usize % 8;
    let all: [Option<(State, Level)>; 3] = match Plan::kind(number) {
        Broker::Free => [
            Some((State::Withdrawn, Level::L1)),
            Some((State::Certified, Level::L1)),
            Some((State::Certified, Level::L2)),
        ],
        Broker::Drafter => [Some((State::Withdrawn, Level::L1)), Some((State::Draft, Level::L1)), None],
        Broker::Climber => {
            [Some((State::Certified, Level::L1)), Some((State::Certified, Level::L2)), Some((THIRD[step], Level::L3))]
        }
        Broker::Beginner => [Some((State::NotPassed, Level::L1)), Some((FIRST[step], Level::L1)), None],
    };
    all[place as usize]
}

/// The applications of this place of some brokers.
pub fn applications(plan: &Plan, place: u32, numbers: Range<u32>) -> Vec<Case> {
    let made = |number: u32| {
        let (state, level) = outline(place, number)?;
        let opened = plan.opened(place, number);
        Some(Case {
            id: plan.case(place, number),
            place,
            broker: number,
            series: number * 3 + place,
            state,
            level,
            region: Plan::region(number),
            opened,
            touched: opened + TimeDelta::days(if state == State::Draft { 1 } else { 60 }),
        })
    };
    numbers.filter_map(made).collect()
}

impl Case {
    pub fn is_open(&self) -> bool {
        FIRST.contains(&self.state) || THIRD.contains(&self.state) || self.state == State::Draft
    }

    fn is_submitted(&self) -> bool {
        self.state != State::Draft
    }

    fn desk(&self) -> Option<Role> {
        use domain::process::Process;
        domain::certification::process::Certification::desk(self.state)
    }
}

/// Writes applications; gives the number of all written so far.
pub async fn write(
    connection: &DatabaseConnection,
    plan: &Plan,
    forms: &Forms,
    cases: &[Case],
    before: u32,
) -> anyhow::Result<u32> {
    let rows = (before + 1..).zip(cases).map(|(number, case)| case_row(plan, case, number)).collect();
    put::<case_file::Entity>(connection, rows).await?;
    let details = cases.iter().map(|case| detail(plan, forms, case)).collect::<anyhow::Result<_>>()?;
    put::<certification::Entity>(connection, details).await?;
    put::<deadline::Entity>(connection, cases.iter().flat_map(|case| deadlines(plan, case)).collect()).await?;
    put::<file::Entity>(connection, cases.iter().flat_map(|case| files(plan, case)).collect()).await?;
    put::<certification_contract::Entity>(connection, cases.iter().flat_map(|case| claimed(plan, case)).collect())
        .await?;
    Ok(before + u32::try_from(cases.len()).unwrap_or(0))
}

/// Where the numbering goes on.
pub async fn count(connection: &DatabaseConnection, plan: &Plan, last: u32) -> anyhow::Result<()> {
    let row = case_counter::Model { prefix: "CE".to_owned(), year: plan.day().year(), last: last.into() };
    put::<case_counter::Entity>(connection, vec![row]).await
}

fn number_of(plan: &Plan, number: u32) -> String {
    let body = format!("CE-{}-{number:06}", plan.day().year());
    let check = check_character(&body.replace('-', "")).unwrap_or('0');
    format!("{body}-{check}")
}

fn case_row(plan: &Plan, case: &Case, number: u32) -> case_file::Model {
    case_file::Model {
        id: case.id,
        process: "certification".to_owned(),
        process_version: 1,
        number: number_of(plan, number),
        state: case.state.as_str().to_owned(),
        resume_state: None,
        version: if case.is_submitted() { 7 } else { 2 },
        region: case.region.clone(),
        organisation_id: Some(plan.organisation(case.broker)),
        round_id: Some(plan.round()),
        applicant_id: plan.account(case.broker),
        applicant_name: profile(plan, case.broker).name.unwrap_or_default(),
        title: format!("{}技术经纪人认定申请", case.level.zh()),
        desk_role: case.desk(),
        assignee_id: None,
        next_due_at: case.is_open().then(|| plan.now + TimeDelta::days(20)),
        rule_set_id: plan.rules,
        acts: acts(plan, case),
        submitted_at: case.is_submitted().then(|| case.opened + TimeDelta::days(2)),
        closed_at: (!case.is_open()).then_some(case.touched),
        created_at: case.opened,
        updated_at: case.touched,
    }
}

/// Who did what so far.
fn acts(plan: &Plan, case: &Case) -> String {
    if !case.is_submitted() {
        return "[]".to_owned();
    }
    let (clerk, lead) = city_staff(&case.region);
    let by = |verb: &str, account: domain::ids::AccountId| json!([verb, account, null]);
    json!([
        by("submit", plan.account(case.broker)),
        by("check_by_city", plan.staff(clerk)),
        by("verify_training", plan.staff(clerk)),
        by("recommend", plan.staff(lead)),
    ])
    .to_string()
}

fn signed(plan: &Plan, by: u32, at: DateTime<Utc>) -> String {
    let opinion = json!({ "text": "情况属实，同意推荐", "signer": "李四" });
    json!({ "opinion": opinion, "by": plan.staff(by), "at": at, "file_id": null }).to_string()
}

fn detail(plan: &Plan, forms: &Forms, case: &Case) -> anyhow::Result<certification::Model> {
    let (clerk, _) = city_staff(&case.region);
    let is_submitted = case.is_submitted();
    let opinion = |by: u32| is_submitted.then(|| signed(plan, by, case.touched));
    let closing = match case.state {
        State::Withdrawn => Some(json!({ "reason": "材料不全，撤回", "at": case.touched }).to_string()),
        _ => None,
    };
    let refusal: Option<Value> = (case.state == State::NotPassed)
        .then(|| json!({ "reason_code": "not_enough", "text": "业绩证明不足", "remedy": "可申请行政复议" }));
    Ok(certification::Model {
        case_id: case.id,
        broker_id: plan.broker(case.broker),
        kind: if case.level == Level::L3 { ApplicationType::Upgrade } else { ApplicationType::Initial },
        target_level: case.level,
        form: forms.form(case),
        correction: None,
        correction_rounds: None,
        eligibility: forms.answer(case),
        assessment: None,
        employer_opinion: opinion(clerk),
        city_opinion: opinion(clerk),
        acceptance: (case.state == State::Certified)
            .then(|| json!({ "at": case.touched, "by_silence": false }).to_string()),
        refusal: refusal.map(|value| value.to_string()),
        profile: if is_submitted { Some(stored(plan, case.broker)?) } else { None },
        training: opinion(REGION_CLERK),
        review: None,
        closing,
        is_open: case.is_open(),
    })
}

/// The clocks behind an application, and the one that runs.
fn deadlines(plan: &Plan, case: &Case) -> Vec<deadline::Model> {
    let past: &[(&str, Party)] = if case.is_submitted() {
        &[
            ("draft_idle", Party::Applicant),
            ("employer_review", Party::Applicant),
            ("employer_lapse", Party::Applicant),
            ("city_review", Party::Authority),
        ]
    } else {
        &[]
    };
    let running = match (case.is_open(), case.state) {
        (false, _) => None,
        (true, State::Draft) => Some(("draft_idle", Party::Applicant)),
        (true, _) => Some(("completeness", Party::Authority)),
    };
    let past = past.iter().map(|(kind, party)| (*kind, *party, DeadlineState::Met));
    let all = past.chain(running.map(|(kind, party)| (kind, party, DeadlineState::Running)));
    (0..).zip(all).map(|(at, (kind, party, state))| deadline_row(plan, case, at, kind, party, state)).collect()
}

fn deadline_row(plan: &Plan, case: &Case, at: u32, kind: &str, party: Party, state: DeadlineState) -> deadline::Model {
    let is_running = state == DeadlineState::Running;
    let due = if is_running { plan.now + TimeDelta::days(20) } else { case.opened + TimeDelta::days(30) };
    deadline::Model {
        id: DeadlineId(plan.id(Kind::Deadline, case.series * 8 + at)),
        case_id: case.id,
        kind: kind.to_owned(),
        round_no: 1,
        party,
        state,
        started_on: domain::time::civil_day(case.opened),
        period: serde_json::to_string(&Period::working_days(20)).unwrap_or_default(),
        legal_due_at: due,
        communicated_due_at: due,
        due_at: due,
        calendar_version: "2026-1".to_owned(),
        provisional: false,
        paused_on: None,
        used_working_days: 0,
        revision: 1,
        closed_at: (!is_running).then_some(case.touched),
        created_at: case.opened + TimeDelta::seconds(at.into()),
    }
}

/// The documents of whoever still has to submit.
fn files(plan: &Plan, case: &Case) -> Vec<file::Model> {
    let wanted: &[FilePurpose] = if case.state == State::Draft { FilePurpose::ALL } else { &[] };
    let row = |(at, purpose): (u32, &FilePurpose)| file::Model {
        id: FileId(plan.id(Kind::File, case.series * 16 + at)),
        case_id: case.id,
        purpose: *purpose,
        name: format!("{purpose}.pdf"),
        media_type: "application/pdf".to_owned(),
        size_bytes: 1_000,
        sha256: "0".repeat(64),
        object_key: format!("{}/{purpose}", case.id),
        scan_state: ScanState::Skipped,
        scan_detail: None,
        uploaded_by: plan.account(case.broker),
        created_at: case.opened,
        deleted_at: None,
    };
    (0..).zip(wanted).map(row).collect()
}

/// The shares that an application claims.
fn claimed(plan: &Plan, case: &Case) -> Vec<certification_contract::Model> {
    let row = |at: u32| certification_contract::Model {
        case_id: case.id,
        reg_no: registration(case.series, at),
        broker_id: plan.broker(case.broker),
        level: case.level,
        share_pct: 100,
        is_credited: case.state == State::Certified,
    };
    (0..contracts(case.level)).map(row).collect()
}
