//! Indexes of lists that read a whole table: refusals by minute, organisations by who registered them, by kind and by
//! the beginning of their name, cases by region and by what is due next.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::DbBackend;

#[derive(Debug, DeriveMigrationName)]
pub struct Migration;

/// Name, table and columns. The beginning of a text is found by bytes: PostgreSQL must be told so.
fn indexes(backend: DbBackend) -> [(&'static str, &'static str, &'static str); 6] {
    let name = if backend == DbBackend::Postgres { "name text_pattern_ops" } else { "name" };
    [
        ("audit_refusal_minute", "audit_refusal", "minute DESC, actor, operation, code"),
        ("organisation_registered_by_id", "organisation", "registered_by, id"),
        ("organisation_kind_id", "organisation", "kind, id"),
        ("organisation_name_prefix", "organisation", name),
        ("case_file_next_due_at_id", "case_file", "next_due_at, id"),
        ("case_file_region_id", "case_file", "region, id"),
    ]
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for (index, table, columns) in indexes(manager.get_database_backend()) {
            let statement = format!("CREATE INDEX {index} ON {table} ({columns})");
            manager.get_connection().execute_unprepared(&statement).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for (index, _, _) in indexes(manager.get_database_backend()) {
            manager.get_connection().execute_unprepared(&format!("DROP INDEX {index}")).await?;
        }
        Ok(())
    }
}
