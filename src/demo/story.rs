//! The demo's year: about sixty applications, driven through the real use cases into every state.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use domain::access::Role;
use domain::account::ConsentKind;
use domain::certification::process::{Certification, Command, Defect, Opinion, Refusal, ScoreSheet};
use domain::certification::scoring::Dimension;
use domain::certification::{ApplicationType, Level, sample};
use domain::ids::{CaseId, RoundId};
use domain::word::Word;
use jobs::mail::Mailer;
use service::account::Consent;
use service::certification::{CertificationView, NewCertification};
use service::round::NewRound;
use service::{Caller, Context};

use super::clock::DemoClock;
use super::people::{Desks, Person, address, person};
use super::{file, office};

/// Before the first round: a working Monday.
pub const BEGINNING: &str = "2026-01-05T01:00:00Z";
/// Where the demo's clock stands when the server starts: a working Tuesday, well inside the loaded calendars.
pub const PRESENT: &str = "2026-10-13T01:30:00Z";

/// Everything the story needs at hand.
#[derive(Debug)]
pub struct Stage {
    pub context: Context,
    pub clock: Arc<DemoClock>,
    pub mailer: Mailer,
    pub desks: Desks,
    pub confirmer: Person,
    pub present_round: RoundId,
}

/// How far an application is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Goal {
    Draft,
    EmployerReview,
    Returned,
    CityReview,
    CityCorrection,
    NotRecommended,
    RegionFormal,
    RegionCorrection,
    NotAccepted,
    Accepted,
    Assessment,
    NotPassed,
    ExpertReview,
    Decision,
    NotApproved,
    Publicity,
    Certified,
    Withdrawn,
    Lapsed,
}

/// Applications of the first round, decided long ago.
const PAST: &[(Goal, Level, u32)] = &[
    (Goal::Certified, Level::L1, 8),
    (Goal::Certified, Level::L2, 4),
    (Goal::NotRecommended, Level::L1, 1),
    (Goal::NotAccepted, Level::L1, 1),
    (Goal::NotPassed, Level::L1, 1),
    (Goal::NotApproved, Level::L1, 1),
    (Goal::Withdrawn, Level::L1, 2),
    (Goal::Lapsed, Level::L1, 2),
];

/// Applications of the present round, under way.
const NOW: &[(Goal, Level, u32)] = &[
    (Goal::Draft, Level::L1, 5),
    (Goal::EmployerReview, Level::L1, 4),
    (Goal::Returned, Level::L1, 1),
    (Goal::CityReview, Level::L1, 5),
    (Goal::CityCorrection, Level::L1, 2),
    (Goal::RegionFormal, Level::L1, 4),
    (Goal::RegionCorrection, Level::L1, 2),
    (Goal::Accepted, Level::L2, 3),
    (Goal::Assessment, Level::L1, 4),
    (Goal::ExpertReview, Level::L2, 3),
    (Goal::Decision, Level::L1, 3),
    (Goal::Publicity, Level::L1, 4),
];

/// Writes the whole year. Gives the number of applications.
pub async fn write(context: &Context, clock: &Arc<DemoClock>, mailer: &Mailer) -> anyhow::Result<(Stage, u32)> {
    clock.set(instant(BEGINNING)?)?;
    let desks = Desks::new(context).await?;
    let employer = office::employer(context, &desks).await?;
    office::invite(context, &desks, employer, &address("employer_confirmer")).await?;
    let confirmer =
        person(context, "employer_confirmer", "单位确认人", Role::EmployerConfirmer, None, Some(employer)).await?;
    let first_round =
        round(context, &desks, "2026年第一批技术经纪人认定", "2026-01-05T02:00:00Z", "2026-04-30T09:30:00Z").await?;
    // Mails of a day leave on that day, before the clock is put on.
    jobs::run_due(context, mailer).await?;
    clock.set(instant("2026-02-02T01:00:00Z")?)?;
    let mut stage = Stage {
        context: context.clone(),
        clock: clock.clone(),
        mailer: mailer.clone(),
        desks,
        confirmer,
        present_round: first_round,
    };
    let mut number = 1;
    stage.batch(PAST, first_round, &mut number).await?;
    // Sixty working days later everything of the first round has ended.
    stage.pass(TimeDelta::days(90)).await?;
    clock.set(instant("2026-08-31T01:00:00Z")?)?;
    stage.present_round =
        round(context, &stage.desks, "2026年第二批技术经纪人认定", "2026-08-31T02:00:00Z", "2026-12-15T09:30:00Z")
            .await?;
    clock.set(instant(PRESENT)? - TimeDelta::hours(20))?;
    stage.batch(NOW, stage.present_round, &mut number).await?;
    clock.set(instant(PRESENT)?)?;
    jobs::run_due(context, mailer).await?;
    Ok((stage, number - 1))
}

