//! Who stands where in the authorisation matrix, and what they reach for.

use domain::access::Role;
use domain::account::{Reach, reach};
use domain::certification::Level;
use domain::certification::process::{Certification, Command, Correction, CorrectionStage, Defect, State};
use domain::ids::{AccountId, OrganisationId};
use domain::organisation::{OrganisationKind, OrganisationState};
use domain::process::Process;
use domain::word::Word;
use entity::{
    account_login_failure, broker, case_file, case_participant, certification, certification_expert, file, organisation,
};
use object_store::ObjectStoreExt;
use object_store::path::Path;
use openapi::{Document, Operation};
use sea_orm::sea_query::Expr;
use sea_orm::{ActiveModelTrait, ActiveValue::Set, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter};
use serde_json::{Value, json};
use service::account::admin::open_session;

use super::authorisation::{NOTHING, filled_with, method};
use crate::certification::cast::Cast;
use crate::harness::TestDb;
use crate::harness::account::Seat;
use crate::harness::app::{Answer, TestApp};
use crate::harness::context::replica;

/// A version that nothing reaches: who may change a thing learns that it is stale, and nothing changes.
const LATE: &str = "\"999999.x\"";

/// Somebody with one role. A foreign person holds it in another region, for another organisation, or as a stranger.
#[derive(Debug)]
pub struct Person {
    pub role: Role,
    pub is_foreign: bool,
    pub account: AccountId,
    pub token: String,
    /// Paths to things of their own, up to `{id}`, and the ids.
    pub own: Vec<(&'static str, String)>,
}

impl Person {
    /// How the matrix calls them.
    pub fn name(&self) -> String {
        let place = match reach(self.role) {
            _ if !self.is_foreign => "",
            Reach::Region => "@450200",
            Reach::Organisation => "@other",
            Reach::Everywhere => "@stranger",
        };
        format!("{}{place}", self.role)
    }
}

/// A submitted case of employer A in Nanning, and everybody around it.
pub struct Stage {
    pub app: TestApp,
    pub cast: Cast,
    pub case: case_file::Model,
    document: Document,
    /// Paths up to `{id}`, and what it stands for.
    pub objects: Vec<(&'static str, String)>,
    /// Other parameters of paths, and what they stand for.
    pub inner: Vec<(&'static str, String)>,
    pub people: Vec<Person>,
}

impl Stage {
    pub async fn on(db: &TestDb) -> Self {
        let rates = api::Rates { general: 1_000_000, guessable: 1_000_000, verification: 1_000_000 };
        let app = TestApp::beside(db, rates).await;
        // Ids of its own: the application draws from another seed.
        let cast = Cast::new(replica(db, 2).await).await;
        let draft = cast.draft(Level::L1).await.id;
        cast.act(&cast.broker, draft, Command::Submit).await.unwrap();
        let case = cast.row(draft).await;
        let file = file::Entity::find().filter(file::Column::CaseId.eq(draft)).one(db.connection()).await;
        let file = file.unwrap().unwrap();
        let content = vec![b'x'; usize::try_from(file.size_bytes).unwrap()];
        app.ctx.files().put(&Path::from(file.object_key.as_str()), content.into()).await.unwrap();
        let profile = broker::Entity::find().one(db.connection()).await;
        let objects = vec![
            ("/api/v1/brokers/{id}", profile.unwrap().unwrap().id.to_string()),
            ("/api/v1/cases/{id}", draft.to_string()),
            ("/api/v1/certifications/{id}", draft.to_string()),
            ("/api/v1/files/{id}", file.id.to_string()),
            ("/api/v1/organisations/{id}", cast.employer.to_string()),
        ];
        let document = Document::built().unwrap();
        let mut stage = Self { app, cast, case, document, objects, inner: Vec::new(), people: Vec::new() };
        stage.seat_people().await;
        super::things::arrange(&mut stage).await;
        stage
    }

    async fn seat_people(&mut self) {
        let other = self.other_employer().await;
        let city = |role, code| Seat::in_region(role, code);
        let of = |role, organisation| Seat { role, region: None, organisation: Some(organisation) };
        for role in Role::ALL.iter().copied().filter(|role| *role != Role::System) {
            let seats = match reach(role) {
                Reach::Region => vec![city(role, "450100"), city(role, "450200")],
                Reach::Organisation => vec![of(role, self.cast.employer), of(role, other)],
                Reach::Everywhere if role == Role::Expert => vec![Seat::of(role), Seat::of(role)],
                Reach::Everywhere => vec![Seat::of(role)],
            };
            // The applicant has an account already.
            if role == Role::Broker {
                let token = open_session(&self.cast.app.ctx, "broker@example.org").await.unwrap().access_token;
                let account = self.cast.broker.actor.account;
                self.people.push(Person { role, is_foreign: false, account, token, own: Vec::new() });
            }
            for (index, seat) in seats.into_iter().enumerate() {
                let login = self.app.account(seat).await;
                let is_foreign = index > 0 || role == Role::Broker;
                if role == Role::Expert && !is_foreign {
                    self.seat_expert(login.id).await;
                }
                let (account, token) = (login.id, login.token);
                self.people.push(Person { role, is_foreign, account, token, own: Vec::new() });
            }
        }
    }

    async fn other_employer(&self) -> OrganisationId {
        let known = organisation::Entity::find_by_id(self.cast.employer).one(self.cast.app.connection()).await;
        let mut other = known.unwrap().unwrap();
        other.id = self.cast.app.ctx.new_id();
        "91450200MA00000023".clone_into(&mut other.uscc);
        (other.kind, other.state) = (OrganisationKind::Enterprise, OrganisationState::Verified);
        other.region = "450200".parse().unwrap();
        let id = other.id;
        other.into_active_model().reset_all().insert(self.cast.app.connection()).await.unwrap();
        id
    }

    /// On the panel, as naming it would leave it.
    async fn seat_expert(&self, account: AccountId) {
        let seat = certification_expert::ActiveModel {
            id: Set(self.cast.app.ctx.new_id()),
            case_id: Set(self.case.id),
            account_id: Set(account),
            state: Set("assigned".to_owned()),
            named_by: Set(self.cast.region_clerk.actor.account),
            named_at: Set(self.cast.app.ctx.now()),
            scores: Set(None),
            vote: Set(None),
            comment: Set(None),
            scored_at: Set(None),
            conflict_reason: Set(None),
        };
        let connection = self.cast.app.connection();
        certification_expert::Entity::insert(seat).exec_without_returning(connection).await.unwrap();
        let sight = case_participant::ActiveModel { account_id: Set(account), case_id: Set(self.case.id) };
        case_participant::Entity::insert(sight).exec_without_returning(connection).await.unwrap();
    }

    pub fn document(&self) -> &Document {
        &self.document
    }

    /// What the `{id}` of an operation stands for here, if there is one.
    pub fn object(&self, operation: Operation<'_>) -> Option<&str> {
        find(&self.objects, operation)
    }

    /// What it stands for when everybody has such things of their own: the person's, and somebody else's.
    pub fn personal<'a>(&'a self, person: &'a Person, operation: Operation<'_>) -> Option<(&'a str, &'a str)> {
        let own = find(&person.own, operation)?;
        let other = self.people.iter().find(|other| other.account != person.account)?;
        Some((own, find(&other.own, operation)?))
    }

    /// The first person whom the matrix calls so.
    pub fn named(&self, name: &str) -> &Person {
        self.people.iter().find(|person| person.name() == name).expect("somebody of that name")
    }

    /// A request that is wrong in its body, its version, or both.
    pub async fn wrong(
        &self,
        person: &Person,
        operation: Operation<'_>,
        id: &str,
        etag: Option<&str>,
        body: &str,
    ) -> Answer {
        let path = format!("{}?{}", self.path(operation, id), super::things::query(&self.document, operation));
        let call = self.app.post(path).as_(&person.token).method(method(operation)).bytes("application/json", body);
        if let Some(etag) = etag { call.if_match(etag).send().await } else { call.send().await }
    }

    /// The same as [`Self::put`], with what was done before: verb, account and principal of each act.
    pub async fn put_after(&self, state: State, acts: &Value) {
        self.put(state).await;
        case_file::Entity::update_many()
            .col_expr(case_file::Column::Acts, Expr::value(acts.to_string()))
            .filter(case_file::Column::Id.eq(self.case.id))
            .exec(self.cast.app.connection())
            .await
            .unwrap();
    }

    /// Puts the case where a row begins, whatever was done to it since.
    pub async fn put(&self, state: State) {
        self.put_correction((state == State::Correction).then(correction)).await;
        let mut row = self.case.clone();
        row.version = self.cast.version(row.id).await + 1;
        row.resume_state = (state == State::Correction).then(|| State::CityReview.to_string());
        row.state = state.to_string();
        row.desk_role = Certification::desk(state);
        row.into_active_model().reset_all().update(self.cast.app.connection()).await.unwrap();
    }

    /// What the desk has asked for, as asking would leave it.
    async fn put_correction(&self, asked: Option<Correction>) {
        let rounds: Vec<_> = asked.iter().collect();
        let text = asked.as_ref().map(|asked| serde_json::to_string(asked).unwrap());
        certification::Entity::update_many()
            .col_expr(certification::Column::Correction, Expr::value(text))
            .col_expr(certification::Column::CorrectionRounds, Expr::value(serde_json::to_string(&rounds).unwrap()))
            .filter(certification::Column::CaseId.eq(self.case.id))
            .exec(self.cast.app.connection())
            .await
            .unwrap();
    }

    /// An operation on an object, with content that is in order by its schema. It is late, so it changes nothing.
    pub async fn reach(&self, person: &Person, operation: Operation<'_>, id: &str) -> Answer {
        self.send(person, operation, id, LATE).await
    }

    /// A reading operation on a person's own thing, or on that of the stage.
    pub async fn read(&self, person: &Person, operation: Operation<'_>) -> Answer {
        let id = find(&person.own, operation).or(find(&self.objects, operation)).unwrap_or(NOTHING);
        self.send(person, operation, id, LATE).await
    }

    /// An operation on a person's own thing, or on that of the stage, in the version that it has.
    pub async fn change(&self, person: &Person, operation: Operation<'_>) -> Answer {
        let own = find(&person.own, operation).or(find(&self.objects, operation)).unwrap_or(NOTHING);
        let (thing, etag) = (operation.path.split_inclusive("{id}").next().unwrap_or_default(), "\"1.x\"");
        let reader = match operation.path {
            path if path.starts_with("/api/v1/certifications/{id}") => {
                self.people.iter().find(|person| person.role == Role::Broker)
            }
            path if path.starts_with("/api/v1/cases/{id}") => {
                self.people.iter().find(|person| person.role == Role::Broker)
            }
            _ => Some(person),
        };
        let thing = thing.replace("/cases/", "/certifications/").replace("{id}", own);
        let thing = if operation.path == "/api/v1/me" { operation.path.to_owned() } else { thing };
        let seen = self.app.get(thing).as_(reader.map_or("", |reader| &reader.token)).send().await;
        let etag = if seen.etag().is_empty() { etag } else { seen.etag() };
        self.send(person, operation, own, etag).await
    }

    /// A verb of the process on the case, as the case stands.
    pub async fn act(&self, person: &Person, operation: Operation<'_>) -> Answer {
        let etag = format!("\"{}.x\"", self.cast.version(self.case.id).await);
        self.send(person, operation, &self.case.id.to_string(), &etag).await
    }

    async fn send(&self, person: &Person, operation: Operation<'_>, id: &str, etag: &str) -> Answer {
        self.forget_failures(operation).await;
        let query = super::things::query(&self.document, operation);
        let path = format!("{}?{query}", self.path(operation, id));
        let call = self.app.post(path).as_(&person.token).if_match(etag);
        let call = call.method(method(operation));
        if operation.json.pointer("/requestBody/content/application~1octet-stream").is_some() {
            return call.bytes("application/pdf", super::things::PDF).send().await;
        }
        match operation.json.pointer("/requestBody/content/application~1json/schema") {
            Some(schema) => {
                let body = super::things::body(self, person, operation.id());
                call.json(&body.unwrap_or_else(|| sample(&self.document, schema))).send().await
            }
            None => call.send().await,
        }
    }

    fn path(&self, operation: Operation<'_>, id: &str) -> String {
        let known = |name: &str| self.inner.iter().find(|(inner, _)| *inner == name).map(|(_, id)| id.as_str());
        let segments = operation.path.split('/').map(|segment| match known(segment) {
            Some(inner) => inner.to_owned(),
            None => filled_with(segment, id),
        });
        segments.collect::<Vec<_>>().join("/")
    }

    /// Everybody here guesses a password wrong, all from one address: nobody shall be locked out by the others.
    async fn forget_failures(&self, operation: Operation<'_>) {
        if matches!(operation.id(), "change_email" | "change_password" | "disable_second_factor") {
            account_login_failure::Entity::delete_many().exec(self.cast.app.connection()).await.unwrap();
        }
    }
}

/// The thing behind a path that begins with one of these.
fn find<'a>(things: &'a [(&'static str, String)], operation: Operation<'_>) -> Option<&'a str> {
    let fits =
        |known: &str| operation.path.strip_prefix(known).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    things.iter().find(|(known, _)| fits(known)).map(|(_, id)| id.as_str())
}

fn correction() -> Correction {
    let (field_path, reason_code) = ("/form/trainings/0/certificate_no".to_owned(), "illegible".to_owned());
    let items = vec![Defect { field_path, reason_code, text: "请重新填写".to_owned() }];
    Correction { stage: CorrectionStage::City, items, answers: Vec::new(), is_extended: false }
}

/// The least value that a schema accepts, by its examples where it has some.
fn sample(document: &Document, schema: &Value) -> Value {
    let schema = document.resolve(schema);
    if let Some(example) = schema.get("example") {
        return example.clone();
    }
    if let Some(word) = schema.get("enum").and_then(|words| words.get(0)) {
        return word.clone();
    }
    if let Some(one) = schema.get("oneOf").or(schema.get("allOf")).and_then(Value::as_array).and_then(|all| all.last())
    {
        return sample(document, one);
    }
    let kind = schema["type"].as_str().or(schema["type"][0].as_str()).unwrap_or("object");
    match (kind, schema["format"].as_str()) {
        ("array", _) => json!([sample(document, &schema["items"])]),
        ("string", Some("uuid")) => json!(NOTHING),
        ("string", Some("date")) => json!("2026-07-10"),
        ("string", Some("date-time")) => json!("2026-07-10T01:00:00Z"),
        ("string", _) => json!("因工作调动"),
        ("integer" | "number", _) => schema.get("minimum").cloned().unwrap_or(json!(1)),
        ("boolean", _) => json!(true),
        _ => {
            let required =
                schema["required"].as_array().map_or(&[][..], Vec::as_slice).iter().filter_map(Value::as_str);
            required.map(|name| (name.to_owned(), sample(document, &schema["properties"][name]))).collect()
        }
    }
}
