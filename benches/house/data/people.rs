//! Staff, organisations with their confirmers, brokers with their accounts, consents and sealed numbers.

use std::ops::Range;

use chrono::{DateTime, Days, NaiveDate, TimeDelta, Utc};
use domain::access::Role;
use domain::account::{AccountState, ConsentKind};
use domain::broker::{Profile, resident_id_check, uscc_check};
use domain::certification::sample;
use domain::ids::{AccountId, OrganisationId, SessionId};
use domain::organisation::{MemberState, OrganisationKind, OrganisationState};
use domain::region::RegionCode;
use domain::round::RoundState;
use domain::word::Word;
use entity::{
    account, account_consent, account_role, account_session, broker, organisation, organisation_member, round,
};
use sea_orm::DatabaseConnection;
use service::Context;
use service::crypto::Place;
use uuid::Uuid;

use super::{CLERK, Kind, Plan, REGION_CLERK, REGION_LEAD, city_staff, email, put, region};

/// Persons born on one day.
const A_DAY: u32 = 1_000;

fn account_row(id: AccountId, email: String, name: String, at: DateTime<Utc>, has_factor: bool) -> account::Model {
    account::Model {
        id,
        email,
        email_confirmed_at: Some(at),
        password_hash: None,
        name,
        locale: "zh-CN".to_owned(),
        state: AccountState::Active,
        rights_version: 1,
        failed_logins: 0,
        locked_until: None,
        totp_secret: None,
        totp_confirmed_at: has_factor.then_some(at),
        totp_last_step: None,
        created_at: at,
        updated_at: at,
        version: 1,
    }
}

/// A role of an account.
struct Seat {
    id: Uuid,
    account: AccountId,
    role: Role,
    region: Option<RegionCode>,
    organisation: Option<OrganisationId>,
}

impl Seat {
    fn row(self, at: DateTime<Utc>) -> account_role::Model {
        account_role::Model {
            id: self.id,
            account_id: self.account,
            role: self.role,
            region: self.region,
            organisation_id: self.organisation,
            granted_by: None,
            granted_at: at,
            revoked_by: None,
            revoked_at: None,
        }
    }
}

/// The desks of the region and of every city, and the round that all applications belong to.
pub async fn staff(connection: &DatabaseConnection, plan: &Plan) -> anyhow::Result<()> {
    let at = plan.now - TimeDelta::days(1_100);
    let whole = Some(RegionCode::whole());
    let mut seats = vec![
        (REGION_CLERK, Role::RegionClerk, whole.clone(), CLERK.to_owned()),
        (REGION_LEAD, Role::RegionLead, whole, "regionlead@example.org".to_owned()),
    ];
    for city in (1..domain::region::REGIONS.len()).map(region) {
        let (clerk, lead) = city_staff(&city);
        seats.push((clerk, Role::CityClerk, Some(city.clone()), format!("clerk{city}@example.org")));
        seats.push((lead, Role::CityLead, Some(city.clone()), format!("lead{city}@example.org")));
    }
    let mut accounts = Vec::new();
    let mut roles = Vec::new();
    for (number, role, region, email) in seats {
        let account = plan.staff(number);
        accounts.push(account_row(account, email, role.zh().to_owned(), at, true));
        let id = plan.id(Kind::Role, 3_000_000_000 + number);
        roles.push(Seat { id, account, role, region, organisation: None }.row(at));
    }
    put::<account::Entity>(connection, accounts).await?;
    put::<account_role::Entity>(connection, roles).await?;
    put::<round::Entity>(connection, vec![round_row(plan)]).await
}

fn round_row(plan: &Plan) -> round::Model {
    round::Model {
        id: plan.round(),
        process: "certification".to_owned(),
        region: None,
        number: "CR-2026-000001-X".to_owned(),
        title: "2026年第一批".to_owned(),
        opens_at: plan.now - TimeDelta::days(1),
        closes_at: plan.now + TimeDelta::days(60),
        recommend_until: None,
        rule_set_id: plan.rules,
        state: RoundState::Published,
        max_file_bytes: 20 * 1024 * 1024,
        max_files: 50,
        close_reason: None,
        published_at: Some(plan.now - TimeDelta::days(2)),
        created_by: plan.staff(REGION_CLERK),
        created_at: plan.now - TimeDelta::days(3),
        updated_at: plan.now - TimeDelta::days(2),
        version: 1,
    }
}

/// A credit code of the area that nobody has.
fn uscc(number: u32) -> String {
    let body = format!("91459999MA{number:07}");
    format!("{body}{}", uscc_check(&body).unwrap_or('0'))
}

/// Employers in all cities, each with one confirmer.
pub async fn organisations(connection: &DatabaseConnection, plan: &Plan) -> anyhow::Result<()> {
    let at = plan.now - TimeDelta::days(1_100);
    let (mut accounts, mut rows, mut members, mut roles) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for number in 0..plan.organisations() {
        let id = plan.organisation(number);
        let confirmer = AccountId(plan.id(Kind::Confirmer, number));
        accounts.push(account_row(confirmer, format!("confirmer{number}@example.org"), "李四".to_owned(), at, true));
        rows.push(organisation_row(plan, number, confirmer));
        members.push(organisation_member::Model {
            id: plan.id(Kind::Member, number),
            organisation_id: id,
            account_id: Some(confirmer),
            email: None,
            role: Role::EmployerConfirmer,
            state: MemberState::Active,
            invited_by: None,
            created_at: at,
            updated_at: at,
        });
        let role = Role::EmployerConfirmer;
        let seat = plan.id(Kind::Role, 2_000_000_000 + number);
        roles.push(Seat { id: seat, account: confirmer, role, region: None, organisation: Some(id) }.row(at));
    }
    put::<account::Entity>(connection, accounts).await?;
    put::<account_role::Entity>(connection, roles).await?;
    put::<organisation::Entity>(connection, rows).await?;
    put::<organisation_member::Entity>(connection, members).await
}

