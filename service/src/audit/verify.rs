//! Recomputing every chain: the first broken link of each object, tails that were cut, and what anchors remember.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use domain::access::Role;
use domain::ids::{AccountId, ApiClientId};
use entity::{audit, audit_head};
use object_store::ObjectStore;
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{ColumnTrait, Condition, EntityTrait, FromQueryResult, Iterable, QueryFilter, QueryOrder, QuerySelect};

use super::anchor::{self, Anchored};
use super::chain::seal;
use super::{Entry, Outcome};
use crate::context::Context;
use crate::error::Result;

/// What a verification found.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
pub struct Report {
    pub entries: u64,
    pub objects: u64,
    /// Anchors that were compared.
    pub anchors: u64,
    /// Empty when every chain holds.
    pub breaks: Vec<Break>,
}

/// The first broken link of one object's chain.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Break {
    pub object_kind: String,
    pub object_id: String,
    /// The place at which the chain no longer holds.
    pub seq: i64,
    /// `hash`, `sequence`, `previous`, `tail_cut`, `head_missing`; `anchor_cut` and `anchor_differs` when only an
    /// anchor tells; `anchor_forged` and `anchor_missing` of an anchor itself.
    pub fault: String,
}

/// Entries read per query.
const PAGE: u64 = 5_000;

type Key = (String, String);

/// What chains are compared with.
#[derive(Debug, Default)]
struct Ends {
    /// Length and hash, as they were before the walk.
    heads: HashMap<Key, (i64, String)>,
    anchored: Anchored,
    /// Chains that were longer than their head when the walk came by.
    grown: Vec<(Key, i64, String)>,
}

/// The state of one walk over the trail, ordered by object and place.
#[derive(Debug, Default)]
struct Walk {
    report: Report,
    ends: Ends,
    current: Option<Key>,
    /// The head and what an anchor saw of the current chain.
    head: Option<(i64, String)>,
    anchor: Option<(i64, String)>,
    length: i64,
    hash: String,
    is_broken: bool,
}

/// Walks all chains in order and compares them with the heads kept apart and with the anchors of the own store.
pub async fn verify(context: &Context) -> Result<Report> {
    verify_with(context, context.files()).await
}

/// The same with the anchors of another store, such as a copy out of the program's reach.
pub async fn verify_with(context: &Context, anchors: &dyn ObjectStore) -> Result<Report> {
    // Anchors first, then heads, then chains: what is written meanwhile only makes the later longer.
    let (anchors, anchored, breaks) = anchor::read_all(context, anchors).await?;
    let report = Report { anchors, breaks, ..Report::default() };
    let mut walk = Walk { report, ends: Ends { anchored, ..Ends::default() }, ..Walk::default() };
    walk.ends.heads = heads(context, Condition::all()).await?;
    let mut rows = page(context, None).await?;
    while let Some(last) = rows.last() {
        let last = (last.object_kind.clone(), last.object_id.clone(), last.seq);
        let walked = std::mem::take(&mut rows);
        // The next page is on its way while this one is walked.
        let (next, ()) = tokio::join!(page(context, Some(&last)), async {
            for row in walked {
                walk.step(row);
            }
        });
        rows = next?;
    }
    walk.finish();
    walk.nothing_left();
    walk.settle(context).await?;
    Ok(walk.report)
}

async fn heads(context: &Context, which: Condition) -> Result<HashMap<Key, (i64, String)>> {
    let rows = audit_head::Entity::find().filter(which).all(context.database().read()).await?;
    Ok(rows.into_iter().map(|head| ((head.object_kind, head.object_id), (head.length, head.hash))).collect())
}

/// What a hash covers and what holds the chain together; answers kept for repetitions are many times as long.
#[derive(Debug, FromQueryResult)]
struct Row {
    object_kind: String,
    object_id: String,
    seq: i64,
    at: DateTime<Utc>,
    actor_id: Option<AccountId>,
    actor_role: Option<Role>,
    on_behalf_of: Option<AccountId>,
    client_id: Option<ApiClientId>,
    action: String,
    state_from: Option<String>,
    state_to: Option<String>,
    before: Option<String>,
    after: Option<String>,
    reason: Option<String>,
    request_id: Option<String>,
    address: Option<String>,
    outcome: String,
    previous_hash: String,
    hash: String,
}

/// The place of the last entry that was read.
type Place = (String, String, i64);

/// The next entries, by object and place.
async fn page(context: &Context, after: Option<&Place>) -> Result<Vec<Row>> {
    use audit::Column;
    let kept = Column::iter().filter(|column| {
        !matches!(
            column,
            Column::Id | Column::IdempotencyScope | Column::IdempotencyKey | Column::Fingerprint | Column::Answer
        )
    });
    let mut query = audit::Entity::find()
        .select_only()
        .columns(kept)
        .order_by_asc(Column::ObjectKind)
        .order_by_asc(Column::ObjectId)
        .order_by_asc(Column::Seq)
        .limit(PAGE);
    if let Some((kind, id, seq)) = after {
        // As one comparison of rows: the index then finds the place, however far it is.
        let place = [Column::ObjectKind, Column::ObjectId, Column::Seq].map(Expr::col);
        let last = [Expr::value(kind.as_str()), Expr::value(id.as_str()), Expr::value(*seq)];
        query = query.filter(Expr::tuple(place).gt(Expr::tuple(last)));
    }
    Ok(query.into_model::<Row>().all(context.database().read()).await?)
}

