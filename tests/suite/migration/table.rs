//! What `entity/` says of each table, and rows made from it.

use std::pin::Pin;

use sea_orm::{ColumnTrait, ColumnType, DatabaseConnection, EntityTrait, IdenStatic, Iterable};

use crate::harness::Engine;

/// Types that both engines tell apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Uuid,
    Text,
    Integer,
    BigInteger,
    Boolean,
    Instant,
    Date,
}

#[derive(Debug, PartialEq, Eq)]
pub struct Column {
    pub name: String,
    pub kind: Kind,
    pub is_nullable: bool,
}

impl Column {
    /// As the engine keeps it: SQLite has one size of integers.
    pub fn on(mut self, engine: Engine) -> Self {
        if engine == Engine::Sqlite && self.kind == Kind::BigInteger {
            self.kind = Kind::Integer;
        }
        self
    }
}

/// Reads every row through the entity, so that each value is taken for what its type says.
type Count = for<'a> fn(&'a DatabaseConnection) -> Pin<Box<dyn Future<Output = usize> + 'a>>;

pub struct Table {
    pub name: &'static str,
    pub columns: Vec<Column>,
    pub primary_key: Vec<String>,
    pub count: Count,
}

impl Table {
    fn of<E: EntityTrait>() -> Self {
        let columns = E::Column::iter().map(|column| {
            let definition = column.def();
            Column {
                name: column.as_str().to_owned(),
                kind: kind(definition.get_column_type()),
                is_nullable: definition.is_null(),
            }
        });
        Self {
            name: E::default().as_str(),
            columns: columns.collect(),
            primary_key: E::PrimaryKey::iter().map(|column| column.as_str().to_owned()).collect(),
            count: |db| Box::pin(async { E::find().all(db).await.unwrap().len() }),
        }
    }
}

fn kind(column: &ColumnType) -> Kind {
    match column {
        ColumnType::Uuid => Kind::Uuid,
        ColumnType::String(_) | ColumnType::Text => Kind::Text,
        ColumnType::Integer => Kind::Integer,
        ColumnType::BigInteger => Kind::BigInteger,
        ColumnType::Boolean => Kind::Boolean,
        ColumnType::TimestampWithTimeZone => Kind::Instant,
        ColumnType::Date => Kind::Date,
        other => panic!("no table has columns of type {other:?}"),
    }
}

/// Every table, parents before children.
pub fn tables() -> Vec<Table> {
    macro_rules! of {
        ($($table:ident)+) => { vec![$(Table::of::<entity::$table::Entity>()),+] };
    }
    of! {
        account account_role account_consent account_delegation account_absence account_client account_client_secret
        account_session account_token account_recovery_code account_factor_reset account_login_failure
        region organisation organisation_name organisation_member rule_set calendar_version round
        case_file case_counter case_participant broker certification certification_contract certification_expert deadline deadline_reminder
        publicity publicity_entry certificate certificate_counter notification notification_delivery
        queue_job queue_tick file audit audit_head audit_refusal
    }
}

/// A row with a value in each column.
pub fn insert(engine: Engine, table: &Table, id: u8) -> String {
    row(engine, table, id, &[])
}

/// The same, with some values given as SQL.
pub fn insert_with(engine: Engine, table: &str, id: u8, values: &[(&str, &str)]) -> String {
    let tables = tables();
    let table = tables.iter().find(|known| known.name == table).expect("the table is known");
    row(engine, table, id, values)
}

fn row(engine: Engine, table: &Table, id: u8, values: &[(&str, &str)]) -> String {
    let names: Vec<String> = table.columns.iter().map(|column| format!("\"{}\"", column.name)).collect();
    let literals: Vec<String> = table
        .columns
        .iter()
        .map(|column| {
            let given = values.iter().find(|(name, _)| *name == column.name);
            given.map_or_else(|| literal(engine, table.name, column, id), |(_, value)| (*value).to_owned())
        })
        .collect();
    format!("INSERT INTO {} ({}) VALUES ({})", table.name, names.join(", "), literals.join(", "))
}

fn literal(engine: Engine, table: &str, column: &Column, id: u8) -> String {
    match column.kind {
        Kind::Uuid => uuid(engine, if is_id_of_row(table, &column.name) { id } else { 1 }),
        Kind::Text => format!("'{}'", word(table, &column.name)),
        Kind::Integer | Kind::BigInteger => "1".to_owned(),
        Kind::Boolean => "TRUE".to_owned(),
        Kind::Instant => "'2026-11-24T08:00:00+00:00'".to_owned(),
        Kind::Date => "'2026-11-24'".to_owned(),
    }
}

fn is_id_of_row(table: &str, column: &str) -> bool {
    column == "id" || (table, column) == ("certification", "case_id")
}

/// An id as a literal: bytes on SQLite, text on PostgreSQL.
pub fn uuid(engine: Engine, id: u8) -> String {
    match engine {
        Engine::Sqlite => format!("x'01930000000070008000{id:012x}'"),
        Engine::Postgres => format!("'01930000-0000-7000-8000-{id:012x}'"),
    }
}

/// A word that the column's vocabulary knows.
fn word(table: &str, column: &str) -> &'static str {
    match (table, column) {
        ("account" | "organisation", "state") | (_, "scan_state") => "pending",
        ("account_factor_reset", "state") => "requested",
        ("account_client", "state") => "active",
        ("account_token", "purpose") => "confirm_email",
        ("account_consent", "kind") => "personal_data",
        ("organisation_member", "state") => "invited",
        ("round" | "publicity", "state") => "draft",
        ("certification", "kind") => "initial",
        ("certification_expert", "state") => "assigned",
        ("deadline", "state") => "running",
        ("publicity_entry", "state") => "listed",
        ("notification_delivery", "state") => "queued",
        ("queue_job", "state") => "ready",
        ("organisation", "kind") | ("file", "purpose") => "other",
        (_, "role" | "desk_role" | "actor_role") => "broker",
        (_, "party") => "applicant",
        (_, "region" | "residence_city") => "450100",
        (_, "level" | "target_level") => "L1",
        (_, "outcome") => "done",
        _ => "x",
    }
}
