//! How the tables came to be, step by step.
//!
//! A step that was released is never edited. It knows its own names only: neither `entity/` nor `domain/`, which describe
//! the newest schema. Every step runs in a transaction, on SQLite too, and can be undone.

use sea_orm_migration::prelude::*;

mod m20261124_000001_account;
mod m20261124_000002_account_login;
mod m20261124_000003_region;
mod m20261124_000004_organisation;
mod m20261124_000005_rule;
mod m20261124_000006_calendar;
mod m20261124_000007_round;
mod m20261124_000008_process;
mod m20261124_000009_broker;
mod m20261124_000010_certification;
mod m20261124_000011_deadline;
mod m20261124_000012_publicity;
mod m20261124_000013_certificate;
mod m20261124_000014_notification;
mod m20261124_000015_queue;
mod m20261124_000016_file;
mod m20261124_000017_audit;
mod m20261124_000018_list_index;
mod m20261125_000019_role_index;

#[derive(Debug)]
pub struct Migrator;

impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(m20261124_000001_account::Migration),
            Box::new(m20261124_000002_account_login::Migration),
            Box::new(m20261124_000003_region::Migration),
            Box::new(m20261124_000004_organisation::Migration),
            Box::new(m20261124_000005_rule::Migration),
            Box::new(m20261124_000006_calendar::Migration),
            Box::new(m20261124_000007_round::Migration),
            Box::new(m20261124_000008_process::Migration),
            Box::new(m20261124_000009_broker::Migration),
            Box::new(m20261124_000010_certification::Migration),
            Box::new(m20261124_000011_deadline::Migration),
            Box::new(m20261124_000012_publicity::Migration),
            Box::new(m20261124_000013_certificate::Migration),
            Box::new(m20261124_000014_notification::Migration),
            Box::new(m20261124_000015_queue::Migration),
            Box::new(m20261124_000016_file::Migration),
            Box::new(m20261124_000017_audit::Migration),
            Box::new(m20261124_000018_list_index::Migration),
            Box::new(m20261125_000019_role_index::Migration),
        ]
    }
}

/// A text column of a closed vocabulary that is not expected to grow: SQLite cannot change a check later.
fn one_of<T, const N: usize>(column: T, words: [&'static str; N]) -> ColumnDef
where
    T: IntoIden,
{
    let column = column.into_iden();
    let check = Expr::col(column.clone()).is_in(words);
    ColumnDef::new(column).text().not_null().check(check).take()
}
