//! The people and things of a certification, arranged once.

use std::sync::atomic::{AtomicU64, Ordering};

use domain::access::{Actor, Grant, Role};
use domain::account::{AccountState, ConsentKind};
use domain::broker::Profile;
use domain::certification::process::{Certification, Command, Opinion, State};
use domain::certification::{ApplicationType, Level, sample};
use domain::file::{FilePurpose, ScanState};
use domain::ids::{AccountId, CaseId, FileId, OrganisationId, RoundId};
use domain::organisation::{MemberState, OrganisationKind, OrganisationState};
use domain::region::RegionCode;
use domain::round::RoundState;
use domain::word::Word;
use entity::{account, account_consent, account_role, file, organisation, organisation_member, round, rule_set};
use sea_orm::{ActiveValue::Set, EntityTrait};
use service::certification::{CertificationView, NewCertification};
use service::{Caller, Error, Idempotency, RequestMeta, Result};

use crate::harness::context::TestContext;

static KEYS: AtomicU64 = AtomicU64::new(1);

/// Everybody a certification needs, in Nanning.
pub struct Cast {
    pub app: TestContext,
    pub round: RoundId,
    pub employer: OrganisationId,
    pub broker: Caller,
    pub confirmer: Caller,
    pub city_clerk: Caller,
    pub city_lead: Caller,
    pub region_clerk: Caller,
    pub region_lead: Caller,
    pub experts: Vec<Caller>,
}

pub fn nanning() -> RegionCode {
    "450100".parse().unwrap()
}

/// A person of the sample before the photo: it is a file of a case, and there is none yet.
pub fn without_photo(number: u32) -> Profile {
    Profile { photo: None, ..sample::sample_person(number) }
}

/// The same caller with a fresh idempotency key.
pub fn fresh(caller: &Caller) -> Caller {
    let mut caller = caller.clone();
    caller.meta.idempotency = Some(Idempotency {
        scope: caller.actor.account.to_string(),
        key: KEYS.fetch_add(1, Ordering::Relaxed).to_string(),
        fingerprint: "same".to_owned(),
    });
    caller
}

pub fn opinion() -> Opinion {
    Opinion { text: "情况属实".to_owned(), signer: "李四".to_owned() }
}

impl Cast {
    pub async fn new(app: TestContext) -> Self {
        service::calendar::seed(&app.ctx).await.unwrap();
        service::rule::seed(&app.ctx).await.unwrap();
        let admin = person(&app, "admin", &[]).await;
        let employer = employer(&app, admin.actor.account).await;
        let round = round(&app, admin.actor.account).await;
        let mut experts = Vec::new();
        for number in 0..5 {
            experts.push(person(&app, &format!("expert{number}"), &[grant(Role::Expert, None, None)]).await);
        }
        let confirmer = person(&app, "confirmer", &[grant(Role::EmployerConfirmer, None, Some(employer))]).await;
        member(&app, employer, confirmer.actor.account).await;
        let city = Some(nanning());
        Self {
            broker: person(&app, "broker", &[grant(Role::Broker, None, None)]).await,
            confirmer,
            city_clerk: person(&app, "cityclerk", &[grant(Role::CityClerk, city.clone(), None)]).await,
            city_lead: person(&app, "citylead", &[grant(Role::CityLead, city, None)]).await,
            region_clerk: person(&app, "regionclerk", &[grant(Role::RegionClerk, Some(RegionCode::whole()), None)])
                .await,
            region_lead: person(&app, "regionlead", &[grant(Role::RegionLead, Some(RegionCode::whole()), None)]).await,
            experts,
            round,
            employer,
            app,
        }
    }

    /// A complete draft of a level, ready to be submitted.
    pub async fn draft(&self, level: Level) -> CertificationView {
        self.draft_of(&self.broker, 3, level).await
    }

    pub async fn draft_of(&self, broker: &Caller, number: u32, level: Level) -> CertificationView {
        let mut profile = without_photo(number);
        profile.employer_uscc = Some(sample::guangxi_uscc());
        service::broker::create(&self.app.ctx, &fresh(broker), profile).await.unwrap();
        self.draft_for(broker, number, level).await
    }

    /// The same for somebody whose profile is there.
    pub async fn draft_for(&self, broker: &Caller, number: u32, level: Level) -> CertificationView {
        consent(&self.app, broker.actor.account).await;
        let new = NewCertification { round: self.round, kind: ApplicationType::Initial, target_level: level };
        let draft = service::certification::open(&self.app.ctx, &fresh(broker), new).await.unwrap().value;
        // The answer is made of what was written, not read back: it must be what a reader sees.
        assert_eq!(draft, service::certification::read(&self.app.ctx, broker, draft.id).await.unwrap());
        let photo = attach(&self.app, draft.id, broker.actor.account).await;
        let own = service::broker::own(&self.app.ctx, broker).await.unwrap();
        if own.profile.photo.is_none() {
            let mut profile = sample::sample_person(number);
            profile.employer_uscc = Some(sample::guangxi_uscc());
            profile.photo = Some(photo);
            service::broker::save(&self.app.ctx, &fresh(broker), own.id, own.version, profile).await.unwrap();
        }
        let day = domain::time::civil_day(self.app.ctx.now());
        let form = sample::sample_form_on(level, day, number);
        service::certification::save_form(&self.app.ctx, &fresh(broker), draft.id, draft.version, form)
            .await
            .unwrap()
            .value
    }

