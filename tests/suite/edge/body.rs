//! Bodies and headers that no honest client sends, to every operation that takes JSON.

use openapi::{Document, Operation};
use serde_json::Value;

use super::malformed::{CANARY, Examiner, NOTHING, demands, filled};
use crate::harness::app::TestApp;
use crate::harness::db_tests;
use crate::harness::evidence::{evidence, rounds};

const JSON: &str = "application/json";
/// One byte more than a body may have.
const TOO_MUCH: usize = 256 * 1024 + 1;
/// Five mebibytes, as the requirement names them.
const MUCH_TOO_MUCH: usize = 5 * 1024 * 1024;
/// One member more than all objects of a body may have.
const TOO_MANY: usize = 20_001;
/// Bodies that every JSON operation gets, at least.
const BODIES: usize = 33;
const NO_VERSIONS: &[&str] = &["7", "*", "\"0.a\"", "\"-1\"", "\"99999999999.a\"", "\"\"", "W/", "\"1.a\", \"2.a\""];
const NO_IDS: &[&str] = &["none", "%00", "%F0%9F", "%EF%BC%91%EF%BC%92", "..%2F..%2Fetc", "1%27%20OR%201=1"];

/// The schema of the operation's JSON body, if it takes one.
pub fn schema<'a>(document: &'a Document, operation: Operation<'a>) -> Option<&'a Value> {
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
        ("a huge number", of(&"9".repeat(1_000)), SYNTAX),
        ("a huge exponent", of("1e99999999999"), SYNTAX),
        ("a tiny exponent", of("1e-99999999999"), CONTENT),
        ("a negative zero", of("-0.0"), CONTENT),
        ("a leading zero", of("007"), SYNTAX),
        ("not a number", of("NaN"), SYNTAX),
        ("infinity", of("-Infinity"), SYNTAX),
        ("hexadecimal", of("0x10"), SYNTAX),
        ("full-width figures", of("１２"), SYNTAX),
        ("a trailing comma", format!("{{\"{member}\":1,}}").into_bytes(), SYNTAX),
        ("single quotes", format!("{{'{member}':'{CANARY}'}}").into_bytes(), SYNTAX),
        ("a comment", format!("/*{CANARY}*/{{}}").into_bytes(), SYNTAX),
        ("a raw line break", of(&format!("\"{CANARY}\n\"")), SYNTAX),
        ("an escaped name", b"{\"no\\u0000such\":1}".to_vec(), CONTENT),
        ("a bad escape", of("\"\\x41\""), SYNTAX),
        ("a long name", format!("{{\"{}\":1}}", "n".repeat(100_000)).into_bytes(), CONTENT),
        ("an empty name", b"{\"\":1}".to_vec(), CONTENT),
        ("a prototype", b"{\"__proto__\":{\"is_admin\":true}}".to_vec(), CONTENT),
        ("nested objects", [b"{\"a\":".repeat(70), b"1".to_vec(), b"}".repeat(70)].concat(), SYNTAX),
        ("UTF-16", "{}".encode_utf16().flat_map(u16::to_le_bytes).collect(), SYNTAX),
        ("UTF-7", b"+AHsAfQ-".to_vec(), SYNTAX),
        ("nothing but blanks", b" \r\n\t ".to_vec(), SYNTAX),
        ("many members", many_members(), SYNTAX),
        ("five mebibytes", vec![b' '; MUCH_TOO_MUCH], &[413]),
        ("too much", of(&format!("\"{}\"", "x".repeat(TOO_MUCH - member.len() - 7))), &[413]),
    ];
    all.extend(ids.into_iter().filter(|_| is_id));
    all
}

/// As many members as a body may have, and one more.
fn many_members() -> Vec<u8> {
    let members: Vec<String> = (0..TOO_MANY).map(|number| format!("\"m{number}\":1")).collect();
    format!("{{\"no_such_member\":{{{}}}}}", members.join(",")).into_bytes()
}

async fn bodies(examiner: &mut Examiner<'_>, operation: Operation<'_>, token: Option<&str>, member: (String, bool)) {
    let (name, path) = (operation.name(), filled(operation.path, NOTHING));
    let (member, is_id) = member;
    let corpus = corpus(&member, is_id);
    assert!(corpus.len() >= BODIES, "{}", corpus.len());
    let shift = operation.id().len();
    for (number, (what, body, expected)) in corpus.into_iter().enumerate() {
        if !(number + shift).is_multiple_of(examiner.thinned) {
            continue;
        }
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

/// Every body and header of the corpus to one operation, if it takes JSON.
pub async fn examine(examiner: &mut Examiner<'_>, document: &Document, operation: Operation<'_>) {
    let Some(schema) = schema(document, operation) else { return };
    let token = examiner.token(operation).await;
    bodies(examiner, operation, token.as_deref(), member(document, schema)).await;
    headers(examiner, operation, token.as_deref()).await;
}

db_tests! {
    async fn malformed_requests_are_refused_with_their_place_and_nothing_else(app: TestApp) {
        let document = Document::built().unwrap();
        let mut examiner = Examiner::new(&app);
        // The whole of it goes to the program itself, see `memory`.
        examiner.thinned = usize::try_from(rounds(8, 1)).unwrap();
        let mut operations = 0;
        for operation in document.operations() {
            operations += u32::from(schema(&document, operation).is_some());
            examine(&mut examiner, &document, operation).await;
        }
        let (calls, slowest, bodies) = (examiner.calls, examiner.slowest, corpus("x", false).len());
        examiner.conclude();
        evidence!("L1", app.engine().as_str(), "{bodies} bodies (and media types, headers, ids) × {operations} JSON operations, {calls} requests: 0 of 5xx, 0 leaks, slowest {slowest:.0?}");
    }
}
