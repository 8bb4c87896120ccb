//! What would be SQL in a text is a text: every query parameter and every text of every body, and no statement of the
//! source is put together from values.

use std::fs;
use std::path::Path;

use openapi::{Document, Operation};
use serde_json::{Value, json};

use super::body::schema;
use super::malformed::{Examiner, NOTHING, filled, parameters};
use crate::contract::headers::query;
use crate::harness::app::{Answer, Call, TestApp};
use crate::harness::db_tests;
use crate::harness::evidence::{evidence, rounds};
use crate::harness::schema::{full, percent, texts};

/// What breaks out of a text, asks more, asks longer, or ends the statement.
const PAYLOADS: [&str; 6] = [
    "' OR '1'='1",
    "x'; DROP TABLE account; --",
    "x' UNION SELECT id, email FROM account --",
    "\" OR \"\"=\"",
    "x') OR pg_sleep(5) --",
    "x\\'; SELECT randomblob(1000000000) /*",
];
/// As long as they are, and no SQL.
const HARMLESS: &str = "zq (1) = zq; 2";

/// What a caller sees of an answer; ids, times and the value itself differ.
fn shape(answer: &Answer, sent: &str) -> String {
    let mut seen = answer.json.clone();
    if let Some(members) = seen.as_object_mut() {
        members.remove("instance");
    }
    let quoted = json!(sent).to_string();
    let text = seen.to_string().replace(quoted.trim_matches('"'), "…");
    let kind = if answer.status < 300 { members_of(&answer.json) } else { text };
    format!("{} {} {kind}", answer.status, answer.code())
}

/// How many items a list has; the members of anything else.
fn members_of(json: &Value) -> String {
    match json["items"].as_array() {
        Some(items) => format!("{} items", items.len()),
        None => json.as_object().map(|all| all.keys().cloned().collect::<Vec<_>>().join(",")).unwrap_or_default(),
    }
}

struct Prober {
    probes: u32,
    wrong: Vec<String>,
}

impl Prober {
    /// Sends the harmless text and every payload; each must be answered as the harmless one is.
    async fn probe<'a>(&mut self, name: &str, call: impl Fn(&str) -> Call<'a>) {
        let harmless = call(HARMLESS).send().await;
        let expected = shape(&harmless, HARMLESS);
        for payload in &PAYLOADS[..usize::try_from(rounds(2, PAYLOADS.len() as u64)).unwrap()] {
            let answer = call(payload).send().await;
            self.probes += 1;
            let found = shape(&answer, payload);
            if answer.status < 500 && found == expected {
                continue;
            }
            // What the request before it has left behind is no matter of the text: asked again, the harmless one shows it.
            let expected = shape(&call(HARMLESS).send().await, HARMLESS);
            if answer.status >= 500 || found != expected {
                self.wrong.push(format!("{name} {payload:?}: {found}, not {expected}"));
            }
        }
    }
}

/// Texts that are judged character by character answer differently for letters and for signs; both refuse.
fn is_free(document: &Document, parameter: &Value) -> bool {
    let schema = crate::harness::schema::target(document, &parameter["schema"]);
    schema.get("enum").is_none()
}

async fn probe_query(
    prober: &mut Prober,
    examiner: &Examiner<'_>,
    document: &Document,
    operation: Operation<'_>,
    token: Option<&str>,
) {
    let path = filled(operation.path, NOTHING);
    let base = query(document, operation);
    for parameter in parameters(operation, "query") {
        let name = parameter["name"].as_str().unwrap();
        if !is_free(document, parameter) {
            continue;
        }
        let kept: Vec<&str> =
            base.split('&').filter(|pair| !pair.is_empty() && !pair.starts_with(&format!("{name}="))).collect();
        prober
            .probe(&format!("{} ?{name}", operation.name()), |value| {
                let pair = format!("{name}={}", percent(value));
                let all: Vec<&str> = kept.iter().copied().chain([pair.as_str()]).collect();
                examiner.call(operation, token, &format!("{path}?{}", all.join("&")))
            })
            .await;
    }
}

