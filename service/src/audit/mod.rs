//! The audit trail (审计): who did what to which object, on whose behalf, and why; chained by hash per object.
//!
//! An entry's hash covers its content and the hash before it, so a change, a deletion, an insertion or a reorder breaks
//! the chain. The length and head of every chain are kept apart by a database trigger, so that a cut tail is found too,
//! even when the object itself is gone, and every hour in a signed file outside of the database.
//!
//! The same row carries the idempotency key and answer of the request that wrote
//! it: effect, trail and answer commit together or not at all.

mod anchor;
mod chain;
mod list;
mod refusal;
mod verify;

pub use anchor::anchor;
pub use chain::{Sealed, seal};
pub use list::{AuditFilter, AuditView, RefusalFilter, RefusalView, list, refusals};
pub use refusal::refused;
pub(crate) use refusal::stored_answer;
pub use verify::{Break, Report, verify, verify_with};

use domain::access::Role;
use domain::ids::{AccountId, ApiClientId, AuditId};
use entity::{audit, audit_head};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, Condition, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QueryOrder,
    QuerySelect, SqlErr,
};

use crate::caller::{Caller, Idempotency};
use crate::change::RowChange;
use crate::context::Context;
use crate::crypto::Place;
use crate::error::{Error, Result};
use crate::transaction::Tx;

/// What happened to one object. Sensitive values are masked or hashed before they get here.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Entry {
    pub object_kind: String,
    pub object_id: String,
    /// The operation or verb, such as `certification.submit`.
    pub action: String,
    pub state_from: Option<String>,
    pub state_to: Option<String>,
    pub before: Option<String>,
    pub after: Option<String>,
    pub reason: Option<String>,
    pub actor_id: Option<AccountId>,
    pub actor_role: Option<Role>,
    pub on_behalf_of: Option<AccountId>,
    pub client_id: Option<ApiClientId>,
    pub request_id: Option<String>,
    pub address: Option<String>,
    pub outcome: Outcome,
    /// The object is new, so that there is no entry before this one.
    pub is_first: bool,
}

/// How the act ended.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Outcome {
    #[default]
    Done,
    Refused,
}

impl Outcome {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Refused => "refused",
        }
    }
}

impl Entry {
    /// An entry by this caller.
    pub fn new(caller: &Caller, object_kind: &str, object_id: impl std::fmt::Display, action: &str) -> Self {
        Self {
            object_kind: object_kind.to_owned(),
            object_id: object_id.to_string(),
            action: action.to_owned(),
            actor_id: caller.account(),
            actor_role: caller.role_now(),
            client_id: caller.client,
            request_id: (!caller.meta.request_id.is_empty()).then(|| caller.meta.request_id.clone()),
            address: caller.meta.address.clone(),
            ..Self::default()
        }
    }

    /// Of an object that this transaction makes: its chain is not looked for.
    pub fn of_new(mut self) -> Self {
        self.is_first = true;
        self
    }

    pub fn states(mut self, from: &str, to: &str) -> Self {
        self.state_from = Some(from.to_owned());
        self.state_to = Some(to.to_owned());
        self
    }

    pub fn before(mut self, value: &impl serde::Serialize) -> Self {
        self.before = serde_json::to_string(value).ok();
        self
    }

    pub fn after(mut self, value: &impl serde::Serialize) -> Self {
        self.after = serde_json::to_string(value).ok();
        self
    }

    pub fn reason(mut self, reason: impl Into<String>) -> Self {
        self.reason = Some(reason.into());
        self
    }

    pub fn role(mut self, role: Role, on_behalf_of: Option<AccountId>) -> Self {
        self.actor_role = Some(role);
        self.on_behalf_of = on_behalf_of;
        self
    }
}

/// Writes the entries of one transaction: one read of the heads, one insert. A request's write without an entry is a
/// fault of ours: every change leaves a trail.
pub(crate) async fn write(tx: &Tx, caller: Option<&Caller>, entries: Vec<Entry>, answer: Option<String>) -> Result<()> {
    let idempotency = caller.and_then(|caller| caller.meta.idempotency.clone());
    if entries.is_empty() {
        return match caller {
            Some(caller) => Err(Error::internal(format!("{} left no audit entry", caller.meta.operation))),
            None => Ok(()),
        };
    }
    let mut heads = heads(tx.connection(), &entries).await?;
    let mut rows = Vec::with_capacity(entries.len());
    let mut carried = idempotency.map(|idempotency| (idempotency, answer));
    for entry in entries {
        let head = heads.iter_mut().find(|head| head.is_of(&entry));
        let (seq, previous) = head.as_ref().map_or((1, String::new()), |head| (head.length + 1, head.hash.clone()));
        let sealed = seal(entry, seq, tx.at(), previous);
        match head {
            Some(head) => head.advance(&sealed),
            None => heads.push(Head::of(&sealed)),
        }
        rows.push(row(tx.context(), sealed, carried.take())?);
    }
    tx.change(RowChange::insert(audit::Entity::insert_many(rows))).await
}

