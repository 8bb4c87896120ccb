//! What the tests of accounts share: people with passwords and authenticators, and the links of mails.

use domain::access::Role;
use domain::ids::AccountId;
use serde_json::{Value, json};
use service::account::{RoleGrant, admin};

use crate::harness::app::{Answer, Call, TestApp};

pub const PASSWORD: &str = "plum-tile-98-harbour";
pub const OTHER_PASSWORD: &str = "ferry-cloud-17-lantern";
/// In base32, for every authenticator of these tests.
pub const SECRET: &str = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP";
pub const BROKER: &str = "li.ming@example.cn";

/// A person who may log in.
#[derive(Debug, Clone)]
pub struct Person {
    pub id: AccountId,
    pub email: &'static str,
    pub is_staff: bool,
}

/// The tokens of a login.
#[derive(Debug, Clone)]
pub struct Session {
    pub access: String,
    pub refresh: String,
    pub id: String,
}

impl Session {
    pub fn of(answer: &Answer) -> Self {
        let text = |name: &str| answer.json[name].as_str().unwrap().to_owned();
        Self { access: text("access_token"), refresh: text("refresh_token"), id: text("session_id") }
    }
}

pub fn everywhere(role: Role) -> RoleGrant {
    RoleGrant { role, region: None, organisation_id: None }
}

pub fn in_region(role: Role, code: &str) -> RoleGrant {
    RoleGrant { region: Some(code.parse().unwrap()), ..everywhere(role) }
}

/// A broker with a password and no second factor.
pub async fn broker(app: &TestApp) -> Person {
    person(app, BROKER, &[everywhere(Role::Broker)]).await
}

/// A person of these roles; staff has an authenticator.
pub async fn person(app: &TestApp, email: &'static str, roles: &[RoleGrant]) -> Person {
    let is_staff = roles.iter().any(|grant| grant.role.is_staff());
    let secret = is_staff.then_some(SECRET);
    let id = admin::create_account_with(&app.ctx, email, "李明", PASSWORD, roles, secret).await.unwrap();
    Person { id, email, is_staff }
}

/// The code that the authenticator shows, some steps from now.
pub fn code(app: &TestApp, steps: i64) -> String {
    let secret = totp_rs::Secret::try_from_base32(SECRET).unwrap();
    let totp = totp_rs::Builder::new().with_secret(secret).build().unwrap();
    let at = app.ctx.now().timestamp() + steps * 30;
    totp.generate(u64::try_from(at).unwrap()).to_string()
}

pub fn login_call<'a>(app: &'a TestApp, email: &str, password: &str) -> Call<'a> {
    app.post("/api/v1/sessions").without("idempotency-key").json(&json!({ "email": email, "password": password }))
}

/// Logs in, by the authenticator where there is one. Each call moves the clock on, because a code works once.
pub async fn login(app: &TestApp, person: &Person) -> Session {
    let mut body = json!({ "email": person.email, "password": PASSWORD });
    if person.is_staff {
        app.clock.advance(chrono::TimeDelta::seconds(60));
        body["totp"] = json!(code(app, 0));
    }
    let answer = app.post("/api/v1/sessions").json(&body).send().await.expect(200);
    Session::of(&answer)
}

pub async fn refresh(app: &TestApp, token: &str) -> Answer {
    app.post("/api/v1/sessions/actions/refresh").json(&json!({ "refresh_token": token })).send().await
}

/// Whether an access token is let in.
pub async fn is_let_in(app: &TestApp, access: &str) -> bool {
    let answer = app.get("/api/v1/me").as_(access).send().await;
    assert!(matches!(answer.status, 200 | 401), "{}", answer.json);
    answer.status == 200
}

/// Delivers what is due and gives the subjectless texts of the mails to this address, oldest first.
pub async fn mails_to(app: &TestApp, email: &str) -> Vec<String> {
    app.run_due().await;
    app.mails()
        .into_iter()
        .filter(|mail| mail.to.iter().any(|to| to.contains(email)))
        .map(|mail| plain(&mail.raw))
        .collect()
}

/// The token in the link of the newest mail to this address.
pub async fn token_for(app: &TestApp, email: &str) -> String {
    let mails = mails_to(app, email).await;
    let newest = mails.last().expect("a mail has come");
    let rest = newest.split("#token=").nth(1).expect("the mail has a link");
    rest.chars().take_while(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_')).collect()
}

/// A mail without the soft line breaks of quoted-printable, and its base64 parts as text.
pub fn plain(raw: &str) -> String {
    let mut text = raw.replace("=\r\n", "").replace("=3D", "=");
    let is_encoded =
        |line: &str| line.len() >= 4 && line.bytes().all(|b| b.is_ascii_alphanumeric() || b"+/=".contains(&b));
    let lines: Vec<&str> = raw.lines().collect();
    for block in lines.split(|line| !is_encoded(line)) {
        if let Ok(bytes) = data_encoding::BASE64.decode(block.concat().as_bytes()) {
            text.push_str(&String::from_utf8_lossy(&bytes));
        }
    }
    text
}

/// The account as its security administrator sees it.
pub async fn seen(app: &TestApp, administrator: &Session, person: &Person) -> Answer {
    app.get(format!("/api/v1/accounts/{}", person.id)).as_(&administrator.access).send().await.expect(200)
}

/// A security administrator, logged in.
pub async fn administrator(app: &TestApp) -> (Person, Session) {
    let person = person(app, "an.quan@example.cn", &[everywhere(Role::SecurityAdministrator)]).await;
    let session = login(app, &person).await;
    (person, session)
}

/// The faults of a refusal, as `pointer rule`.
pub fn faults(answer: &Answer) -> Vec<String> {
    let errors = answer.json["errors"].as_array().cloned().unwrap_or_default();
    let word = |fault: &Value, name: &str| fault[name].as_str().unwrap_or_default().to_owned();
    errors.iter().map(|fault| format!("{} {}", word(fault, "pointer"), word(fault, "rule"))).collect()
}