fn organisation_row(plan: &Plan, number: u32, by: AccountId) -> organisation::Model {
    let at = plan.now - TimeDelta::days(1_100);
    organisation::Model {
        id: plan.organisation(number),
        uscc: uscc(number),
        name: format!("广西示例技术转移有限公司{number}"),
        kind: OrganisationKind::Enterprise,
        region: Plan::region(number),
        state: OrganisationState::Verified,
        legal_representative: None,
        address: None,
        contact_email: Some("office@example.org".to_owned()),
        registered_by: by,
        verified_by: None,
        verified_at: None,
        refusal_reason: None,
        successor_id: None,
        created_at: at,
        updated_at: at,
        version: 1,
    }
}

/// The profile of a broker: another person for every number.
pub fn profile(plan: &Plan, number: u32) -> Profile {
    let born =
        NaiveDate::from_ymd_opt(1985, 1, 1).and_then(|day| day.checked_add_days(Days::new((number / A_DAY).into())));
    let body = format!("459999{}{:03}", born.unwrap_or_default().format("%Y%m%d"), number % A_DAY);
    let check = resident_id_check(&body).unwrap_or('X');
    Profile {
        id_number: Some(format!("{body}{check}")),
        birth_date: born,
        mobile: Some(format!("139{number:08}")),
        email: Some(email(number)),
        residence_city: Some(Plan::region(number)),
        employer_uscc: Some(uscc(number % plan.organisations())),
        ..sample::sample_person(number)
    }
}

/// The profile as stored: without its two numbers.
pub fn stored(plan: &Plan, number: u32) -> anyhow::Result<String> {
    Ok(serde_json::to_string(&Profile { id_number: None, mobile: None, ..profile(plan, number) })?)
}

/// Brokers with account, role and consents.
pub async fn brokers(
    context: &Context,
    connection: &DatabaseConnection,
    plan: &Plan,
    numbers: Range<u32>,
) -> anyhow::Result<()> {
    let at = plan.now - TimeDelta::days(1_050);
    let (mut accounts, mut roles, mut consents, mut rows) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    let sessions = numbers.clone().map(|number| session(plan, number)).collect();
    for number in numbers {
        let account = plan.account(number);
        let row = broker_row(context, plan, number)?;
        accounts.push(account_row(account, email(number), row.name.clone(), at, false));
        let id = plan.id(Kind::Role, number);
        roles.push(Seat { id, account, role: Role::Broker, region: None, organisation: None }.row(at));
        for (place, kind) in (0..).zip(ConsentKind::ALL) {
            consents.push(account_consent::Model {
                id: plan.id(Kind::Consent, number * 8 + place),
                account_id: account,
                kind: *kind,
                document_version: "1".to_owned(),
                given_at: at,
                withdrawn_at: None,
                address: None,
            });
        }
        rows.push(row);
    }
    put::<account::Entity>(connection, accounts).await?;
    put::<account_role::Entity>(connection, roles).await?;
    put::<account_consent::Entity>(connection, consents).await?;
    put::<account_session::Entity>(connection, sessions).await?;
    put::<broker::Entity>(connection, rows).await
}

/// A login of long ago.
fn session(plan: &Plan, number: u32) -> account_session::Model {
    let at = plan.now - TimeDelta::days(100);
    account_session::Model {
        id: SessionId(plan.id(Kind::Session, number)),
        account_id: plan.account(number),
        created_at: at,
        last_used_at: at,
        user_agent: Some("Mozilla/5.0".to_owned()),
        address: Some("127.0.0.1".to_owned()),
        refresh_hash: format!("{number:064x}"),
        previous_hash: None,
        successor_used: true,
        generation: 1,
        skipped_generation: None,
        expires_at: at + TimeDelta::days(30),
        revoked_at: None,
        revoke_reason: None,
        has_second_factor: false,
    }
}

/// A broker's row, sealed as the program seals it.
fn broker_row(context: &Context, plan: &Plan, number: u32) -> anyhow::Result<broker::Model> {
    let id = plan.broker(number);
    let at = plan.now - TimeDelta::days(1_050);
    let profile = profile(plan, number);
    let place = |column| Place { table: "broker", column, row: id.0 };
    let (keys, kind) = (context.keys(), profile.id_type.map(Word::as_str).unwrap_or_default());
    let (id_number, mobile) = (profile.id_number.unwrap_or_default(), profile.mobile.unwrap_or_default());
    Ok(broker::Model {
        id,
        account_id: plan.account(number),
        name: profile.name.unwrap_or_default(),
        id_type: Some(kind.to_owned()),
        id_number_cipher: Some(keys.seal(context, place("id_number_cipher"), &id_number)?),
        id_number_index: Some(keys.blind_index(&format!("id_number:{kind}"), &id_number)),
        mobile_cipher: Some(keys.seal(context, place("mobile_cipher"), &mobile)?),
        mobile_index: Some(keys.blind_index("mobile", &mobile)),
        profile: stored(plan, number)?,
        employer_id: Some(plan.organisation(number)),
        residence_city: Some(Plan::region(number)),
        created_at: at,
        updated_at: at,
        version: 1,
    })
}
