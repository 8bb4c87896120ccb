//! From the draft to the verified certificate.

use std::collections::BTreeMap;

use cast::{Cast, code, fresh, opinion};
use chrono::TimeDelta;
use domain::certificate::Verification;
use domain::certification::Level;
use domain::certification::process::{Command, Defect, DefectAnswer, Refusal, ScoreSheet, State};
use domain::certification::scoring::Dimension;
use domain::word::Word;

use super::cast;
use crate::harness::context::TestContext;
use crate::harness::db_tests;

fn sheet(points: u32, vote: bool) -> ScoreSheet {
    let scores: BTreeMap<Dimension, u32> = Dimension::ALL.iter().map(|dimension| (*dimension, points)).collect();
    ScoreSheet { scores, vote, comment: "服务业绩突出".to_owned() }
}

fn defect(path: &str) -> Defect {
    Defect { field_path: path.to_owned(), reason_code: "illegible".to_owned(), text: "请重新填写".to_owned() }
}

fn refusal() -> Refusal {
    Refusal {
        reason_code: "out_of_scope".to_owned(), text: "不在受理范围".to_owned(), remedy: "可申请复核".to_owned()
    }
}

db_tests! {
    async fn level_one_is_certified_by_assessment(app: TestContext) {
        let cast = Cast::new(app).await;
        let draft = cast.draft(Level::L1).await;
        assert_eq!(draft.faults, Vec::new());
        assert!(draft.allowed_actions.contains(&"submit".to_owned()), "{:?}", draft.allowed_actions);
        let id = draft.id;
        cast.to_region(id).await;
        cast.act(&cast.region_clerk, id, Command::Accept).await.unwrap();
        cast.advance_all().await;
        assert_eq!(cast.state(id).await, State::Assessment);
        cast.act(&cast.region_clerk, id, Command::PassAssessment(opinion())).await.unwrap();
        let list = cast.publish(vec![id]).await;
        assert_eq!(cast.state(id).await, State::Publicity);
        // Monday 6 July: seven calendar days counting the first end on Sunday the 12th and roll to Monday the 13th.
        assert_eq!(list.ends_at.unwrap().to_rfc3339(), "2026-07-13T15:59:59+00:00");
        cast.run_due().await;
        assert_eq!(cast.state(id).await, State::Publicity);
        cast.app.clock.advance(TimeDelta::days(8));
        cast.run_due().await;
        assert_eq!(cast.state(id).await, State::Certified);

        let certificate = service::certificate::list(&cast.app.ctx, &cast.broker, None, None, &service::page::PageRequest::default())
            .await
            .unwrap()
            .items
            .remove(0);
        assert_eq!(certificate.issued_on.to_string(), "2026-07-14");
        assert_eq!(certificate.valid_until.to_string(), "2029-07-31");
        let answer = service::verification::by_code(&cast.app.ctx, &certificate.verification_code, None).await.unwrap();
        assert!(matches!(answer.answer, Verification::Valid { .. }), "{answer:?}");
        let by_name = service::verification::by_number(&cast.app.ctx, &certificate.number, &certificate.holder_name, None);
        assert!(matches!(by_name.await.unwrap().answer, Verification::Valid { .. }));
        let yesterday = "2026-07-13".parse().ok();
        let before = service::verification::by_code(&cast.app.ctx, &certificate.verification_code, yesterday).await.unwrap();
        assert!(matches!(before.answer, Verification::NotFound));
        let report = service::audit::verify(&cast.app.ctx).await.unwrap();
        assert_eq!(report.breaks, Vec::new());
        assert!(report.entries > 10);
    }

    async fn level_two_is_certified_by_three_experts(app: TestContext) {
        let cast = Cast::new(app).await;
        let id = cast.draft(Level::L2).await.id;
        cast.to_region(id).await;
        cast.act(&cast.region_clerk, id, Command::Accept).await.unwrap();
        cast.advance_all().await;
        assert_eq!(cast.state(id).await, State::Accepted);
        let panel: Vec<_> = cast.experts.iter().take(3).map(|expert| expert.actor.account).collect();
        let even = cast.act(&cast.region_clerk, id, Command::NamePanel(panel[..2].to_vec())).await.unwrap_err();
        assert_eq!(code(&even), "invalid");
        cast.act(&cast.region_clerk, id, Command::NamePanel(panel)).await.unwrap();
        let stranger = cast.act(&cast.experts[4], id, Command::Score(sheet(80, true))).await.unwrap_err();
        assert_eq!(code(&stranger), "not_found");
        cast.act(&cast.experts[0], id, Command::Score(sheet(80, true))).await.unwrap();
        let twice = cast.act(&cast.experts[0], id, Command::Score(sheet(90, true))).await.unwrap_err();
        assert_eq!(code(&twice), "condition_not_met");
        let seats = service::certification::experts(&cast.app.ctx, &cast.region_clerk, id).await.unwrap();
        assert!(seats.iter().all(|seat| seat.sheet.is_none()), "scores are hidden until the review is closed");
        cast.act(&cast.experts[1], id, Command::DeclareConflict { reason: "同一单位".to_owned() }).await.unwrap();
        let (leaves, joins) = (cast.experts[1].actor.account, cast.experts[3].actor.account);
        cast.act(&cast.region_clerk, id, Command::ReplaceExpert { leaves, joins }).await.unwrap();
        cast.act(&cast.experts[2], id, Command::Score(sheet(70, true))).await.unwrap();
        cast.act(&cast.experts[3], id, Command::Score(sheet(60, false))).await.unwrap();
        cast.advance_all().await;
        assert_eq!(cast.state(id).await, State::Decision);
        let seats = service::certification::experts(&cast.app.ctx, &cast.region_clerk, id).await.unwrap();
        assert_eq!(seats.iter().filter(|seat| seat.sheet.is_some()).count(), 3);
        cast.publish(vec![id]).await;
        cast.app.clock.advance(TimeDelta::days(8));
        cast.run_due().await;
        assert_eq!(cast.state(id).await, State::Certified);
    }

    async fn a_correction_stops_the_city_s_clock_and_lists_everything_at_once(app: TestContext) {
        let cast = Cast::new(app).await;
        let id = cast.draft(Level::L1).await.id;
        cast.act(&cast.broker, id, Command::Submit).await.unwrap();
        cast.act(&cast.confirmer, id, Command::Confirm(opinion())).await.unwrap();
        let none = cast.act(&cast.city_clerk, id, Command::RequestCityCorrection(Vec::new())).await.unwrap_err();
        assert_eq!(code(&none), "invalid");
        let items = vec![defect("/form/trainings/0/certificate_no"), defect("/files/identity_document")];
        let asked = cast.act(&cast.city_clerk, id, Command::RequestCityCorrection(items)).await.unwrap();
        assert_eq!(asked.state, State::Correction);
        let paused = asked.deadlines.iter().find(|deadline| deadline.kind == "city_review").unwrap();
        assert_eq!(paused.state.as_str(), "paused");
        cast.app.clock.advance(TimeDelta::days(3));

        let mut other = asked.form.clone();
        other.crime_declaration = Some(false);
        let version = cast.version(id).await;
        let frozen = service::certification::save_form(&cast.app.ctx, &fresh(&cast.broker), id, version, other).await;
        assert_eq!(code(&frozen.unwrap_err()), "invalid");
        let mut mended = asked.form.clone();
        mended.trainings[0].certificate_no = Some("PX-L1-999999".to_owned());
        service::certification::save_form(&cast.app.ctx, &fresh(&cast.broker), id, version, mended).await.unwrap();

        let half = vec![DefectAnswer { item: 0, text: "已更正".to_owned() }];
        assert_eq!(code(&cast.act(&cast.broker, id, Command::AnswerCorrection(half)).await.unwrap_err()), "invalid");
        let all = (0..2).map(|item| DefectAnswer { item, text: "已更正".to_owned() }).collect();
        let back = cast.act(&cast.broker, id, Command::AnswerCorrection(all)).await.unwrap();
        assert_eq!(back.state, State::CityReview);
        let resumed = back.deadlines.iter().find(|deadline| deadline.kind == "city_review").unwrap();
        assert_eq!(resumed.state.as_str(), "running");
        assert!(resumed.due_at > paused.due_at, "the pause lengthens the authority's clock");
        let again = cast.act(&cast.city_clerk, id, Command::RequestCityCorrection(vec![defect("/form/kind")])).await;
        assert_eq!(code(&again.unwrap_err()), "condition_not_met");
    }

    async fn silence_of_the_region_counts_as_acceptance(app: TestContext) {
        let cast = Cast::new(app).await;
        let id = cast.draft(Level::L2).await.id;
        cast.to_region(id).await;
        // Five working days after Monday the 6th: Monday the 13th.
        cast.app.clock.set("2026-07-13T15:59:00Z");
        cast.run_due().await;
        assert_eq!(cast.state(id).await, State::RegionFormal);
        cast.app.clock.set("2026-07-13T16:00:00Z");
        cast.run_due().await;
        assert_eq!(cast.state(id).await, State::Accepted);
        let view = service::certification::read(&cast.app.ctx, &cast.broker, id).await.unwrap();
        assert!(view.acceptance.unwrap().by_silence);
    }

    async fn an_employer_who_does_nothing_lets_the_application_lapse(app: TestContext) {
        let cast = Cast::new(app).await;
        let id = cast.draft(Level::L1).await.id;
        cast.act(&cast.broker, id, Command::Submit).await.unwrap();
        cast.app.clock.advance(TimeDelta::days(30));
        cast.run_due().await;
        assert_eq!(cast.state(id).await, State::Lapsed);
        assert!(cast.row(id).await.next_due_at.is_none());
    }

    async fn each_desk_can_refuse_and_the_person_may_apply_again(app: TestContext) {
        let cast = Cast::new(app).await;
        let id = cast.draft(Level::L1).await.id;
        cast.to_region(id).await;
        let refused = cast.act(&cast.region_clerk, id, Command::NotAccept(refusal())).await.unwrap();
        assert_eq!(refused.state, State::NotAccepted);
        assert!(refused.allowed_actions.is_empty());
        let new = service::certification::NewCertification {
            round: cast.round,
            kind: domain::certification::ApplicationType::Initial,
            target_level: Level::L1,
        };
        service::certification::open(&cast.app.ctx, &fresh(&cast.broker), new.clone()).await.unwrap();
        let second = service::certification::open(&cast.app.ctx, &fresh(&cast.broker), new).await.unwrap_err();
        assert_eq!(code(&second), "active_application_exists");
    }

    async fn nobody_decides_what_they_prepared(app: TestContext) {
        let cast = Cast::new(app).await;
        let id = cast.draft(Level::L1).await.id;
        cast.act(&cast.broker, id, Command::Submit).await.unwrap();
        cast.act(&cast.confirmer, id, Command::Confirm(opinion())).await.unwrap();
        let mut both = cast.city_clerk.clone();
        both.actor.grants.push(cast::grant(domain::access::Role::CityLead, Some(cast::nanning()), None));
        cast.act(&both, id, Command::CheckByCity(opinion())).await.unwrap();
        assert_eq!(code(&cast.act(&both, id, Command::Recommend(opinion())).await.unwrap_err()), "four_eyes");
        let mut foreign = cast.city_lead.clone();
        foreign.actor.grants = vec![cast::grant(domain::access::Role::CityLead, "450200".parse().ok(), None)];
        assert_eq!(code(&cast.act(&foreign, id, Command::Recommend(opinion())).await.unwrap_err()), "not_found");
        cast::member(&cast.app, cast.employer, cast.city_lead.actor.account).await;
        let tied = cast.act(&cast.city_lead, id, Command::Recommend(opinion())).await.unwrap_err();
        assert_eq!(code(&tied), "decider_conflict");
    }

    async fn two_at_once_one_wins(app: TestContext) {
        let cast = Cast::new(app).await;
        let id = cast.draft(Level::L1).await.id;
        cast.to_region(id).await;
        let version = cast.version(id).await;
        let act = |command| {
            let caller = fresh(&cast.region_clerk);
            let ctx = cast.app.ctx.clone();
            async move {
                service::process::act::<domain::certification::process::Certification>(&ctx, &caller, id, Some(version), command).await
            }
        };
        let (accept, refuse) = tokio::join!(act(Command::Accept), act(Command::NotAccept(refusal())));
        assert!(accept.is_ok() != refuse.is_ok(), "{accept:?} {refuse:?}");
        let lost = accept.err().or(refuse.err()).unwrap();
        assert_eq!(code(&lost), "stale");
    }

    async fn a_repeated_key_gets_the_same_answer(app: TestContext) {
        let cast = Cast::new(app).await;
        let id = cast.draft(Level::L1).await.id;
        let version = cast.version(id).await;
        let caller = fresh(&cast.broker);
        let act = |caller: service::Caller| {
            let ctx = cast.app.ctx.clone();
            async move {
                service::process::act::<domain::certification::process::Certification>(&ctx, &caller, id, Some(version), Command::Submit).await
            }
        };
        let first = act(caller.clone()).await.unwrap();
        let second = act(caller.clone()).await.unwrap();
        assert!(!first.replayed && second.replayed);
        assert_eq!(first.value, second.value);
        let mut other = caller;
        "another".clone_into(&mut other.meta.idempotency.as_mut().unwrap().fingerprint);
        assert_eq!(code(&act(other).await.unwrap_err()), "idempotency_key_reused");
    }

    async fn what_an_employer_returns_is_the_applicant_s_own_again(app: TestContext) {
        let cast = Cast::new(app).await;
        let id = cast.draft(Level::L1).await.id;
        cast.act(&cast.broker, id, Command::Submit).await.unwrap();
        let back = cast.act(&cast.confirmer, id, Command::ReturnToApplicant(vec![defect("/profile/position")])).await.unwrap();
        assert_eq!((back.state, back.submitted_at), (State::Draft, None));
        let list = |who: service::Caller| {
            let ctx = cast.app.ctx.clone();
            async move {
                let page = service::page::PageRequest::default();
                service::certification::list(&ctx, &who, &service::certification::CertificationFilter::default(), &page).await.unwrap().items.len()
            }
        };
        assert_eq!(list(cast.city_clerk.clone()).await, 0);
        assert_eq!(list(cast.broker.clone()).await, 1);
        cast.act(&cast.broker, id, Command::Submit).await.unwrap();
        assert_eq!(list(cast.city_clerk.clone()).await, 1);
    }
}
