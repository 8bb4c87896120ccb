//! Bodies and headers that no honest client sends, to every operation that takes JSON.

use openapi::{Document, Operation};
use serde_json::Value;

use super::malformed::{CANARY, Examiner, NOTHING, demands, filled};
use crate::harness::app::TestApp;
use crate::harness::db_tests;

const JSON: &str = "application/json";
/// One byte more than a body may have.
const TOO_MUCH: usize = 256 * 1024 + 1;
const NO_VERSIONS: &[&str] = &["7", "*", "\"0.a\"", "\"-1\"", "\"99999999999.a\"", "\"\"", "W/", "\"1.a\", \"2.a\""];
const NO_IDS: &[&str] = &["none", "%00", "%F0%9F", "%EF%BC%91%EF%BC%92", "..%2F..%2Fetc", "1%27%20OR%201=1"];

/// The schema of the operation's JSON body, if it takes one.
fn schema<'a>(document: &'a Document, operation: Operation<'a>) -> Option<&'a Value> {
    let schema = operation.json.pointer("/requestBody/content/application~1json/schema")?;
    Some(document.resolve(schema))
}

/// A member that the body may have, and whether it is an id; otherwise one that it may not.
fn member(document: &Document, schema: &Value) -> (String, bool) {
    let members = schema["properties"].as_object();
    let id =
        members.and_then(|members| members.iter().find(|(_, schema)| document.resolve(schema)["format"] == "uuid"));
    let any = id.or_else(|| members.and_then(|members| members.iter().next()));
    (any.map_or_else(|| "x".to_owned(), |(name, _)| name.clone()), id.is_some())
}

/// Names, bodies, and the statuses that may answer them.
fn corpus(member: &str, is_id: bool) -> Vec<(&'static str, Vec<u8>, &'static [u16])> {
    const SYNTAX: &[u16] = &[400];
    const CONTENT: &[u16] = &[422];
    let of = |value: &str| format!("{{\"{member}\":{value}}}").into_bytes();
    let ids: Vec<(&'static str, Vec<u8>, &'static [u16])> = [
        ("full-width digits", "\"０１９ｆ００００-００００-７０００-８０００-００００００００００００\""),
        ("no id", "\"1' OR 1=1\""),
    ]
    .map(|(what, value)| (what, of(value), CONTENT))
    .to_vec();
    let mut all: Vec<(&'static str, Vec<u8>, &'static [u16])> = vec![
        ("truncated", format!("{{\"{member}\":\"{CANARY}").into_bytes(), SYNTAX),
        ("trailing garbage", format!("{{}}{CANARY}").into_bytes(), SYNTAX),
        ("two values", b"{}{}".to_vec(), SYNTAX),
        ("an array", format!("[\"{CANARY}\"]").into_bytes(), CONTENT),
        ("null", b"null".to_vec(), CONTENT),
        ("a string", format!("\"{CANARY}\"").into_bytes(), CONTENT),
        ("a number", b"7".to_vec(), CONTENT),
        ("1e400", of("1e400"), SYNTAX),
        ("20 digits", of("12345678901234567890123"), CONTENT),
        ("a duplicate", format!("{{\"{member}\":\"{CANARY}\",\"{member}\":\"{CANARY}\"}}").into_bytes(), CONTENT),
        ("depth", of(&format!("{}{}", "[".repeat(70), "]".repeat(70))), SYNTAX),
        ("unclosed depth", "[".repeat(200_000).into_bytes(), SYNTAX),
        ("an unknown member", format!("{{\"no_such_member\":\"{CANARY}\"}}").into_bytes(), CONTENT),
        ("a lone surrogate", of("\"\\ud800\""), SYNTAX),
        ("NUL", of(&format!("\"{CANARY}\\u0000\"")), CONTENT),
        ("a bidi override", of(&format!("\"{CANARY}\u{202e}\"")), CONTENT),
        ("a bidi escape", of(&format!("\"{CANARY}\\u202e\"")), CONTENT),
        ("a byte order mark", b"\xef\xbb\xbf{}".to_vec(), SYNTAX),
        ("no UTF-8", [b"{\"".as_slice(), member.as_bytes(), b"\":\"\xff\xfe\"}"].concat(), SYNTAX),
        ("too much", of(&format!("\"{}\"", "x".repeat(TOO_MUCH - member.len() - 7))), &[413]),
    ];
    all.extend(ids.into_iter().filter(|_| is_id));
    all
}

async fn bodies(examiner: &mut Examiner<'_>, operation: Operation<'_>, token: Option<&str>, member: (String, bool)) {
    let (name, path) = (operation.name(), filled(operation.path, NOTHING));
    let (member, is_id) = member;
    for (what, body, expected) in corpus(&member, is_id) {
        let call = examiner.call(operation, token, &path).bytes(JSON, body);
        examiner.refused(call, &format!("{name} ({what})"), expected).await;
    }
    // Nothing at all may be enough for an action without data.
    let call = examiner.call(operation, token, &path).bytes(JSON, "");
    examiner.refused(call, &format!("{name} (empty)"), &[200, 201, 202, 204, 403, 404, 409, 412, 422]).await;
    for media in ["text/plain", "application/x-www-form-urlencoded", "application/json; charset=gbk", "a", ""] {
        let call = examiner.call(operation, token, &path).bytes(media, "{}");
        examiner.refused(call, &format!("{name} ({media})"), &[415]).await;
    }
}

async fn headers(examiner: &mut Examiner<'_>, operation: Operation<'_>, token: Option<&str>) {
    let (name, path) = (operation.name(), filled(operation.path, NOTHING));
    if demands(operation, "Idempotency-Key") {
        for key in ["", " ", &"k".repeat(256)] {
            let call = examiner.call(operation, token, &path).bytes(JSON, "{}");
            let call = if key.is_empty() { call.without("idempotency-key") } else { call.key(key) };
            examiner.refused(call, &format!("{name} (key `{key}`)"), &[400]).await;
        }
    }
    if demands(operation, "If-Match") {
        let call = examiner.call(operation, token, &path).bytes(JSON, "{}").without("if-match");
        examiner.refused(call, &format!("{name} (no If-Match)"), &[428]).await;
        for version in NO_VERSIONS {
            let call = examiner.call(operation, token, &path).bytes(JSON, "{}").if_match(version);
            examiner.refused(call, &format!("{name} (If-Match {version})"), &[400]).await;
        }
    }
    if operation.path.contains('{') {
        for id in NO_IDS {
            let call = examiner.call(operation, token, &filled(operation.path, id)).bytes(JSON, "{}");
            examiner.refused(call, &format!("{name} (id {id})"), &[400, 404]).await;
        }
    }
}

db_tests! {
    async fn malformed_requests_are_refused_with_their_place_and_nothing_else(app: TestApp) {
        let document = Document::built().unwrap();
        let mut examiner = Examiner::new(&app);
        for operation in document.operations() {
            let Some(schema) = schema(&document, operation) else { continue };
            let token = examiner.token(operation).await;
            bodies(&mut examiner, operation, token.as_deref(), member(&document, schema)).await;
            headers(&mut examiner, operation, token.as_deref()).await;
        }
        examiner.conclude();
    }
}
