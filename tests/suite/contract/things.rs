//! What people of the authorisation matrix reach for beside the case, and what they send.

use chrono::TimeDelta;
use domain::access::Role;
use domain::account::{ClientState, ConsentKind, FactorResetState};
use domain::certification::{Level, sample};
use domain::ids::{AccountId, CertificateId, JobId, NotificationId, PublicityId, RoundId, SessionId};
use domain::publicity::{EntryState, PublicityState};
use domain::queue::JobState;
use domain::round::RoundState;
use entity::{
    account_absence, account_client, account_client_secret, account_consent, account_delegation, account_factor_reset,
    account_role, account_session, broker, certificate, notification, organisation_member, publicity, publicity_entry,
    queue_job, round, rule_set,
};
use openapi::{Document, Operation};
use sea_orm::{ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter};
use serde_json::{Value, json};
use uuid::Uuid;

use super::stage::{Person, Stage};
use crate::certification::cast::{fresh, grant, person, without_photo};

pub const PDF: &[u8] = b"%PDF-1.4\n1 0 obj\n<< /Type /Catalog >>\nendobj\ntrailer\n<< /Root 1 0 R >>\n%%EOF\n";

/// Stores a row as it stands.
macro_rules! store {
    ($stage:expr, $row:expr) => {
        $row.into_active_model().reset_all().insert($stage.cast.app.connection()).await.expect("a row can be stored")
    };
}

/// The query that an operation needs, with a file's name and purpose where it takes one.
pub fn query(document: &Document, operation: Operation<'_>) -> String {
    if operation.id() == "upload_file" {
        "name=a.pdf&purpose=other".to_owned()
    } else {
        super::headers::query(document, operation)
    }
}

/// What a person sends where the examples of the document do not name what is there.
pub fn body(stage: &Stage, person: &Person, operation: &str) -> Option<Value> {
    let account = |role: Role| stage.people.iter().find(|person| person.role == role).map(|person| person.account);
    let colleague = stage.people.iter().rev().find(|other| other.account != person.account)?.account;
    let rules = stage.case.rule_set_id;
    Some(match operation {
        "create_api_client" => json!({
            "name": "财政厅数据接口", "accountable_account_id": account(Role::RegionClerk), "scopes": ["certificate.read"],
        }),
        "open_certification" => json!({ "round_id": stage.cast.round, "kind": "initial", "target_level": "L1" }),
        "preview_eligibility" => {
            let day = domain::time::civil_day(stage.cast.app.ctx.now());
            json!({ "rule_set_id": rules, "form": sample::sample_form_on(Level::L1, day, 3) })
        }
        "create_delegation" => json!({
            "to_account_id": colleague, "role": person.role, "from_on": "2026-12-01", "to_on": "2026-12-05",
            "reason": "出差",
        }),
        "register_organisation" => json!({
            "uscc": "91350100M000100Y43", "name": "南宁示例技术转移有限公司", "kind": "enterprise", "region": "450100",
        }),
        "rename_organisation" => json!({
            "name": "广西示例技术转移集团", "from_on": "2026-07-01", "evidence": "名称变更核准通知书〔2026〕1号",
        }),
        // Heads name their agency's people, everybody else confirmers.
        "invite_organisation_member" => {
            let role = if person.role == Role::AgencyHead { "agency_clerk" } else { "employer_confirmer" };
            json!({ "email": "confirmer@example.cn", "role": role })
        }
        "create_publicity" => json!({
            "round_id": stage.cast.round, "title": "2026年第一批拟认定名单公示", "case_ids": [stage.case.id],
        }),
        "set_publicity_cases" => json!({ "case_ids": [stage.case.id] }),
        "create_round" => json!({
            "process": "certification", "title": "2026年第二批", "rule_set_id": rules,
            "opens_at": "2026-09-01T09:00:00+08:00", "closes_at": "2026-09-30T17:30:00+08:00",
            "max_file_bytes": 20_971_520, "max_files": 50,
        }),
        "request_factor_reset" => json!({ "account_id": stage.cast.city_lead.actor.account, "reason": "手机遗失" }),
        "hand_over_case" => json!({ "to": colleague, "reason": "休假交接" }),
        _ => return None,
    })
}

