//! What the tests of malformed requests share: who may call an operation, how it is addressed, what an answer must keep.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use domain::access::{Permission, Role};
use domain::account::{Reach, reach};
use domain::word::Word;
use openapi::Operation;
use reqwest::Method;
use serde_json::Value;
use service::Code;

use crate::harness::account::Seat;
use crate::harness::app::{Answer, Call, TestApp};

/// An id that belongs to nothing.
pub const NOTHING: &str = "019f0000-0000-7000-8000-000000000000";
/// In every value that is sent and in no answer.
pub const CANARY: &str = "canary7f3a";
/// A second, on a busy machine and unoptimised.
const SLOWEST: Duration = Duration::from_secs(5);
/// Words of the inside.
const INSIDE: &[&str] =
    &["sqlx", "sqlite", "postgres", "select ", "insert ", "panicked", "serde", ".rs", "/src/", "/tmp", "stack", CANARY];

/// Accounts by role, and what was found wrong so far.
pub struct Examiner<'a> {
    pub app: &'a TestApp,
    tokens: BTreeMap<&'static str, String>,
    pub faults: Vec<String>,
    pub calls: u32,
    /// Of so many bodies an operation gets one, each operation others.
    pub thinned: usize,
    /// The longest that an answer took.
    pub slowest: Duration,
}

impl<'a> Examiner<'a> {
    pub fn new(app: &'a TestApp) -> Self {
        Self { app, tokens: BTreeMap::new(), faults: Vec::new(), calls: 0, thinned: 1, slowest: Duration::ZERO }
    }

    /// A token of a role that holds the operation's permission; none for public operations.
    pub async fn token(&mut self, operation: Operation<'_>) -> Option<String> {
        let words = operation.permissions()?;
        let permission = words.iter().find_map(|word| Permission::parse(word));
        // Verbs of a process are refused inside the decision: any account comes that far.
        let roles = permission.map_or(&[Role::Broker][..], Permission::roles);
        let is_free = |role: &&Role| **role != Role::System && reach(**role) != Reach::Organisation;
        let role = *roles.iter().find(is_free).unwrap_or(&Role::Broker);
        if let Some(token) = self.tokens.get(role.as_str()) {
            return Some(token.clone());
        }
        let token = self.app.account(Seat::of(role)).await.token;
        self.tokens.insert(role.as_str(), token.clone());
        Some(token)
    }

    /// A call that is sound but for what the test does to it.
    pub fn call(&self, operation: Operation<'_>, token: Option<&str>, path: &str) -> Call<'a> {
        let method = Method::from_bytes(operation.method.to_uppercase().as_bytes()).unwrap();
        let call = if method == Method::POST { self.app.post(path) } else { self.app.call(method, path) };
        let call = if demands(operation, "If-Match") { call.if_match("\"1.0\"") } else { call };
        match token {
            Some(token) => call.as_(token),
            None => call,
        }
    }

    /// Sends it and keeps what is wrong with the answer; `expected` lists statuses.
    pub async fn refused(&mut self, call: Call<'_>, name: &str, expected: &[u16]) {
        let begun = Instant::now();
        let answer = call.send().await;
        let took = begun.elapsed();
        self.calls += 1;
        self.slowest = self.slowest.max(took);
        let mut faults = faults_of(&answer);
        if !expected.contains(&answer.status) {
            faults.push("another answer was expected".to_owned());
        }
        if took > SLOWEST {
            faults.push(format!("took {took:?}"));
        }
        if !faults.is_empty() {
            let body = String::from_utf8_lossy(&answer.bytes).chars().take(400).collect::<String>();
            self.faults.push(format!("{name}: {} {body}: {}", answer.status, faults.join(", ")));
        }
    }

    pub fn conclude(self) {
        assert!(self.calls > 100, "only {} calls were made", self.calls);
        assert!(self.faults.is_empty(), "{} of {}:\n{}", self.faults.len(), self.calls, self.faults.join("\n"));
    }
}

fn faults_of(answer: &Answer) -> Vec<String> {
    if answer.status < 300 {
        return Vec::new();
    }
    let mut faults = Vec::new();
    if answer.status >= 500 {
        faults.push("a fault of ours".to_owned());
    }
    if answer.header("content-type") != "application/problem+json" {
        faults.push("no problem".to_owned());
    }
    if !Code::ALL.iter().any(|code| code.as_str() == answer.code()) {
        faults.push("an unknown code".to_owned());
    }
    let pointers = answer.json["errors"].as_array().map_or(&[][..], Vec::as_slice);
    let is_pointer = |fault: &Value| fault["pointer"].as_str().is_some_and(|text| text.starts_with('/'));
    if answer.status == 422 && (pointers.is_empty() || !pointers.iter().all(is_pointer)) {
        faults.push("no pointers".to_owned());
    }
    let text = String::from_utf8_lossy(&answer.bytes).to_lowercase();
    faults.extend(INSIDE.iter().filter(|word| text.contains(**word)).map(|word| format!("tells `{word}`")));
    faults
}

/// Whether the operation demands this header.
pub fn demands(operation: Operation<'_>, header: &str) -> bool {
    parameters(operation, "header").iter().any(|parameter| parameter["name"] == header && parameter["required"] == true)
}

/// The operation's parameters of a place.
pub fn parameters<'a>(operation: Operation<'a>, place: &str) -> Vec<&'a Value> {
    let all = operation.json["parameters"].as_array().map_or(&[][..], Vec::as_slice);
    all.iter().filter(|parameter| parameter["in"] == place).collect()
}

/// The path with every parameter filled.
pub fn filled(path: &str, with: &str) -> String {
    let segments = path.split('/').map(|segment| if segment.starts_with('{') { with } else { segment });
    segments.collect::<Vec<_>>().join("/")
}
