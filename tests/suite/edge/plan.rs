//! With many rows in every table, no list and no scan of a job reads a table from end to end, and a page asks the same
//! number of questions whatever its length.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use chrono::TimeDelta;
use domain::access::{Permission, Role};
use domain::account::{Reach, reach};
use domain::certification::Level;
use domain::certification::process::Command;
use domain::word::Word;
use openapi::{Document, Operation};
use sea_orm::{ConnectionTrait, DatabaseConnection, Statement};
use serde_json::Value;
use service::database::Database;
use service::{Context, Parts, Settings};

use super::grow::{MANY, grow_all};
use super::malformed::parameters;
use crate::certification::cast::{Cast, opinion};
use crate::contract::headers::query;
use crate::harness::account::Seat;
use crate::harness::app::TestApp;
use crate::harness::context::{SeededRandom, context, keys, replica};
use crate::harness::evidence::evidence;
use crate::harness::schema::target;
use crate::harness::{Engine, TestDb, db_tests};

/// Statements that may read a whole table, by what they contain, and why.
const ALLOWED: &[(&str, &str)] =
    &[("SELECT COUNT(*) AS num_items FROM (SELECT", "count=true asks for up to 10,000 rows, and says so")];

/// Tables that a statement reads from end to end, by its plan.
async fn scanned(connection: &DatabaseConnection, engine: Engine, statement: &str) -> Vec<String> {
    match engine {
        Engine::Sqlite => {
            let rows = connection
                .query_all_raw(Statement::from_string(
                    connection.get_database_backend(),
                    format!("EXPLAIN QUERY PLAN {statement}"),
                ))
                .await;
            let rows = rows.unwrap_or_else(|error| panic!("{error}\n{statement}"));
            let details = rows.iter().map(|row| row.try_get::<String>("", "detail").unwrap());
            details
                .filter(|detail| detail.starts_with("SCAN ") && !detail.contains("USING"))
                .filter_map(|detail| Some(detail.split(' ').nth(1)?.to_owned()))
                .collect()
        }
        Engine::Postgres => {
            let plan = connection
                .query_all_raw(Statement::from_string(
                    connection.get_database_backend(),
                    format!("EXPLAIN {statement}"),
                ))
                .await;
            let plan = plan.unwrap_or_else(|error| panic!("{error}\n{statement}"));
            let lines = plan.iter().map(|row| row.try_get::<String>("", "QUERY PLAN").unwrap());
            lines
                .filter_map(|line| {
                    Some(line.split("Seq Scan on ").nth(1)?.split(' ').next()?.trim_matches('"').to_owned())
                })
                .collect()
        }
    }
}

type Heard = Arc<Mutex<Vec<Statement>>>;

/// A value that a query parameter takes.
fn value(document: &Document, parameter: &Value) -> Option<String> {
    let schema = target(document, &parameter["schema"]);
    let example = parameter["example"].as_str().or(schema["example"].as_str());
    let word = schema["enum"][0].as_str();
    Some(match (parameter["name"].as_str()?, schema["format"].as_str()) {
        ("limit" | "cursor", _) => return None,
        ("object_id", _) => format!("{}&object_kind=organisation", super::malformed::NOTHING),
        ("region", _) => "450100".to_owned(),
        ("uscc", _) => "91350100M000100Y43".to_owned(),
        ("since" | "updated_since", _) => "2026-07-05T00:00:00Z".to_owned(),
        ("actor" | "actor_id", _) | (_, Some("uuid")) => super::malformed::NOTHING.to_owned(),
        (_, Some("date")) => "2026-07-10".to_owned(),
        (_, Some("date-time")) => "2026-07-05T00:00:00Z".to_owned(),
        _ if schema["type"] == "boolean" || schema["type"][0] == "boolean" => "true".to_owned(),
        _ => word.or(example).unwrap_or("certification").to_owned(),
    })
}

/// The addresses of an operation: bare, with each parameter, and the page behind the first.
fn addresses(document: &Document, operation: Operation<'_>, id: &str) -> Vec<String> {
    let path = super::malformed::filled(operation.path, id);
    let base = query(document, operation);
    let mut all = vec![format!("{path}?{base}")];
    let cases = path.ends_with("/cases");
    for parameter in parameters(operation, "query") {
        if let Some(value) = value(document, parameter) {
            all.push(format!("{path}?{base}&{}={}", parameter["name"].as_str().unwrap(), value.replace('+', "%2B")));
            if cases {
                all.push(format!("{path}?sort=due&{}={value}", parameter["name"].as_str().unwrap()));
            }
        }
    }
    all
}

/// One login per role.
async fn logins(app: &TestApp, cast: &Cast) -> BTreeMap<&'static str, (Role, String)> {
    let mut all = BTreeMap::new();
    for role in Role::ALL.iter().copied().filter(|role| *role != Role::System) {
        let token = match reach(role) {
            Reach::Organisation => {
                app.account(Seat { role, region: None, organisation: Some(cast.employer) }).await.token
            }
            Reach::Everywhere if role == Role::Broker => {
                service::account::admin::open_session(&app.ctx, "broker@example.org").await.unwrap().access_token
            }
            Reach::Region | Reach::Everywhere => app.account(Seat::of(role)).await.token,
        };
        all.insert(role.as_str(), (role, token));
    }
    all
}

fn may(operation: Operation<'_>, role: Role) -> bool {
    let Some(words) = operation.permissions() else { return true };
    words.is_empty()
        || words.iter().filter_map(|word| Permission::parse(word)).any(|permission| permission.roles().contains(&role))
}