    /// Acts with the present version.
    pub async fn act(&self, who: &Caller, id: CaseId, command: Command) -> Result<CertificationView> {
        let version = self.version(id).await;
        let acted = self.act_at(who, id, version, command).await?;
        // The answer is made of what was written, not read back: it must be what a reader sees.
        match service::certification::read(&self.app.ctx, who, id).await {
            Ok(read) => assert_eq!(acted, read),
            // Who acted may have lost sight of the case by it.
            Err(error) => assert!(matches!(error, Error::NotFound), "{error}"),
        }
        Ok(acted)
    }

    /// The same of a known version, and nothing beside it.
    pub async fn act_at(&self, who: &Caller, id: CaseId, version: i32, command: Command) -> Result<CertificationView> {
        service::process::act::<Certification>(&self.app.ctx, &fresh(who), id, Some(version), command)
            .await
            .map(|outcome| outcome.value)
    }

    pub async fn version(&self, id: CaseId) -> i32 {
        self.row(id).await.version
    }

    pub async fn row(&self, id: CaseId) -> entity::case_file::Model {
        entity::case_file::Entity::find_by_id(id).one(self.app.connection()).await.unwrap().unwrap()
    }

    pub async fn state(&self, id: CaseId) -> State {
        State::parse(&self.row(id).await.state).unwrap()
    }

    /// Takes a submitted application to the region's desk.
    pub async fn to_region(&self, id: CaseId) {
        self.act(&self.broker, id, Command::Submit).await.unwrap();
        self.act(&self.confirmer, id, Command::Confirm(opinion())).await.unwrap();
        self.act(&self.city_clerk, id, Command::CheckByCity(opinion())).await.unwrap();
        self.act(&self.city_clerk, id, Command::VerifyTraining(opinion())).await.unwrap();
        self.act(&self.city_lead, id, Command::Recommend(opinion())).await.unwrap();
    }

    /// Lets the program do what is due.
    pub async fn run_due(&self) {
        service::process::run_due(&self.app.ctx).await.unwrap();
        self.advance_all().await;
    }

    /// Takes the automatic steps of every case.
    pub async fn advance_all(&self) {
        for row in entity::case_file::Entity::find().all(self.app.connection()).await.unwrap() {
            service::process::act_by_program(&self.app.ctx, &row.process, row.id).await.unwrap();
        }
    }

    /// Publishes the cases that wait for the decision, as the two desks do.
    pub async fn publish(&self, cases: Vec<CaseId>) -> service::publicity::PublicityView {
        let new =
            service::publicity::NewPublicity { round: self.round, title: "拟认定名单公示".to_owned(), cases };
        let draft = service::publicity::create(&self.app.ctx, &fresh(&self.region_clerk), new).await.unwrap().value;
        service::publicity::publish(&self.app.ctx, &fresh(&self.region_lead), draft.id, draft.version)
            .await
            .unwrap()
            .value
    }
}

/// The code of a refusal.
pub fn code(error: &Error) -> &'static str {
    error.code().as_str()
}

pub fn grant(role: Role, region: Option<RegionCode>, organisation: Option<OrganisationId>) -> Grant {
    Grant { role, region, organisation, on_behalf_of: None }
}

pub async fn person(app: &TestContext, name: &str, grants: &[Grant]) -> Caller {
    let id: AccountId = app.ctx.new_id();
    account::Entity::insert(account::ActiveModel {
        id: Set(id),
        email: Set(format!("{name}@example.org")),
        email_confirmed_at: Set(Some(app.ctx.now())),
        password_hash: Set(None),
        name: Set(name.to_owned()),
        locale: Set("zh-CN".to_owned()),
        state: Set(AccountState::Active),
        rights_version: Set(1),
        failed_logins: Set(0),
        locked_until: Set(None),
        totp_secret: Set(None),
        totp_confirmed_at: Set(None),
        totp_last_step: Set(None),
        created_at: Set(app.ctx.now()),
        updated_at: Set(app.ctx.now()),
        version: Set(1),
    })
    .exec_without_returning(app.connection())
    .await
    .unwrap();
    for grant in grants {
        account_role::Entity::insert(account_role::ActiveModel {
            id: Set(app.ctx.new_id()),
            account_id: Set(id),
            role: Set(grant.role),
            region: Set(grant.region.clone()),
            organisation_id: Set(grant.organisation),
            granted_by: Set(None),
            granted_at: Set(app.ctx.now()),
            revoked_by: Set(None),
            revoked_at: Set(None),
        })
        .exec_without_returning(app.connection())
        .await
        .unwrap();
    }
    let actor = Actor { account: id, grants: grants.to_vec(), has_second_factor: true };
    Caller::new(actor, RequestMeta { operation: "test".to_owned(), ..RequestMeta::default() })
}

