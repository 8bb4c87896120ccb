//! Units of work that nothing else writes with: here so that they, too, are failed at every call.

use chrono::TimeDelta;
use domain::access::Role;
use domain::certification::process::Command;
use domain::certification::{Level, sample as people};
use domain::queue::JobState;
use entity::{file, queue_job};
use object_store::ObjectStoreExt;
use object_store::path::Path as ObjectPath;
use sea_orm::EntityTrait;
use serde_json::json;
use service::publicity::{NewPublicity, create, set_cases};
use service::queue::{self, bury, extend, lease};
use service::{Caller, Code};

use crate::account::scene;
use crate::certification::cast::{Cast, fresh, grant, nanning, opinion, person, without_photo};
use crate::file::sample;
use crate::harness::account::Seat;
use crate::harness::app::TestApp;
use crate::harness::context::TestContext;
use crate::harness::db_tests;
use crate::harness::people::caller_as;

db_tests! {
    async fn a_case_is_claimed_handed_over_and_given_back(app: TestContext) {
        let cast = Cast::new(app).await;
        let ctx = &cast.app.ctx;
        let colleague = person(&cast.app, "colleague", &[grant(Role::CityClerk, Some(nanning()), None)]).await;
        let id = cast.draft(Level::L1).await.id;
        cast.act(&cast.broker, id, Command::Submit).await.unwrap();
        cast.act(&cast.confirmer, id, Command::Confirm(opinion())).await.unwrap();
        let clerk = &cast.city_clerk;
        let claimed = service::process::claim_case(ctx, &fresh(clerk), id, cast.version(id).await).await.unwrap().value;
        assert_eq!(cast.row(id).await.assignee_id, Some(clerk.actor.account));
        let taken = service::process::claim_case(ctx, &fresh(&colleague), id, cast.version(id).await).await.unwrap_err();
        assert_eq!(taken.code(), Code::AssignedToAnother);
        let stale = service::process::release(ctx, &fresh(clerk), id, claimed.version - 1).await.unwrap_err();
        assert_eq!(stale.code(), Code::Stale);
        let (version, to) = (cast.version(id).await, colleague.actor.account);
        service::process::hand_over(ctx, &fresh(clerk), id, version, to, "休假".to_owned()).await.unwrap();
        assert_eq!(cast.row(id).await.assignee_id, Some(to));
        service::process::release(ctx, &fresh(&colleague), id, cast.version(id).await).await.unwrap();
        assert_eq!(cast.row(id).await.assignee_id, None);
    }

    async fn a_profile_is_saved_and_its_numbers_are_read_for_a_purpose(app: TestContext) {
        let cast = Cast::new(app).await;
        let (ctx, mut profile) = (&cast.app.ctx, without_photo(3));
        profile.employer_uscc = Some(people::guangxi_uscc());
        let made = service::broker::create(ctx, &fresh(&cast.broker), profile.clone()).await.unwrap().value;
        profile.name = Some("王晓明".to_owned());
        let saved = service::broker::save(ctx, &fresh(&cast.broker), made.id, made.version, profile.clone()).await.unwrap();
        assert_eq!(saved.value.version, made.version + 1);
        let again = service::broker::save(ctx, &fresh(&cast.broker), made.id, made.version, profile.clone()).await;
        assert_eq!(again.unwrap_err().code(), Code::Stale);
        let mine = service::broker::unmask(ctx, &fresh(&cast.region_clerk), made.id, "核对身份").await;
        // A clerk sees those whose application is at hand, and nobody else.
        assert_eq!(mine.unwrap_err().code(), Code::NotFound);
        let id = cast.draft_for(&cast.broker, 3, Level::L1).await.id;
        cast.to_region(id).await;
        let numbers = service::broker::unmask(ctx, &fresh(&cast.region_clerk), made.id, "核对身份").await.unwrap().value;
        assert_eq!(numbers.id_number, profile.id_number);
    }

    async fn the_cases_of_a_list_are_exchanged_while_it_is_a_draft(app: TestContext) {
        let cast = Cast::new(app).await;
        let ctx = &cast.app.ctx;
        let id = cast.draft(Level::L1).await.id;
        cast.to_region(id).await;
        cast.act(&cast.region_clerk, id, Command::Accept).await.unwrap();
        cast.advance_all().await;
        cast.act(&cast.region_clerk, id, Command::PassAssessment(opinion())).await.unwrap();
        let new = NewPublicity { round: cast.round, title: "拟认定名单公示".to_owned(), cases: vec![id] };
        let draft = create(ctx, &fresh(&cast.region_clerk), new).await.unwrap().value;
        let emptied = set_cases(ctx, &fresh(&cast.region_clerk), draft.id, draft.version, vec![id]).await.unwrap().value;
        assert_eq!((emptied.entries.len(), emptied.version), (1, draft.version + 1));
        let late = set_cases(ctx, &fresh(&cast.region_clerk), draft.id, draft.version, Vec::new()).await.unwrap_err();
        assert_eq!(late.code(), Code::Stale);
    }

    async fn a_job_is_held_given_up_and_brought_back(app: TestContext) {
        let cast = Cast::new(app).await;
        let ctx = &cast.app.ctx;
        let id = cast.draft(Level::L1).await.id;
        cast.act(&cast.broker, id, Command::Submit).await.unwrap();
        let job = lease(ctx, "one", TimeDelta::minutes(1)).await.unwrap().unwrap();
        assert!(extend(ctx, &job, TimeDelta::hours(1)).await.unwrap());
        cast.app.clock.advance(TimeDelta::minutes(30));
        assert_eq!(lease(ctx, "other", TimeDelta::minutes(1)).await.unwrap(), None, "it is held");
        assert!(bury(ctx, &job, "hopeless").await.unwrap());
        assert!(!extend(ctx, &job, TimeDelta::hours(1)).await.unwrap(), "it is nobody's");
        let row = queue_job::Entity::find_by_id(job.id).one(cast.app.connection()).await.unwrap().unwrap();
        assert_eq!(row.state, JobState::Dead);
        queue::requeue(ctx, &Caller::system("admin.requeue"), job.id).await.unwrap();
        let again = lease(ctx, "other", TimeDelta::minutes(1)).await.unwrap().unwrap();
        assert_eq!((again.id, again.attempt), (job.id, 1));
    }

    async fn a_second_factor_that_nobody_demands_is_put_away(app: TestApp) {
        let session = scene::login(&app, &scene::broker(&app).await).await;
        let act = |verb: &str, body: serde_json::Value| {
            app.post(format!("/api/v1/me/second-factor/actions/{verb}")).as_(&session.access).json(&body)
        };
        let enrolled = act("enrol", json!({})).send().await.expect(200);
        let secret = totp_rs::Secret::try_from_base32(enrolled.json["secret"].as_str().unwrap()).unwrap();
        let totp = totp_rs::Builder::new().with_secret(secret).build().unwrap();
        let now = || totp.generate(u64::try_from(app.ctx.now().timestamp()).unwrap()).to_string();
        act("confirm", json!({ "code": now() })).send().await.expect(200);
        app.clock.advance(TimeDelta::seconds(60));
        act("disable", json!({ "password": scene::PASSWORD, "code": now() })).send().await.expect(204);
        let me = app.get("/api/v1/me").as_(&session.access).send().await;
        assert!(matches!(me.status, 200 | 401), "{}", me.json);
        scene::login_call(&app, scene::BROKER, scene::PASSWORD).send().await.expect(200);
    }

    async fn a_file_that_lost_its_bytes_says_so(app: TestApp) {
        let broker = app.account(Seat::of(Role::Broker)).await;
        let case = app.case(&caller_as(broker.id, Vec::new()), None, |_| {}).await;
        let path = format!("/api/v1/cases/{case}/files?name=a.pdf&purpose=other");
        let made = app.post(path).as_(&broker.token).bytes("application/pdf", sample::pdf()).send().await.expect(201);
        let row = file::Entity::find().one(app.connection()).await.unwrap().unwrap();
        app.ctx.files().delete(&ObjectPath::from(row.object_key)).await.unwrap();
        let lost = app.get(made.header("location")).as_(&broker.token).send().await.expect(404);
        assert_eq!(lost.code(), "file_lost");
    }
}
