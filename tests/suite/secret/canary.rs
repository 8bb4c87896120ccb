//! Planted canaries: numbers, passwords, codes and tokens of people who do all there is to do with an account, looked
//! for afterwards in everything that the real program keeps and says.

use std::path::Path;
use std::time::Duration;

use reqwest::{Client, Response};
use serde_json::{Value, json};
use service::{Clock, SystemClock};

use super::program::Program;
use super::scan::file;
use crate::account::scene::plain;
use crate::certification::cast::without_photo;
use crate::harness::evidence::evidence;
use crate::harness::smtp::Sink;
use crate::harness::{Engine, TestDb, db_tests};

const PEOPLE: u32 = 5;
/// How often and how long is waited for a mail.
const LOOKS: u32 = 300;
const PAUSE: Duration = Duration::from_millis(100);

/// A text that must be nowhere, and whether it may stand in a mail: the link that was asked for.
struct Canary {
    kind: &'static str,
    text: String,
    is_mailed: bool,
}

/// One person at the running program.
struct Person<'a> {
    program: &'a Program,
    sink: &'a Sink,
    client: Client,
    email: String,
    number: u32,
    keys: u32,
    canaries: Vec<Canary>,
    /// Bodies of refusals.
    errors: Vec<String>,
}

impl Person<'_> {
    fn plant(&mut self, kind: &'static str, text: &str) -> String {
        self.canaries.push(Canary { kind, text: text.to_owned(), is_mailed: kind == "mailed token" });
        text.to_owned()
    }

    async fn post(&mut self, path: &str, token: Option<&str>, body: &Value) -> Response {
        self.keys += 1;
        let url = format!("{}/api/v1{path}", self.program.address);
        let call = self.client.post(url).header("idempotency-key", format!("{}-{}", self.number, self.keys)).json(body);
        let call = if let Some(token) = token { call.bearer_auth(token) } else { call };
        call.send().await.unwrap()
    }

    /// The answer's body, which must be good.
    async fn good(&mut self, path: &str, token: Option<&str>, body: &Value) -> Value {
        let answer = self.post(path, token, body).await;
        let status = answer.status();
        let text = answer.text().await.unwrap();
        assert!(status.is_success(), "{path}: {status} {text}");
        serde_json::from_str(&text).unwrap_or(Value::Null)
    }

    /// A request that is refused; what the refusal says is kept.
    async fn refused(&mut self, path: &str, token: Option<&str>, body: &Value) {
        let answer = self.post(path, token, body).await;
        assert!(answer.status().is_client_error(), "{path}: {}", answer.status());
        let text = answer.text().await.unwrap();
        self.errors.push(text);
    }

    /// The token in the newest mail with this word in its link.
    async fn mailed(&mut self, link: &str) -> String {
        for _ in 0..LOOKS {
            let mails = self.sink.taken().into_iter().filter(|mail| mail.to == self.email);
            let texts: Vec<String> = mails.map(|mail| readable(&mail.data)).collect();
            let found =
                texts.iter().rev().find_map(|text| text.split(&format!("{link}#token=")).nth(1).map(str::to_owned));
            if let Some(rest) = found {
                let token: String =
                    rest.chars().take_while(|c| c.is_ascii_alphanumeric() || "-_".contains(*c)).collect();
                return self.plant("mailed token", &token);
            }
            tokio::time::sleep(PAUSE).await;
        }
        panic!("no mail with {link} came to {}", self.email);
    }

    /// Everything there is to do.
    async fn live(&mut self) {
        let number = self.number;
        let first = self.plant("password", &format!("Kanarie-{number}-erster-Vogel"));
        let wrong = self.plant("wrong password", &format!("Kanarie-{number}-falscher-Vogel"));
        let second = self.plant("password", &format!("Kanarie-{number}-zweiter-Vogel"));
        let email = self.email.clone();
        let consents = json!([{ "kind": "personal_data", "version": "2026-01" }]);
        let registration = json!({ "email": email, "name": "李明", "password": first, "consents": consents });
        self.good("/accounts", None, &registration).await;
        let token = self.mailed("confirm-email").await;
        self.good("/email-confirmations", None, &json!({ "token": token })).await;
        self.refused("/email-confirmations", None, &json!({ "token": token })).await;
        self.refused("/sessions", None, &json!({ "email": email, "password": wrong })).await;
        let access = self.log_in(json!({ "email": email, "password": first })).await;
        self.profile(&access).await;
        let secret = self.good("/me/second-factor/actions/enrol", Some(&access), &json!({})).await;
        let secret = self.plant("TOTP secret", secret["secret"].as_str().unwrap());
        let code = json!({ "code": code(&secret) });
        let codes = self.good("/me/second-factor/actions/confirm", Some(&access), &code).await;
        let codes: Vec<String> = serde_json::from_value(codes["recovery_codes"].clone()).unwrap();
        for code in &codes[..2] {
            self.plant("recovery code", code);
        }
        let again = json!({ "current_password": wrong, "new_password": second });
        self.refused("/me/actions/change_password", Some(&access), &again).await;
        self.good("/password-resets", None, &json!({ "email": email })).await;
        let token = self.mailed("reset-password").await;
        let complete = json!({ "token": token, "password": second });
        self.good("/password-resets/actions/complete", None, &complete).await;
        self.refused("/password-resets/actions/complete", None, &complete).await;
        self.refused(
            "/sessions",
            None,
            &json!({ "email": email, "password": second, "recovery_code": codes[0], "totp": codes[1] }),
        )
        .await;
        self.log_in(json!({ "email": email, "password": second, "recovery_code": codes[0] })).await;
    }

    async fn log_in(&mut self, body: Value) -> String {
        let tokens = self.good("/sessions", None, &body).await;
        let access = self.plant("access token", tokens["access_token"].as_str().unwrap());
        let refresh = self.plant("refresh token", tokens["refresh_token"].as_str().unwrap());
        let next = self.good("/sessions/actions/refresh", None, &json!({ "refresh_token": refresh })).await;
        self.plant("refresh token", next["refresh_token"].as_str().unwrap());
        self.plant("access token", next["access_token"].as_str().unwrap());
        let _ = access;
        next["access_token"].as_str().unwrap().to_owned()
    }

    /// A profile with numbers, sent right and in every wrong way.
    async fn profile(&mut self, access: &str) {
        let profile = serde_json::to_value(without_photo(700 + self.number)).unwrap();
        let id_number = self.plant("identity number", profile["id_number"].as_str().unwrap());
        let mut mobile = profile.clone();
        mobile["mobile"] = json!(format!("1380013{:04}", 7_000 + self.number));
        let mobile_number = self.plant("mobile number", mobile["mobile"].as_str().unwrap());
        self.good("/brokers", Some(access), &mobile).await;
        self.refused("/brokers", Some(access), &mobile).await;
        // Names of members come back in the pointer; what they hold does not.
        let mut wrong = profile.clone();
        wrong["identity"] = json!([id_number, mobile_number]);
        self.refused("/brokers", Some(access), &wrong).await;
        let mut wrong = profile.clone();
        wrong["id_number"] = json!({ "number": id_number });
        self.refused("/brokers", Some(access), &wrong).await;
        let mut wrong = profile;
        wrong["id_type"] = json!(id_number);
        self.refused("/brokers", Some(access), &wrong).await;
        self.refused("/sessions", None, &json!({ "email": mobile_number, "password": 5 })).await;
    }
}