async fn round(context: &Context, desks: &Desks, title: &str, opens: &str, closes: &str) -> anyhow::Result<RoundId> {
    let clerk = desks.region_clerk.caller("demo");
    let rules = service::rule::list(context, &service::page::PageRequest::default()).await?;
    let rules = rules.items.first().map(|set| set.id).ok_or_else(|| anyhow::anyhow!("no rule set is stored"))?;
    let new = NewRound {
        process: "certification".to_owned(),
        region: None,
        title: title.to_owned(),
        opens_at: instant(opens)?,
        closes_at: instant(closes)?,
        recommend_until: None,
        rule_set_id: rules,
        max_file_bytes: 20 * 1024 * 1024,
        max_files: 50,
    };
    let draft = service::round::create(context, &clerk, new).await?.value;
    Ok(service::round::publish(context, &clerk, draft.id, draft.version).await?.value.id)
}

/// An instant of RFC 3339.
pub fn instant(text: &str) -> anyhow::Result<DateTime<Utc>> {
    Ok(text.parse()?)
}

fn opinion(text: &str) -> Opinion {
    Opinion { text: text.to_owned(), signer: "李四".to_owned() }
}

fn refusal(text: &str) -> Refusal {
    Refusal {
        reason_code: "demo".to_owned(),
        text: text.to_owned(),
        remedy: "可在收到通知之日起申请复核，也可依法申请行政复议或者提起行政诉讼".to_owned(),
    }
}

fn defects() -> Vec<Defect> {
    vec![Defect {
        field_path: "/form/trainings/0/certificate_no".to_owned(),
        reason_code: "evidence_illegible".to_owned(),
        text: "培训证书编号与扫描件不一致，请核对".to_owned(),
    }]
}

impl Stage {
    /// Takes a batch of applications as far as each is meant to go.
    async fn batch(&self, goals: &[(Goal, Level, u32)], round: RoundId, number: &mut u32) -> anyhow::Result<()> {
        let mut decided = Vec::new();
        let mut refused = Vec::new();
        for (goal, level, count) in goals {
            for _ in 0..*count {
                let (person, id) = self.apply(*number, *level, round).await?;
                *number += 1;
                self.take(&person, id, *goal, *level).await?;
                match goal {
                    Goal::Publicity | Goal::Certified => decided.push(id),
                    Goal::NotApproved => refused.push(id),
                    _ => {}
                }
            }
        }
        jobs::run_due(&self.context, &self.mailer).await?;
        for id in refused {
            self.act(&self.desks.region_lead, id, Command::Refuse(refusal("业绩材料与登记信息不符"))).await?;
        }
        if !decided.is_empty() {
            office::publish(self, round, decided).await?;
        }
        jobs::run_due(&self.context, &self.mailer).await?;
        Ok(())
    }

    /// Lets time pass day by day, as it would.
    pub async fn pass(&self, time: TimeDelta) -> anyhow::Result<()> {
        pass(&self.context, &self.clock, &self.mailer, time).await
    }

    /// A person with a complete draft.
    async fn apply(&self, number: u32, level: Level, round: RoundId) -> anyhow::Result<(Person, CaseId)> {
        let mut profile = sample::sample_person(number);
        let shown = profile.name.clone().unwrap_or_default();
        let person = person(&self.context, &format!("broker{number}"), &shown, Role::Broker, None, None).await?;
        let caller = person.caller("demo");
        profile.email = Some(person.email.clone());
        for kind in ConsentKind::ALL {
            let consent = Consent { kind: *kind, version: "2026-01".to_owned() };
            service::account::give_consent(&self.context, &caller, &consent).await?;
        }
        profile.photo = None;
        let made = service::broker::create(&self.context, &caller, profile.clone()).await?.value;
        let new = NewCertification { round, kind: ApplicationType::Initial, target_level: level };
        let draft = service::certification::open(&self.context, &caller, new).await?.value;
        profile.photo = Some(file::attach_all(&self.context, &caller, draft.id).await?);
        service::broker::save(&self.context, &caller, made.id, made.version, profile).await?;
        let day = domain::time::civil_day(self.context.now());
        let form = sample::sample_form_on(level, day, number);
        let saved = service::certification::save_form(&self.context, &caller, draft.id, draft.version, form).await?;
        Ok((person, saved.value.id))
    }

