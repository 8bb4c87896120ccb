//! Reminders of a real case: planned once, sent once, only while true, and the most urgent one after an absence.

use domain::access::Role;
use domain::certification::Level;
use domain::certification::process::Command;
use domain::ids::{AccountId, CaseId};
use domain::notification::DeliveryState;
use entity::{deadline, deadline_reminder as reminder, notification, notification_delivery as delivery};
use jobs::mail::Mailer;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};
use service::deadline::{deadlines_of_case, plan_reminders, remind_due};

use crate::certification::cast::{Cast, grant, opinion, person};
use crate::harness::context::{TestContext, instant};
use crate::harness::db_tests;

/// A case that lies with its employer since Monday 6 July 2026: 10 working days end on the 20th.
async fn with_employer(app: TestContext) -> (Cast, CaseId) {
    let cast = Cast::new(app).await;
    let id = cast.draft(Level::L1).await.id;
    cast.act(&cast.broker, id, Command::Submit).await.unwrap();
    jobs::run_due(&cast.app.ctx, &Mailer::memory()).await.unwrap();
    (cast, id)
}

/// The same after the employer's confirmation: the city's 10 working days end on the 20th too.
async fn with_city(app: TestContext) -> (Cast, CaseId) {
    let (cast, id) = with_employer(app).await;
    cast.act(&cast.confirmer, id, Command::Confirm(opinion())).await.unwrap();
    jobs::run_due(&cast.app.ctx, &Mailer::memory()).await.unwrap();
    (cast, id)
}

/// Stage and state of a clock's reminders, in the order of their time.
async fn stages(cast: &Cast, kind: &str) -> Vec<(String, String)> {
    let clocks =
        deadline::Entity::find().filter(deadline::Column::Kind.eq(kind)).all(cast.app.connection()).await.unwrap();
    let rows = reminder::Entity::find()
        .filter(reminder::Column::DeadlineId.is_in(clocks.iter().map(|clock| clock.id)))
        .order_by_asc(reminder::Column::SendAt)
        .all(cast.app.connection())
        .await
        .unwrap();
    rows.into_iter().map(|row| (row.stage, row.state)).collect()
}

fn told(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(stage, state)| ((*stage).to_owned(), (*state).to_owned())).collect()
}

async fn count(cast: &Cast, to: AccountId, event: &str) -> usize {
    let rows = notification::Entity::find()
        .filter(notification::Column::AccountId.eq(to))
        .filter(notification::Column::Event.eq(event))
        .all(cast.app.connection())
        .await
        .unwrap();
    rows.len()
}

