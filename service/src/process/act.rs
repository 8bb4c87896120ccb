//! The one use case of every verb of every process.

use chrono::{DateTime, Utc};
use domain::ids::CaseId;
use domain::process::{Acting, Decision, Denied, decide};
use domain::word::Word;
use entity::case_file;
use sea_orm::{ColumnTrait, QueryFilter};
use serde_json::json;

use super::advance::FollowUp;
use super::load::{self, For, Loaded, acts};
use super::{Driver, deadline as rows};
use crate::audit::Entry;
use crate::caller::{Caller, Outcome};
use crate::change::{RowChange, difference};
use crate::context::Context;
use crate::error::{Error, Result};
use crate::queue::Job;
use crate::transaction::{Tx, Work};

/// Acts on a case: one transaction, from the scoped load to the audit row, and the resource as it stands afterwards.
///
/// `expected_version` comes from `If-Match`; only the program itself acts without one.
pub async fn act<P: Driver>(
    context: &Context,
    caller: &Caller,
    id: CaseId,
    expected_version: Option<i32>,
    command: P::Command,
) -> Result<Outcome<P::View>> {
    context.write_once(caller, P::NAME, &Act::<P> { caller, id, expected_version, command: &command }).await
}

struct Act<'a, P: Driver> {
    caller: &'a Caller,
    id: CaseId,
    expected_version: Option<i32>,
    command: &'a P::Command,
}

impl<P: Driver> Work for Act<'_, P> {
    type Output = P::View;

    async fn run(&self, tx: &Tx) -> Result<P::View> {
        let after = act_in::<P>(tx, self.caller, self.id, self.expected_version, self.command).await?;
        P::view(tx.context(), tx.connection(), self.caller, &after).await
    }
}

/// The same inside a transaction that is already open, for use cases that move many cases at once. Gives the case as it
/// then stands.
pub async fn act_in<P: Driver>(
    tx: &Tx,
    caller: &Caller,
    id: CaseId,
    expected_version: Option<i32>,
    command: &P::Command,
) -> Result<Loaded<P>> {
    let scope = super::scope_of::<P>(caller)?;
    let loaded = load::load::<P>(tx.connection(), &scope, caller.account(), id, For::Change).await?;
    if expected_version.is_some_and(|version| version != loaded.case.version) {
        return Err(Error::Stale);
    }
    let (facts, gathered) = P::facts(tx.context(), tx.connection(), &loaded, Some(command), caller.account()).await?;
    let calendar = crate::calendar::current(tx.context(), tx.connection()).await?;
    let actings = load::actings(caller, &loaded);
    let (acting, decision) =
        best(&actings, |acting| decide(&loaded.case, acting, command, &facts, tx.at(), &calendar))?;
    apply(tx, caller, acting, loaded, (decision, gathered), command).await
}

/// The first way of acting that is allowed; otherwise the refusal that says most.
fn best<P: Driver>(
    actings: &[Acting],
    decide: impl Fn(&Acting) -> Result<Decision<P>, Denied<P>>,
) -> Result<(&Acting, Decision<P>)> {
    let mut refusal: Option<Denied<P>> = None;
    for acting in actings {
        match decide(acting) {
            Ok(decision) => return Ok((acting, decision)),
            Err(denied) => {
                if refusal.is_none() || matches!(refusal, Some(Denied::Role { .. })) {
                    refusal = Some(denied);
                }
            }
        }
    }
    Err(refusal.map_or(Error::Forbidden, Error::from))
}

async fn apply<P: Driver>(
    tx: &Tx,
    caller: &Caller,
    acting: &Acting,
    loaded: Loaded<P>,
    (decision, gathered): (Decision<P>, P::Gathered),
    command: &P::Command,
) -> Result<Loaded<P>> {
    let row = moved(&loaded.row, acting, &decision, tx.at())?;
    update_case(tx, &loaded.row, &row).await?;
    let deadlines = rows::upsert(tx, row.id, &loaded.deadlines, &decision.deadlines).await?;
    tx.audit(
        Entry::new(caller, P::NAME, row.id, &format!("{}.{}", P::NAME, decision.verb.as_str()))
            .states(decision.from.as_str(), decision.to.as_str())
            .role(acting.role, acting.on_behalf_of)
            .after(&P::trail(command)),
    );
    let follow_up = FollowUp::new::<P>(row.id, row.version, &decision);
    if let Some(follow_up) = follow_up {
        let key = follow_up.key();
        tx.enqueue(Job::new(&follow_up)?.once(key));
    }
    let detail = P::apply(tx, &loaded, gathered, decision.change, caller).await?;
    tx.flush().await?;
    load::as_it_stands(row, detail, deadlines, loaded.is_tied)
}

/// The case's row as the decision leaves it.
fn moved<P: Driver>(
    row: &case_file::Model,
    acting: &Acting,
    decision: &Decision<P>,
    at: DateTime<Utc>,
) -> Result<case_file::Model> {
    let mut acts = acts(row)?;
    if let Some(account) = acting.account {
        acts.push((decision.verb.as_str().to_owned(), account, acting.on_behalf_of));
    }
    let is_submission = row.submitted_at.is_none() && decision.from == P::initial() && !decision.is_final;
    let is_returned = decision.to == P::initial() && decision.from != decision.to;
    Ok(case_file::Model {
        state: decision.to.as_str().to_owned(),
        resume_state: decision.resume_state.map(|state| state.as_str().to_owned()),
        version: row.version + 1,
        desk_role: decision.desk,
        assignee_id: row.assignee_id.filter(|_| decision.keeps_assignee),
        next_due_at: decision.next_due_at,
        acts: json!(acts).to_string(),
        updated_at: at,
        // Returned: the applicant's own again, until it is submitted anew.
        submitted_at: if is_submission { Some(at) } else { row.submitted_at.filter(|_| !is_returned) },
        closed_at: if decision.is_final { Some(at) } else { row.closed_at },
        ..row.clone()
    })
}

/// One update whose WHERE names id, version and the state it came from.
async fn update_case(tx: &Tx, before: &case_file::Model, after: &case_file::Model) -> Result<()> {
    let Some(update) = difference::<case_file::Entity>(before, after) else { return Ok(()) };
    let update = update
        .filter(case_file::Column::Id.eq(before.id))
        .filter(case_file::Column::Version.eq(before.version))
        .filter(case_file::Column::State.eq(&before.state));
    tx.change(RowChange::update_one(update)).await
}
