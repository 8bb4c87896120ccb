//! What holds on every path through the table, whoever walks it.

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

use chrono::{NaiveDate, TimeDelta};
use proptest::prelude::*;
use uuid::Uuid;

use super::facts::Candidate;
use super::*;
use crate::calendar::{Calendar, Unit};
use crate::certification::sample;
use crate::deadline::Deadline;
use crate::ids::{AccountId, CaseId, FileId};
use crate::process::{Decision, Denied, Past, decide};
use crate::round::RoundFacts;
use crate::rule::{GX_BROKER_2026_1, RuleSet, ScoringRules};
use crate::time;

static CALENDAR: LazyLock<Calendar> = LazyLock::new(|| Calendar::new("GX-1".to_owned(), Calendar::seed().unwrap()));
static SCORING: LazyLock<ScoringRules> = LazyLock::new(|| sample::rules().scoring);
static RULES: LazyLock<Arc<RuleSet>> = LazyLock::new(|| Arc::new(RuleSet::read(GX_BROKER_2026_1).unwrap()));

fn account(number: u128) -> AccountId {
    AccountId(Uuid::from_u128(number))
}

/// Everybody acts as a person of that role alone, the broker being the applicant.
fn acting(role: Role) -> Acting {
    if role == Role::System {
        return Acting::system();
    }
    let position = Role::ALL.iter().position(|known| *known == role).unwrap();
    Acting { account: Some(account(position as u128 + 1)), role, on_behalf_of: None, ties: Vec::new() }
}

fn case(state: State) -> Case<Certification> {
    Case {
        id: CaseId(Uuid::from_u128(1)),
        state,
        resume_state: (state == State::Correction).then_some(State::CityReview),
        version: 1,
        region: "450100".parse().unwrap(),
        organisation: None,
        applicant: acting(Role::Broker).account.unwrap(),
        assignee: None,
        past: Vec::new(),
        deadlines: Vec::new(),
    }
}

fn opinion() -> Opinion {
    Opinion { text: "情况属实".to_owned(), signer: "李四".to_owned() }
}

fn refusal() -> Refusal {
    Refusal {
        reason_code: "out_of_scope".to_owned(), text: "不在受理范围".to_owned(), remedy: "可复核".to_owned()
    }
}

fn defects() -> Vec<Defect> {
    let (field_path, reason_code) = ("/form/trainings/0/certificate_no".to_owned(), "illegible".to_owned());
    vec![Defect { field_path, reason_code, text: "请重新填写".to_owned() }]
}

fn experts() -> Vec<AccountId> {
    (101..104).map(account).collect()
}

/// A command of a verb with content that is in order.
fn command(verb: Verb) -> Command {
    let reason = "因工作调动".to_owned();
    match verb {
        Verb::Submit => Command::Submit,
        Verb::SubmitToCity => Command::SubmitToCity,
        Verb::Confirm => Command::Confirm(opinion()),
        Verb::ConfirmOnPaper => Command::ConfirmOnPaper { opinion: opinion(), file: FileId(Uuid::from_u128(9)) },
        Verb::ReturnToApplicant => Command::ReturnToApplicant(defects()),
        Verb::LapseAtEmployer => Command::LapseAtEmployer,
        Verb::CheckByCity => Command::CheckByCity(opinion()),
        Verb::RequestCityCorrection => Command::RequestCityCorrection(defects()),
        Verb::VerifyTraining => Command::VerifyTraining(opinion()),
        Verb::CloseNotice => Command::CloseNotice,
        Verb::Recommend => Command::Recommend(opinion()),
        Verb::NotRecommend => Command::NotRecommend(refusal()),
        Verb::Accept => Command::Accept,
        Verb::AcceptBySilence => Command::AcceptBySilence,
        Verb::RequestRegionCorrection => Command::RequestRegionCorrection(defects()),
        Verb::RequestFurtherCorrection => Command::RequestFurtherCorrection(defects()),
        Verb::NotAccept => Command::NotAccept(refusal()),
        Verb::AnswerCorrection => {
            Command::AnswerCorrection(vec![DefectAnswer { item: 0, text: "已重新上传".to_owned() }])
        }
        Verb::ExtendCorrection => Command::ExtendCorrection { reason },
        Verb::LapseInCorrection => Command::LapseInCorrection,
        Verb::StartAssessment => Command::StartAssessment,
        Verb::NamePanel => Command::NamePanel(experts()),
        Verb::PassAssessment => Command::PassAssessment(opinion()),
        Verb::FailAssessment => Command::FailAssessment(refusal()),
        Verb::DeclareConflict => Command::DeclareConflict { reason },
        Verb::ReplaceExpert => Command::ReplaceExpert { leaves: account(101), joins: account(104) },
        Verb::Score => {
            let scores = crate::certification::Dimension::ALL.iter().map(|dimension| (*dimension, 80)).collect();
            Command::Score(ScoreSheet { scores, vote: true, comment: "服务业绩突出".to_owned() })
        }
        Verb::PassReview => Command::PassReview,
        Verb::FailReview => Command::FailReview,
        Verb::Publish => Command::Publish,
        Verb::Refuse => Command::Refuse(refusal()),
        Verb::EndPublicity => Command::EndPublicity,
        Verb::Issue => Command::Issue,
        Verb::Withdraw => Command::Withdraw { reason },
        Verb::ExpireDraft => Command::ExpireDraft,
    }
}

