//! A process is data: one that the program has never heard of runs through the kernel as it stands.

mod seal;

use chrono::TimeDelta;
use domain::access::Role;
use domain::calendar::Period;
use domain::ids::{CaseId, OrganisationId};
use domain::process::{describe, faults};
use domain::word::Word;
use entity::{audit, case_file, deadline};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};
use service::process::{NewCase, act, act_in, load_visible, open};
use service::{Caller, Error, Result, Tx, Work};

use self::seal::{Clock, Command, Seal, SealView, State};
use crate::harness::context::TestContext;
use crate::harness::db_tests;
use crate::harness::people::{caller_as, grant, grant_in, grant_of, keyed, region};

struct Open<'a> {
    caller: &'a Caller,
    new: NewCase,
}

impl Work for Open<'_> {
    type Output = CaseId;

    async fn run(&self, tx: &Tx) -> Result<CaseId> {
        let calendar = service::calendar::current(tx.context(), tx.connection()).await?;
        let clock = Some((Clock::Idle, Period::working_days(2)));
        Ok(open::<Seal>(tx, self.caller, self.new.clone(), clock, &calendar).await?.row.id)
    }
}

struct Lapse(CaseId);

impl Work for Lapse {
    type Output = State;

    async fn run(&self, tx: &Tx) -> Result<State> {
        Ok(act_in::<Seal>(tx, &Caller::system("seal.lapse"), self.0, None, &Command::Lapse).await?.case.state)
    }
}

struct Scene {
    app: TestContext,
    broker: Caller,
    clerk: Caller,
    case: CaseId,
}

impl Scene {
    async fn new(app: TestContext) -> Self {
        service::calendar::seed(&app.ctx).await.unwrap();
        let broker = app.person("broker@example.org", vec![grant(Role::Broker)]).await;
        let clerk = app.person("clerk@example.org", vec![grant_in(Role::CityClerk, "450100")]).await;
        let new = NewCase {
            region: region("450100"),
            organisation: None,
            round: None,
            rule_set: app.rules().await,
            applicant: broker.actor.account,
            applicant_name: "王小明".to_owned(),
            title: "用印".to_owned(),
        };
        let case = app.ctx.write("seal.open", &Open { caller: &broker, new }).await.unwrap();
        Self { app, broker, clerk, case }
    }

    async fn act(&self, who: &Caller, version: i32, command: Command) -> Result<SealView> {
        let key = format!("{}-{version}-{command:?}", who.actor.account);
        let caller = keyed(who, &key, "same");
        act::<Seal>(&self.app.ctx, &caller, self.case, Some(version), command).await.map(|outcome| outcome.value)
    }

    async fn code(&self, who: &Caller, version: i32, command: Command) -> &'static str {
        self.act(who, version, command).await.unwrap_err().code().as_str()
    }

    async fn row(&self) -> case_file::Model {
        case_file::Entity::find_by_id(self.case).one(self.app.connection()).await.unwrap().unwrap()
    }

    /// Kind and state of every deadline.
    async fn clocks(&self) -> Vec<(String, String)> {
        let rows = deadline::Entity::find().filter(deadline::Column::CaseId.eq(self.case));
        let rows = rows
            .order_by_asc(deadline::Column::Kind)
            .order_by_asc(deadline::Column::State)
            .all(self.app.connection())
            .await
            .unwrap();
        rows.into_iter().map(|row| (row.kind, row.state.as_str().to_owned())).collect()
    }
}

fn pair(kind: &str, state: &str) -> (String, String) {
    (kind.to_owned(), state.to_owned())
}

#[test]
fn its_table_is_judged_and_described_like_any_other() {
    assert_eq!(faults::<Seal>(), Vec::<String>::new());
    let description = describe::<Seal>();
    assert_eq!(description.name, "seal");
    assert_eq!(description.rows.len(), 4);
}

