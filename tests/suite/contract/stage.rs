//! Who stands where in the authorisation matrix, and what they reach for.

use domain::access::Role;
use domain::account::{Reach, reach};
use domain::certification::Level;
use domain::certification::process::{Certification, Command, Correction, CorrectionStage, Defect, State};
use domain::ids::{AccountId, OrganisationId};
use domain::organisation::{OrganisationKind, OrganisationState};
use domain::process::Process;
use domain::word::Word;
use entity::{broker, case_file, case_participant, certification, certification_expert, file, organisation};
use object_store::ObjectStoreExt;
use object_store::path::Path;
use openapi::{Document, Operation};
use sea_orm::sea_query::Expr;
use sea_orm::{ActiveModelTrait, ActiveValue::Set, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter};
use service::account::admin::open_session;

use super::authorisation::{filled_with, method};
use super::headers::query;
use crate::certification::cast::Cast;
use crate::harness::TestDb;
use crate::harness::account::Seat;
use crate::harness::app::{Answer, TestApp};
use crate::harness::context::replica;
use crate::harness::schema::sample;

/// A version that nothing reaches: who may change a thing learns that it is stale, and nothing changes.
const LATE: &str = "\"999999.x\"";

/// Somebody with one role. A foreign person holds it in another region, for another organisation, or as a stranger.
#[derive(Debug)]
pub struct Person {
    pub role: Role,
    pub is_foreign: bool,
    token: String,
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
    app: TestApp,
    cast: Cast,
    case: case_file::Model,
    document: Document,
    /// First segment of the path, and what its `{id}` stands for.
    objects: Vec<(&'static str, String)>,
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
            ("brokers", profile.unwrap().unwrap().id.to_string()),
            ("cases", draft.to_string()),
            ("certifications", draft.to_string()),
            ("files", file.id.to_string()),
            ("organisations", cast.employer.to_string()),
        ];
        let document = Document::built().unwrap();
        let mut stage = Self { app, cast, case, document, objects, people: Vec::new() };
        stage.seat_people().await;
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
                self.people.push(Person { role, is_foreign: false, token });
            }
            for (index, seat) in seats.into_iter().enumerate() {
                let login = self.app.account(seat).await;
                let is_foreign = index > 0 || role == Role::Broker;
                if role == Role::Expert && !is_foreign {
                    self.seat_expert(login.id).await;
                }
                self.people.push(Person { role, is_foreign, token: login.token });
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
        let mut segments = operation.path.trim_start_matches("/api/v1/").split('/');
        let noun = segments.next().filter(|_| segments.next() == Some("{id}"))?;
        self.objects.iter().find(|(known, _)| *known == noun).map(|(_, id)| id.as_str())
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

    /// A verb of the process on the case, as the case stands.
    pub async fn act(&self, person: &Person, operation: Operation<'_>) -> Answer {
        let etag = format!("\"{}.x\"", self.cast.version(self.case.id).await);
        self.send(person, operation, &self.case.id.to_string(), &etag).await
    }

    async fn send(&self, person: &Person, operation: Operation<'_>, id: &str, etag: &str) -> Answer {
        let path = format!("{}?{}", filled_with(operation.path, id), query(&self.document, operation));
        let call = self.app.post(path).as_(&person.token).if_match(etag);
        let call = call.method(method(operation));
        match operation.json.pointer("/requestBody/content/application~1json/schema") {
            Some(schema) => call.json(&sample(&self.document, schema)).send().await,
            None => call.send().await,
        }
    }
}

fn correction() -> Correction {
    let (field_path, reason_code) = ("/form/trainings/0/certificate_no".to_owned(), "illegible".to_owned());
    let items = vec![Defect { field_path, reason_code, text: "请重新填写".to_owned() }];
    Correction { stage: CorrectionStage::City, items, answers: Vec::new(), is_extended: false }
}