impl Walk {
    fn step(&mut self, row: Row) {
        self.report.entries += 1;
        let key = (row.object_kind.clone(), row.object_id.clone());
        if self.current.as_ref() != Some(&key) {
            self.finish();
            self.report.objects += 1;
            self.head = self.ends.heads.remove(&key);
            self.anchor = self.ends.anchored.remove(&key);
            self.current = Some(key);
            self.length = 0;
            self.hash.clear();
            self.is_broken = false;
        }
        if self.is_broken {
            return;
        }
        if let Some(fault) = self.fault_of(&row) {
            // What should have come next names a missing entry better than what came.
            let seq = if fault == "sequence" { self.length + 1 } else { row.seq };
            self.break_at(seq, fault);
        }
        self.length = row.seq;
        self.hash = row.hash;
    }

    fn fault_of(&self, row: &Row) -> Option<&'static str> {
        if row.seq != self.length + 1 {
            return Some("sequence");
        }
        if row.previous_hash != self.hash {
            return Some("previous");
        }
        let sealed = seal(entry(row), row.seq, row.at, row.previous_hash.clone());
        if sealed.hash != row.hash || !matches!(row.outcome.as_str(), "done" | "refused") {
            return Some("hash");
        }
        let is_other = |end: &Option<(i64, String)>| {
            end.as_ref().is_some_and(|(length, hash)| *length == row.seq && *hash != row.hash)
        };
        if is_other(&self.head) {
            return Some("tail_cut");
        }
        is_other(&self.anchor).then_some("anchor_differs")
    }

    fn break_at(&mut self, seq: i64, fault: &str) {
        self.is_broken = true;
        if let Some((kind, id)) = &self.current {
            self.report.breaks.push(broken(kind, id, seq, fault));
        }
    }

    /// Compares the end of the current chain with its head and with what an anchor saw.
    fn finish(&mut self) {
        let Some(key) = self.current.take() else { return };
        let (head, anchor) = (self.head.take(), self.anchor.take());
        if self.is_broken {
            return;
        }
        let (kind, id) = &key;
        if head.as_ref().is_some_and(|(length, _)| *length > self.length) {
            self.report.breaks.push(broken(kind, id, self.length + 1, "tail_cut"));
        } else if anchor.is_some_and(|(length, _)| length > self.length) {
            self.report.breaks.push(broken(kind, id, self.length + 1, "anchor_cut"));
        } else if head.is_none_or(|(length, _)| length < self.length) {
            self.ends.grown.push((key, self.length, std::mem::take(&mut self.hash)));
        }
    }

    /// Chains of which no entry is left.
    fn nothing_left(&mut self) {
        for ((kind, id), _) in self.ends.heads.drain() {
            self.ends.anchored.remove(&(kind.clone(), id.clone()));
            self.report.breaks.push(broken(&kind, &id, 1, "tail_cut"));
        }
        for ((kind, id), _) in self.ends.anchored.drain() {
            self.report.breaks.push(broken(&kind, &id, 1, "anchor_cut"));
        }
    }

    /// A chain that was longer than its head was written to meanwhile, or its head does not follow it.
    async fn settle(&mut self, context: &Context) -> Result<()> {
        let grown = std::mem::take(&mut self.ends.grown);
        for part in grown.chunks(HEADS_PER_QUERY) {
            let any = part.iter().fold(Condition::any(), |any, ((kind, id), _, _)| {
                any.add(
                    Condition::all()
                        .add(audit_head::Column::ObjectKind.eq(kind))
                        .add(audit_head::Column::ObjectId.eq(id)),
                )
            });
            let now = heads(context, any).await?;
            for (key, length, hash) in part {
                let follows = now.get(key).is_some_and(|(now, last)| now > length || (now == length && last == hash));
                if !follows {
                    self.report.breaks.push(broken(&key.0, &key.1, *length, "head_missing"));
                }
            }
        }
        Ok(())
    }
}

/// Heads looked up per query.
const HEADS_PER_QUERY: usize = 200;

fn broken(kind: &str, id: &str, seq: i64, fault: &str) -> Break {
    Break { object_kind: kind.to_owned(), object_id: id.to_owned(), seq, fault: fault.to_owned() }
}

fn entry(row: &Row) -> Entry {
    Entry {
        object_kind: row.object_kind.clone(),
        object_id: row.object_id.clone(),
        action: row.action.clone(),
        state_from: row.state_from.clone(),
        state_to: row.state_to.clone(),
        before: row.before.clone(),
        after: row.after.clone(),
        reason: row.reason.clone(),
        actor_id: row.actor_id,
        actor_role: row.actor_role,
        on_behalf_of: row.on_behalf_of,
        client_id: row.client_id,
        request_id: row.request_id.clone(),
        address: row.address.clone(),
        outcome: if row.outcome == Outcome::Refused.as_str() { Outcome::Refused } else { Outcome::Done },
        is_first: row.seq == 1,
    }
}