/// Whether another transaction began or continued the same chain meanwhile: worth another run, and no double.
pub(crate) fn is_place_taken(error: &DbErr) -> bool {
    /// The index as PostgreSQL names it; SQLite has one writer.
    const INDEX: &str = "audit_object_kind_object_id_seq";
    matches!(error.sql_err(), Some(SqlErr::UniqueConstraintViolation(text)) if text.contains(INDEX))
}

/// The end of one object's chain.
#[derive(Debug)]
struct Head {
    object_kind: String,
    object_id: String,
    length: i64,
    hash: String,
}

impl Head {
    fn of(sealed: &Sealed) -> Self {
        Self {
            object_kind: sealed.entry.object_kind.clone(),
            object_id: sealed.entry.object_id.clone(),
            length: sealed.seq,
            hash: sealed.hash.clone(),
        }
    }

    fn is_of(&self, entry: &Entry) -> bool {
        self.object_kind == entry.object_kind && self.object_id == entry.object_id
    }

    fn advance(&mut self, sealed: &Sealed) {
        self.length = sealed.seq;
        self.hash.clone_from(&sealed.hash);
    }
}

async fn heads(connection: &impl ConnectionTrait, entries: &[Entry]) -> Result<Vec<Head>> {
    let mut any = Condition::any();
    for entry in entries.iter().filter(|entry| !entry.is_first) {
        any = any.add(
            Condition::all()
                .add(audit_head::Column::ObjectKind.eq(&entry.object_kind))
                .add(audit_head::Column::ObjectId.eq(&entry.object_id)),
        );
    }
    if any.is_empty() {
        return Ok(Vec::new());
    }
    // FOR UPDATE on PostgreSQL: who continues a chain waits for the one before, always in the same order.
    let rows = audit_head::Entity::find()
        .filter(any)
        .order_by_asc(audit_head::Column::ObjectKind)
        .order_by_asc(audit_head::Column::ObjectId)
        .lock_exclusive()
        .all(connection)
        .await?;
    Ok(rows
        .into_iter()
        .map(|row| Head { object_kind: row.object_kind, object_id: row.object_id, length: row.length, hash: row.hash })
        .collect())
}

/// Where an answer is sealed: it may hold a secret that is shown once, and personal data always.
pub(crate) fn answer_place(id: AuditId) -> Place<'static> {
    Place { table: "audit", column: "answer", row: id.0 }
}

/// The field of fingerprints as kept: keyed, because a request may hold a password and a plain hash of it could be
/// guessed at.
pub(crate) const FINGERPRINT: &str = "audit.fingerprint";

fn row(
    context: &Context,
    sealed: Sealed,
    carried: Option<(Idempotency, Option<String>)>,
) -> Result<audit::ActiveModel> {
    let id: AuditId = context.new_id();
    let Sealed { entry, seq, at, previous, hash } = sealed;
    let (scope, key, fingerprint, answer) = match carried {
        Some((idempotency, answer)) => {
            let fingerprint = context.keys().blind_index(FINGERPRINT, &idempotency.fingerprint);
            let answer = answer.map(|plain| context.keys().seal(context, answer_place(id), &plain)).transpose()?;
            (Some(idempotency.scope), Some(idempotency.key), Some(fingerprint), answer)
        }
        None => (None, None, None, None),
    };
    Ok(audit::ActiveModel {
        id: Set(id),
        object_kind: Set(entry.object_kind),
        object_id: Set(entry.object_id),
        seq: Set(seq),
        at: Set(at),
        actor_id: Set(entry.actor_id),
        actor_role: Set(entry.actor_role),
        on_behalf_of: Set(entry.on_behalf_of),
        client_id: Set(entry.client_id),
        action: Set(entry.action),
        state_from: Set(entry.state_from),
        state_to: Set(entry.state_to),
        before: Set(entry.before),
        after: Set(entry.after),
        reason: Set(entry.reason),
        request_id: Set(entry.request_id),
        address: Set(entry.address),
        outcome: Set(entry.outcome.as_str().to_owned()),
        previous_hash: Set(previous),
        hash: Set(hash),
        idempotency_scope: Set(scope),
        idempotency_key: Set(key),
        fingerprint: Set(fingerprint),
        answer: Set(answer),
    })
}
