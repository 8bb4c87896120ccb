//! The real HTTP application on a test database. Every answer is compared with the OpenAPI document.

use std::net::TcpListener;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU32, Ordering};

use api::{EdgeSettings, Patience, Rates};
use jobs::mail::Mailer;
use openapi::{Document, Judge};
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use reqwest::{Client, Method};
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter};
use serde_json::Value;
use tokio::task::JoinSet;

use super::account::{self, Login, Seat};
use super::context::{TestContext, context};
use super::{Engine, Fixture, TestDb};

/// The judge of this process: the document is the same for every test.
static JUDGE: LazyLock<Judge> =
    LazyLock::new(|| Judge::new(Document::built().expect("the document of this build can be read")));

/// More than any test asks for: all come from one address.
const NO_LIMIT: Rates = Rates { general: 1_000_000, guessable: 1_000_000, verification: 1_000_000 };

/// The application, bound to a free port; stopped with the value.
#[derive(Debug)]
pub struct TestApp {
    pub context: TestContext,
    address: String,
    client: Client,
    keys: AtomicU32,
    mailer: Mailer,
    _server: JoinSet<std::io::Result<()>>,
}

impl std::ops::Deref for TestApp {
    type Target = TestContext;

    fn deref(&self) -> &TestContext {
        &self.context
    }
}

impl Fixture for TestApp {
    async fn on(engine: Engine) -> Self {
        Self::over(TestContext::on(engine).await).await
    }
}

impl TestApp {
    /// The application on a database that the test keeps.
    pub async fn beside(db: &TestDb, rates: Rates) -> Self {
        Self::start(context(db).await, EdgeSettings { rates, ..EdgeSettings::default() }).await
    }

    /// The application over a context of the test's own.
    pub async fn over(context: TestContext) -> Self {
        Self::patient(context, Patience::default()).await
    }

    /// The same, with another patience for slow clients.
    pub async fn patient(context: TestContext, patience: Patience) -> Self {
        Self::start(context, EdgeSettings { rates: NO_LIMIT, patience, ..EdgeSettings::default() }).await
    }

    /// An application that is served elsewhere, at `host:port`.
    pub fn elsewhere(context: TestContext, address: &str) -> Self {
        let client = Client::builder().pool_max_idle_per_host(0).build().expect("a client can be made");
        let (keys, mailer) = (AtomicU32::new(0), Mailer::memory());
        Self { context, address: address.to_owned(), client, keys, mailer, _server: JoinSet::new() }
    }

    async fn start(context: TestContext, settings: EdgeSettings) -> Self {
        service::calendar::seed(&context.ctx).await.expect("the calendar can be stored");
        service::rule::seed(&context.ctx).await.expect("the rules can be stored");
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a port is free");
        let address = listener.local_addr().expect("the port is known").to_string();
        let settings = EdgeSettings { workers: 1, ..settings };
        let server = api::serve(context.ctx.clone(), &settings, listener, None).expect("the application can be served");
        let mut tasks = JoinSet::new();
        // Dropped with the test's runtime, which closes the listener and the worker.
        tasks.spawn(server);
        // No pool: a test must not wait for what another connection left behind.
        let client = Client::builder().pool_max_idle_per_host(0).build().expect("a client can be made");
        Self { context, address, client, keys: AtomicU32::new(0), mailer: Mailer::memory(), _server: tasks }
    }

    /// `host:port`, for raw sockets.
    pub fn address(&self) -> &str {
        &self.address
    }

    pub fn get(&self, path: impl Into<String>) -> Call<'_> {
        self.call(Method::GET, path)
    }

    /// With an `Idempotency-Key` of its own.
    pub fn post(&self, path: impl Into<String>) -> Call<'_> {
        let number = self.keys.fetch_add(1, Ordering::Relaxed);
        self.call(Method::POST, path).key(&format!("test-{number}"))
    }

    pub fn put(&self, path: impl Into<String>) -> Call<'_> {
        self.call(Method::PUT, path)
    }

    pub fn patch(&self, path: impl Into<String>) -> Call<'_> {
        self.call(Method::PATCH, path)
    }

    pub fn delete(&self, path: impl Into<String>) -> Call<'_> {
        self.call(Method::DELETE, path)
    }

    pub fn call(&self, method: Method, path: impl Into<String>) -> Call<'_> {
        Call { app: self, method, path: path.into(), headers: HeaderMap::new(), body: Vec::new() }
    }

    /// An account with one role, logged in.
    pub async fn account(&self, seat: Seat) -> Login {
        account::create(&self.context, seat).await
    }

    /// The mails sent so far.
    pub fn mails(&self) -> Vec<jobs::mail::SentMail> {
        self.mailer.sent()
    }

    /// Ticks every schedule and works until nothing is due; gives the number of jobs run.
    pub async fn run_due(&self) -> u64 {
        jobs::run_due(&self.ctx, &self.mailer).await.expect("the queue can be read")
    }
}

