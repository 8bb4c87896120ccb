//! A correction: a new version, and every open deadline brought to it.

use chrono::{NaiveDate, TimeDelta};
use domain::access::Role;
use domain::calendar::{ListedDay, Mark, NationalYear, YearDocument};
use domain::certification::Level;
use domain::certification::process::Command;
use domain::ids::CaseId;
use entity::{audit, deadline, deadline_reminder as reminder, notification};
use jobs::mail::Mailer;
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter};
use serde_json::json;
use service::Caller;
use service::calendar::{Correction, Replan, correct, replan};

use crate::certification::cast::{Cast, fresh, grant, opinion, person};
use crate::harness::account::Seat;
use crate::harness::app::TestApp;
use crate::harness::context::{TestContext, instant};
use crate::harness::db_tests;

async fn national(app: &TestContext) -> NationalYear {
    service::calendar::year(&app.ctx, 2026).await.unwrap().national.unwrap()
}

fn off(day: &str) -> ListedDay {
    let date: NaiveDate = day.parse().unwrap();
    ListedDay { date, name: "临时放假".to_owned(), mark: Mark::Off }
}

async fn administrator(app: &TestContext) -> Caller {
    person(app, "administrator", &[grant(Role::SystemAdministrator, None, None)]).await
}

/// Puts a national year in force and lets what follows happen.
async fn put(cast: &Cast, by: &Caller, year: NationalYear) {
    let correction = Correction {
        document: YearDocument::National(year),
        reason: "补充通知".to_owned(),
        source: "国办发明电〔2026〕1号".to_owned(),
    };
    correct(&cast.app.ctx, &fresh(by), &correction).await.unwrap();
    cast.app.clock.advance(TimeDelta::seconds(30));
    jobs::run_due(&cast.app.ctx, &Mailer::memory()).await.unwrap();
}

async fn clock(cast: &Cast, case: CaseId, kind: &str) -> deadline::Model {
    deadline::Entity::find()
        .filter(deadline::Column::CaseId.eq(case))
        .filter(deadline::Column::Kind.eq(kind))
        .one(cast.app.connection())
        .await
        .unwrap()
        .unwrap()
}

async fn told(cast: &Cast) -> Vec<notification::Model> {
    notification::Entity::find()
        .filter(notification::Column::Event.eq("deadline.moved"))
        .all(cast.app.connection())
        .await
        .unwrap()
}

