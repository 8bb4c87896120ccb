//! What happens by itself: follow-ups of a decision, automatic rows, and rows whose deadline has passed.

use domain::access::Scope;
use domain::deadline::DeadlineState;
use domain::ids::CaseId;
use domain::process::{Decision, due_verbs, is_automatic};
use domain::word::Word;
use entity::{case_file, deadline};
use sea_orm::{ColumnTrait, EntityTrait, JoinType, QueryFilter, QueryOrder, QuerySelect, RelationTrait};

use super::load::{self, For};
use super::{Driver, act::act_in, fanout};
use crate::caller::Caller;
use crate::code::Code;
use crate::context::Context;
use crate::error::{Error, Result};
use crate::queue::Payload;
use crate::transaction::{Tx, Work};

/// The one job of a decision: tell people, plan reminders, take automatic steps. Harmless when run twice: what it
/// writes carries unique keys, and a step that was taken is no longer in the table's state.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct FollowUp {
    pub process: String,
    pub case_id: CaseId,
    /// The version that the decision made.
    pub version: i32,
    /// Event and recipient, in words.
    pub tell: Vec<(String, String)>,
}

impl Payload for FollowUp {
    const NAME: &'static str = "process.follow_up";
}

impl FollowUp {
    /// The follow-up of a decision, if anything follows.
    pub(super) fn new<P: Driver>(case_id: CaseId, version: i32, decision: &Decision<P>) -> Option<Self> {
        let advances = P::ROWS.iter().any(|row| row.from.contains(&decision.to) && is_automatic(row));
        (advances || !decision.tell.is_empty() || !decision.deadlines.is_empty()).then(|| Self {
            process: P::NAME.to_owned(),
            case_id,
            version,
            tell: decision.tell.iter().map(|(event, to)| (event.as_str().to_owned(), to.as_str().to_owned())).collect(),
        })
    }

    pub(super) fn key(&self) -> String {
        format!("{}:{}:{}", Self::NAME, self.case_id, self.version)
    }
}

/// Does what follows from a decision.
pub async fn follow_up<P: Driver>(context: &Context, job: &FollowUp) -> Result<()> {
    fanout::fan_out::<P>(context, job).await?;
    crate::deadline::plan_reminders(context, job.case_id).await?;
    advance::<P>(context, job.case_id).await
}

/// Takes the automatic steps of a case, one after the other, until none applies.
pub async fn advance<P: Driver>(context: &Context, id: CaseId) -> Result<()> {
    let scope = Scope { all: true, ..Scope::default() };
    // A table without automatic circles needs fewer steps than it has rows.
    for _ in 0..P::ROWS.len() {
        let loaded = load::load::<P>(context.database().read(), &scope, None, id, For::Reading).await?;
        let state = loaded.case.state;
        let rows = P::ROWS.iter().filter(|row| row.from.contains(&state) && is_automatic(row));
        let mut moved = false;
        for verb in rows.map(|row| row.verb) {
            if step::<P>(context, id, verb).await? {
                moved = true;
                break;
            }
        }
        if !moved {
            return Ok(());
        }
    }
    Err(Error::internal(format!("{} {id}: automatic steps do not end", P::NAME)))
}

/// Takes the steps that a passed deadline calls for; true when one was taken.
pub async fn run_out<P: Driver>(context: &Context, id: CaseId, kind: &str) -> Result<bool> {
    let Some(clock) = P::Clock::parse(kind) else { return Ok(false) };
    let mut verbs: Vec<P::Verb> = due_verbs::<P>(clock).map(|row| row.verb).collect();
    verbs.dedup();
    for verb in verbs {
        if step::<P>(context, id, verb).await? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// One step of the program; false when the table or a guard says no.
async fn step<P: Driver>(context: &Context, id: CaseId, verb: P::Verb) -> Result<bool> {
    let Some(command) = P::automatic(verb) else { return Ok(false) };
    let caller = Caller::system(&format!("{}.{}", P::NAME, verb.as_str()));
    let work = Step::<P> { caller: &caller, id, command: &command };
    match context.write("process.step", &work).await {
        Ok(()) => Ok(true),
        Err(Error::Refused(Code::StateForbids | Code::ConditionNotMet, _) | Error::Stale) => Ok(false),
        Err(error) => Err(error),
    }
}

struct Step<'a, P: Driver> {
    caller: &'a Caller,
    id: CaseId,
    command: &'a P::Command,
}

impl<P: Driver> Work for Step<'_, P> {
    type Output = ();

    async fn run(&self, tx: &Tx) -> Result<()> {
        act_in::<P>(tx, self.caller, self.id, None, self.command).await.map(|_| ())
    }
}

/// A deadline that has passed and may call for a step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DueCase {
    pub process: String,
    pub case_id: CaseId,
    pub kind: String,
}

/// Passed deadlines of these kinds, oldest first, at most `limit`.
pub async fn due_cases(context: &Context, kinds: &[&str], limit: u64) -> Result<Vec<DueCase>> {
    let rows: Vec<(String, CaseId, String)> = deadline::Entity::find()
        .select_only()
        .column(case_file::Column::Process)
        .column(deadline::Column::CaseId)
        .column(deadline::Column::Kind)
        .join(JoinType::InnerJoin, deadline::Relation::Case.def())
        .filter(deadline::Column::State.eq(DeadlineState::Running))
        .filter(deadline::Column::DueAt.lt(context.now()))
        .filter(deadline::Column::Kind.is_in(kinds.iter().copied()))
        .order_by_asc(deadline::Column::DueAt)
        .limit(limit)
        .into_tuple()
        .all(context.database().read())
        .await?;
    Ok(rows.into_iter().map(|(process, case_id, kind)| DueCase { process, case_id, kind }).collect())
}