    async fn take(&self, person: &Person, id: CaseId, goal: Goal, level: Level) -> anyhow::Result<()> {
        let desks = &self.desks;
        if goal == Goal::Draft {
            return Ok(());
        }
        self.act(person, id, Command::Submit).await?;
        match goal {
            Goal::EmployerReview | Goal::Lapsed => return Ok(()),
            Goal::Withdrawn => {
                let reason = "因工作调动撤回".to_owned();
                return self.act(person, id, Command::Withdraw { reason }).await.map(|_| ());
            }
            Goal::Returned => {
                return self.act(&self.confirmer, id, Command::ReturnToApplicant(defects())).await.map(|_| ());
            }
            _ => {}
        }
        self.act(&self.confirmer, id, Command::Confirm(opinion("在职情况及业绩属实"))).await?;
        match goal {
            Goal::CityReview => return Ok(()),
            Goal::CityCorrection => {
                return self.act(&desks.city_clerk, id, Command::RequestCityCorrection(defects())).await.map(|_| ());
            }
            _ => {}
        }
        self.act(&desks.city_clerk, id, Command::CheckByCity(opinion("材料齐全，建议推荐"))).await?;
        self.act(&desks.city_clerk, id, Command::VerifyTraining(opinion("已与培训基地核对"))).await?;
        if goal == Goal::NotRecommended {
            return self
                .act(&desks.city_lead, id, Command::NotRecommend(refusal("近三年无技术转移业绩")))
                .await
                .map(|_| ());
        }
        self.act(&desks.city_lead, id, Command::Recommend(opinion("同意推荐"))).await?;
        match goal {
            Goal::RegionFormal => return Ok(()),
            Goal::RegionCorrection => {
                return self
                    .act(&desks.region_clerk, id, Command::RequestRegionCorrection(defects()))
                    .await
                    .map(|_| ());
            }
            Goal::NotAccepted => {
                return self
                    .act(&desks.region_clerk, id, Command::NotAccept(refusal("不属于本自治区受理范围")))
                    .await
                    .map(|_| ());
            }
            _ => {}
        }
        self.act(&desks.region_clerk, id, Command::Accept).await?;
        jobs::run_due(&self.context, &self.mailer).await?;
        self.examine(id, goal, level).await
    }

    /// Assessment or expert review.
    async fn examine(&self, id: CaseId, goal: Goal, level: Level) -> anyhow::Result<()> {
        let desks = &self.desks;
        if matches!(goal, Goal::Accepted | Goal::Assessment) {
            return Ok(());
        }
        if level == Level::L1 {
            let command = if goal == Goal::NotPassed {
                Command::FailAssessment(refusal("培训学时未达到要求"))
            } else {
                Command::PassAssessment(opinion("条件核实符合"))
            };
            return self.act(&desks.region_clerk, id, command).await.map(|_| ());
        }
        let panel = desks.experts.iter().take(3).map(|expert| expert.account).collect();
        self.act(&desks.region_clerk, id, Command::NamePanel(panel)).await?;
        let seats = if goal == Goal::ExpertReview { 1 } else { 3 };
        for (expert, points) in desks.experts.iter().take(seats).zip([82, 78, 90]) {
            let scores: BTreeMap<Dimension, u32> =
                Dimension::ALL.iter().map(|dimension| (*dimension, points)).collect();
            let sheet = ScoreSheet { scores, vote: true, comment: "服务业绩突出，熟悉政策".to_owned() };
            self.act(expert, id, Command::Score(sheet)).await?;
        }
        jobs::run_due(&self.context, &self.mailer).await?;
        Ok(())
    }

    /// Acts with the version that the person sees.
    async fn act(&self, who: &Person, id: CaseId, command: Command) -> anyhow::Result<CertificationView> {
        let caller: Caller = who.caller("demo");
        let seen = service::certification::read(&self.context, &caller, id).await?;
        let done =
            service::process::act::<Certification>(&self.context, &caller, id, Some(seen.version), command).await?;
        Ok(done.value)
    }
}

/// Lets time pass day by day; what falls due on a day is done on that day.
pub async fn pass(context: &Context, clock: &DemoClock, mailer: &Mailer, time: TimeDelta) -> anyhow::Result<()> {
    let day = TimeDelta::days(1);
    let mut left = time;
    while left > TimeDelta::zero() {
        let step = left.min(day);
        clock.advance(step)?;
        jobs::run_due(context, mailer).await?;
        left -= step;
    }
    Ok(())
}
