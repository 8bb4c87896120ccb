//! The process kernel: a case moves through a process, and a process is a table.
//!
//! Certification, recognition, claim, objection and appeal are all cases. What differs between them is data: the rows
//! of [`Process::ROWS`]. From the table come what is allowed ([`decide()`]), what is offered ([`allowed_verbs`]), which
//! deadlines run, who is told, what the audit trail says, the chart in the documents and the authorisation matrix.
//!
//! The kernel knows no process by name. Adding one is adding a type that implements [`Process`]; nothing here changes.
//! It decides and never does: no I/O, no clock; `now` and the calendar are arguments.

mod check;
mod decide;
mod describe;
mod row;
mod sort;

pub use check::faults;
pub use decide::{Acting, Case, Decision, Denied, Past, allowed_verbs, decide, due_verbs, is_automatic, needs_facts};
pub use describe::{Description, RowDescription, describe, mermaid, table_text};
pub use row::{Clock, Next, Recipient, Row, Tell};
pub use sort::WorkSort;

use chrono::{DateTime, Utc};

use crate::access::Role;
use crate::calendar::Period;
use crate::deadline::Party;
use crate::fault::Fault;
use crate::word::Word;

/// Why a guard does not hold: the figures that a person needs to understand it.
pub type Reason = serde_json::Value;

/// A process (办理流程): its vocabularies, its table, and what its guards and commands mean.
///
/// States, verbs, guards, clocks and events are words, never function pointers: they are stored and printed.
pub trait Process: Copy + Eq + std::fmt::Debug + Send + Sync + 'static {
    /// The feature word, such as `certification`.
    const NAME: &'static str;
    /// The Chinese term.
    const NAME_ZH: &'static str;
    /// Raised when the table changes; a case keeps the version that it began under.
    const VERSION: i32;
    /// Prefix of human case numbers, such as `CE`.
    const PREFIX: &'static str;
    /// The table. Everything absent from it is refused.
    const ROWS: &'static [Row<Self>];

    /// Where a case can be.
    type State: Word;
    /// What can be done; field-less, the key of the table.
    type Verb: Word;
    /// What must hold; answered from facts alone, so that actions can be offered without a command.
    type Guard: Word;
    /// The deadlines that this process starts; each names its period in the rule set.
    type Clock: Word;
    /// What people are told.
    type Event: Word;
    /// A verb with its data.
    type Command: std::fmt::Debug + Send + Sync;
    /// What guards and `accept` look at, loaded before the decision.
    type Facts: Send + Sync;
    /// What an accepted command changes in the process's own rows.
    type Change: std::fmt::Debug + Send + Sync;

    /// The state a new case begins in.
    fn initial() -> Self::State;

    /// The key of a command.
    fn verb(command: &Self::Command) -> Self::Verb;

    /// Whether a guard holds; otherwise why not.
    fn holds(guard: Self::Guard, facts: &Self::Facts, now: DateTime<Utc>) -> Result<(), Reason>;

    /// Judges the data of a command and yields what it changes. Faults are all reported at once.
    fn accept(
        case: &Case<Self>,
        acting: &Acting,
        command: &Self::Command,
        facts: &Self::Facts,
        now: DateTime<Utc>,
    ) -> Result<Self::Change, Vec<Fault>>;

    /// How long a clock runs, from the rule set of the case; `None` is a fault of the rule set.
    fn period(clock: Self::Clock, facts: &Self::Facts) -> Option<Period>;

    /// Whose duty a clock is.
    fn party(clock: Self::Clock) -> Party;

    /// The desk that owns the next step in this state, if any is waited for.
    fn desk(state: Self::State) -> Option<Role>;
}
