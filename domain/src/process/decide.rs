//! The decision: pure, the same for every process.

use chrono::{DateTime, Utc};

use super::{Clock, Next, Process, Reason, Recipient, Row};
use crate::access::Role;
use crate::calendar::Calendar;
use crate::deadline::{Deadline, DeadlineState};
use crate::fault::Fault;
use crate::ids::{AccountId, CaseId, OrganisationId};
use crate::region::RegionCode;
use crate::time::civil_day;
use crate::word::Word;

/// A case as the kernel sees it.
#[derive(Debug, Clone)]
pub struct Case<P: Process> {
    pub id: CaseId,
    pub state: P::State,
    /// Where a correction comes back to.
    pub resume_state: Option<P::State>,
    /// Raised by every change; the ETag's version.
    pub version: i32,
    pub region: RegionCode,
    pub organisation: Option<OrganisationId>,
    pub applicant: AccountId,
    /// Who has claimed the case at its desk.
    pub assignee: Option<AccountId>,
    /// Who did what so far, oldest first.
    pub past: Vec<Past<P::Verb>>,
    pub deadlines: Vec<Deadline>,
}

/// One act of the past, kept for the four-eyes rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Past<V> {
    pub verb: V,
    pub by: AccountId,
    pub on_behalf_of: Option<AccountId>,
}

/// Who acts, in which role.
#[derive(Debug, Clone)]
pub struct Acting {
    /// `None` is the program itself.
    pub account: Option<AccountId>,
    pub role: Role,
    /// Set under a delegation.
    pub on_behalf_of: Option<AccountId>,
    /// Organisations the person belongs to, or belonged to within the recusal window (回避).
    pub ties: Vec<OrganisationId>,
}

impl Acting {
    /// The program acting by a clock or at once.
    pub fn system() -> Self {
        Self { account: None, role: Role::System, on_behalf_of: None, ties: Vec::new() }
    }
}

/// What follows from an allowed command. It does nothing by itself.
#[derive(Debug)]
pub struct Decision<P: Process> {
    pub verb: P::Verb,
    pub from: P::State,
    pub to: P::State,
    pub resume_state: Option<P::State>,
    pub change: P::Change,
    /// The deadlines that changed or began.
    pub deadlines: Vec<Deadline>,
    /// The nearest running deadline of the case after this decision.
    pub next_due_at: Option<DateTime<Utc>>,
    /// The desk that owns the next step; the assignee is dropped when it changes.
    pub desk: Option<Role>,
    pub keeps_assignee: bool,
    pub tell: Vec<(P::Event, Recipient)>,
    /// No row leads out of the new state.
    pub is_final: bool,
}

/// Why a command is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Denied<P: Process> {
    /// No row for this verb in this state.
    State {
        state: P::State,
        verb: P::Verb,
    },
    /// The row is for other roles.
    Role {
        verb: P::Verb,
    },
    /// Claimed by somebody else at the desk.
    Assigned,
    /// The same person did a step that must be another's.
    FourEyes {
        earlier: P::Verb,
    },
    /// The actor is the applicant, or belongs to the applicant's organisation.
    Recused,
    /// A program row whose clock has not run out.
    TooEarly {
        due_at: Option<DateTime<Utc>>,
    },
    Guard {
        guard: P::Guard,
        reason: Reason,
    },
    Invalid(Vec<Fault>),
    /// The rule set of the case lacks a period: a fault of the data, not of the caller.
    MissingPeriod {
        clock: P::Clock,
    },
}

/// Decides a command: what follows, or why not.
///
/// The order is fixed, so that nobody learns more than they may: table, role, recusal, four eyes, desk, clock, guards,
/// then the data.
pub fn decide<P: Process>(
    case: &Case<P>,
    acting: &Acting,
    command: &P::Command,
    facts: &P::Facts,
    now: DateTime<Utc>,
    calendar: &Calendar,
) -> Result<Decision<P>, Denied<P>> {
    let verb = P::verb(command);
    let row = find_row(case, acting, verb)?;
    may_act(case, acting, row, now)?;
    for guard in row.guards {
        P::holds(*guard, facts, now).map_err(|reason| Denied::Guard { guard: *guard, reason })?;
    }
    let to = next_state(case, row)?;
    let change = P::accept(case, acting, command, facts, now).map_err(Denied::Invalid)?;
    let (all, changed) = run_clocks(case, row, facts, now, calendar, is_final::<P>(to))?;
    let desk = P::desk(to);
    Ok(Decision {
        verb,
        from: case.state,
        to,
        resume_state: if matches!(row.next, Next::Park(_)) { Some(case.state) } else { case.resume_state },
        change,
        next_due_at: all
            .iter()
            .filter(|deadline| deadline.state == DeadlineState::Running)
            .map(Deadline::effective_due_at)
            .min(),
        deadlines: changed,
        keeps_assignee: desk == P::desk(case.state),
        desk,
        tell: row.tell.iter().flat_map(|tell| tell.to.iter().map(|to| (tell.event, *to))).collect(),
        is_final: is_final::<P>(to),
    })
}