db_tests! {
    async fn open_deadlines_move_and_people_are_told_once(app: TestContext) {
        let cast = Cast::new(app).await;
        let admin = administrator(&cast.app).await;
        let id = cast.draft(Level::L1).await.id;
        cast.act(&cast.broker, id, Command::Submit).await.unwrap();
        jobs::run_due(&cast.app.ctx, &Mailer::memory()).await.unwrap();
        assert_eq!(clock(&cast, id, "employer_review").await.due_at, instant("2026-07-20T15:59:59Z"));

        let before = national(&cast.app).await;
        let mut longer = before.clone();
        longer.days.extend([off("2026-07-15"), off("2026-07-16")]);
        put(&cast, &admin, longer).await;
        let moved = clock(&cast, id, "employer_review").await;
        assert_eq!((moved.due_at, moved.legal_due_at), (instant("2026-07-22T15:59:59Z"), instant("2026-07-22T15:59:59Z")));
        assert_eq!((moved.revision, moved.calendar_version.as_str()), (1, "GX-2"));
        assert_eq!(cast.row(id).await.next_due_at, Some(moved.due_at));
        // Applicant and confirmer, for the two clocks of the employer.
        assert_eq!(told(&cast).await.len(), 4);
        let trail = audit::Entity::find()
            .filter(audit::Column::Action.eq("deadline.replan"))
            .filter(audit::Column::ObjectId.eq(id.to_string()))
            .count(cast.app.connection());
        assert_eq!(trail.await.unwrap(), 1);
        let reminders = reminder::Entity::find()
            .filter(reminder::Column::DeadlineId.eq(moved.id))
            .all(cast.app.connection())
            .await
            .unwrap();
        let states = |revision: i32| -> Vec<&str> {
            reminders.iter().filter(|row| row.revision == revision).map(|row| row.state.as_str()).collect()
        };
        assert_eq!((states(0), states(1)), (vec!["superseded"; 2], vec!["planned"; 2]));

        // The same batch again changes nothing.
        replan(&cast.app.ctx, &Replan { number: 2, after: None }).await.unwrap();
        assert_eq!(clock(&cast, id, "employer_review").await, moved);
        assert_eq!(told(&cast).await.len(), 4);

        // Taken back: the law's date returns, the date that was told counts on.
        put(&cast, &admin, before).await;
        let kept = clock(&cast, id, "employer_review").await;
        assert_eq!((kept.due_at, kept.legal_due_at), (instant("2026-07-22T15:59:59Z"), instant("2026-07-20T15:59:59Z")));
        assert_eq!(told(&cast).await.len(), 4);
    }

    async fn the_authority_keeps_to_the_law(app: TestContext) {
        let cast = Cast::new(app).await;
        let admin = administrator(&cast.app).await;
        let id = cast.draft(Level::L1).await.id;
        cast.act(&cast.broker, id, Command::Submit).await.unwrap();
        cast.act(&cast.confirmer, id, Command::Confirm(opinion())).await.unwrap();
        let before = national(&cast.app).await;
        let mut longer = before.clone();
        longer.days.push(off("2026-07-15"));
        put(&cast, &admin, longer).await;
        assert_eq!(clock(&cast, id, "city_review").await.due_at, instant("2026-07-21T15:59:59Z"));
        put(&cast, &admin, before).await;
        assert_eq!(clock(&cast, id, "city_review").await.due_at, instant("2026-07-20T15:59:59Z"));
        assert!(told(&cast).await.iter().all(|row| row.account_id == cast.city_clerk.actor.account));
    }

    async fn a_correction_over_http(app: TestApp) {
        let admin = app.account(Seat::of(Role::SystemAdministrator)).await;
        let clerk = app.account(Seat::of(Role::RegionClerk)).await;
        let document = json!({
            "scope": "regional", "region": "450000", "year": 2026,
            "festival_window": { "from": "2026-04-09", "to": "2026-04-29" },
            "notice": {
                "off": ["2026-04-19", "2026-04-20", "2026-04-21"], "work": [], "confidence": "high", "source": "样例通知",
            },
        });
        let body = json!({ "document": document, "reason": "发布三月三放假通知", "source": "样例通知" });
        let call = || app.post("/api/v1/calendars/gx/corrections").key("correction").json(&body);
        call().send().await.expect(401);
        call().as_(&clerk.token).send().await.expect(403);
        let made = call().as_(&admin.token).send().await.expect(201);
        assert_eq!((&made.json["calendar_version"], made.header("location")), (&"GX-2".into(), "/api/v1/calendars/gx/years/2026"));
        assert_eq!(call().as_(&admin.token).send().await.expect(201).header("idempotency-replayed"), "true");
        let day = app.get("/api/v1/calendars/gx/days/2026-04-20").send().await.expect(200);
        assert_eq!((&day.json["works"], &day.json["provisional"]), (&false.into(), &false.into()));
        assert_eq!(day.json["calendar_version"], "GX-2");

        let mut wrong = body.clone();
        wrong["document"]["notice"]["off"] = json!(["2026-04-19", "2026-04-19"]);
        wrong["reason"] = json!("x");
        let refused = app.post("/api/v1/calendars/gx/corrections").as_(&admin.token).json(&wrong).send().await.expect(422);
        let rules: Vec<&str> =
            refused.json["errors"].as_array().unwrap().iter().map(|fault| fault["rule"].as_str().unwrap()).collect();
        assert_eq!(rules, ["text_short", "calendar_listed_twice"]);
    }
}
