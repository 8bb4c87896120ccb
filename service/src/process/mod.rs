//! The process kernel at work: load, decide, save, tell. The same for every process.
//!
//! A process joins by implementing [`Driver`]: how its facts are loaded and how a change reaches its own tables.
//! Everything else — scope, decision, deadlines, audit, idempotency, jobs — happens here, in one place.

mod act;
mod advance;
mod assign;
mod catalogue;
mod deadline;
mod fanout;
mod load;
mod open;
mod worklist;

pub use act::{act, act_in};
pub use advance::{DueCase, FollowUp, due_cases};
pub use assign::{claim_case, hand_over, release};
pub(crate) use catalogue::recipients;
pub use catalogue::{act_by_program, clock_zh, describe_all, describe_one, follow_up, is_refusal, run_due};
pub use deadline::{DeadlineView, deadline_views};
pub(crate) use deadline::{active, save, value};
pub use fanout::{desk, lead_of};
pub use load::{For, Loaded, allowed_actions, load, load_visible};
pub(crate) use load::{as_it_stands, offered};
pub use open::{NewCase, Opened, next_number, open};
pub use worklist::{WorkItem, WorkSort, WorklistFilter, record_export, worklist, worklist_count};

use std::future::Future;

use domain::access::{Permission, Scope};
use domain::ids::AccountId;
use domain::process::{Process, Recipient};
use entity::case_file;
use sea_orm::{ConnectionTrait, QueryResult, Select};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::caller::Caller;
use crate::context::Context;
use crate::error::Result;
use crate::transaction::Tx;

/// How a process reads and writes its own tables. Implemented once per process, beside its use cases.
pub trait Driver: Process {
    /// The process's own row.
    type Detail: Send + Sync;
    /// What the facts were made of and a change is written from, so that nothing is read twice.
    type Gathered: Send;
    /// The case as the API shows it, with `allowed_actions`.
    type View: Serialize + DeserializeOwned + Send;

    /// Events that refuse something and against which a review may be asked for; their mails name its last day.
    const REFUSALS: &'static [Self::Event] = &[];

    /// The permission to read cases of this process; its roles give the scope.
    fn read_permission() -> Permission;

    /// Adds the process's own row to a query of cases, under names that no column of a case has.
    fn joined(query: Select<case_file::Entity>) -> Select<case_file::Entity>;

    /// The process's own row, from a row of such a query.
    fn detail(row: &QueryResult) -> Result<Self::Detail>;

    /// Everything that guards and `accept` look at, and what was gathered on the way and is worth keeping for
    /// [`Self::apply`]. `command` is absent when actions are only offered.
    fn facts(
        context: &Context,
        connection: &impl ConnectionTrait,
        loaded: &Loaded<Self>,
        command: Option<&Self::Command>,
        asker: Option<AccountId>,
    ) -> impl Future<Output = Result<(Self::Facts, Self::Gathered)>> + Send;

    /// Writes a change to the process's own tables and gives the own row as it then stands. Runs inside the decision's
    /// transaction.
    fn apply(
        tx: &Tx,
        loaded: &Loaded<Self>,
        gathered: Self::Gathered,
        change: Self::Change,
        caller: &Caller,
    ) -> impl Future<Output = Result<Self::Detail>> + Send;

    /// The case as the caller may see it.
    fn view(
        context: &Context,
        connection: &impl ConnectionTrait,
        caller: &Caller,
        loaded: &Loaded<Self>,
    ) -> impl Future<Output = Result<Self::View>> + Send;

    /// What a command leaves in the audit trail, without sensitive values.
    fn trail(command: &Self::Command) -> serde_json::Value;

    /// The command of a verb that the program runs by itself.
    fn automatic(verb: Self::Verb) -> Option<Self::Command>;

    /// The people behind a recipient that only the process knows (experts, an employer without an account); `None`
    /// leaves it to the kernel.
    fn recipients(
        connection: &impl ConnectionTrait,
        case: &case_file::Model,
        recipient: Recipient,
    ) -> impl Future<Output = Result<Option<Vec<Address>>>> + Send;

    /// What a notification of this process needs to say beyond the case itself.
    fn tale(
        connection: &impl ConnectionTrait,
        loaded: &Loaded<Self>,
    ) -> impl Future<Output = Result<serde_json::Value>> + Send;
}

/// Whom a notification goes to: an account, or only a mail address (an employer without an account).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Address {
    Account(AccountId),
    Email(String),
}

/// The scope in which a caller sees cases of a process.
pub fn scope_of<P: Driver>(caller: &Caller) -> Result<Scope> {
    caller.require(P::read_permission())
}