async fn consent(app: &TestContext, account: AccountId) {
    for kind in ConsentKind::ALL {
        account_consent::Entity::insert(account_consent::ActiveModel {
            id: Set(app.ctx.new_id()),
            account_id: Set(account),
            kind: Set(*kind),
            document_version: Set("1".to_owned()),
            given_at: Set(app.ctx.now()),
            withdrawn_at: Set(None),
            address: Set(None),
        })
        .exec_without_returning(app.connection())
        .await
        .unwrap();
    }
}

/// A verified employer in Nanning.
pub async fn employer(app: &TestContext, by: AccountId) -> OrganisationId {
    let id: OrganisationId = app.ctx.new_id();
    organisation::Entity::insert(organisation::ActiveModel {
        id: Set(id),
        uscc: Set(sample::guangxi_uscc()),
        name: Set("广西示例技术转移有限公司".to_owned()),
        kind: Set(OrganisationKind::Enterprise),
        region: Set(nanning()),
        state: Set(OrganisationState::Verified),
        legal_representative: Set(None),
        address: Set(None),
        contact_email: Set(Some("office@example.org".to_owned())),
        registered_by: Set(by),
        verified_by: Set(None),
        verified_at: Set(None),
        refusal_reason: Set(None),
        successor_id: Set(None),
        created_at: Set(app.ctx.now()),
        updated_at: Set(app.ctx.now()),
        version: Set(1),
    })
    .exec_without_returning(app.connection())
    .await
    .unwrap();
    id
}

pub async fn member(app: &TestContext, organisation: OrganisationId, account: AccountId) {
    organisation_member::Entity::insert(organisation_member::ActiveModel {
        id: Set(app.ctx.new_id()),
        organisation_id: Set(organisation),
        account_id: Set(Some(account)),
        email: Set(None),
        role: Set(Role::EmployerConfirmer),
        state: Set(MemberState::Active),
        invited_by: Set(None),
        created_at: Set(app.ctx.now()),
        updated_at: Set(app.ctx.now()),
    })
    .exec_without_returning(app.connection())
    .await
    .unwrap();
}

async fn round(app: &TestContext, by: AccountId) -> RoundId {
    let rules = rule_set::Entity::find().one(app.connection()).await.unwrap().unwrap();
    let id: RoundId = app.ctx.new_id();
    let now = app.ctx.now();
    round::Entity::insert(round::ActiveModel {
        id: Set(id),
        process: Set("certification".to_owned()),
        region: Set(None),
        number: Set("CR-2026-000001-X".to_owned()),
        title: Set("2026年第一批".to_owned()),
        opens_at: Set(now - chrono::TimeDelta::days(1)),
        closes_at: Set(now + chrono::TimeDelta::days(60)),
        recommend_until: Set(None),
        rule_set_id: Set(rules.id),
        state: Set(RoundState::Published),
        max_file_bytes: Set(20 * 1024 * 1024),
        max_files: Set(50),
        close_reason: Set(None),
        published_at: Set(Some(now)),
        created_by: Set(by),
        created_at: Set(now),
        updated_at: Set(now),
        version: Set(1),
    })
    .exec_without_returning(app.connection())
    .await
    .unwrap();
    id
}

/// The documents that every application needs; gives the photo.
async fn attach(app: &TestContext, case: CaseId, by: AccountId) -> FileId {
    let mut photo = app.ctx.new_id();
    for purpose in FilePurpose::ALL {
        let id = app.ctx.new_id();
        if *purpose == FilePurpose::Photo {
            photo = id;
        }
        file::Entity::insert(file::ActiveModel {
            id: Set(id),
            case_id: Set(case),
            purpose: Set(*purpose),
            name: Set(format!("{purpose}.pdf")),
            media_type: Set("application/pdf".to_owned()),
            size_bytes: Set(1_000),
            sha256: Set("0".repeat(64)),
            object_key: Set(format!("{case}/{purpose}")),
            scan_state: Set(ScanState::Skipped),
            scan_detail: Set(None),
            uploaded_by: Set(by),
            created_at: Set(app.ctx.now()),
            deleted_at: Set(None),
        })
        .exec_without_returning(app.connection())
        .await
        .unwrap();
    }
    photo
}
