//! The index of who holds a role where: desks are told by it, and accounts are listed by it.

use sea_orm_migration::prelude::*;

#[derive(Debug, DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // Roles that were taken back are no longer looked for, and only grow.
        let statement = "CREATE INDEX account_role_role_region ON account_role (role, region, account_id) \
             WHERE revoked_at IS NULL";
        manager.get_connection().execute_unprepared(statement).await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.get_connection().execute_unprepared("DROP INDEX account_role_role_region").await?;
        Ok(())
    }
}
