//! Certification (认定) as a process: the table, its facts and what its commands change.

mod accept;
mod command;
mod facts;
#[cfg(test)]
mod properties;
mod table;
mod words;

pub use command::{Change, Command, Correction, Defect, DefectAnswer, Opinion, Refusal, ScoreSheet};
pub use facts::{Candidate, ExpertState, Facts, PanelMember, Review};
pub use words::{ClockKind, CorrectionStage, Event, Guard, State, Verb};

use chrono::{DateTime, Utc};

use crate::access::Role;
use crate::calendar::Period;
use crate::deadline::Party;
use crate::fault::Fault;
use crate::process::{Acting, Case, Process, Reason, Row};
use crate::word::Word;

/// The certification process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Certification;

impl Process for Certification {
    const NAME: &'static str = "certification";
    const NAME_ZH: &'static str = "技术经纪人认定";
    const VERSION: i32 = 1;
    const PREFIX: &'static str = "CE";
    const ROWS: &'static [Row<Self>] = table::ROWS;

    type State = State;
    type Verb = Verb;
    type Guard = Guard;
    type Clock = ClockKind;
    type Event = Event;
    type Command = Command;
    type Facts = Facts;
    type Change = Change;

    fn initial() -> State {
        State::Draft
    }

    fn verb(command: &Command) -> Verb {
        command.verb()
    }

    fn holds(guard: Guard, facts: &Facts, now: DateTime<Utc>) -> Result<(), Reason> {
        facts.holds(guard, now)
    }

    fn accept(
        case: &Case<Self>,
        acting: &Acting,
        command: &Command,
        facts: &Facts,
        _now: DateTime<Utc>,
    ) -> Result<Change, Vec<Fault>> {
        accept::accept(case, acting, command, facts)
    }

    fn period(clock: ClockKind, facts: &Facts) -> Option<Period> {
        facts.rules.period(&format!("deadline.{}", clock.as_str()))
    }

    fn party(clock: ClockKind) -> Party {
        match clock {
            ClockKind::DraftIdle
            | ClockKind::EmployerReview
            | ClockKind::EmployerLapse
            | ClockKind::Correction
            | ClockKind::CorrectionExtension => Party::Applicant,
            ClockKind::CityReview
            | ClockKind::CityNotice
            | ClockKind::Completeness
            | ClockKind::Panel
            | ClockKind::Assessment
            | ClockKind::ExpertReview
            | ClockKind::Decision
            | ClockKind::Overall
            | ClockKind::Issue => Party::Authority,
            ClockKind::Publicity => Party::Public,
        }
    }

    fn desk(state: State) -> Option<Role> {
        match state {
            State::Draft | State::Correction => Some(Role::Broker),
            State::EmployerReview => Some(Role::EmployerConfirmer),
            State::CityReview => Some(Role::CityClerk),
            State::RegionFormal | State::Accepted | State::Assessment => Some(Role::RegionClerk),
            State::ExpertReview => Some(Role::Expert),
            State::Decision => Some(Role::RegionLead),
            State::Publicity
            | State::Approved
            | State::Certified
            | State::NotAccepted
            | State::NotRecommended
            | State::NotPassed
            | State::NotApproved
            | State::Withdrawn
            | State::Lapsed => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::process::{faults, mermaid, table_text};

    #[test]
    fn the_table_is_sound() {
        assert_eq!(faults::<Certification>(), Vec::<String>::new());
    }

    #[test]
    fn the_whole_table() {
        insta::assert_snapshot!(table_text::<Certification>());
    }

    #[test]
    fn the_chart() {
        insta::assert_snapshot!(mermaid::<Certification>());
    }
}
