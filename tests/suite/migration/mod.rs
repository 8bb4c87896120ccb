//! The schema that the steps of `migration/` make, on both engines, against what `entity/` and `domain/` expect.

pub mod catalogue;
pub mod table;

use domain::word::Word;
use sea_orm::ConnectionTrait;
use sea_orm_migration::MigratorTrait;

use crate::harness::{Engine, TestDb, db_tests};
use table::{insert, tables};

db_tests! {
    async fn the_way_down_and_up_again_ends_where_it_began(db: TestDb) {
        let before = catalogue::text(&db).await;
        fill(&db).await;
        for table in tables() {
            assert!((table.count)(db.connection()).await > 0, "no row of {} is read", table.name);
        }

        migration::Migrator::down(db.connection(), None).await.unwrap();
        assert_eq!(catalogue::tables(&db).await, Vec::<String>::new());
        assert_eq!(catalogue::text(&db).await.trim(), "", "something is left behind");

        migration::Migrator::up(db.connection(), None).await.unwrap();
        assert_eq!(catalogue::text(&db).await, before);
        fill(&db).await;
    }

    async fn each_step_can_be_undone_alone(db: TestDb) {
        fill(&db).await;
        for _ in migration::Migrator::migrations() {
            let before = catalogue::text(&db).await;
            migration::Migrator::down(db.connection(), Some(1)).await.unwrap();
            migration::Migrator::up(db.connection(), Some(1)).await.unwrap();
            assert_eq!(catalogue::text(&db).await, before);
            migration::Migrator::down(db.connection(), Some(1)).await.unwrap();
        }
    }

    async fn the_schema_is_what_the_entities_expect(db: TestDb) {
        let mut expected: Vec<&str> = tables().iter().map(|table| table.name).collect();
        expected.sort_unstable();
        assert_eq!(catalogue::tables(&db).await, expected);
        for table in tables() {
            let expected: Vec<_> = table.columns.into_iter().map(|column| column.on(db.engine())).collect();
            assert_eq!(catalogue::columns(&db, table.name).await, expected, "{}", table.name);
            assert_eq!(catalogue::primary_key(&db, table.name).await, table.primary_key, "{}", table.name);
        }
    }

    async fn the_schema_as_text(db: TestDb) {
        insta::assert_snapshot!(format!("schema_{}", db.engine().as_str()), catalogue::text(&db).await);
    }

    async fn checks_take_every_word_of_the_domain_and_no_other(db: TestDb) {
        fill(&db).await;
        for (table, column, words) in vocabularies() {
            for word in words {
                run(&db, &format!("UPDATE {table} SET {column} = '{word}'")).await.unwrap();
            }
            let refused = run(&db, &format!("UPDATE {table} SET {column} = 'nonsense'")).await;
            assert!(refused.is_err(), "{table}.{column} takes anything");
        }
    }

    async fn the_regions_are_those_of_the_domain(db: TestDb) {
        let rows = catalogue::texts(&db, "SELECT code || ' ' || name_zh || ' ' || name_en FROM region ORDER BY code").await;
        let expected: Vec<String> =
            domain::region::REGIONS.iter().map(|(code, zh, en)| format!("{code} {zh} {en}")).collect();
        assert_eq!(rows, expected);
        let whole = catalogue::texts(&db, "SELECT code FROM region WHERE parent IS NULL").await;
        assert_eq!(whole, ["450000"]);
    }

    async fn audit_rows_are_neither_changed_nor_deleted(db: TestDb) {
        fill(&db).await;
        for statement in [
            "UPDATE audit SET reason = 'another'",
            "UPDATE audit SET reason = 'another'",
            "UPDATE audit SET answer = 'another'",
            "UPDATE audit SET answer = NULL",
            "UPDATE audit SET idempotency_scope = NULL, idempotency_key = NULL, fingerprint = NULL, answer = NULL, hash = 'h'",
            "DELETE FROM audit",
        ] {
            let refusal = run(&db, statement).await.unwrap_err();
            assert!(refusal.contains("audit rows are only ever appended"), "{statement}: {refusal}");
        }
        if db.engine() == Engine::Postgres {
            let refusal = run(&db, "TRUNCATE audit").await.unwrap_err();
            assert!(refusal.contains("audit rows are only ever appended"), "{refusal}");
        }
    }

    async fn an_idempotent_answer_can_be_forgotten(db: TestDb) {
        fill(&db).await;
        let forget =
            "UPDATE audit SET idempotency_scope = NULL, idempotency_key = NULL, fingerprint = NULL, answer = NULL";
        assert_eq!(run(&db, forget).await, Ok(1));
        assert_eq!(catalogue::texts(&db, "SELECT action FROM audit WHERE answer IS NULL").await, ["x"]);
    }

    async fn the_head_of_a_chain_follows_its_rows(db: TestDb) {
        for (id, object, seq, hash) in [(1, "a", 1, "h1"), (2, "b", 1, "h2"), (3, "a", 2, "h3")] {
            run(&db, &insert_audit(db.engine(), id, object, seq, hash)).await.unwrap();
        }
        let heads = catalogue::texts(
            &db,
            "SELECT object_id || ' ' || CAST(length AS text) || ' ' || hash FROM audit_head ORDER BY object_id",
        )
        .await;
        assert_eq!(heads, ["a 2 h3", "b 1 h2"]);
        let repeated = run(&db, &insert_audit(db.engine(), 4, "a", 2, "h4")).await;
        assert!(repeated.is_err(), "two rows have one place in the chain");
    }

    async fn one_broker_has_one_open_certification(db: TestDb) {
        fill(&db).await;
        let second = table::insert_with(db.engine(), "case_file", 2, &[("number", "'n2'")]);
        run(&db, &second).await.unwrap();
        let open = |is_open| {
            let broker = table::uuid(db.engine(), 1);
            table::insert_with(db.engine(), "certification", 2, &[("broker_id", &broker), ("is_open", is_open)])
        };
        assert!(run(&db, &open("TRUE")).await.is_err());
        run(&db, &open("FALSE")).await.unwrap();
    }

    async fn a_role_is_granted_once_at_a_time(db: TestDb) {
        fill(&db).await;
        let grant = |id, revoked_at| {
            let account = table::uuid(db.engine(), 1);
            table::insert_with(
                db.engine(),
                "account_role",
                id,
                &[("account_id", &account), ("region", "NULL"), ("organisation_id", "NULL"), ("revoked_at", revoked_at)],
            )
        };
        run(&db, &grant(2, "NULL")).await.unwrap();
        assert!(run(&db, &grant(3, "NULL")).await.is_err());
        run(&db, &grant(3, "'2026-11-24T00:00:00+00:00'")).await.unwrap();
    }
}

