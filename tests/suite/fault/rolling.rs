//! Replicas are restarted one after the other behind a proxy, for a new version or for new keys: no request fails.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use domain::access::Role;
use domain::queue::JobState;
use entity::queue_job;
use reqwest::{Client, Response};
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter};
use serde_json::{Value, json};
use service::account::admin::open_session;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::oneshot;

use super::organisation;
use crate::harness::account::{Seat, create_in};
use crate::harness::evidence::{evidence, rounds};
use crate::harness::program::{Home, Program};
use crate::harness::proxy::Proxy;
use crate::harness::{Engine, Fixture};

const CLIENTS: u64 = 4;
/// Between "not ready" and a closed door: some looks of the proxy.
const DRAIN_SECONDS: u64 = 1;
/// Rarely enough that a door closed at once is run into.
const LOOK: Duration = Duration::from_millis(200);

/// Two replicas behind a proxy that looks whether they are ready.
struct Fleet {
    home: Arc<Home>,
    programs: Vec<Program>,
    proxy: Proxy,
    http: Client,
}

impl Fleet {
    async fn on(home: Arc<Home>) -> Self {
        let programs = vec![start(&home).await, start(&home).await];
        let proxy = Proxy::before(programs[0].address()).await;
        Self { home, programs, proxy, http: client() }
    }

    async fn is_ready(&self, url: &str) -> bool {
        self.http.get(format!("{url}/readyz")).send().await.is_ok_and(|answer| answer.status() == 200)
    }

    /// Replaces one replica.
    async fn restart(&mut self) {
        self.replace(async |_| {}).await;
    }

    /// The same, while a request is half sent to the one that leaves and goes on when the door is closed; gives the
    /// answer's status.
    async fn restart_under(&mut self, token: &str, number: u64) -> String {
        let late = Late::begin(self.programs[0].address(), token, number).await;
        self.replace(async |drained| {
            drained.await.expect("the proxy looks");
            tokio::time::sleep(Duration::from_millis(1_000 * DRAIN_SECONDS + 500)).await;
            late.end().await
        })
        .await
    }

    async fn replace<T>(&mut self, meanwhile: impl AsyncFnOnce(oneshot::Receiver<()>) -> T) -> T {
        let (leaving, staying) = (self.programs.remove(0), self.programs[0].address().to_owned());
        let url = leaving.url.clone();
        let (drained, seen) = oneshot::channel();
        // The proxy sends nobody to one that is not ready.
        let watching = async {
            while self.is_ready(&url).await {
                tokio::time::sleep(LOOK).await;
            }
            self.proxy.set_targets(vec![staying]);
            let _ = drained.send(());
        };
        let (left_in_peace, (), meanwhile) = tokio::join!(leaving.stop(), watching, meanwhile(seen));
        assert!(left_in_peace, "the program did not end well");
        self.programs.push(start(&self.home).await);
        while !self.is_ready(&self.programs[1].url).await {
            tokio::time::sleep(LOOK).await;
        }
        self.proxy.set_targets(self.programs.iter().map(|program| program.address().to_owned()).collect());
        meanwhile
    }

    async fn stop(self) {
        for program in self.programs {
            assert!(program.stop().await, "the program did not end well");
        }
    }
}

/// A request whose body comes in two parts.
struct Late {
    socket: TcpStream,
    rest: String,
}

impl Late {
    async fn begin(address: &str, token: &str, number: u64) -> Self {
        let body = organisation(number).to_string();
        // In the middle of the first word.
        let (first, rest) = body.split_at(3);
        let head = format!(
            "POST /api/v1/organisations HTTP/1.1\r\nhost: {address}\r\nauthorization: Bearer {token}\r\n\
             idempotency-key: late-{number}\r\ncontent-type: application/json\r\nconnection: close\r\n\
             content-length: {}\r\n\r\n",
            body.len()
        );
        let mut socket = TcpStream::connect(address).await.unwrap();
        socket.write_all(format!("{head}{first}").as_bytes()).await.unwrap();
        Self { socket, rest: rest.to_owned() }
    }

