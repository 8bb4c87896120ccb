//! What the audit trail tells of a case, from its first entry to its last, is how the case stands.

use std::collections::BTreeMap;

use chrono::TimeDelta;
use domain::access::Role;
use domain::certification::Level;
use domain::certification::process::{Certification, Command, Defect, DefectAnswer, Refusal, ScoreSheet, State, Verb};
use domain::certification::scoring::Dimension;
use domain::process::{Next, Process};
use domain::word::Word;
use entity::{audit, case_file, certificate};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};
use service::Caller;

use crate::certification::cast::{Cast, fresh, grant, opinion, person};
use crate::harness::context::TestContext;
use crate::harness::db_tests;
use crate::harness::disk::Luck;
use crate::harness::evidence::{evidence, rounds, seed};

fn defects() -> Vec<Defect> {
    let (field_path, reason_code) = ("/form/trainings/0/certificate_no".to_owned(), "illegible".to_owned());
    vec![Defect { field_path, reason_code, text: "请重新填写".to_owned() }]
}

fn refusal() -> Refusal {
    let (reason_code, text) = ("out_of_scope".to_owned(), "不在受理范围".to_owned());
    Refusal { reason_code, text, remedy: "可申请复核".to_owned() }
}

fn sheet(luck: &mut Luck) -> ScoreSheet {
    let scores: BTreeMap<Dimension, u32> = Dimension::ALL.iter().map(|dimension| (*dimension, 80)).collect();
    ScoreSheet { scores, vote: !luck.chance(4), comment: "服务业绩突出".to_owned() }
}

/// The command of a verb, with content that may do; none for what the program does by itself.
fn command(verb: Verb, cast: &Cast, luck: &mut Luck) -> Option<Command> {
    let panel = || cast.experts.iter().take(3).map(|expert| expert.actor.account).collect();
    let reason = || "另有安排".to_owned();
    Some(match verb {
        Verb::Submit => Command::Submit,
        Verb::SubmitToCity => Command::SubmitToCity,
        Verb::Confirm => Command::Confirm(opinion()),
        Verb::ReturnToApplicant => Command::ReturnToApplicant(defects()),
        Verb::CheckByCity => Command::CheckByCity(opinion()),
        Verb::RequestCityCorrection => Command::RequestCityCorrection(defects()),
        Verb::VerifyTraining => Command::VerifyTraining(opinion()),
        Verb::Recommend => Command::Recommend(opinion()),
        Verb::NotRecommend => Command::NotRecommend(refusal()),
        Verb::Accept => Command::Accept,
        Verb::RequestRegionCorrection => Command::RequestRegionCorrection(defects()),
        Verb::RequestFurtherCorrection => Command::RequestFurtherCorrection(defects()),
        Verb::NotAccept => Command::NotAccept(refusal()),
        Verb::AnswerCorrection => {
            Command::AnswerCorrection(vec![DefectAnswer { item: 0, text: "已更正".to_owned() }])
        }
        Verb::ExtendCorrection => Command::ExtendCorrection { reason: reason() },
        Verb::NamePanel => Command::NamePanel(panel()),
        Verb::PassAssessment => Command::PassAssessment(opinion()),
        Verb::FailAssessment => Command::FailAssessment(refusal()),
        Verb::DeclareConflict => Command::DeclareConflict { reason: reason() },
        Verb::ReplaceExpert => {
            Command::ReplaceExpert { leaves: cast.experts[0].actor.account, joins: cast.experts[3].actor.account }
        }
        Verb::Score => Command::Score(sheet(luck)),
        Verb::Refuse => Command::Refuse(refusal()),
        Verb::Withdraw => Command::Withdraw { reason: reason() },
        _ => return None,
    })
}

/// Somebody of the role.
fn somebody<'a>(cast: &'a Cast, broker: &'a Caller, role: Role, luck: &mut Luck) -> Option<&'a Caller> {
    Some(match role {
        Role::Broker => broker,
        Role::EmployerConfirmer => &cast.confirmer,
        Role::CityClerk => &cast.city_clerk,
        Role::CityLead => &cast.city_lead,
        Role::RegionClerk => &cast.region_clerk,
        Role::RegionLead => &cast.region_lead,
        Role::Expert => &cast.experts[usize::try_from(luck.below(4)).unwrap()],
        _ => return None,
    })
}

