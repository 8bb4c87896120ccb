//! Accounts for tests. The one place that knows how an account comes to be.

use chrono::TimeDelta;
use domain::access::Role;
use domain::account::AccountState;
use domain::ids::{AccountId, OrganisationId, SessionId};
use domain::region::RegionCode;
use entity::{account, account_role, account_session};
use sea_orm::{EntityTrait, Set};
use serde_json::json;
use uuid::Uuid;

use super::context::TestContext;

/// What an account is to be.
#[derive(Debug, Clone)]
pub struct Seat {
    pub role: Role,
    pub region: Option<RegionCode>,
    pub organisation: Option<OrganisationId>,
}

impl Seat {
    /// A role without region and organisation.
    pub fn of(role: Role) -> Self {
        Self { role, region: None, organisation: None }
    }

    /// The role in a region, by its code.
    pub fn in_region(role: Role, code: &str) -> Self {
        Self { region: Some(code.parse().expect("a region's code")), ..Self::of(role) }
    }

    /// The role in an organisation.
    pub fn in_organisation(role: Role, organisation: OrganisationId) -> Self {
        Self { organisation: Some(organisation), ..Self::of(role) }
    }
}

/// An account that is logged in, with a second factor.
#[derive(Debug, Clone)]
pub struct Login {
    pub id: AccountId,
    pub email: String,
    pub token: String,
}

/// Creates an account with one role and logs it in.
pub async fn create(app: &TestContext, seat: Seat) -> Login {
    let id: AccountId = app.ctx.new_id();
    let email = format!("{id}@example.invalid");
    let session: SessionId = app.ctx.new_id();
    let now = app.ctx.now();
    let account = account::ActiveModel {
        id: Set(id),
        email: Set(email.clone()),
        email_confirmed_at: Set(Some(now)),
        password_hash: Set(None),
        name: Set("测试员".to_owned()),
        locale: Set("zh-CN".to_owned()),
        state: Set(AccountState::Active),
        rights_version: Set(1),
        failed_logins: Set(0),
        totp_confirmed_at: Set(Some(now)),
        created_at: Set(now),
        updated_at: Set(now),
        version: Set(1),
        ..Default::default()
    };
    let role = account_role::ActiveModel {
        id: Set(app.ctx.new_id::<Uuid>()),
        account_id: Set(id),
        role: Set(seat.role),
        region: Set(seat.region),
        organisation_id: Set(seat.organisation),
        granted_at: Set(now),
        ..Default::default()
    };
    let login = account_session::ActiveModel {
        id: Set(session),
        account_id: Set(id),
        created_at: Set(now),
        last_used_at: Set(now),
        refresh_hash: Set(app.ctx.new_secret()),
        successor_used: Set(true),
        expires_at: Set(now + TimeDelta::days(30)),
        has_second_factor: Set(true),
        ..Default::default()
    };
    account::Entity::insert(account).exec_without_returning(app.connection()).await.unwrap();
    account_role::Entity::insert(role).exec_without_returning(app.connection()).await.unwrap();
    account_session::Entity::insert(login).exec_without_returning(app.connection()).await.unwrap();
    Login { id, email, token: token(app, id, session) }
}

/// An access token of the session, as the program would sign it.
fn token(app: &TestContext, account: AccountId, session: SessionId) -> String {
    let (now, issuer) = (app.ctx.now().timestamp(), &app.ctx.settings().token_issuer);
    let key = &app.ctx.keys().signing()[0];
    let header = jsonwebtoken::Header {
        typ: Some("at+jwt".to_owned()),
        kid: Some(key.kid.clone()),
        ..jsonwebtoken::Header::new(jsonwebtoken::Algorithm::EdDSA)
    };
    let claims = json!({
        "iss": issuer, "aud": issuer, "sub": account, "sid": session, "rv": 1, "gen": 1,
        "iat": now, "nbf": now, "exp": now + app.ctx.settings().access_token_seconds,
    });
    jsonwebtoken::encode(&header, &claims, &key.encoding).unwrap()
}
