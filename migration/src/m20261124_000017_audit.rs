//! The audit trail: one hash chain per object, only ever appended to.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{big_integer, integer, pk_uuid, text, text_null, timestamp_with_time_zone, uuid_null};

use crate::one_of;

/// What never changes. The other four are emptied when a repeated key need no longer be answered.
const FROZEN: [&str; 20] = [
    "id",
    "object_kind",
    "object_id",
    "seq",
    "at",
    "actor_id",
    "actor_role",
    "on_behalf_of",
    "client_id",
    "action",
    "state_from",
    "state_to",
    "before",
    "after",
    "reason",
    "request_id",
    "address",
    "outcome",
    "previous_hash",
    "hash",
];
const FORGETTABLE: [&str; 4] = ["idempotency_scope", "idempotency_key", "fingerprint", "answer"];

#[derive(Debug, DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_table(
                Table::create()
                    .table(Audit::Table)
                    .col(pk_uuid(Audit::Id))
                    .col(text(Audit::ObjectKind))
                    .col(text(Audit::ObjectId))
                    .col(big_integer(Audit::Seq))
                    .col(timestamp_with_time_zone(Audit::At))
                    .col(uuid_null(Audit::ActorId))
                    .col(text_null(Audit::ActorRole))
                    .col(uuid_null(Audit::OnBehalfOf))
                    .col(uuid_null(Audit::ClientId))
                    .col(text(Audit::Action))
                    .col(text_null(Audit::StateFrom))
                    .col(text_null(Audit::StateTo))
                    .col(text_null(Audit::Before))
                    .col(text_null(Audit::After))
                    .col(text_null(Audit::Reason))
                    .col(text_null(Audit::RequestId))
                    .col(text_null(Audit::Address))
                    .col(one_of(Audit::Outcome, ["done", "refused"]))
                    .col(text(Audit::PreviousHash))
                    .col(text(Audit::Hash))
                    .col(text_null(Audit::IdempotencyScope))
                    .col(text_null(Audit::IdempotencyKey))
                    .col(text_null(Audit::Fingerprint))
                    .col(text_null(Audit::Answer))
                    .to_owned(),
            )
            .await?;
        manager
            .create_index(
                Index::create()
                    .name("audit_object_kind_object_id_seq")
                    .table(Audit::Table)
                    .col(Audit::ObjectKind)
                    .col(Audit::ObjectId)
                    .col(Audit::Seq)
                    .unique()
                    .to_owned(),
            )
            .await?;
        manager
            .create_index(
                Index::create()
                    .name("audit_idempotency_scope_idempotency_key")
                    .table(Audit::Table)
                    .col(Audit::IdempotencyScope)
                    .col(Audit::IdempotencyKey)
                    .unique()
                    .to_owned(),
            )
            .await?;
        manager
            .create_index(
                Index::create()
                    .name("audit_actor_id_at")
                    .table(Audit::Table)
                    .col(Audit::ActorId)
                    .col(Audit::At)
                    .to_owned(),
            )
            .await?;
        manager.create_index(Index::create().name("audit_at").table(Audit::Table).col(Audit::At).to_owned()).await?;
        manager
            .create_table(
                Table::create()
                    .table(AuditHead::Table)
                    .col(text(AuditHead::ObjectKind))
                    .col(text(AuditHead::ObjectId))
                    .col(big_integer(AuditHead::Length))
                    .col(text(AuditHead::Hash))
                    .primary_key(Index::create().col(AuditHead::ObjectKind).col(AuditHead::ObjectId))
                    .to_owned(),
            )
            .await?;
        manager
            .create_table(
                Table::create()
                    .table(AuditRefusal::Table)
                    .col(text(AuditRefusal::Actor))
                    .col(text(AuditRefusal::Operation))
                    .col(timestamp_with_time_zone(AuditRefusal::Minute))
                    .col(text(AuditRefusal::Code))
                    .col(integer(AuditRefusal::Count))
                    .col(text(AuditRefusal::RequestId))
                    .primary_key(
                        Index::create()
                            .col(AuditRefusal::Actor)
                            .col(AuditRefusal::Operation)
                            .col(AuditRefusal::Minute)
                            .col(AuditRefusal::Code),
                    )
                    .to_owned(),
            )
            .await?;
        for statement in triggers(manager.get_database_backend()) {
            manager.get_connection().execute_unprepared(&statement).await?;
        }

        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table(AuditRefusal::Table).to_owned()).await?;
        manager.drop_table(Table::drop().table(AuditHead::Table).to_owned()).await?;
        manager.drop_table(Table::drop().table(Audit::Table).to_owned()).await?;
        if manager.get_database_backend() == sea_orm::DbBackend::Postgres {
            manager
                .get_connection()
                .execute_unprepared("DROP FUNCTION audit_keep_head(); DROP FUNCTION audit_refuse()")
                .await?;
        }

        Ok(())
    }
}

