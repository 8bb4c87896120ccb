//! Lock-out with back-off: after some failures in a row an address or a source must wait, twice as long each time, but
//! never for long enough to shut the owner out.

use chrono::{DateTime, TimeDelta, Utc};
use entity::{account, account_login_failure, account_session};
use sea_orm::sea_query::{CaseStatement, Expr, OnConflict};
use sea_orm::{ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter};
use serde_json::json;

use crate::code::Code;
use crate::context::Context;
use crate::error::{Error, Result};
use crate::settings::Lockout;
use crate::transaction::Tx;

/// Whose failures are counted: an e-mail address, known or not, and the source.
#[derive(Debug, Clone)]
pub(super) struct Guard {
    email: String,
    email_key: String,
    /// The same by every known key, while keys change.
    email_keys: Vec<String>,
    address: Option<String>,
    lockout: Lockout,
}

impl Guard {
    pub fn new(context: &Context, email: &str, address: Option<&str>) -> Self {
        let indexes = context.keys().blind_indexes("account.email", email);
        Self {
            email: email.to_owned(),
            email_key: format!("email:{}", context.keys().blind_index("account.email", email)),
            email_keys: indexes.iter().map(|index| format!("email:{index}")).collect(),
            address: address.map(str::to_owned),
            lockout: context.settings().lockout.clone(),
        }
    }

    /// The address as an opaque word, for the audit trail.
    pub fn object(&self) -> &str {
        &self.email_key
    }

    fn source_key(&self) -> Option<String> {
        self.address.as_ref().map(|address| format!("source:{address}"))
    }

    /// Refuses while either has to wait.
    pub async fn check(&self, connection: &impl ConnectionTrait, now: DateTime<Utc>) -> Result<()> {
        let keys: Vec<String> = self.email_keys.iter().cloned().chain(self.source_key()).collect();
        let rows = account_login_failure::Entity::find()
            .filter(account_login_failure::Column::Key.is_in(keys))
            .filter(account_login_failure::Column::LockedUntil.gt(now))
            // Longer than any wait: the clock was put back since, and nobody is shut out for that.
            .filter(account_login_failure::Column::LockedUntil.lte(now + longest_wait(&self.lockout)))
            .all(connection)
            .await?;
        let mut until: Option<DateTime<Utc>> = None;
        for row in rows {
            if self.email_keys.contains(&row.key) && self.is_familiar(connection, now).await? {
                continue;
            }
            until = until.max(row.locked_until);
        }
        match until {
            Some(until) => {
                let seconds = (until - now).num_seconds().max(1);
                Err(Error::Refused(Code::LockedOut, json!({ "retry_after_seconds": seconds })))
            }
            None => Ok(()),
        }
    }

    async fn is_familiar(&self, connection: &impl ConnectionTrait, now: DateTime<Utc>) -> Result<bool> {
        let Some(address) = &self.address else { return Ok(false) };
        let Some(account) =
            account::Entity::find().filter(account::Column::Email.eq(&self.email)).one(connection).await?
        else {
            return Ok(false);
        };
        let sessions = account_session::Entity::find()
            .filter(account_session::Column::AccountId.eq(account.id))
            .filter(account_session::Column::Address.eq(address))
            .filter(account_session::Column::CreatedAt.gt(now - TimeDelta::days(self.lockout.familiar_days.into())))
            .count(connection)
            .await?;
        Ok(sessions > 0)
    }

    /// Counts a failure on both, with the same statements whether there is an account or not.
    pub async fn failed(&self, tx: &Tx) -> Result<()> {
        let (failures, until) = count(tx, self.email_key.clone(), self.lockout.email_failures).await?;
        if let Some(key) = self.source_key() {
            count(tx, key, self.lockout.source_failures).await?;
        }
        // A copy for those who look after accounts; what counts is the row above.
        account::Entity::update_many()
            .col_expr(account::Column::FailedLogins, Expr::value(failures))
            .col_expr(account::Column::LockedUntil, Expr::value(until))
            .filter(account::Column::Email.eq(&self.email))
            .exec(tx.connection())
            .await?;
        Ok(())
    }

