//! Accounts for tests, made and logged in as the program does it.

use domain::access::Role;
use domain::account::{Reach, reach};
use domain::ids::{AccountId, OrganisationId};
use domain::region::RegionCode;
use service::account::admin::create_account_with;
use service::account::{Login as Credentials, RoleGrant, login};
use service::{Context, RequestMeta};
use totp_rs::{Algorithm, Builder, Secret};

const PASSWORD: &str = "correct horse battery staple";
/// In base32; every account has the same authenticator.
const AUTHENTICATOR: &str = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP";

/// What an account is to be.
#[derive(Debug, Clone)]
pub struct Seat {
    pub role: Role,
    pub region: Option<RegionCode>,
    pub organisation: Option<OrganisationId>,
}

impl Seat {
    /// The role where its reach is everywhere; in Nanning where it is a region.
    pub fn of(role: Role) -> Self {
        match reach(role) {
            Reach::Region => Self::in_region(role, "450100"),
            Reach::Everywhere | Reach::Organisation => Self { role, region: None, organisation: None },
        }
    }

    /// The role in a region, by its code.
    pub fn in_region(role: Role, code: &str) -> Self {
        Self { role, region: Some(code.parse().expect("a region's code")), organisation: None }
    }

    /// The role in an organisation.
    pub fn in_organisation(role: Role, organisation: OrganisationId) -> Self {
        Self { role, region: None, organisation: Some(organisation) }
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
pub async fn create(ctx: &Context, seat: Seat) -> Login {
    let email = format!("{}@example.org", ctx.new_id::<uuid::Uuid>());
    let grant = RoleGrant { role: seat.role, region: seat.region, organisation_id: seat.organisation };
    let id = create_account_with(ctx, &email, "测试员", PASSWORD, &[grant], Some(AUTHENTICATOR))
        .await
        .expect("the account can be made");
    let credentials = Credentials {
        email: email.clone(),
        password: PASSWORD.to_owned(),
        totp: Some(code_at(ctx.now().timestamp())),
        recovery_code: None,
        user_agent: None,
    };
    let tokens = login(ctx, RequestMeta::default(), &credentials).await.expect("the account can log in");
    Login { id, email, token: tokens.access_token }
}

/// What the authenticator shows.
fn code_at(second: i64) -> String {
    let totp = Builder::new()
        .with_algorithm(Algorithm::SHA1)
        .with_digits(6)
        .with_step_duration(30)
        .with_secret(Secret::try_from_base32(AUTHENTICATOR).expect("base32"))
        .build()
        .expect("an authenticator");
    totp.generate(u64::try_from(second).expect("a second after 1970")).to_string()
}