    async fn end(mut self) -> String {
        let mut answer = Vec::new();
        // A reset leaves no answer.
        let _ = self.socket.write_all(self.rest.as_bytes()).await;
        let _ = self.socket.read_to_end(&mut answer).await;
        String::from_utf8_lossy(&answer).split(' ').nth(1).unwrap_or("no answer").to_owned()
    }
}

async fn start(home: &Arc<Home>) -> Program {
    let home = home.clone();
    let drain = ("JIQIAO_SERVER__DRAIN_SECONDS", DRAIN_SECONDS.to_string());
    tokio::task::spawn_blocking(move || home.start_with(&[drain])).await.expect("the program starts")
}

/// Every request by a connection of its own.
fn client() -> Client {
    Client::builder().pool_max_idle_per_host(0).timeout(Duration::from_mins(1)).build().unwrap()
}

/// What the load has met.
#[derive(Debug, Default)]
struct Load {
    is_over: AtomicBool,
    requests: AtomicU64,
    failed: AtomicU64,
}

impl Load {
    fn goes_on(&self) -> bool {
        !self.is_over.load(Ordering::Relaxed)
    }

    /// Counts an answer, and a failed one twice.
    async fn met(&self, sent: reqwest::Result<Response>) -> Option<Value> {
        self.requests.fetch_add(1, Ordering::Relaxed);
        tokio::time::sleep(Duration::from_millis(10)).await;
        let Ok(answer) = sent else { return self.fail(&format!("{sent:?}")) };
        let (status, text) = (answer.status(), answer.text().await);
        match text {
            Ok(text) if status.is_success() => serde_json::from_str(&text).ok(),
            other => self.fail(&format!("{status} {other:?}")),
        }
    }

    fn fail(&self, what: &str) -> Option<Value> {
        println!("failed: {what}");
        self.failed.fetch_add(1, Ordering::Relaxed);
        None
    }

    /// A client that reads and writes until it is over.
    async fn send(&self, base: &str, token: &str, client_number: u64) {
        let http = client();
        for number in (client_number * 1_000_000).. {
            if !self.goes_on() {
                return;
            }
            let request =
                if number % 4 == 0 { register(&http, base, number) } else { http.get(format!("{base}/api/v1/me")) };
            self.met(request.bearer_auth(token).send().await).await;
        }
    }

    /// A person who meets every kind of key: old and new tokens, a refresh, sealed fields, a stored answer.
    async fn live(&self, base: &str, (mut access, mut refresh): (String, String)) {
        let http = client();
        let made = http.post(format!("{base}/api/v1/brokers")).header("idempotency-key", "own").bearer_auth(&access);
        let own = json!({ "name": "李明", "id_type": "resident_id", "id_number": "459999199202290012", "mobile": "13800000000" });
        self.met(made.json(&own).send().await).await;
        for number in 9_000_000.. {
            if !self.goes_on() {
                return;
            }
            self.met(http.get(format!("{base}/api/v1/brokers/me")).bearer_auth(&access).send().await).await;
            let first = self.met(register(&http, base, number).bearer_auth(&access).send().await).await;
            let again = self.met(register(&http, base, number).bearer_auth(&access).send().await).await;
            if first != again {
                self.fail(&format!("{first:?} became {again:?}"));
            }
            let body = json!({ "refresh_token": refresh });
            let pair =
                self.met(http.post(format!("{base}/api/v1/sessions/actions/refresh")).json(&body).send().await).await;
            let Some(pair) = pair else { return };
            let text = |name: &str| pair[name].as_str().unwrap_or_default().to_owned();
            (access, refresh) = (text("access_token"), text("refresh_token"));
        }
    }

    fn end(self) -> (u64, u64) {
        (self.requests.into_inner(), self.failed.into_inner())
    }
}

fn register(http: &Client, base: &str, number: u64) -> reqwest::RequestBuilder {
    let post = http.post(format!("{base}/api/v1/organisations")).header("idempotency-key", format!("rolling-{number}"));
    post.json(&organisation(number))
}

