//! Publishing, extending and closing a round.

use chrono::{DateTime, Utc};
use domain::access::Permission;
use domain::broker::{Faults, plain};
use domain::ids::RoundId;
use domain::round::RoundState;
use domain::word::Word;
use entity::round;
use serde_json::{Value, json};

use super::check::{check, check_times};
use super::draft::{NewRound, current, save};
use super::read::{RoundView, view};
use crate::audit::Entry;
use crate::caller::{Caller, Outcome};
use crate::code::Code;
use crate::context::Context;
use crate::error::{Error, Result};
use crate::transaction::{Tx, Work};

/// A later end of a round.
#[derive(Debug, Clone)]
pub struct Extension {
    pub closes_at: DateTime<Utc>,
    /// Stays when absent.
    pub recommend_until: Option<DateTime<Utc>>,
    pub reason: String,
}

#[derive(Debug)]
enum Step {
    Publish,
    Extend(Extension),
    Close { reason: String },
}

/// Publishes a draft: from its opening on, applications are taken.
pub async fn publish(context: &Context, caller: &Caller, id: RoundId, version: i32) -> Result<Outcome<RoundView>> {
    act(context, caller, id, version, Step::Publish).await
}

/// Moves the end of a published round to a later minute.
pub async fn extend(
    context: &Context,
    caller: &Caller,
    id: RoundId,
    version: i32,
    extension: Extension,
) -> Result<Outcome<RoundView>> {
    act(context, caller, id, version, Step::Extend(extension)).await
}

/// Closes a published round before its end; open cases go on.
pub async fn close(
    context: &Context,
    caller: &Caller,
    id: RoundId,
    version: i32,
    reason: String,
) -> Result<Outcome<RoundView>> {
    act(context, caller, id, version, Step::Close { reason }).await
}

async fn act(context: &Context, caller: &Caller, id: RoundId, version: i32, step: Step) -> Result<Outcome<RoundView>> {
    caller.require(Permission::ManageRounds)?;
    let name = step.name();
    context.write_once(caller, name, &Act { caller, id, version, step }).await
}

struct Act<'a> {
    caller: &'a Caller,
    id: RoundId,
    version: i32,
    step: Step,
}

impl Work for Act<'_> {
    type Output = RoundView;

    async fn run(&self, tx: &Tx) -> Result<RoundView> {
        let row = current(tx, self.id, self.version).await?;
        let from = match self.step {
            Step::Publish => RoundState::Draft,
            Step::Extend(_) | Step::Close { .. } => RoundState::Published,
        };
        if row.state != from {
            return Err(Error::Refused(Code::StateForbids, json!({ "state": row.state })));
        }
        let changed = self.changed(tx, &row).await?;
        let after = round::Model { updated_at: tx.at(), version: row.version + 1, ..changed };
        save(tx, &row, &after).await?;
        let mut entry = Entry::new(self.caller, "round", row.id, self.step.name())
            .states(row.state.as_str(), after.state.as_str())
            .before(&times(&row))
            .after(&times(&after));
        entry.reason = self.step.reason().map(str::to_owned);
        tx.audit(entry);
        Ok(view(after, self.caller, tx.at()))
    }
}

fn times(row: &round::Model) -> Value {
    json!({ "closes_at": row.closes_at, "recommend_until": row.recommend_until })
}

impl Act<'_> {
    /// The round after the step, if the step's own conditions hold.
    async fn changed(&self, tx: &Tx, row: &round::Model) -> Result<round::Model> {
        let mut faults = Faults::default();
        if let Some(reason) = self.step.reason() {
            faults.take("/reason", plain(reason, 2, 500));
        }
        let changed = match &self.step {
            Step::Publish => {
                check(tx.connection(), &tx.context().settings().files, &drafted(row)?).await?;
                if row.closes_at <= tx.at() {
                    faults.add("/closes_at", "closes_in_the_past");
                }
                round::Model { state: RoundState::Published, published_at: Some(tx.at()), ..row.clone() }
            }
            Step::Extend(extension) => {
                let recommend_until = extension.recommend_until.or(row.recommend_until);
                check_times(&mut faults, row.opens_at, extension.closes_at, recommend_until);
                if extension.closes_at <= row.closes_at || extension.closes_at <= tx.at() {
                    faults.with("/closes_at", "not_an_extension", json!({ "closes_at": row.closes_at }));
                }
                round::Model { closes_at: extension.closes_at, recommend_until, ..row.clone() }
            }
            Step::Close { reason } => {
                round::Model { state: RoundState::Closed, close_reason: Some(reason.trim().to_owned()), ..row.clone() }
            }
        };
        if faults.0.is_empty() { Ok(changed) } else { Err(Error::Invalid(faults.0)) }
    }
}

/// The stored draft as it was typed, to be checked once more.
fn drafted(row: &round::Model) -> Result<NewRound> {
    let unreadable = |column| Error::unreadable("round", column, row.id);
    Ok(NewRound {
        process: row.process.clone(),
        region: row.region.clone(),
        title: row.title.clone(),
        opens_at: row.opens_at,
        closes_at: row.closes_at,
        recommend_until: row.recommend_until,
        rule_set_id: row.rule_set_id,
        max_file_bytes: u64::try_from(row.max_file_bytes).map_err(|_| unreadable("max_file_bytes"))?,
        max_files: u32::try_from(row.max_files).map_err(|_| unreadable("max_files"))?,
    })
}

impl Step {
    fn name(&self) -> &'static str {
        match self {
            Self::Publish => "round.publish",
            Self::Extend(_) => "round.extend",
            Self::Close { .. } => "round.close",
        }
    }

    fn reason(&self) -> Option<&str> {
        match self {
            Self::Publish => None,
            Self::Extend(Extension { reason, .. }) | Self::Close { reason } => Some(reason),
        }
    }
}