/// One row in each table, parents first: all ids are the same, so that every reference is good.
async fn fill(db: &TestDb) {
    // The head of the chain comes by itself.
    for table in tables().iter().filter(|table| table.name != "audit_head") {
        run(db, &insert(db.engine(), table, 1)).await.unwrap_or_else(|error| panic!("{}: {error}", table.name));
    }
}

async fn run(db: &TestDb, statement: &str) -> Result<u64, String> {
    let done = db.connection().execute_unprepared(statement).await;
    done.map(|result| result.rows_affected()).map_err(|error| error.to_string())
}

fn insert_audit(engine: Engine, id: u8, object: &str, seq: u8, hash: &str) -> String {
    let (object, seq, hash, key) = (format!("'{object}'"), seq.to_string(), format!("'{hash}'"), format!("'{id}'"));
    table::insert_with(
        engine,
        "audit",
        id,
        &[("object_id", &object), ("seq", &seq), ("hash", &hash), ("idempotency_key", &key)],
    )
}

/// The columns with a check, and the vocabulary that they must hold.
fn vocabularies() -> Vec<(&'static str, &'static str, Vec<&'static str>)> {
    fn words<W: Word>() -> Vec<&'static str> {
        W::ALL.iter().map(|word| word.as_str()).collect()
    }
    vec![
        ("account", "state", words::<domain::account::AccountState>()),
        ("account_client", "state", words::<domain::account::ClientState>()),
        ("account_factor_reset", "state", words::<domain::account::FactorResetState>()),
        ("organisation", "state", words::<domain::organisation::OrganisationState>()),
        ("organisation_member", "state", words::<domain::organisation::MemberState>()),
        ("round", "state", words::<domain::round::RoundState>()),
        ("certification", "kind", words::<domain::certification::ApplicationType>()),
        ("certification", "target_level", words::<domain::certification::Level>()),
        ("certification_expert", "state", vec!["assigned", "conflict", "scored", "replaced"]),
        ("deadline", "party", words::<domain::deadline::Party>()),
        ("deadline", "state", words::<domain::deadline::DeadlineState>()),
        ("publicity", "state", words::<domain::publicity::PublicityState>()),
        ("publicity_entry", "state", words::<domain::publicity::EntryState>()),
        ("certificate", "level", words::<domain::certification::Level>()),
        ("notification_delivery", "state", words::<domain::notification::DeliveryState>()),
        ("queue_job", "state", words::<domain::queue::JobState>()),
        ("file", "scan_state", words::<domain::file::ScanState>()),
    ]
}