/// A mail as the sink keeps it, decoded.
fn readable(data: &str) -> String {
    plain(&data.lines().collect::<Vec<_>>().join("\r\n"))
}

/// What an authenticator shows now.
fn code(secret: &str) -> String {
    let secret = totp_rs::Secret::try_from_base32(secret).unwrap();
    let now = u64::try_from(SystemClock.now().timestamp()).unwrap();
    totp_rs::Builder::new().with_secret(secret).build().unwrap().generate(now).to_string()
}

/// Keys and a configuration for either engine.
fn prepared(db: &TestDb, data: &Path, sink: &Sink) -> Vec<(&'static str, String)> {
    let keys = data.join("keys");
    std::fs::create_dir(&keys).unwrap();
    for name in ["field.1.key", "index.key", "signing.1.key"] {
        let mut bytes = [0; 32];
        service::Random::fill(&service::SystemRandom, &mut bytes);
        std::fs::write(keys.join(name), bytes).unwrap();
    }
    vec![
        ("JIQIAO_DATABASE__URL", db.url().to_owned()),
        ("JIQIAO_MAIL__URL", sink.url()),
        ("JIQIAO_RATES__GUESSABLE", "100000".to_owned()),
        ("JIQIAO_RUNNER__POLL_MILLIS", "100".to_owned()),
    ]
}

