//! The program's own database account only ever appends to the trail.

use sea_orm::{ConnectionTrait, DatabaseConnection, EntityTrait};

use super::trail::Trail;
use crate::harness::context::TestContext;
use crate::harness::evidence::evidence;
use crate::harness::{Engine, db_tests};

/// As much as the program needs, and no more: what `docs/operating.md` advises.
const ROLE: &str = "
    DROP ROLE IF EXISTS jiqiao_serving;
    CREATE ROLE jiqiao_serving;
    GRANT USAGE ON SCHEMA public TO jiqiao_serving;
    GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO jiqiao_serving";

/// What changes or removes entries on either engine.
const CHANGES: &[&str] =
    &["UPDATE audit SET reason = 'another'", "UPDATE audit SET at = at, seq = seq + 100", "DELETE FROM audit"];
const ON_SQLITE: &[&str] = &[
    "REPLACE INTO audit SELECT * FROM audit WHERE seq = 1",
    "INSERT OR REPLACE INTO audit (id, object_kind, object_id, seq, at, action, outcome, previous_hash, hash) \
     SELECT id, object_kind, object_id, seq, at, 'forged', outcome, previous_hash, hash FROM audit WHERE seq = 1",
    "UPDATE OR REPLACE audit SET seq = 1 WHERE seq = 2",
];
const ON_POSTGRES: &[&str] = &[
    "INSERT INTO audit SELECT * FROM audit ON CONFLICT (id) DO UPDATE SET reason = 'another'",
    "TRUNCATE audit",
    "ALTER TABLE audit DISABLE TRIGGER ALL",
    "DROP TRIGGER audit_refuse_update ON audit",
    "DROP TRIGGER audit_keep_head ON audit",
    "SET session_replication_role = replica",
    "DROP TABLE audit",
];

/// Runs a statement as the program would: in its own session on SQLite, under a lesser role on PostgreSQL.
async fn run(app: &TestContext, statement: &str) -> Result<(), String> {
    let own: &DatabaseConnection = app.ctx.database().migrator();
    let statement = match app.engine() {
        Engine::Sqlite => statement.to_owned(),
        // One message is one transaction: a refusal takes the role back as well.
        Engine::Postgres => format!("SET ROLE jiqiao_serving; {statement}; RESET ROLE"),
    };
    own.execute_unprepared(&statement).await.map(|_| ()).map_err(|error| error.to_string())
}

db_tests! {
    async fn entries_are_neither_changed_nor_removed(app: TestContext) {
        let trail = Trail::new(&app).await;
        trail.grow("object", 3).await;
        let before = entity::audit::Entity::find().all(app.connection()).await.unwrap();
        let more = if app.engine() == Engine::Postgres {
            app.connection().execute_unprepared(ROLE).await.unwrap();
            ON_POSTGRES
        } else {
            ON_SQLITE
        };
        run(&app, "DELETE FROM audit_refusal").await.expect("the role may do the rest");
        let mut refused = 0;
        for statement in CHANGES.iter().chain(more) {
            let refusal = run(&app, statement).await.expect_err(statement);
            let is_meant = ["only ever appended", "permission denied", "must be owner"].iter().any(|why| refusal.contains(why));
            assert!(is_meant, "{statement}: {refusal}");
            refused += 1;
        }
        assert_eq!(entity::audit::Entity::find().all(app.connection()).await.unwrap(), before);
        trail.grow("object", 1).await;
        assert!(service::audit::verify(&app.ctx).await.unwrap().breaks.is_empty());
        evidence!("U4", app.engine().as_str(), "{refused} statements that change or remove entries: {refused} refused");
    }
}