/// A request in the making.
#[derive(Debug)]
#[must_use]
pub struct Call<'a> {
    app: &'a TestApp,
    method: Method,
    path: String,
    headers: HeaderMap,
    body: Vec<u8>,
}

impl Call<'_> {
    /// With an access token.
    pub fn as_(self, token: &str) -> Self {
        self.header("authorization", &format!("Bearer {token}"))
    }

    /// Sets a header; an earlier one of that name is replaced.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        let name: HeaderName = name.parse().expect("a header's name");
        self.headers.insert(name, HeaderValue::from_str(value).expect("a header's value"));
        self
    }

    /// The same request by another method.
    pub fn method(self, method: Method) -> Self {
        Self { method, ..self }
    }

    /// With this key instead of a key of its own.
    pub fn key(self, key: &str) -> Self {
        self.header("idempotency-key", key)
    }

    pub fn without(mut self, header: &str) -> Self {
        self.headers.remove(header);
        self
    }

    /// With the `ETag` of an earlier answer.
    pub fn if_match(self, etag: &str) -> Self {
        self.header("if-match", etag)
    }

    pub fn json(self, body: &Value) -> Self {
        self.bytes("application/json", body.to_string())
    }

    pub fn bytes(mut self, content_type: &str, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self.header("content-type", content_type)
    }

    /// Sends it where the answer itself is no matter, and gives status and body.
    pub async fn unjudged(self) -> (u16, Value) {
        let url = format!("http://{}{}", self.app.address, self.path);
        let request = self.app.client.request(self.method, url).headers(self.headers).body(self.body);
        let response = request.send().await.expect("the application answers");
        (response.status().as_u16(), response.json().await.unwrap_or(Value::Null))
    }

    /// Sends it. An answer that breaks a promise of the document fails the test.
    pub async fn send(self) -> Answer {
        let url = format!("http://{}{}", self.app.address, self.path);
        let request = self.app.client.request(self.method.clone(), url).headers(self.headers).body(self.body);
        let response = request.send().await.expect("the application answers");
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let bytes = response.bytes().await.expect("the answer arrives").to_vec();
        let path = self.path.split('?').next().unwrap_or("");
        let content_type = headers.get("content-type").map(|value| value.to_str().expect("a content type"));
        let seen = openapi::Answer { method: self.method.as_str(), path, status, content_type, body: &bytes };
        if let Err(fault) = JUDGE.check(&seen) {
            panic!("{fault}");
        }
        let json = serde_json::from_slice(&bytes).unwrap_or(Value::Null);
        let answer = Answer { status, headers, json, bytes };
        if let Err(fault) = self.app.traced(&self.method, path, &answer).await {
            panic!("{fault}");
        }
        answer
    }
}

/// Operations that only look, although they are sent by POST.
const SILENT: &[&str] = &["preview_eligibility", "verify_certificate"];

/// Whether an operation writes nothing, whatever its method says.
pub fn is_silent(operation: &str) -> bool {
    SILENT.contains(&operation)
}

impl TestApp {
    /// Every write that succeeded has left an entry with the id of its request.
    async fn traced(&self, method: &Method, path: &str, answer: &Answer) -> Result<(), String> {
        let is_replay = answer.headers.contains_key("idempotency-replayed");
        if matches!(*method, Method::GET | Method::HEAD) || answer.status >= 300 || is_replay {
            return Ok(());
        }
        let document = JUDGE.document();
        let id = document.find(method.as_str(), path).map(|operation| operation.id().to_owned()).unwrap_or_default();
        if is_silent(&id) {
            return Ok(());
        }
        let request = answer.header("x-request-id");
        let entries = entity::audit::Entity::find()
            .filter(entity::audit::Column::RequestId.eq(request))
            .count(self.context.connection())
            .await;
        match entries {
            Ok(0) => Err(format!("{method} {path} ({id}) left no entry in the audit trail")),
            Ok(_) => Ok(()),
            Err(error) => Err(format!("the audit trail cannot be read: {error}")),
        }
    }
}

/// An answer that keeps the document.
#[derive(Debug, Clone)]
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    /// Null when the body is no JSON.
    pub json: Value,
    pub bytes: Vec<u8>,
}

impl Answer {
    /// The same, if this is its status.
    #[track_caller]
    pub fn expect(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{}", String::from_utf8_lossy(&self.bytes));
        self
    }

    /// The header's text; empty when missing.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or("")
    }

    pub fn etag(&self) -> &str {
        self.header("etag")
    }

    /// The problem code; empty when this is no problem.
    pub fn code(&self) -> &str {
        self.json["code"].as_str().unwrap_or("")
    }
}
