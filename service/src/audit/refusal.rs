//! Refusals leave a trail too, in a transaction of their own: the refused one was rolled back.

use chrono::{DateTime, DurationRound, TimeDelta, Utc};
use entity::{audit, audit_refusal};
use sea_orm::sea_query::{Expr, ExprTrait, OnConflict};
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter};

use super::{Entry, Outcome};
use crate::caller::Caller;
use crate::code::{Code, Reaction};
use crate::context::Context;
use crate::error::{Error, Result};
use crate::transaction::{Stored, Tx, Work};

/// Records that a request was refused. A refusal by state, sent under an idempotency key, is stored as that key's
/// answer; any other is counted per actor, operation, code and minute.
pub async fn refused(context: &Context, caller: &Caller, failure: &Error) -> Result<()> {
    match failure {
        Error::Refused(code, params) if code.reaction() == Reaction::Conflict && caller.meta.idempotency.is_some() => {
            let answer = serde_json::to_string(&(code, params))?;
            let work = KeyedRefusal { caller, answer, code: *code };
            match context.write("audit.refused", &work).await {
                // A concurrent twin stored it first.
                Err(Error::Refused(Code::AlreadyExists, _)) => Ok(()),
                other => other,
            }
        }
        Error::Forbidden | Error::NotFound | Error::Refused(..) => {
            context.write("audit.count_refusal", &CountedRefusal { caller, code: failure.code() }).await
        }
        Error::Invalid(_) | Error::Stale | Error::Busy { .. } | Error::StoreFault(_) | Error::Internal(_) => Ok(()),
    }
}

struct KeyedRefusal<'a> {
    caller: &'a Caller,
    answer: String,
    code: Code,
}

impl Work for KeyedRefusal<'_> {
    type Output = ();

    async fn run(&self, tx: &Tx) -> Result<()> {
        let meta = &self.caller.meta;
        let object = self.caller.account().map_or_else(|| "nobody".to_owned(), |account| account.to_string());
        let mut entry = Entry::new(self.caller, "refusal", object, &meta.operation).reason(self.code.as_str());
        entry.outcome = Outcome::Refused;
        super::write(tx, Some(self.caller), vec![entry], Some(self.answer.clone())).await
    }
}

struct CountedRefusal<'a> {
    caller: &'a Caller,
    code: Code,
}

impl Work for CountedRefusal<'_> {
    type Output = ();

    async fn run(&self, tx: &Tx) -> Result<()> {
        let actor = match self.caller.account() {
            Some(account) if account.0 != uuid::Uuid::nil() => account.to_string(),
            _ => format!("address:{}", self.caller.meta.address.as_deref().unwrap_or("unknown")),
        };
        let row = audit_refusal::ActiveModel {
            actor: Set(actor),
            operation: Set(self.caller.meta.operation.clone()),
            minute: Set(minute(tx.at())),
            code: Set(self.code.as_str().to_owned()),
            count: Set(1),
            request_id: Set(self.caller.meta.request_id.clone()),
        };
        let again = OnConflict::columns([
            audit_refusal::Column::Actor,
            audit_refusal::Column::Operation,
            audit_refusal::Column::Minute,
            audit_refusal::Column::Code,
        ])
        .value(audit_refusal::Column::Count, Expr::col((audit_refusal::Entity, audit_refusal::Column::Count)).add(1))
        .to_owned();
        audit_refusal::Entity::insert(row).on_conflict(again).exec_without_returning(tx.connection()).await?;
        Ok(())
    }
}

fn minute(at: DateTime<Utc>) -> DateTime<Utc> {
    at.duration_trunc(TimeDelta::minutes(1)).unwrap_or(at)
}

/// The answer stored under the caller's key, if this request was answered before; refuses a key of another request.
pub(crate) async fn stored_answer(context: &Context, caller: &Caller) -> Result<Option<Stored>> {
    let Some(idempotency) = &caller.meta.idempotency else { return Ok(None) };
    let row = audit::Entity::find()
        .filter(audit::Column::IdempotencyScope.eq(&idempotency.scope))
        .filter(audit::Column::IdempotencyKey.eq(&idempotency.key))
        .one(context.database().read())
        .await?;
    let Some(row) = row else { return Ok(None) };
    let kept = context.keys().blind_indexes(super::FINGERPRINT, &idempotency.fingerprint);
    if !row.fingerprint.is_some_and(|fingerprint| kept.contains(&fingerprint)) {
        return Err(Error::refused(Code::IdempotencyKeyReused));
    }
    let sealed = row.answer.ok_or_else(|| Error::unreadable("audit", "answer", row.id))?;
    let answer = context.keys().open(super::answer_place(row.id), &sealed)?;
    Ok(Some(Stored { answer, is_refusal: row.outcome == Outcome::Refused.as_str() }))
}