fn find_row<P: Process>(case: &Case<P>, acting: &Acting, verb: P::Verb) -> Result<&'static Row<P>, Denied<P>> {
    let mut rows = P::ROWS.iter().filter(|row| row.verb == verb && row.from.contains(&case.state)).peekable();
    if rows.peek().is_none() {
        return Err(Denied::State { state: case.state, verb });
    }
    rows.find(|row| row.by.contains(&acting.role)).ok_or(Denied::Role { verb })
}

fn may_act<P: Process>(case: &Case<P>, acting: &Acting, row: &Row<P>, now: DateTime<Utc>) -> Result<(), Denied<P>> {
    if let Some(account) = acting.account {
        if acting.role.is_staff() && is_tied(case, account, acting) {
            return Err(Denied::Recused);
        }
        if let Some(past) = case.past.iter().find(|past| row.apart_from.contains(&past.verb) && past.involves(acting)) {
            return Err(Denied::FourEyes { earlier: past.verb });
        }
        let is_desk = P::desk(case.state) == Some(acting.role);
        let is_mine = case.assignee.is_none_or(|assignee| acting.is(assignee));
        if is_desk && !is_mine {
            return Err(Denied::Assigned);
        }
    }
    match row.after {
        Some(clock) if !has_run_out(case, clock, now) => Err(Denied::TooEarly { due_at: due_at(case, clock) }),
        _ => Ok(()),
    }
}

impl Acting {
    fn is(&self, account: AccountId) -> bool {
        self.account == Some(account) || self.on_behalf_of == Some(account)
    }
}

impl<V> Past<V> {
    /// A delegate and the person represented count as one pair of eyes.
    fn involves(&self, acting: &Acting) -> bool {
        acting.is(self.by) || self.on_behalf_of.is_some_and(|principal| acting.is(principal))
    }
}

fn is_tied<P: Process>(case: &Case<P>, account: AccountId, acting: &Acting) -> bool {
    case.applicant == account
        || acting.on_behalf_of == Some(case.applicant)
        || case.organisation.is_some_and(|organisation| acting.ties.contains(&organisation))
}

fn next_state<P: Process>(case: &Case<P>, row: &Row<P>) -> Result<P::State, Denied<P>> {
    match &row.next {
        Next::To(state) | Next::Park(state) => Ok(*state),
        Next::Stay => Ok(case.state),
        Next::Resume(set) => case
            .resume_state
            .filter(|state| set.contains(state))
            .ok_or(Denied::State { state: case.state, verb: row.verb }),
    }
}