#[tokio::test]
#[cfg_attr(not(postgres_found), ignore = "no PostgreSQL binaries found")]
async fn rolling_restarts_fail_no_request() {
    let home = Arc::new(Home::on(Engine::Postgres).await);
    let token = create_in(&home.context().await, Seat::of(Role::Broker)).await.token;
    let mut fleet = Fleet::on(home.clone()).await;
    let base = format!("http://{}", fleet.proxy.address());
    let load = Load::default();
    let (restarts, least) = (rounds(3, 20), rounds(150, 1_000));
    let restarting = async {
        let mut done = 0;
        while done < restarts || load.requests.load(Ordering::Relaxed) < least {
            let late = fleet.restart_under(&token, 99_000_000 + done).await;
            assert_eq!(late, "201", "a request in hand at the stop, restart {done}");
            done += 1;
        }
        load.is_over.store(true, Ordering::Relaxed);
        done
    };
    let clients = futures_util::future::join_all((1..=CLIENTS).map(|client| load.send(&base, &token, client)));
    let (done, _) = tokio::join!(restarting, clients);
    fleet.stop().await;
    let held = queue_job::Entity::find().filter(queue_job::Column::State.eq(JobState::Running));
    let context = home.context().await;
    assert_eq!(held.count(context.database().read()).await.unwrap(), 0, "a job is still leased");
    let (requests, failed) = load.end();
    assert_eq!(failed, 0, "of {requests}");
    evidence!(
        "B16",
        "postgres",
        "{done} rolling restarts of 2 replicas: {failed} of {requests} requests failed, {done} of {done} half sent at the stop answered, 0 jobs left leased"
    );
}

#[tokio::test]
#[cfg_attr(not(postgres_found), ignore = "no PostgreSQL binaries found")]
async fn keys_are_changed_without_a_failed_request() {
    let home = Arc::new(Home::on(Engine::Postgres).await);
    let context = home.context().await;
    let person = create_in(&context, Seat::of(Role::Broker)).await;
    let session = open_session(&context, &person.email).await.unwrap();
    let mut fleet = Fleet::on(home.clone()).await;
    let base = format!("http://{}", fleet.proxy.address());
    let load = Load::default();
    let command = async |arguments: &'static [&str]| {
        let home = home.clone();
        let done = tokio::task::spawn_blocking(move || home.command(arguments)).await.unwrap();
        assert!(done.status.success(), "{done:?}");
    };
    let changing = async {
        for step in [["admin", "prepare-keys"].as_slice(), &["admin", "rotate-keys"]] {
            command(step).await;
            fleet.restart().await;
            // Between the two there is one of each kind.
            tokio::time::sleep(Duration::from_millis(300)).await;
            fleet.restart().await;
        }
        command(&["admin", "reseal"]).await;
        tokio::time::sleep(Duration::from_millis(300)).await;
        load.is_over.store(true, Ordering::Relaxed);
    };
    let (access, token) = (session.access_token.clone(), person.token.clone());
    tokio::join!(changing, load.live(&base, (access, session.refresh_token.clone())), load.send(&base, &token, 1));
    let key_set: Value = reqwest::get(format!("{base}/.well-known/jwks.json")).await.unwrap().json().await.unwrap();
    assert_eq!(key_set["keys"].as_array().unwrap().len(), 2);
    fleet.stop().await;
    let row = entity::broker::Entity::find().one(home.context().await.database().read()).await.unwrap().unwrap();
    let (number, index) = (row.id_number_cipher.unwrap(), row.id_number_index.unwrap());
    assert!(number.starts_with("k2.") && index.starts_with("i2-"), "{number} {index}");
    let (requests, failed) = load.end();
    assert_eq!(failed, 0, "of {requests}");
    evidence!(
        "T3",
        "postgres",
        "3 kinds of keys changed in 4 restarts of 2 replicas: {failed} of {requests} requests failed"
    );
}