fn take(heard: &Heard) -> Vec<Statement> {
    std::mem::take(&mut *heard.lock().unwrap())
}

/// The application whose statements are heard.
async fn listening(db: &TestDb) -> (TestApp, Heard) {
    let heard: Heard = Arc::default();
    let ear = heard.clone();
    let mut test = context(db).await;
    test.ctx = Context::new(Parts {
        database: Database::connect(db.url(), 4)
            .await
            .unwrap()
            .observed_whole(move |statement| ear.lock().unwrap().push(statement.clone())),
        clock: test.clock.clone(),
        random: Arc::new(SeededRandom::new(21)),
        keys: keys(),
        files: Arc::new(object_store::memory::InMemory::new()),
        settings: Settings::default(),
    });
    (TestApp::over(test).await, heard)
}

/// A certified application, and what it leaves in the tables.
async fn story(cast: &Cast, app: &TestApp) -> domain::ids::CaseId {
    let id = cast.draft(Level::L1).await.id;
    cast.to_region(id).await;
    cast.act(&cast.region_clerk, id, Command::Accept).await.unwrap();
    cast.advance_all().await;
    cast.act(&cast.region_clerk, id, Command::PassAssessment(opinion())).await.unwrap();
    cast.publish(vec![id]).await;
    cast.app.clock.advance(TimeDelta::days(8));
    cast.run_due().await;
    app.run_due().await;
    id
}

/// Operations that are lists, by their answer.
fn is_list(operation: Operation<'_>) -> bool {
    operation.method == "get" && parameters(operation, "query").iter().any(|parameter| parameter["name"] == "limit")
}

db_tests! {
    async fn no_statement_reads_a_large_table_from_end_to_end(db: TestDb) {
        let (app, heard) = listening(&db).await;
        let cast = Cast::new(replica(&db, 2).await).await;
        let case = story(&cast, &app).await.to_string();
        let logins = logins(&app, &cast).await;
        for (_, token) in logins.values() {
            // Refusals, sessions and notifications have rows too.
            app.get("/api/v1/jobs").as_(token).send().await;
        }
        let grown = grow_all(&db).await;
        assert!(grown.len() >= 20, "{grown:?}");
        take(&heard);
        let document = Document::built().unwrap();
        let (mut statements, mut calls): (BTreeMap<String, Vec<(String, String)>>, u32) = (BTreeMap::new(), 0);
        let mut note = |name: &str, heard: &Heard| {
            for statement in take(heard) {
                let known = statements.entry(statement.sql.clone()).or_default();
                if known.len() < 2 {
                    known.push((name.to_owned(), statement.to_string()));
                }
            }
        };
        for operation in document.operations().into_iter().filter(|operation| operation.method == "get") {
            for (role, token) in logins.values().filter(|(role, _)| may(operation, *role)) {
                for address in addresses(&document, operation, &case) {
                    app.get(&*address).as_(token).unjudged().await;
                    calls += 1;
                    note(&format!("{address} by {role}"), &heard);
                }
            }
        }
        app.clock.advance(TimeDelta::minutes(1));
        let jobs = app.run_due().await;
        note("jobs", &heard);
        let (mut wrong, mut looked) = (Vec::new(), 0);
        for (sql, known) in &statements {
            if !["SELECT", "UPDATE", "DELETE"].iter().any(|verb| sql.starts_with(verb)) || ALLOWED.iter().any(|(part, _)| sql.contains(part)) {
                continue;
            }
            for (name, statement) in known {
                looked += 1;
                for table in scanned(db.connection(), db.engine(), statement).await {
                    if grown.contains(&table) {
                        wrong.push(format!("{table} by {name}:\n    {}", statement.chars().take(600).collect::<String>()));
                        break;
                    }
                }
            }
        }
        assert!(wrong.is_empty(), "{} of {looked}:\n{}", wrong.len(), wrong.join("\n"));
        evidence!("L7", db.engine().as_str(), "{} tables of ≥ {MANY} rows, {calls} reads by every role with every filter and {jobs} jobs: {} statements, {looked} plans, 0 sequential scans", grown.len(), statements.len());
    }

    async fn a_long_page_asks_no_more_than_a_short_one(db: TestDb) {
        let (app, heard) = listening(&db).await;
        let cast = Cast::new(replica(&db, 2).await).await;
        let case = story(&cast, &app).await.to_string();
        let logins = logins(&app, &cast).await;
        grow_all(&db).await;
        let document = Document::built().unwrap();
        let (mut wrong, mut lists, mut compared) = (Vec::new(), 0, 0);
        for operation in document.operations().into_iter().filter(|operation| is_list(*operation)) {
            lists += 1;
            for (role, token) in logins.values().filter(|(role, _)| may(operation, *role)) {
                let mut asked = Vec::new();
                // The first time, what is kept in memory is read.
                for limit in [1, 2, 100] {
                    take(&heard);
                    let path = super::malformed::filled(operation.path, &case);
                    let (status, json) = app.get(format!("{path}?limit={limit}")).as_(token).unjudged().await;
                    // A copied row cannot be opened: its seal names the row that it was copied from.
                    let items = json["items"].as_array().map_or(0, Vec::len);
                    asked.push((if status < 500 { take(&heard).len() } else { 0 }, items));
                }
                compared += u32::from(asked[2].1 > asked[1].1);
                if asked[1].0 != asked[2].0 {
                    wrong.push(format!("{} by {role}: {asked:?}", operation.name()));
                }
            }
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
        assert!(compared >= 20, "{compared}");
        evidence!("L7", db.engine().as_str(), "{lists} lists by every role, {compared} with a longer second page: as many statements for 100 rows as for 2");
    }
}