/// Stores the things.
pub async fn arrange(stage: &mut Stage) {
    let target = person(&stage.cast.app, "target", &[]).await.actor.account;
    let role = role(stage, target).await;
    let (client, secret) = client(stage).await;
    let member = organisation_member::Entity::find()
        .filter(organisation_member::Column::OrganisationId.eq(stage.cast.employer))
        .one(stage.cast.app.connection())
        .await
        .unwrap()
        .unwrap();
    let objects = [
        ("/api/v1/accounts/{id}", target.to_string()),
        ("/api/v1/api-clients/{id}", client),
        ("/api/v1/certificates/{id}", certificate(stage).await.to_string()),
        ("/api/v1/factor-resets/{id}", factor_reset(stage, target).await.to_string()),
        ("/api/v1/invitations/{id}", invitation(stage).await),
        ("/api/v1/jobs/{id}", job(stage).await.to_string()),
        ("/api/v1/publicities/{id}", publicity(stage).await.to_string()),
        ("/api/v1/rounds/{id}", stage.cast.round.to_string()),
    ];
    stage.objects.extend(objects);
    stage.inner = vec![("{role_id}", role), ("{secret_id}", secret), ("{member_id}", member.id.to_string())];
    for index in 0..stage.people.len() {
        let own = own(stage, stage.people[index].account).await;
        stage.people[index].own = own;
    }
}

async fn role(stage: &Stage, account: AccountId) -> String {
    let row = account_role::Model {
        id: stage.cast.app.ctx.new_id(),
        account_id: account,
        role: Role::Broker,
        region: None,
        organisation_id: None,
        granted_by: None,
        granted_at: stage.cast.app.ctx.now(),
        revoked_by: None,
        revoked_at: None,
    };
    store!(stage, row).id.to_string()
}

async fn client(stage: &Stage) -> (String, String) {
    let now = stage.cast.app.ctx.now();
    let client = account_client::Model {
        id: stage.cast.app.ctx.new_id(),
        organisation_id: None,
        accountable_account_id: stage.cast.region_clerk.actor.account,
        name: "财政厅数据接口".to_owned(),
        client_id: "finance".to_owned(),
        scopes: "[\"certificate.read\"]".to_owned(),
        state: ClientState::Active,
        last_used_at: None,
        created_at: now,
        version: 1,
    };
    let client = store!(stage, client).id;
    let secret = account_client_secret::Model {
        id: stage.cast.app.ctx.new_id(),
        account_client_id: client,
        secret_hash: "0".repeat(64),
        created_at: now,
        expires_at: None,
        revoked_at: None,
    };
    (client.to_string(), store!(stage, secret).id.to_string())
}

/// A certificate from the case, as minting it would leave it.
async fn certificate(stage: &Stage) -> CertificateId {
    // Somebody else's: who holds one already cannot apply for it.
    let holder = person(&stage.cast.app, "holder", &[grant(Role::Broker, None, None)]).await;
    let made = service::broker::create(&stage.cast.app.ctx, &fresh(&holder), without_photo(9)).await.unwrap().value;
    let broker = broker::Entity::find_by_id(made.id).one(stage.cast.app.connection()).await.unwrap().unwrap();
    let today = domain::time::civil_day(stage.cast.app.ctx.now());
    let row = certificate::Model {
        id: stage.cast.app.ctx.new_id(),
        number: "GXTB-2026-L1-00001".to_owned(),
        code: "0123456789ABCDEF".to_owned(),
        case_id: stage.case.id,
        broker_id: broker.id,
        holder_name: broker.name,
        level: Level::L1,
        region: stage.case.region.clone(),
        specialties: "[]".to_owned(),
        issuer: "广西壮族自治区科学技术厅".to_owned(),
        issue_version: 1,
        issued_on: today,
        valid_until: today + TimeDelta::days(1_000),
        is_specimen: true,
        rule_set_id: stage.case.rule_set_id,
        suspended_at: None,
        revoked_at: None,
        cancelled_at: None,
        superseded_at: None,
        superseded_by: None,
        created_at: stage.cast.app.ctx.now(),
    };
    store!(stage, row).id
}

async fn factor_reset(stage: &Stage, account: AccountId) -> Uuid {
    let row = account_factor_reset::Model {
        id: stage.cast.app.ctx.new_id(),
        account_id: account,
        requested_by: stage.cast.city_clerk.actor.account,
        requested_at: stage.cast.app.ctx.now(),
        reason: "手机遗失".to_owned(),
        decided_by: None,
        decided_at: None,
        state: FactorResetState::Requested,
    };
    store!(stage, row).id
}

async fn invitation(stage: &Stage) -> String {
    let grants = stage.people.iter().find(|person| person.role == Role::SecurityAdministrator).unwrap();
    let body = json!({ "email": "invited@example.cn", "role": "expert" });
    let made = stage.app.post("/api/v1/invitations").as_(&grants.token).json(&body).send().await.expect(201);
    made.json["id"].as_str().unwrap().to_owned()
}

