//! One row of a process table.

use super::Process;
use crate::access::Role;

crate::word! {
    /// Whom an event is told to; the service finds the people.
    pub enum Recipient {
        Applicant = "applicant" / "申请人",
        Employer = "employer" / "所在单位",
        /// Whoever owns the next step.
        Desk = "desk" / "承办岗位",
        /// The lead over the desk.
        DeskLead = "desk_lead" / "承办岗位负责人",
        City = "city" / "市级主管部门",
        Experts = "experts" / "评审专家",
    }
}

/// Where a row leads.
#[derive(Debug)]
pub enum Next<S: 'static> {
    To(S),
    /// The state stays; data, clocks or people change.
    Stay,
    /// To `0`, remembering the present state to come back to.
    Park(S),
    /// Back to the remembered state, which must be one of these.
    Resume(&'static [S]),
}

/// What a row does to a deadline.
#[derive(Debug)]
pub enum Clock<C> {
    /// Starts anew, or is restarted.
    Start(C),
    /// The act arrived: the deadline is met (or was missed, if it is past).
    Meet(C),
    /// The authority's clock stands while the applicant works.
    Pause(C),
    Resume(C),
    /// Lengthens the first by the period of the second.
    Extend(C, C),
    /// The act did not arrive.
    Miss(C),
    /// No longer needed.
    Cancel(C),
}

/// An event and who is told.
#[derive(Debug)]
pub struct Tell<E> {
    pub event: E,
    pub to: &'static [Recipient],
}

/// One row: who may do what in which state, what must hold, what follows.
#[derive(Debug)]
pub struct Row<P: Process> {
    pub from: &'static [P::State],
    pub verb: P::Verb,
    pub by: &'static [Role],
    pub next: Next<P::State>,
    pub guards: &'static [P::Guard],
    /// Verbs that the actor must not have done in this case (four eyes).
    pub apart_from: &'static [P::Verb],
    /// For rows of the program: runs when this deadline has passed. A program row without it runs at once.
    pub after: Option<P::Clock>,
    /// The feature whose use case applies this verb to many cases at once; such a verb is not offered on the case.
    pub through: Option<&'static str>,
    pub clocks: &'static [Clock<P::Clock>],
    pub tell: &'static [Tell<P::Event>],
}

impl<P: Process> Row<P> {
    /// A row with nothing but its key; the rest is named with struct update syntax.
    pub const fn new(from: &'static [P::State], verb: P::Verb, by: &'static [Role], next: Next<P::State>) -> Self {
        Self { from, verb, by, next, guards: &[], apart_from: &[], after: None, through: None, clocks: &[], tell: &[] }
    }

    /// Chainable parts, so that a table reads as one sentence per row.
    pub const fn when(mut self, guards: &'static [P::Guard]) -> Self {
        self.guards = guards;
        self
    }

    pub const fn apart_from(mut self, verbs: &'static [P::Verb]) -> Self {
        self.apart_from = verbs;
        self
    }

    pub const fn after(mut self, clock: P::Clock) -> Self {
        self.after = Some(clock);
        self
    }

    pub const fn through(mut self, feature: &'static str) -> Self {
        self.through = Some(feature);
        self
    }

    pub const fn clocks(mut self, clocks: &'static [Clock<P::Clock>]) -> Self {
        self.clocks = clocks;
        self
    }

    pub const fn tell(mut self, tell: &'static [Tell<P::Event>]) -> Self {
        self.tell = tell;
        self
    }
}