db_tests! {
    async fn a_case_of_it_goes_its_way(app: TestContext) {
        let scene = Scene::new(app).await;
        let begun = load_visible::<Seal>(&scene.app.ctx, &scene.broker, scene.case).await.unwrap();
        assert_eq!((begun.case.state, begun.case.version), (State::Draft, 1));
        assert!(begun.row.number.starts_with("SE-2026-000001-"), "{}", begun.row.number);
        let filed = scene.act(&scene.broker, 1, Command::File { pages: 3 }).await.unwrap();
        assert_eq!((filed.state, filed.version), (State::Review, 2));
        assert_eq!(filed.allowed_actions, ["take_back"]);
        assert_eq!(scene.clocks().await, [pair("idle", "met"), pair("review", "running")]);
        assert_eq!(scene.row().await.desk_role, Some(Role::CityClerk));
        let granted = scene.act(&scene.clerk, 2, Command::Grant).await.unwrap();
        assert_eq!(granted.state, State::Granted);
        assert_eq!(scene.clocks().await, [pair("idle", "met"), pair("review", "met")]);
        assert!(scene.row().await.closed_at.is_some());
        let trail = audit::Entity::find().filter(audit::Column::ObjectKind.eq("seal"));
        let trail = trail.order_by_asc(audit::Column::Seq).all(scene.app.connection()).await.unwrap();
        let actions: Vec<_> = trail.into_iter().map(|entry| entry.action).collect();
        assert_eq!(actions, ["seal.open", "seal.file", "seal.grant"]);
    }

    async fn it_is_guarded_like_any_other(app: TestContext) {
        let scene = Scene::new(app).await;
        assert_eq!(scene.code(&scene.broker, 1, Command::File { pages: 0 }).await, "invalid");
        assert_eq!(scene.code(&scene.broker, 9, Command::File { pages: 3 }).await, "stale");
        assert_eq!(scene.code(&scene.clerk, 1, Command::Grant).await, "state_forbids");
        assert_eq!(scene.code(&scene.clerk, 1, Command::File { pages: 3 }).await, "forbidden");
        scene.app.clock.advance(TimeDelta::hours(1));
        scene.act(&scene.broker, 1, Command::File { pages: 3 }).await.unwrap();
        let stranger = caller_as(scene.app.ctx.new_id(), vec![grant_in(Role::CityClerk, "450200")]);
        let other = caller_as(scene.app.ctx.new_id(), vec![grant(Role::Broker)]);
        let employer: OrganisationId = scene.app.ctx.new_id();
        let confirmer = caller_as(scene.app.ctx.new_id(), vec![grant_of(Role::EmployerConfirmer, employer)]);
        for foreign in [&stranger, &other, &confirmer] {
            let seen = load_visible::<Seal>(&scene.app.ctx, foreign, scene.case).await;
            assert!(matches!(seen, Err(Error::NotFound)), "{seen:?}");
        }
        // Its kernel neighbour does not see it either: a case belongs to one process.
        let cross = load_visible::<domain::certification::process::Certification>(
            &scene.app.ctx, &scene.broker, scene.case,
        ).await;
        assert!(matches!(cross, Err(Error::NotFound)));
        let words: Vec<_> = State::ALL.iter().map(|state| state.as_str()).collect();
        assert!(words.contains(&scene.row().await.state.as_str()));
    }

    async fn its_clock_runs_out(app: TestContext) {
        let scene = Scene::new(app).await;
        let early = scene.app.ctx.write("seal.lapse", &Lapse(scene.case)).await.unwrap_err();
        assert_eq!(early.code().as_str(), "state_forbids");
        // Two working days after Monday 6 July end with Wednesday the 8th.
        scene.app.clock.set("2026-07-08T16:00:00Z");
        assert_eq!(scene.app.ctx.write("seal.lapse", &Lapse(scene.case)).await.unwrap(), State::Lapsed);
        assert_eq!(scene.clocks().await, [pair("idle", "missed")]);
    }

    async fn a_clock_begins_again(app: TestContext) {
        let scene = Scene::new(app).await;
        scene.act(&scene.broker, 1, Command::File { pages: 3 }).await.unwrap();
        let back = scene.act(&scene.broker, 2, Command::TakeBack).await.unwrap();
        assert_eq!((back.state, back.allowed_actions), (State::Draft, vec!["file".to_owned()]));
        assert_eq!(scene.clocks().await, [pair("idle", "met"), pair("idle", "running"), pair("review", "met")]);
    }
}