db_tests! {
    async fn reminders_are_planned_once_and_sent_once(app: TestContext) {
        let (cast, id) = with_employer(app).await;
        for _ in 0..3 {
            plan_reminders(&cast.app.ctx, id).await.unwrap();
        }
        let planned = told(&[("elapsed_5", "planned"), ("elapsed_8", "planned")]);
        assert_eq!(stages(&cast, "employer_review").await, planned);
        let confirmer = cast.confirmer.actor.account;
        // One minute early, then on time, then again.
        for (at, sent) in [("2026-07-13T00:59:00Z", 0), ("2026-07-13T01:00:00Z", 1), ("2026-07-13T01:05:00Z", 1)] {
            cast.app.clock.set(at);
            remind_due(&cast.app.ctx).await.unwrap();
            assert_eq!(count(&cast, confirmer, "deadline.reminder").await, sent, "{at}");
        }
        assert_eq!(count(&cast, cast.broker.actor.account, "deadline.reminder").await, 0);
        let mailer = Mailer::memory();
        jobs::run_due(&cast.app.ctx, &mailer).await.unwrap();
        assert_eq!(mailer.sent().iter().map(|mail| mail.to.join("")).collect::<Vec<_>>(), ["confirmer@example.org"]);
    }

    async fn after_an_absence_only_the_most_urgent_one_goes_out(app: TestContext) {
        let (cast, _) = with_employer(app).await;
        cast.app.clock.set("2026-07-17T02:00:00Z");
        remind_due(&cast.app.ctx).await.unwrap();
        let expected = told(&[("elapsed_5", "missed"), ("elapsed_8", "sent")]);
        assert_eq!(stages(&cast, "employer_review").await, expected);
        assert_eq!(count(&cast, cast.confirmer.actor.account, "deadline.reminder").await, 1);
    }

    async fn a_clock_far_ahead_makes_no_storm_and_one_far_back_sends_nothing(app: TestContext) {
        let (cast, _) = with_employer(app).await;
        cast.app.clock.set("2025-06-01T02:00:00Z");
        remind_due(&cast.app.ctx).await.unwrap();
        assert_eq!(count(&cast, cast.confirmer.actor.account, "deadline.reminder").await, 0);
        // Long past the end: a reminder before the end is stale and never goes out.
        cast.app.clock.set("2026-08-20T02:00:00Z");
        remind_due(&cast.app.ctx).await.unwrap();
        assert_eq!(count(&cast, cast.confirmer.actor.account, "deadline.reminder").await, 0);
        assert_eq!(stages(&cast, "employer_review").await, told(&[("elapsed_5", "missed"), ("elapsed_8", "missed")]));
    }

    async fn what_was_done_meanwhile_is_reminded_of_no_more(app: TestContext) {
        let (cast, id) = with_employer(app).await;
        cast.app.clock.set("2026-07-13T01:00:00Z");
        remind_due(&cast.app.ctx).await.unwrap();
        // The reminder is written, its mail still waits; the employer acts first.
        cast.act(&cast.confirmer, id, Command::Confirm(opinion())).await.unwrap();
        let mailer = Mailer::memory();
        jobs::run_due(&cast.app.ctx, &mailer).await.unwrap();
        let mails = delivery::Entity::find()
            .filter(delivery::Column::Template.eq("deadline.reminder"))
            .all(cast.app.connection())
            .await
            .unwrap();
        assert_eq!(mails.iter().map(|mail| mail.state).collect::<Vec<_>>(), [DeliveryState::Skipped]);
        let expected = told(&[("elapsed_5", "sent"), ("elapsed_8", "superseded")]);
        assert_eq!(stages(&cast, "employer_review").await, expected);
        cast.app.clock.set("2026-07-16T01:00:00Z");
        remind_due(&cast.app.ctx).await.unwrap();
        assert_eq!(count(&cast, cast.confirmer.actor.account, "deadline.reminder").await, 1);
    }

    async fn an_overdue_desk_hears_first_and_its_lead_after(app: TestContext) {
        let (cast, _) = with_city(app).await;
        let (clerk, lead) = (cast.city_clerk.actor.account, cast.city_lead.actor.account);
        let expected = [
            ("2026-07-21T01:00:00Z", 1, 0),
            ("2026-07-22T01:00:00Z", 1, 0),
            ("2026-07-23T01:00:00Z", 1, 1),
            ("2026-07-27T01:00:00Z", 1, 2),
        ];
        for (at, to_clerk, to_lead) in expected {
            cast.app.clock.set(at);
            remind_due(&cast.app.ctx).await.unwrap();
            assert_eq!(count(&cast, clerk, "deadline.escalation").await, to_clerk, "clerk at {at}");
            assert_eq!(count(&cast, lead, "deadline.escalation").await, to_lead, "lead at {at}");
        }
    }

    async fn officers_are_not_disturbed_at_night(app: TestContext) {
        let (cast, _) = with_city(app).await;
        cast.app.clock.set("2026-07-21T15:00:00Z");
        remind_due(&cast.app.ctx).await.unwrap();
        assert_eq!(count(&cast, cast.city_clerk.actor.account, "deadline.escalation").await, 0);
        let waiting = reminder::Entity::find()
            .filter(reminder::Column::Stage.eq("overdue_1"))
            .one(cast.app.connection())
            .await
            .unwrap()
            .unwrap();
        assert_eq!(waiting.send_at, instant("2026-07-22T00:30:00Z"));
        cast.app.clock.set("2026-07-22T00:30:00Z");
        remind_due(&cast.app.ctx).await.unwrap();
        assert_eq!(count(&cast, cast.city_clerk.actor.account, "deadline.escalation").await, 1);
    }

    async fn a_case_shows_its_clocks_to_those_who_may_read_it(app: TestContext) {
        let (cast, id) = with_employer(app).await;
        for caller in [&cast.broker, &cast.confirmer, &cast.city_clerk, &cast.region_lead] {
            let clocks = deadlines_of_case(&cast.app.ctx, caller, id).await.unwrap().items;
            let review = clocks.iter().find(|clock| clock.kind == "employer_review").unwrap();
            assert_eq!(review.due_at, instant("2026-07-20T15:59:59Z"));
            assert_eq!((review.calendar_version.as_str(), review.provisional), ("GX-1", false));
            assert_eq!(review.period.terms[0].length, 10);
        }
        let stranger = person(&cast.app, "stranger", &[grant(Role::Broker, None, None)]).await;
        let refused = deadlines_of_case(&cast.app.ctx, &stranger, id).await;
        assert!(matches!(refused, Err(service::Error::NotFound)));
    }
}