/// One deed of somebody, chosen by chance: most by the table, some against it.
async fn do_something(cast: &Cast, broker: &Caller, case: case_file::Model, luck: &mut Luck) {
    let state = State::parse(&case.state).unwrap();
    // Few walks would get far if every third applicant withdrew.
    let rows: Vec<_> = Certification::ROWS
        .iter()
        .filter(|row| luck_allows(row.verb, luck) && (row.from.contains(&state) || luck.chance(20)))
        .collect();
    if rows.is_empty() || luck.chance(8) {
        cast.app.clock.advance(TimeDelta::days(i64::try_from(1 + luck.below(9)).unwrap()));
        cast.run_due().await;
        return;
    }
    let row = rows[usize::try_from(luck.below(rows.len() as u64)).unwrap()];
    let role = row.by[usize::try_from(luck.below(row.by.len() as u64)).unwrap()];
    if state == State::Decision && luck.chance(2) {
        let new = service::publicity::NewPublicity {
            round: cast.round,
            title: "拟认定名单公示".to_owned(),
            cases: vec![case.id],
        };
        if let Ok(draft) = service::publicity::create(&cast.app.ctx, &fresh(&cast.region_clerk), new).await {
            let (id, version) = (draft.value.id, draft.value.version);
            let _ = service::publicity::publish(&cast.app.ctx, &fresh(&cast.region_lead), id, version).await;
        }
        return;
    }
    if let (Some(command), Some(who)) = (command(row.verb, cast, luck), somebody(cast, broker, role, luck)) {
        // Whether it was allowed is the kernel's affair.
        let _ = cast.act(who, case.id, command).await;
        service::process::act_by_program(&cast.app.ctx, &case.process, case.id).await.unwrap();
    }
}

fn luck_allows(verb: Verb, luck: &mut Luck) -> bool {
    let ends =
        matches!(verb, Verb::Withdraw | Verb::NotAccept | Verb::NotRecommend | Verb::FailAssessment | Verb::Refuse);
    !ends || luck.chance(12)
}

/// How the trail says that a case stands.
#[derive(Debug, PartialEq, Eq)]
struct Told {
    state: String,
    resume_state: Option<String>,
    is_submitted: bool,
    acts: Vec<String>,
    certificates: usize,
}

fn replay(entries: &[audit::Model]) -> Told {
    let mut told =
        Told { state: String::new(), resume_state: None, is_submitted: false, acts: Vec::new(), certificates: 0 };
    for entry in entries {
        let (Some(from), Some(to)) = (&entry.state_from, &entry.state_to) else { continue };
        assert_eq!(*from, told.state, "{} begins elsewhere than where the case was", entry.action);
        if from.is_empty() {
            told.state.clone_from(to);
            continue;
        }
        let verb = entry.action.strip_prefix("certification.").unwrap();
        let mut rows = Certification::ROWS.iter().filter(|row| row.verb.as_str() == verb);
        let Some(row) = rows.find(|row| row.from.iter().any(|state| state.as_str() == from)) else {
            // The content of a draft changes by itself, beside the table.
            assert!(verb == "save_form" && from == to, "{verb} is not in the table of {from}");
            continue;
        };
        if matches!(row.next, Next::Park(_)) {
            told.resume_state = Some(from.clone());
        }
        if from == "draft" && !matches!(to.as_str(), "draft" | "withdrawn" | "lapsed") {
            told.is_submitted = true;
        } else if to == "draft" {
            told.is_submitted = false;
        }
        if entry.actor_id.is_some() {
            told.acts.push(verb.to_owned());
        }
        told.certificates += usize::from(verb == Verb::Issue.as_str());
        told.state.clone_from(to);
    }
    told
}

async fn stored(app: &TestContext, case: &case_file::Model) -> Told {
    let acts: Vec<serde_json::Value> = serde_json::from_str(&case.acts).unwrap();
    let issued = certificate::Entity::find().filter(certificate::Column::CaseId.eq(case.id));
    Told {
        state: case.state.clone(),
        resume_state: case.resume_state.clone(),
        is_submitted: case.submitted_at.is_some(),
        acts: acts.iter().map(|act| act[0].as_str().unwrap().to_owned()).collect(),
        certificates: issued.all(app.connection()).await.unwrap().len(),
    }
}

db_tests! {
    async fn replaying_the_trail_of_a_case_gives_the_case(app: TestContext) {
        println!("JIQIAO_SEED={}", seed());
        let (mut luck, walks) = (Luck(seed()), rounds(4, 300));
        let cast = Cast::new(app).await;
        let mut states: BTreeMap<String, usize> = BTreeMap::new();
        for walk in 0..walks {
            let who = person(&cast.app, &format!("walker{walk}"), &[grant(Role::Broker, None, None)]).await;
            let level = [Level::L1, Level::L2][usize::try_from(walk % 2).unwrap()];
            let id = cast.draft_of(&who, u32::try_from(walk).unwrap(), level).await.id;
            for _ in 0..20 {
                do_something(&cast, &who, cast.row(id).await, &mut luck).await;
            }
        }
        let mut entries = 0;
        for case in case_file::Entity::find().all(cast.app.connection()).await.unwrap() {
            let trail = audit::Entity::find()
                .filter(audit::Column::ObjectKind.eq("certification"))
                .filter(audit::Column::ObjectId.eq(case.id.to_string()))
                .order_by_asc(audit::Column::Seq)
                .all(cast.app.connection())
                .await
                .unwrap();
            assert_eq!(replay(&trail), stored(&cast.app, &case).await, "{}", case.number);
            entries += trail.len();
            *states.entry(case.state).or_default() += 1;
        }
        assert_eq!(service::audit::verify(&cast.app.ctx).await.unwrap().breaks, Vec::new());
        assert!(entries > 30, "{entries}");
        evidence!(
            "M7",
            cast.app.engine().as_str(),
            "{walks} random walks through the table, {entries} entries replayed: state, desk of return, acts and certificates \
             as stored; ended in {states:?}"
        );
    }
}
