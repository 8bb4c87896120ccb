//! Recomputing every chain: the first broken link of each object, and tails that were cut.

use std::collections::HashMap;

use entity::{audit, audit_head};
use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use super::chain::seal;
use super::{Entry, Outcome};
use crate::context::Context;
use crate::error::Result;

/// What a verification found.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
pub struct Report {
    pub entries: u64,
    pub objects: u64,
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
    /// `hash`, `sequence`, `previous`, `tail_cut` or `head_missing`.
    pub fault: String,
}

/// Entries read per query.
const PAGE: u64 = 5_000;

/// The state of one walk over the trail, ordered by object and place.
#[derive(Debug, Default)]
struct Walk {
    report: Report,
    current: Option<(String, String)>,
    length: i64,
    hash: String,
    is_broken: bool,
}

/// Walks all chains in order and compares their ends with the heads kept apart.
pub async fn verify(context: &Context) -> Result<Report> {
    let connection = context.database().read();
    let mut heads: HashMap<(String, String), (i64, String)> = audit_head::Entity::find()
        .all(connection)
        .await?
        .into_iter()
        .map(|head| ((head.object_kind, head.object_id), (head.length, head.hash)))
        .collect();
    let mut walk = Walk::default();
    let mut after: Option<(String, String, i64)> = None;
    loop {
        let mut query = audit::Entity::find()
            .order_by_asc(audit::Column::ObjectKind)
            .order_by_asc(audit::Column::ObjectId)
            .order_by_asc(audit::Column::Seq)
            .limit(PAGE);
        if let Some((kind, id, seq)) = &after {
            query = query.filter(later_than(kind, id, *seq));
        }
        let rows = query.all(connection).await?;
        let Some(last) = rows.last() else { break };
        after = Some((last.object_kind.clone(), last.object_id.clone(), last.seq));
        for row in rows {
            walk.step(row, &mut heads);
        }
    }
    walk.finish(&mut heads);
    for ((kind, id), (length, _)) in heads {
        walk.report.breaks.push(Break { object_kind: kind, object_id: id, seq: length, fault: "tail_cut".to_owned() });
    }
    Ok(walk.report)
}

fn later_than(kind: &str, id: &str, seq: i64) -> Condition {
    Condition::any()
        .add(audit::Column::ObjectKind.gt(kind))
        .add(Condition::all().add(audit::Column::ObjectKind.eq(kind)).add(audit::Column::ObjectId.gt(id)))
        .add(
            Condition::all()
                .add(audit::Column::ObjectKind.eq(kind))
                .add(audit::Column::ObjectId.eq(id))
                .add(audit::Column::Seq.gt(seq)),
        )
}

impl Walk {
    fn step(&mut self, row: audit::Model, heads: &mut HashMap<(String, String), (i64, String)>) {
        self.report.entries += 1;
        let key = (row.object_kind.clone(), row.object_id.clone());
        if self.current.as_ref() != Some(&key) {
            self.finish(heads);
            self.report.objects += 1;
            self.current = Some(key);
            self.length = 0;
            self.hash.clear();
            self.is_broken = false;
        }
        if self.is_broken {
            return;
        }
        if let Some(fault) = self.fault_of(&row) {
            self.break_at(row.seq, fault);
        }
        self.length = row.seq;
        self.hash = row.hash;
    }

    fn fault_of(&self, row: &audit::Model) -> Option<&'static str> {
        if row.seq != self.length + 1 {
            return Some("sequence");
        }
        if row.previous_hash != self.hash {
            return Some("previous");
        }
        let sealed = seal(entry(row), row.seq, row.at, row.previous_hash.clone());
        (sealed.hash != row.hash).then_some("hash")
    }

    fn break_at(&mut self, seq: i64, fault: &str) {
        self.is_broken = true;
        if let Some((kind, id)) = &self.current {
            self.report.breaks.push(Break {
                object_kind: kind.clone(),
                object_id: id.clone(),
                seq,
                fault: fault.to_owned(),
            });
        }
    }

    /// Compares the end of the current chain with its head.
    fn finish(&mut self, heads: &mut HashMap<(String, String), (i64, String)>) {
        let Some(key) = self.current.clone() else { return };
        match heads.remove(&key) {
            None if !self.is_broken => self.break_at(self.length, "head_missing"),
            Some((length, hash)) if !self.is_broken && (length != self.length || hash != self.hash) => {
                self.break_at(self.length + 1, "tail_cut");
            }
            None | Some(_) => {}
        }
    }
}

fn entry(row: &audit::Model) -> Entry {
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
    }
}