/// What is kept: the file with its log, or what `pg_dump` writes.
async fn kept(db: &TestDb) -> String {
    match db.engine() {
        Engine::Sqlite => file(db.connection()).await,
        Engine::Postgres => {
            let program = Path::new(option_env!("POSTGRES_BIN").unwrap_or_default()).join("pg_dump");
            let dump = std::process::Command::new(program).arg(db.url()).output().expect("pg_dump can be run");
            assert!(dump.status.success(), "{}", String::from_utf8_lossy(&dump.stderr));
            String::from_utf8_lossy(&dump.stdout).into_owned()
        }
    }
}

db_tests! {
    async fn canaries_are_nowhere_to_be_found(db: TestDb) {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path();
        let sink = Sink::start().await;
        let variables = prepared(&db, data, &sink);
        let program = Program::start(data, &variables);
        let client = Client::builder().timeout(Duration::from_mins(1)).build().unwrap();
        let (mut canaries, mut errors) = (Vec::new(), String::new());
        for number in 0..PEOPLE {
            let mut person = Person {
                program: &program, sink: &sink, client: client.clone(), email: format!("person{number}@example.cn"), number,
                keys: 0, canaries: Vec::new(), errors: Vec::new(),
            };
            person.live().await;
            canaries.append(&mut person.canaries);
            errors.push_str(&person.errors.join("\n"));
        }
        let metrics = client.get(format!("{}/metrics", program.address)).send().await.unwrap().text().await.unwrap();
        assert!(metrics.contains("http_request_seconds"), "{metrics}");
        let log = program.log();
        assert!(log.lines().count() > 100, "the log is there: {log}");
        drop(program);
        let mails: String = sink.taken().iter().map(|mail| readable(&mail.data)).collect();
        let database = kept(&db).await;
        assert!(database.contains("person0@example.cn"), "the database is read");
        let mut found = Vec::new();
        for canary in &canaries {
            for (place, text) in
                [("database", &database), ("log", &log), ("mails", &mails), ("metrics", &metrics), ("error bodies", &errors)]
            {
                let is_allowed = place == "mails" && canary.is_mailed;
                if !is_allowed && text.contains(canary.text.as_str()) {
                    let line = text.lines().find(|line| line.contains(canary.text.as_str())).unwrap_or_default();
                    let line: String = line.chars().take(300).collect();
                    found.push(format!("{} `{}` in {place}: {line}", canary.kind, canary.text));
                }
            }
        }
        assert!(found.is_empty(), "{}", found.join("\n"));
        // Each event of the log is one line of JSON, whatever people send.
        assert!(log.lines().all(|line| serde_json::from_str::<Value>(line).is_ok()), "{log}");
        assert!(canaries.len() >= 50);
        evidence!(
            "P2", db.engine().as_str(),
            "{} canaries in database, log at debug ({} lines), {} mails, metrics and error bodies: 0 found",
            canaries.len(), log.lines().count(), sink.taken().len()
        );
    }
}