/// Applies the row's clocks: all deadlines afterwards, and those that changed.
fn run_clocks<P: Process>(
    case: &Case<P>,
    row: &Row<P>,
    facts: &P::Facts,
    now: DateTime<Utc>,
    calendar: &Calendar,
    closes: bool,
) -> Result<(Vec<Deadline>, Vec<Deadline>), Denied<P>> {
    let today = civil_day(now);
    let mut all = case.deadlines.clone();
    let mut changed = Vec::new();
    for clock in row.clocks {
        let period = |clock: P::Clock| P::period(clock, facts).ok_or(Denied::MissingPeriod { clock });
        if let Clock::Start(kind) = clock {
            let mut fresh = Deadline::start(kind.as_str(), P::party(*kind), now, period(*kind)?, calendar);
            if let Some(open) = open_mut(&mut all, kind.as_str()) {
                // Restarted before it ended: the same clock, one revision further.
                fresh.revision = open.revision + 1;
                *open = fresh.clone();
            } else {
                all.push(fresh.clone());
            }
            changed.push(fresh);
            continue;
        }
        let (Clock::Start(kind)
        | Clock::Meet(kind)
        | Clock::Pause(kind)
        | Clock::Resume(kind)
        | Clock::Extend(kind, _)
        | Clock::Miss(kind)
        | Clock::Cancel(kind)) = clock;
        let Some(open) = open_mut(&mut all, kind.as_str()) else { continue };
        let moved = match clock {
            Clock::Start(_) => continue,
            // An act that arrives late meets nothing: the deadline was missed, and stays so in the record.
            Clock::Meet(_) => open.miss(now).or_else(|_| open.meet()),
            Clock::Pause(_) => open.pause(today).or_else(|_| open.miss(now)),
            Clock::Resume(_) => open.resume(today, calendar),
            Clock::Extend(_, by) => open.extend(&period(*by)?, calendar),
            Clock::Miss(_) => open.miss(now).or_else(|_| open.cancel()),
            Clock::Cancel(_) => open.cancel(),
        };
        // A clock in another state has nothing to do here, such as a resumption of one that never paused.
        if let Ok(moved) = moved {
            *open = moved;
            changed.push(open.clone());
        }
    }
    if closes {
        // Nothing runs on a closed case, whatever the row named.
        for open in all.iter_mut().filter(|deadline| is_open(deadline)) {
            if let Ok(closed) = open.cancel() {
                *open = closed;
                changed.push(open.clone());
            }
        }
    }
    Ok((all, changed))
}

fn open_mut<'a>(deadlines: &'a mut [Deadline], kind: &str) -> Option<&'a mut Deadline> {
    deadlines.iter_mut().find(|deadline| deadline.kind == kind && is_open(deadline))
}

fn is_open(deadline: &Deadline) -> bool {
    deadline.state.is_open()
}

fn due_at<P: Process>(case: &Case<P>, clock: P::Clock) -> Option<DateTime<Utc>> {
    case.deadlines
        .iter()
        .find(|deadline| deadline.kind == clock.as_str() && deadline.state == DeadlineState::Running)
        .map(Deadline::effective_due_at)
}

fn has_run_out<P: Process>(case: &Case<P>, clock: P::Clock, now: DateTime<Utc>) -> bool {
    due_at(case, clock).is_some_and(|due_at| due_at < now)
}

/// A state is final when no row leads out of it.
pub(super) fn is_final<P: Process>(state: P::State) -> bool {
    !P::ROWS.iter().any(|row| row.from.contains(&state))
}

/// A program row that runs as soon as its guards hold, without waiting for a clock.
pub fn is_automatic<P: Process>(row: &Row<P>) -> bool {
    row.by.contains(&Role::System) && row.after.is_none()
}

/// The verbs offered to these roles in this state. Lists pass no facts and offer by state and role only.
pub fn allowed_verbs<P: Process>(
    case: &Case<P>,
    acting: &[Acting],
    facts: Option<&P::Facts>,
    now: DateTime<Utc>,
) -> Vec<P::Verb> {
    let mut verbs = Vec::new();
    for row in open_rows(case, acting, now) {
        let holds = facts.is_none_or(|facts| row.guards.iter().all(|guard| P::holds(*guard, facts, now).is_ok()));
        if holds && !verbs.contains(&row.verb) {
            verbs.push(row.verb);
        }
    }
    verbs
}

/// Whether what is offered depends on facts at all.
pub fn needs_facts<P: Process>(case: &Case<P>, acting: &[Acting], now: DateTime<Utc>) -> bool {
    open_rows(case, acting, now).any(|row| !row.guards.is_empty())
}

/// The rows that people with these roles may take in this state, whatever their guards say.
fn open_rows<P: Process>(
    case: &Case<P>,
    acting: &[Acting],
    now: DateTime<Utc>,
) -> impl Iterator<Item = &'static Row<P>> {
    P::ROWS.iter().filter(move |row| {
        let is_open = row.from.contains(&case.state) && row.through.is_none();
        is_open
            && acting.iter().any(|acting| {
                row.by.contains(&acting.role) && acting.role != Role::System && may_act(case, acting, row, now).is_ok()
            })
    })
}

/// The program's verbs that a passed deadline of this kind calls for, in any state.
pub fn due_verbs<P: Process>(clock: P::Clock) -> impl Iterator<Item = &'static Row<P>> {
    P::ROWS.iter().filter(move |row| row.after == Some(clock) && row.by.contains(&Role::System))
}
