//! Accounts for tests, made by the program itself.

use domain::access::Role;
use domain::account::{Reach, reach};
use domain::ids::{AccountId, OrganisationId};
use domain::region::RegionCode;
use service::Context;
use service::account::RoleGrant;
use service::account::admin::{create_account_with, open_session};

use super::context::TestContext;

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
    create_in(&app.ctx, seat).await
}

/// The same in any context.
pub async fn create_in(ctx: &Context, seat: Seat) -> Login {
    let email = format!("{}@example.org", ctx.new_id::<uuid::Uuid>());
    let grant = RoleGrant { role: seat.role, region: seat.region, organisation_id: seat.organisation };
    let id = create_account_with(ctx, &email, "测试员", PASSWORD, &[grant], Some(AUTHENTICATOR))
        .await
        .expect("the account can be made");
    let tokens = open_session(ctx, &email).await.expect("a session can be opened");
    Login { id, email, token: tokens.access_token }
}