/// Facts with every paper in order; what remains open is drawn.
fn facts(case: &Case<Certification>, acting: &Acting, flags: u8) -> Facts {
    let is = |bit: u8| flags & (1 << bit) != 0;
    let correction =
        Correction { stage: CorrectionStage::City, items: defects(), answers: Vec::new(), is_extended: is(0) };
    Facts {
        rules: RULES.clone(),
        round: Some(RoundFacts {
            is_published: true,
            opens_at: DateTime::<Utc>::MIN_UTC,
            closes_at: DateTime::<Utc>::MAX_UTC,
        }),
        missing_consents: Vec::new(),
        form_faults: Vec::new(),
        unmet_conditions: Vec::new(),
        is_by_assessment: is(1),
        skips_employer: is(2),
        employer_has_account: is(3),
        has_paper_opinion: true,
        is_training_verified: true,
        city_has_checked: true,
        correction: Some(correction),
        corrections_asked: BTreeMap::from([(CorrectionStage::Region, u32::from(is(4)))]),
        corrections_allowed: 1,
        region_items_asked: defects().into_iter().map(|defect| defect.field_path).collect(),
        running: case.deadlines.iter().map(|one| (one.kind.clone(), one.effective_due_at())).collect(),
        panel: experts()
            .into_iter()
            .chain(acting.account)
            .map(|account| PanelMember { account, state: ExpertState::Assigned })
            .collect(),
        candidates: (101..105)
            .map(|number| Candidate { account: account(number), is_expert: true, is_tied: false })
            .collect(),
        scoring: SCORING.clone(),
        review: Some(Review { all_scored: true, passes: is(5), is_valid: true, summary: serde_json::Value::Null }),
        asker: acting.account,
    }
}

fn decided(
    case: &Case<Certification>,
    verb: Verb,
    role: Role,
    flags: u8,
    now: DateTime<Utc>,
) -> Result<Decision<Certification>, Denied<Certification>> {
    let acting = acting(role);
    decide(case, &acting, &command(verb), &facts(case, &acting, flags), now, &CALENDAR)
}

/// The case after a decision, as the service would save it.
fn after(mut case: Case<Certification>, acting: &Acting, decision: &Decision<Certification>) -> Case<Certification> {
    case.state = decision.to;
    case.resume_state = decision.resume_state;
    case.version += 1;
    if let Some(by) = acting.account {
        case.past.push(Past { verb: decision.verb, by, on_behalf_of: None });
    }
    for changed in &decision.deadlines {
        case.deadlines.retain(|known| known.kind != changed.kind);
        case.deadlines.push(changed.clone());
    }
    case.deadlines.retain(|deadline| deadline.state.is_open());
    case
}

fn is_in_working_days(deadline: &Deadline) -> bool {
    deadline.period.terms.iter().all(|term| term.unit == Unit::WorkingDay)
}

fn start() -> impl Strategy<Value = DateTime<Utc>> {
    (0i64..2_000)
        .prop_map(|days| time::end_of_day(NaiveDate::from_ymd_opt(2024, 1, 1).unwrap()) + TimeDelta::days(days))
}