/// The chain's head follows each row; rows are never changed or deleted, except to forget an idempotent answer.
fn triggers(backend: sea_orm::DbBackend) -> Vec<String> {
    let frozen = FROZEN.map(|column| format!("new.{column} IS NOT DISTINCT FROM old.{column}"));
    let forgotten = FORGETTABLE.map(|column| format!("new.{column} IS NULL"));
    let allowed = format!("{} AND {}", forgotten.join(" AND "), frozen.join(" AND "));
    let keep_head = "INSERT INTO audit_head (object_kind, object_id, length, hash) \
         VALUES (new.object_kind, new.object_id, new.seq, new.hash) \
         ON CONFLICT (object_kind, object_id) DO UPDATE SET length = excluded.length, hash = excluded.hash";
    let refusal = "audit rows are only ever appended";

    if backend == sea_orm::DbBackend::Postgres {
        vec![
            format!(
                "CREATE FUNCTION audit_keep_head() RETURNS trigger LANGUAGE plpgsql AS \
                 $$BEGIN {keep_head}; RETURN NULL; END$$"
            ),
            format!(
                "CREATE FUNCTION audit_refuse() RETURNS trigger LANGUAGE plpgsql AS \
                 $$BEGIN RAISE EXCEPTION '{refusal}'; END$$"
            ),
            "CREATE TRIGGER audit_keep_head AFTER INSERT ON audit \
             FOR EACH ROW EXECUTE FUNCTION audit_keep_head()"
                .to_owned(),
            format!(
                "CREATE TRIGGER audit_refuse_update BEFORE UPDATE ON audit \
                 FOR EACH ROW WHEN (NOT ({allowed})) EXECUTE FUNCTION audit_refuse()"
            ),
            "CREATE TRIGGER audit_refuse_delete BEFORE DELETE ON audit \
             FOR EACH ROW EXECUTE FUNCTION audit_refuse()"
                .to_owned(),
            "CREATE TRIGGER audit_refuse_truncate BEFORE TRUNCATE ON audit \
             FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse()"
                .to_owned(),
        ]
    } else {
        vec![
            format!("CREATE TRIGGER audit_keep_head AFTER INSERT ON audit BEGIN {keep_head}; END"),
            format!(
                "CREATE TRIGGER audit_refuse_update BEFORE UPDATE ON audit WHEN NOT ({allowed}) \
                 BEGIN SELECT RAISE(ABORT, '{refusal}'); END"
            ),
            format!(
                "CREATE TRIGGER audit_refuse_delete BEFORE DELETE ON audit \
                 BEGIN SELECT RAISE(ABORT, '{refusal}'); END"
            ),
        ]
    }
}

#[derive(DeriveIden)]
enum Audit {
    Table,
    Id,
    ObjectKind,
    ObjectId,
    Seq,
    At,
    ActorId,
    ActorRole,
    OnBehalfOf,
    ClientId,
    Action,
    StateFrom,
    StateTo,
    Before,
    After,
    Reason,
    RequestId,
    Address,
    Outcome,
    PreviousHash,
    Hash,
    IdempotencyScope,
    IdempotencyKey,
    Fingerprint,
    Answer,
}

#[derive(DeriveIden)]
enum AuditRefusal {
    Table,
    Actor,
    Operation,
    Minute,
    Code,
    Count,
    RequestId,
}

#[derive(DeriveIden)]
enum AuditHead {
    Table,
    ObjectKind,
    ObjectId,
    Length,
    Hash,
}
