//! The use of a seal (用印): the smallest process that has everything.

use chrono::{DateTime, Utc};
use domain::access::{Permission, Role};
use domain::calendar::Period;
use domain::deadline::Party;
use domain::fault::Fault;
use domain::ids::{AccountId, CaseId};
use domain::process::Clock::{Meet, Miss, Start};
use domain::process::Next::To;
use domain::process::{Acting, Case, Process, Reason, Recipient, Row, Tell};
use entity::case_file;
use sea_orm::{ConnectionTrait, QueryResult, Select};
use serde_json::{Value, json};
use service::process::{Address, Driver, Loaded, allowed_actions};
use service::{Caller, Context, Result, Tx};

domain::word! {
    pub enum State {
        Draft = "draft" / "草稿",
        Review = "review" / "审核",
        Granted = "granted" / "已同意",
        Lapsed = "lapsed" / "逾期终止",
    }
}

domain::word! {
    pub enum Verb {
        File = "file" / "提交",
        Grant = "grant" / "同意",
        TakeBack = "take_back" / "撤回",
        Lapse = "lapse" / "逾期终止",
    }
}

domain::word! {
    pub enum Guard {
        HasTitle = "has_title" / "已填事由",
    }
}

domain::word! {
    pub enum Clock {
        Idle = "idle" / "草稿保留期",
        Review = "review" / "审核期限",
    }
}

domain::word! {
    pub enum Event {
        Filed = "filed" / "已提交",
    }
}

#[derive(Debug)]
pub enum Command {
    File { pages: u32 },
    Grant,
    TakeBack,
    Lapse,
}

/// The case as its people see it.
#[derive(Debug, serde::Serialize, serde::Deserialize)]
pub struct SealView {
    pub id: CaseId,
    pub state: State,
    pub version: i32,
    pub allowed_actions: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seal;

impl Process for Seal {
    const NAME: &'static str = "seal";
    const NAME_ZH: &'static str = "用印申请";
    const VERSION: i32 = 1;
    const PREFIX: &'static str = "SE";
    const ROWS: &'static [Row<Self>] = &[
        Row::new(&[State::Draft], Verb::File, &[Role::Broker], To(State::Review))
            .when(&[Guard::HasTitle])
            .clocks(&[Meet(Clock::Idle), Start(Clock::Review)])
            .tell(&[Tell { event: Event::Filed, to: &[Recipient::Desk] }]),
        Row::new(&[State::Review], Verb::Grant, &[Role::CityClerk], To(State::Granted))
            .apart_from(&[Verb::File])
            .clocks(&[Meet(Clock::Review)]),
        Row::new(&[State::Review], Verb::TakeBack, &[Role::Broker], To(State::Draft))
            .clocks(&[Meet(Clock::Review), Start(Clock::Idle)]),
        Row::new(&[State::Draft], Verb::Lapse, &[Role::System], To(State::Lapsed))
            .after(Clock::Idle)
            .clocks(&[Miss(Clock::Idle)]),
    ];

    type State = State;
    type Verb = Verb;
    type Guard = Guard;
    type Clock = Clock;
    type Event = Event;
    type Command = Command;
    /// The title of the case.
    type Facts = String;
    type Change = ();

    fn initial() -> State {
        State::Draft
    }

    fn verb(command: &Command) -> Verb {
        match command {
            Command::File { .. } => Verb::File,
            Command::Grant => Verb::Grant,
            Command::TakeBack => Verb::TakeBack,
            Command::Lapse => Verb::Lapse,
        }
    }

    fn holds(guard: Guard, title: &String, _now: DateTime<Utc>) -> Result<(), Reason> {
        match guard {
            Guard::HasTitle if title.is_empty() => Err(Reason::Null),
            Guard::HasTitle => Ok(()),
        }
    }

    fn accept(
        _case: &Case<Self>,
        _acting: &Acting,
        command: &Command,
        _title: &String,
        _now: DateTime<Utc>,
    ) -> Result<(), Vec<Fault>> {
        match command {
            Command::File { pages: 0 } => Err(vec![Fault::new("/pages", "out_of_range")]),
            _ => Ok(()),
        }
    }

    fn period(_clock: Clock, _title: &String) -> Option<Period> {
        Some(Period::working_days(2))
    }

    fn party(clock: Clock) -> Party {
        match clock {
            Clock::Idle => Party::Applicant,
            Clock::Review => Party::Authority,
        }
    }

    fn desk(state: State) -> Option<Role> {
        match state {
            State::Draft => Some(Role::Broker),
            State::Review => Some(Role::CityClerk),
            State::Granted | State::Lapsed => None,
        }
    }
}

impl Driver for Seal {
    type Detail = ();
    type Gathered = ();
    type View = SealView;

    fn read_permission() -> Permission {
        Permission::ReadCertifications
    }

    fn joined(query: Select<case_file::Entity>) -> Select<case_file::Entity> {
        query
    }

    fn detail(_row: &QueryResult) -> Result<()> {
        Ok(())
    }

    async fn facts(
        _context: &Context,
        _connection: &impl ConnectionTrait,
        loaded: &Loaded<Self>,
        _command: Option<&Command>,
        _asker: Option<AccountId>,
    ) -> Result<(String, ())> {
        Ok((loaded.row.title.clone(), ()))
    }

    async fn apply(_tx: &Tx, _loaded: &Loaded<Self>, (): (), (): (), _caller: &Caller) -> Result<()> {
        Ok(())
    }

    async fn view(
        context: &Context,
        connection: &impl ConnectionTrait,
        caller: &Caller,
        loaded: &Loaded<Self>,
    ) -> Result<SealView> {
        let allowed_actions = allowed_actions(context, connection, caller, loaded).await?;
        Ok(SealView { id: loaded.row.id, state: loaded.case.state, version: loaded.case.version, allowed_actions })
    }

    fn trail(command: &Command) -> Value {
        match command {
            Command::File { pages } => json!({ "pages": pages }),
            Command::Grant | Command::TakeBack | Command::Lapse => Value::Null,
        }
    }

    fn automatic(verb: Verb) -> Option<Command> {
        (verb == Verb::Lapse).then_some(Command::Lapse)
    }

    async fn recipients(
        _connection: &impl ConnectionTrait,
        _case: &case_file::Model,
        _recipient: Recipient,
    ) -> Result<Option<Vec<Address>>> {
        Ok(None)
    }

    async fn tale(_connection: &impl ConnectionTrait, _loaded: &Loaded<Self>) -> Result<Value> {
        Ok(Value::Null)
    }
}