async fn probe_body(
    prober: &mut Prober,
    examiner: &Examiner<'_>,
    document: &Document,
    operation: Operation<'_>,
    token: Option<&str>,
) {
    let Some(schema) = schema(document, operation) else { return };
    let path = filled(operation.path, NOTHING);
    let body = full(document, schema);
    for place in texts(&body) {
        prober
            .probe(&format!("{} {place}", operation.name()), |value| {
                let mut changed = body.clone();
                *changed.pointer_mut(&place).unwrap() = json!(value);
                examiner.call(operation, token, &path).json(&changed)
            })
            .await;
    }
}

/// Calls that take a statement as text. Whoever uses one is looked at: the statement must be written down there.
const RAW: [&str; 8] = [
    "execute_unprepared(",
    "Statement::from_string(",
    "from_sql_and_values(",
    "Expr::cust",
    "query_all_raw(",
    "query_one_raw(",
    "execute_raw(",
    "sqlx::query",
];

fn sources(folder: &Path, found: &mut Vec<(String, String)>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|end| end == "rs") {
            found.push((path.display().to_string(), fs::read_to_string(&path).unwrap()));
        }
    }
}

/// Where names of the schema, and nothing else, are put together: its functions take no text that is made at run time.
const NAMES_ONLY: &str = "service/src/rows.rs";

/// The words of SQL that begin a statement or a condition.
fn is_sql(text: &str) -> bool {
    ["SELECT ", "INSERT INTO", "UPDATE ", "DELETE FROM", " WHERE ", "VACUUM", "ORDER BY", "PRAGMA ", " LIKE "]
        .iter()
        .any(|word| text.contains(word))
}

#[test]
fn no_statement_is_put_together_from_values() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = Vec::new();
    for folder in ["service/src", "jobs/src", "api/src", "src", "entity/src", "domain/src"] {
        sources(&root.join(folder), &mut files);
    }
    let (mut wrong, mut raw) = (Vec::new(), 0);
    for (file, text) in files.iter().filter(|(file, _)| !file.ends_with(NAMES_ONLY)) {
        let lines: Vec<&str> = text.lines().collect();
        for (number, line) in lines.iter().enumerate() {
            let around = lines[number.saturating_sub(3)..lines.len().min(number + 4)].join(" ");
            let makes_text = line.contains("format!(") && is_sql(&lines[number..lines.len().min(number + 3)].join(" "));
            let is_raw = RAW.iter().any(|call| line.contains(call));
            raw += u32::from(is_raw);
            if makes_text || (is_raw && (around.contains("format!(") || around.contains(" + &"))) {
                wrong.push(format!("{file}:{}: {}", number + 1, line.trim()));
            }
        }
    }
    assert!(files.len() > 200, "{} files", files.len());
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    evidence!(
        "I1",
        "-",
        "{} source files, {raw} statements written by hand, 0 put together with format! (one file puts names of the schema together)",
        files.len()
    );
}

db_tests! {
    async fn a_text_that_would_be_sql_is_a_text(app: TestApp) {
        let document = Document::built().unwrap();
        let mut examiner = Examiner::new(&app);
        let mut prober = Prober { probes: 0, wrong: Vec::new() };
        let accounts = |app: &TestApp| {
            let connection = app.connection().clone();
            async move {
                use sea_orm::{EntityTrait, PaginatorTrait};
                entity::account::Entity::find().count(&connection).await.unwrap()
            }
        };
        for operation in document.operations() {
            // Their answers count attempts: another text is another time.
            if ["create_session", "refresh_session", "revoke_other_sessions"].contains(&operation.id()) {
                continue;
            }
            let token = examiner.token(operation).await;
            probe_query(&mut prober, &examiner, &document, operation, token.as_deref()).await;
            probe_body(&mut prober, &examiner, &document, operation, token.as_deref()).await;
        }
        assert!(accounts(&app).await > 0);
        assert!(prober.wrong.is_empty(), "{} of {}:\n{}", prober.wrong.len(), prober.probes, prober.wrong.join("\n"));
        evidence!("I1", app.engine().as_str(), "{} probes over every free query parameter and every text of every JSON body: 0 of 5xx, 0 answered unlike a harmless text", prober.probes);
    }
}