async fn job(stage: &Stage) -> JobId {
    let now = stage.cast.app.ctx.now();
    let row = queue_job::Model {
        id: stage.cast.app.ctx.new_id(),
        name: "schedule.run".to_owned(),
        payload: "{\"schedule\":\"queue.sweep\"}".to_owned(),
        unique_key: None,
        state: JobState::Dead,
        run_at: now,
        attempt: 10,
        max_attempts: 10,
        leased_until: None,
        leased_by: None,
        last_error: None,
        created_at: now,
        finished_at: Some(now),
    };
    store!(stage, row).id
}

async fn publicity(stage: &Stage) -> PublicityId {
    let now = stage.cast.app.ctx.now();
    let row = publicity::Model {
        id: stage.cast.app.ctx.new_id(),
        number: "PU-2026-000001-X".to_owned(),
        round_id: stage.cast.round,
        region: None,
        title: "拟认定名单公示".to_owned(),
        state: PublicityState::Draft,
        opens_on: None,
        ends_at: None,
        calendar_version: None,
        provisional: false,
        list: None,
        list_sha256: None,
        created_by: stage.cast.region_clerk.actor.account,
        published_by: None,
        published_at: None,
        created_at: now,
        updated_at: now,
        version: 1,
    };
    let id = store!(stage, row).id;
    let entry = publicity_entry::Model {
        id: stage.cast.app.ctx.new_id(),
        publicity_id: id,
        case_id: stage.case.id,
        position: 1,
        name: "韦海燕".to_owned(),
        employer: "广西示例技术转移有限公司".to_owned(),
        level: Level::L1,
        state: EntryState::Listed,
        ends_at: None,
    };
    store!(stage, entry);
    id
}

/// A round that is not published yet.
pub async fn draft_round(stage: &Stage) -> RoundId {
    let rules = rule_set::Entity::find().one(stage.cast.app.connection()).await.unwrap().unwrap();
    let mut row = round::Entity::find_by_id(stage.cast.round).one(stage.cast.app.connection()).await.unwrap().unwrap();
    row.id = stage.cast.app.ctx.new_id();
    "CR-2026-000002-X".clone_into(&mut row.number);
    (row.state, row.published_at, row.rule_set_id) = (RoundState::Draft, None, rules.id);
    store!(stage, row).id
}

/// What everybody has: an absence, a consent, a delegation, a notification and a session beside the one in use.
async fn own(stage: &Stage, account: AccountId) -> Vec<(&'static str, String)> {
    let ctx = &stage.cast.app.ctx;
    let (now, today) = (ctx.now(), domain::time::civil_day(ctx.now()));
    let absence = account_absence::Model {
        id: ctx.new_id(),
        account_id: account,
        from_on: today,
        to_on: today,
        reason: None,
        created_at: now,
    };
    let consent = account_consent::Model {
        id: ctx.new_id(),
        account_id: account,
        kind: ConsentKind::Publicity,
        document_version: "0".to_owned(),
        given_at: now,
        withdrawn_at: None,
        address: None,
    };
    // Over long ago: it lends nothing.
    let delegation = account_delegation::Model {
        id: ctx.new_id(),
        from_account_id: account,
        to_account_id: account,
        role: Role::CityClerk,
        region: None,
        from_on: today - TimeDelta::days(20),
        to_on: today - TimeDelta::days(10),
        reason: "出差".to_owned(),
        created_at: now,
        revoked_at: None,
    };
    let id: NotificationId = ctx.new_id();
    let notification = notification::Model {
        id,
        account_id: account,
        event: "role_granted".to_owned(),
        category: "account".to_owned(),
        case_id: None,
        params: "{}".to_owned(),
        unique_key: format!("stage:{id}"),
        created_at: now,
        read_at: None,
    };
    let id: SessionId = ctx.new_id();
    let session = account_session::Model {
        id,
        account_id: account,
        created_at: now,
        last_used_at: now,
        user_agent: None,
        address: None,
        refresh_hash: format!("{}{}", "0".repeat(32), id.0.simple()),
        previous_hash: None,
        successor_used: false,
        generation: 1,
        skipped_generation: None,
        expires_at: now + TimeDelta::days(1),
        revoked_at: None,
        revoke_reason: None,
        has_second_factor: false,
    };
    vec![
        ("/api/v1/me/absences/{id}", store!(stage, absence).id.to_string()),
        ("/api/v1/me/consents/{id}", store!(stage, consent).id.to_string()),
        ("/api/v1/me/delegations/{id}", store!(stage, delegation).id.to_string()),
        ("/api/v1/notifications/{id}", store!(stage, notification).id.to_string()),
        ("/api/v1/sessions/{id}", store!(stage, session).id.to_string()),
    ]
}