/// Which of the rows that lead out is tried, what is drawn of the facts, hours until then.
fn steps() -> impl Strategy<Value = Vec<(prop::sample::Index, u8, i64)>> {
    prop::collection::vec((any::<prop::sample::Index>(), any::<u8>(), 0i64..400), 1..40)
}

#[test]
fn what_is_absent_from_the_table_is_refused_as_state_or_as_role() {
    let now = time::end_of_day(NaiveDate::from_ymd_opt(2026, 7, 6).unwrap());
    for state in State::ALL {
        for verb in Verb::ALL {
            let rows: Vec<_> =
                Certification::ROWS.iter().filter(|row| row.verb == *verb && row.from.contains(state)).collect();
            for role in Role::ALL {
                let answer = decided(&case(*state), *verb, *role, 0, now);
                let name = format!("{state} {verb} {role}: {answer:?}");
                if rows.is_empty() {
                    assert_eq!(answer.err(), Some(Denied::State { state: *state, verb: *verb }), "{name}");
                } else if rows.iter().any(|row| row.by.contains(role)) {
                    let is_table = matches!(answer, Err(Denied::State { .. } | Denied::Role { .. }));
                    assert!(!is_table, "{name}");
                } else {
                    assert_eq!(answer.err(), Some(Denied::Role { verb: *verb }), "{name}");
                }
            }
        }
    }
}

/// States from which the closing of a case can be reached, by the rows alone.
#[test]
fn every_state_that_is_not_final_has_a_way_to_a_final_one() {
    let leads_out = |state: State| Certification::ROWS.iter().filter(move |row| row.from.contains(&state));
    for first in State::ALL {
        let (mut reached, mut index) = (vec![*first], 0);
        while let Some(state) = reached.get(index).copied() {
            index += 1;
            for row in leads_out(state) {
                let targets = match &row.next {
                    crate::process::Next::To(to) | crate::process::Next::Park(to) => vec![*to],
                    crate::process::Next::Stay => Vec::new(),
                    crate::process::Next::Resume(set) => set.to_vec(),
                };
                reached.extend(targets.into_iter().filter(|to| !reached.contains(to)).collect::<Vec<_>>());
            }
        }
        assert!(reached.iter().any(|state| leads_out(*state).next().is_none()), "{first}: no way to an end");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_path_keeps_the_promises(from in start(), steps in steps()) {
        let (mut now, mut case) = (from, case(State::Draft));
        for (index, flags, hours) in steps {
            now += TimeDelta::hours(hours);
            let rows: Vec<_> = Certification::ROWS.iter().filter(|row| row.from.contains(&case.state)).collect();
            if rows.is_empty() {
                // That other roles are refused alike is shown above, state by state.
                for verb in Verb::ALL {
                    let refused = decided(&case, *verb, Role::Broker, flags, now).err();
                    prop_assert_eq!(refused, Some(Denied::State { state: case.state, verb: *verb }));
                }
                prop_assert_eq!(&case.deadlines, &Vec::new());
                break;
            }
            let row = index.get(&rows);
            let role = row.by[usize::from(flags) % row.by.len()];
            let Ok(decision) = decided(&case, row.verb, role, flags, now) else { continue };
            prop_assert_eq!(decision.from, case.state);
            prop_assert_eq!(decision.is_final, !Certification::ROWS.iter().any(|row| row.from.contains(&decision.to)));
            for deadline in decision.deadlines.iter().filter(|deadline| is_in_working_days(deadline)) {
                prop_assert!(CALENDAR.is_working_day(deadline.due.last_day), "{:?}", deadline);
                prop_assert!(CALENDAR.is_working_day(deadline.effective_last_day()), "{:?}", deadline);
            }
            case = after(case, &acting(role), &decision);
            if case.state == State::Correction {
                prop_assert!(matches!(case.resume_state, Some(State::CityReview | State::RegionFormal)));
            }
            let nearest = case.deadlines.iter().filter(|one| one.state == crate::deadline::DeadlineState::Running);
            prop_assert_eq!(decision.next_due_at, nearest.map(Deadline::effective_due_at).min());
        }
    }
}
