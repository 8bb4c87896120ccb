//! The demo's people: one login per role, invented, with a password and an authenticator secret that anybody may know.

use domain::access::{Actor, Grant, Role};
use domain::ids::{AccountId, OrganisationId};
use domain::region::RegionCode;
use service::account::RoleGrant;
use service::account::admin::create_account_with;
use service::{Caller, Context, RequestMeta};

/// The password of every demo login.
pub const PASSWORD: &str = "Jiqiao-demo-2026";
/// The authenticator secret of every staff login (base32).
pub const TOTP_SECRET: &str = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP";
/// The mail domain of the demo; nothing is ever sent there.
const DOMAIN: &str = "demo.example";

/// A login of the demo.
#[derive(Debug, Clone)]
pub struct Person {
    pub email: String,
    pub account: AccountId,
    pub grants: Vec<RoleGrant>,
}

impl Person {
    /// The person calling a use case, as a login would make it.
    pub fn caller(&self, operation: &str) -> Caller {
        let grants = self
            .grants
            .iter()
            .map(|grant| Grant {
                role: grant.role,
                region: grant.region.clone(),
                organisation: grant.organisation_id,
                on_behalf_of: None,
            })
            .collect();
        let actor = Actor { account: self.account, grants, has_second_factor: true };
        Caller::new(actor, RequestMeta { operation: operation.to_owned(), ..RequestMeta::default() })
    }
}

/// The address of a name.
pub fn address(name: &str) -> String {
    format!("{name}@{DOMAIN}")
}

/// Creates a login with one role.
pub async fn person(
    context: &Context,
    name: &str,
    shown: &str,
    role: Role,
    region: Option<RegionCode>,
    organisation_id: Option<OrganisationId>,
) -> anyhow::Result<Person> {
    let email = address(name);
    let grants = vec![RoleGrant { role, region, organisation_id }];
    let secret = role.is_staff().then_some(TOTP_SECRET);
    let account = create_account_with(context, &email, shown, PASSWORD, &grants, secret).await?;
    Ok(Person { email, account, grants })
}

/// The desks of the demo.
#[derive(Debug)]
pub struct Desks {
    pub city_clerk: Person,
    pub city_lead: Person,
    pub region_clerk: Person,
    pub region_lead: Person,
    pub experts: Vec<Person>,
}

impl Desks {
    pub async fn new(context: &Context) -> anyhow::Result<Self> {
        let nanning: Option<RegionCode> = Some("450100".parse()?);
        let mut experts = Vec::new();
        for (number, shown) in (1..).zip(["评审专家甲", "评审专家乙", "评审专家丙", "评审专家丁", "评审专家戊"])
        {
            experts.push(person(context, &format!("expert{number}"), shown, Role::Expert, None, None).await?);
        }
        for (role, shown, region) in [
            (Role::IntegrityOfficer, "诚信监督员", None),
            (Role::FinanceReviewer, "财政审核人", None),
            (Role::BaseAdministrator, "基地管理员", nanning.clone()),
            (Role::Instructor, "授课教师", nanning.clone()),
            (Role::Auditor, "审计员", None),
            (Role::SystemAdministrator, "系统管理员", None),
            (Role::SecurityAdministrator, "安全管理员", None),
        ] {
            // These take no part in the cases; they only log in.
            person(context, &role.to_string(), shown, role, region, None).await?;
        }
        Ok(Self {
            city_clerk: person(context, "city_clerk", "市局经办", Role::CityClerk, nanning.clone(), None).await?,
            city_lead: person(context, "city_lead", "市局负责人", Role::CityLead, nanning, None).await?,
            region_clerk: person(context, "region_clerk", "自治区经办", Role::RegionClerk, None, None).await?,
            region_lead: person(context, "region_lead", "自治区审定人", Role::RegionLead, None, None).await?,
            experts,
        })
    }
}
