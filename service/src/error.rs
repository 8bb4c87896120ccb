//! How a use case fails. `Internal` carries no public words: its source goes to the log, once, at the edge.

use std::time::Duration;

use domain::fault::Fault;
use domain::process::{Denied, Process};
use domain::word::Word;
use sea_orm::{DbErr, SqlErr};
use serde_json::{Value, json};

use crate::code::Code;
use crate::patience::{is_broken, is_passing};

pub type Result<T, E = Error> = std::result::Result<T, E>;

/// The failure of a use case.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Not there, or not visible to the caller: the two answer alike.
    #[error("not found")]
    NotFound,
    /// A rule forbids it, for a reason the caller may know.
    #[error("refused: {}", .0.as_str())]
    Refused(Code, Value),
    /// The content breaks rules; all of them at once.
    #[error("invalid: {0:?}")]
    Invalid(Vec<Fault>),
    #[error("forbidden")]
    Forbidden,
    /// The version differs from the expected one.
    #[error("stale")]
    Stale,
    /// The database cannot now; worth a retry.
    #[error("busy")]
    Busy { retry_after: Duration },
    /// The store is damaged or its disk fails: neither a retry nor the caller can help.
    #[error("the store is at fault: {0}")]
    StoreFault(String),
    #[error("internal: {0}")]
    Internal(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl Error {
    pub fn refused(code: Code) -> Self {
        Self::Refused(code, Value::Null)
    }

    pub fn invalid(pointer: &str, rule: &str) -> Self {
        Self::Invalid(vec![Fault::new(pointer, rule)])
    }

    /// The database cannot now.
    pub(crate) fn busy() -> Self {
        Self::Busy { retry_after: BUSY_RETRY }
    }

    /// A fault of ours or of stored data, described for the log.
    pub fn internal(text: impl Into<String>) -> Self {
        Self::Internal(text.into().into())
    }

    /// A stored value that cannot be read.
    pub fn unreadable(table: &str, column: &str, id: impl std::fmt::Display) -> Self {
        Self::internal(format!("unreadable value in {table}.{column} of {id}"))
    }

    /// The problem code of this failure.
    pub fn code(&self) -> Code {
        match self {
            Self::NotFound => Code::NotFound,
            Self::Refused(code, _) => *code,
            Self::Invalid(_) => Code::Invalid,
            Self::Forbidden => Code::Forbidden,
            Self::Stale => Code::Stale,
            Self::Busy { .. } => Code::Busy,
            Self::StoreFault(_) => Code::StoreFault,
            Self::Internal(_) => Code::Internal,
        }
    }

    /// Whether running the same transaction again may succeed.
    pub fn is_busy(&self) -> bool {
        matches!(self, Self::Busy { .. })
    }

    /// Whether the failure is ours and says nothing about the request, so that it is nobody's refusal.
    pub fn is_ours(&self) -> bool {
        matches!(self, Self::Busy { .. } | Self::StoreFault(_) | Self::Internal(_))
    }
}

/// The wait that a client is told when the database cannot now.
const BUSY_RETRY: Duration = Duration::from_secs(1);

impl From<DbErr> for Error {
    fn from(error: DbErr) -> Self {
        if is_busy(&error) {
            tracing::warn!(error = %error, "database busy");
            return Self::busy();
        }
        if is_store_fault(&error) {
            return Self::StoreFault(error.to_string());
        }
        if let Some(SqlErr::UniqueConstraintViolation(_)) = error.sql_err() {
            return Self::refused(Code::AlreadyExists);
        }
        Self::Internal(Box::new(error))
    }
}

/// Locked, serialisation failure, pool exhausted, connection lost, read-only or recovering: one place knows.
fn is_busy(error: &DbErr) -> bool {
    if matches!(error, DbErr::ConnectionAcquire(_) | DbErr::Conn(_)) || is_broken(error) || is_passing(error) {
        return true;
    }
    let text = error.to_string();
    [
        "database is locked",
        "database table is locked",
        "database or disk is full",
        "read-only",
        "recovery is in progress",
        "terminating connection",
        "the database system is",
        "pool timed out",
        "Connection reset",
        "Broken pipe",
        "connection closed",
        "expected to read",
        "Connection refused",
    ]
    .iter()
    .any(|known| text.contains(known))
}

/// Damaged pages, a file that is no database, a disk that does not obey.
fn is_store_fault(error: &DbErr) -> bool {
    let text = error.to_string();
    [
        "database disk image is malformed",
        "file is not a database",
        "malformed database schema",
        "disk I/O error",
        "unable to open database file",
        "invalid page in block",
    ]
    .iter()
    .any(|known| text.contains(known))
}

impl From<serde_json::Error> for Error {
    fn from(error: serde_json::Error) -> Self {
        Self::Internal(Box::new(error))
    }
}

impl<P: Process> From<Denied<P>> for Error {
    fn from(denied: Denied<P>) -> Self {
        match denied {
            Denied::State { state, verb } => Self::Refused(
                Code::StateForbids,
                json!({ "state": state.as_str(), "state_zh": state.zh(), "action": verb.as_str() }),
            ),
            Denied::Role { .. } => Self::Forbidden,
            Denied::Assigned => Self::refused(Code::AssignedToAnother),
            Denied::FourEyes { earlier } => {
                Self::Refused(Code::FourEyes, json!({ "earlier_action": earlier.as_str() }))
            }
            Denied::Recused => Self::refused(Code::DeciderConflict),
            Denied::TooEarly { due_at } => Self::Refused(Code::StateForbids, json!({ "due_at": due_at })),
            Denied::Guard { guard, reason } => match reason.get("faults").cloned().map(serde_json::from_value) {
                Some(Ok(faults)) => Self::Invalid(faults),
                _ => Self::Refused(
                    Code::ConditionNotMet,
                    json!({ "condition": guard.as_str(), "condition_zh": guard.zh(), "reason": reason }),
                ),
            },
            Denied::Invalid(faults) => Self::Invalid(faults),
            Denied::MissingPeriod { clock } => {
                Self::internal(format!("rule set has no period deadline.{}", clock.as_str()))
            }
        }
    }
}