    /// Forgets the failures of the address; those of the source only fade, or an attacker's own login would clear them.
    pub async fn succeeded(&self, tx: &Tx) -> Result<()> {
        account_login_failure::Entity::delete_many()
            .filter(account_login_failure::Column::Key.is_in(&self.email_keys))
            .exec(tx.connection())
            .await?;
        account::Entity::update_many()
            .col_expr(account::Column::FailedLogins, Expr::value(0))
            .col_expr(account::Column::LockedUntil, Expr::value(None::<DateTime<Utc>>))
            .filter(account::Column::Email.eq(&self.email))
            .filter(account::Column::FailedLogins.gt(0))
            .exec(tx.connection())
            .await?;
        Ok(())
    }
}

/// Adds one to a counter and sets the wait that follows from it.
async fn count(tx: &Tx, key: String, allowed: i32) -> Result<(i32, Option<DateTime<Utc>>)> {
    use account_login_failure::{ActiveModel, Column, Entity};
    use sea_orm::sea_query::ExprTrait;
    let at = tx.at();
    let lockout = &tx.context().settings().lockout;
    let stored = |column| Expr::col((Entity, column));
    let more = CaseStatement::new()
        .case(stored(Column::LastFailedAt).lt(at - memory(lockout)), Expr::value(1))
        .finally(stored(Column::Failures).add(1));
    let again = OnConflict::column(Column::Key)
        .value(Column::Failures, more)
        .value(Column::LastFailedAt, Expr::value(at))
        .to_owned();
    let row = ActiveModel { key: Set(key.clone()), failures: Set(1), last_failed_at: Set(at), locked_until: Set(None) };
    let row = Entity::insert(row).on_conflict(again).exec_with_returning(tx.connection()).await?;
    let until = wait(lockout, row.failures, allowed).map(|wait| at + wait);
    Entity::update_many()
        .col_expr(Column::LockedUntil, Expr::value(until))
        .filter(Column::Key.eq(key))
        .exec(tx.connection())
        .await?;
    Ok((row.failures, until))
}

/// Nothing below the allowed number, then doubling up to the longest.
fn wait(lockout: &Lockout, failures: i32, allowed: i32) -> Option<TimeDelta> {
    let beyond = u32::try_from(failures - allowed).ok()?;
    let first = TimeDelta::seconds(lockout.first_wait_seconds.into());
    let doubled = 1i32.checked_shl(beyond.min(16)).and_then(|factor| first.checked_mul(factor));
    let longest = longest_wait(lockout);
    Some(doubled.unwrap_or(longest).min(longest))
}

fn longest_wait(lockout: &Lockout) -> TimeDelta {
    TimeDelta::seconds(lockout.longest_wait_seconds.into())
}

fn memory(lockout: &Lockout) -> TimeDelta {
    TimeDelta::hours(lockout.memory_hours.into())
}

/// Removes counters that no longer count.
pub(super) async fn sweep(tx: &Tx) -> Result<()> {
    account_login_failure::Entity::delete_many()
        .filter(account_login_failure::Column::LastFailedAt.lt(tx.at() - memory(&tx.context().settings().lockout)))
        .exec(tx.connection())
        .await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wait_doubles_and_ends_at_a_quarter_of_an_hour() {
        let lockout = Lockout::default();
        let wait = |failures, allowed| wait(&lockout, failures, allowed);
        assert_eq!(wait(4, 5), None);
        assert_eq!(wait(5, 5), Some(TimeDelta::seconds(15)));
        assert_eq!(wait(6, 5), Some(TimeDelta::seconds(30)));
        assert_eq!(wait(11, 5), Some(TimeDelta::minutes(15)));
        assert_eq!(wait(i32::MAX, 5), Some(TimeDelta::minutes(15)));
    }
}
