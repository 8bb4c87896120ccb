//! Who may do what: roles, the regions they cover, and the permissions that are no verb of a process.
//!
//! The permissions of process verbs come from the process tables; this file holds the rest. Nothing configured means
//! nothing allowed.

use std::fmt::Write as _;

use crate::ids::{AccountId, OrganisationId};
use crate::region::RegionCode;
use crate::word::Word;

crate::word! {
    /// What a person or the program acts as (broker.md section 2).
    pub enum Role {
        Broker = "broker" / "技术经纪人",
        EmployerConfirmer = "employer_confirmer" / "单位确认人",
        AgencyClerk = "agency_clerk" / "机构经办人",
        AgencyHead = "agency_head" / "机构负责人",
        CityClerk = "city_clerk" / "市级经办人",
        CityLead = "city_lead" / "市级负责人",
        RegionClerk = "region_clerk" / "自治区经办人",
        RegionLead = "region_lead" / "自治区审定人",
        Expert = "expert" / "评审专家",
        IntegrityOfficer = "integrity_officer" / "诚信监督员",
        FinanceReviewer = "finance_reviewer" / "财政审核人",
        BaseAdministrator = "base_administrator" / "培训基地管理员",
        Instructor = "instructor" / "授课教师",
        Auditor = "auditor" / "审计员",
        SystemAdministrator = "system_administrator" / "系统管理员",
        /// Grants roles; holds no business role (三员分立).
        SecurityAdministrator = "security_administrator" / "安全管理员",
        /// The program itself: clocks and automatic steps. Never granted to an account.
        System = "system" / "系统",
    }
}

impl Role {
    /// Staff roles must carry a second factor.
    pub fn is_staff(self) -> bool {
        match self {
            Self::CityClerk
            | Self::CityLead
            | Self::RegionClerk
            | Self::RegionLead
            | Self::Expert
            | Self::IntegrityOfficer
            | Self::FinanceReviewer
            | Self::BaseAdministrator
            | Self::Auditor
            | Self::SystemAdministrator
            | Self::SecurityAdministrator => true,
            Self::Broker
            | Self::EmployerConfirmer
            | Self::AgencyClerk
            | Self::AgencyHead
            | Self::Instructor
            | Self::System => false,
        }
    }
}

/// A role as granted: whole of the autonomous region, or one region, or one organisation.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Grant {
    pub role: Role,
    /// The region covered; the region's own code 450000 covers all cities.
    pub region: Option<RegionCode>,
    pub organisation: Option<OrganisationId>,
    /// Set when the grant is exercised for somebody else under a dated delegation.
    pub on_behalf_of: Option<AccountId>,
}

/// Who is calling, as read from the database on this very request.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Actor {
    pub account: AccountId,
    pub grants: Vec<Grant>,
    /// True when the session proved a second factor.
    pub has_second_factor: bool,
}

impl Actor {
    /// The grants that may be used now: staff grants count only with a second factor.
    pub fn usable_grants(&self) -> impl Iterator<Item = &Grant> {
        self.grants.iter().filter(|grant| self.has_second_factor || !grant.role.is_staff())
    }

    /// The first usable grant of this role.
    pub fn grant(&self, role: Role) -> Option<&Grant> {
        self.usable_grants().find(|grant| grant.role == role)
    }

    /// Whether any usable grant holds the permission. One's own account needs no grant: a clerk without a second
    /// factor must be able to enrol one.
    pub fn holds(&self, permission: Permission) -> bool {
        permission == Permission::OwnAccount
            || self.usable_grants().any(|grant| permission.roles().contains(&grant.role))
    }
}

/// Declares every permission that is no verb of a process, with the roles that hold it.
macro_rules! permissions {
    ($($(#[$meta:meta])* $variant:ident = $text:tt / $zh:literal => [$($role:ident),* $(,)?]),+ $(,)?) => {
        crate::word! {
            /// What may be done outside the process tables.
            pub enum Permission { $($(#[$meta])* $variant = $text / $zh),+ }
        }

        impl Permission {
            /// The roles that hold it.
            pub fn roles(self) -> &'static [Role] {
                match self { $(Self::$variant => &[$(Role::$role),*]),+ }
            }
        }
    };
}

permissions! {
    /// Everybody with an account.
    OwnAccount = "account.own" / "本人账号" => [Broker, EmployerConfirmer, AgencyClerk, AgencyHead, CityClerk, CityLead, RegionClerk, RegionLead, Expert, IntegrityOfficer, FinanceReviewer, BaseAdministrator, Instructor, Auditor, SystemAdministrator, SecurityAdministrator],
    ReadAccounts = "account.read" / "查看账号" => [SecurityAdministrator, Auditor],
    GrantRoles = "account.grant_roles" / "授予角色" => [SecurityAdministrator],
    ResetSecondFactor = "account.reset_second_factor" / "重置双因素" => [SecurityAdministrator, SystemAdministrator],
    DelegateOwn = "account.delegate" / "委托代理" => [CityClerk, CityLead, RegionClerk, RegionLead, IntegrityOfficer, FinanceReviewer],
    ManageApiClients = "account.manage_api_clients" / "管理接口客户端" => [SecurityAdministrator],
    RegisterOrganisation = "organisation.register" / "登记单位" => [Broker, EmployerConfirmer, AgencyClerk, AgencyHead, CityClerk],
    ReadOrganisations = "organisation.read" / "查看单位" => [Broker, EmployerConfirmer, AgencyClerk, AgencyHead, CityClerk, CityLead, RegionClerk, RegionLead, Auditor],
    VerifyOrganisation = "organisation.verify" / "核验单位" => [CityClerk],
    ChangeOrganisation = "organisation.change" / "变更单位" => [CityClerk],
    ManageMembers = "organisation.manage_members" / "管理单位成员" => [EmployerConfirmer, AgencyHead, CityClerk],
    ReadRounds = "round.read" / "查看批次" => [Broker, EmployerConfirmer, AgencyClerk, AgencyHead, CityClerk, CityLead, RegionClerk, RegionLead, Expert, IntegrityOfficer, FinanceReviewer, Auditor],
    ManageRounds = "round.manage" / "管理批次" => [RegionClerk],
    OwnBroker = "broker.own" / "本人档案" => [Broker],
    ReadBrokers = "broker.read" / "查看经纪人" => [CityClerk, CityLead, RegionClerk, RegionLead, IntegrityOfficer, Auditor],
    /// Reading an unmasked identity number; each reading is audited with its purpose.
    UnmaskIdentity = "broker.unmask" / "查看完整证件号" => [CityClerk, RegionClerk],
    DraftCertification = "certification.draft" / "填写认定申请" => [Broker],
    ReadCertifications = "certification.read" / "查看认定申请" => [Broker, EmployerConfirmer, CityClerk, CityLead, RegionClerk, RegionLead, Expert, IntegrityOfficer, Auditor],
    /// What does not fit together in an application or between two: for the desks that check it.
    ReadWarnings = "certification.read_warnings" / "查看核查提示" => [CityClerk, CityLead, RegionClerk, RegionLead, Auditor],
    ReadScores = "certification.read_scores" / "查看评分" => [RegionClerk, RegionLead, Auditor],
    ReadCertificates = "certificate.read" / "查看证书" => [Broker, EmployerConfirmer, CityClerk, CityLead, RegionClerk, RegionLead, IntegrityOfficer, Auditor],
    ManagePublicities = "publicity.manage" / "编制公示" => [RegionClerk],
    PublishPublicity = "publicity.publish" / "发布公示" => [RegionLead],
    UseWorklist = "process.worklist" / "待办列表" => [EmployerConfirmer, CityClerk, CityLead, RegionClerk, RegionLead, Expert],
    ManageFiles = "file.manage" / "管理附件" => [Broker, EmployerConfirmer, CityClerk, RegionClerk],
    ReadFiles = "file.read" / "查看附件" => [Broker, EmployerConfirmer, CityClerk, CityLead, RegionClerk, RegionLead, Expert, IntegrityOfficer, Auditor],
    ManageCalendar = "calendar.manage" / "维护工作日历" => [SystemAdministrator],
    ManageQueue = "queue.manage" / "管理任务队列" => [SystemAdministrator],
    ReadAudit = "audit.read" / "查看审计" => [Auditor],
}

/// What the caller may see: a value that every store query of a scoped thing must take.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Scope {
    /// Everything (region staff, auditors).
    pub all: bool,
    /// Regions of the cities covered.
    pub regions: Vec<RegionCode>,
    /// Organisations the caller acts for.
    pub organisations: Vec<OrganisationId>,
    /// Own things.
    pub account: Option<AccountId>,
    /// Cases on whose expert panel the caller sits.
    pub expert: Option<AccountId>,
}

impl Scope {
    /// The scope of these roles among the caller's usable grants.
    pub fn of(actor: &Actor, roles: &[Role]) -> Self {
        let mut scope = Self::default();
        for grant in actor.usable_grants().filter(|grant| roles.contains(&grant.role)) {
            match grant.role {
                Role::RegionClerk
                | Role::RegionLead
                | Role::IntegrityOfficer
                | Role::FinanceReviewer
                | Role::Auditor => {
                    scope.all = true;
                }
                Role::CityClerk | Role::CityLead | Role::BaseAdministrator | Role::Instructor => {
                    if let Some(region) = &grant.region {
                        scope.all |= region.is_whole();
                        scope.regions.push(region.clone());
                    }
                }
                Role::EmployerConfirmer | Role::AgencyClerk | Role::AgencyHead => {
                    scope.organisations.extend(grant.organisation);
                }
                Role::Broker => scope.account = Some(actor.account),
                Role::Expert => scope.expert = Some(actor.account),
                // Administrators administer; they see no case (三员分立).
                Role::SystemAdministrator | Role::SecurityAdministrator | Role::System => {}
            }
        }
        scope
    }

    /// True when nothing at all is visible.
    pub fn is_empty(&self) -> bool {
        !self.all
            && self.regions.is_empty()
            && self.organisations.is_empty()
            && self.account.is_none()
            && self.expert.is_none()
    }
}

/// The printed matrix role × permission, reviewed as a snapshot.
pub fn matrix() -> String {
    let mut text = String::new();
    for permission in Permission::ALL {
        let roles: Vec<_> = permission.roles().iter().map(|role| role.as_str()).collect();
        let _ = writeln!(text, "{permission}: {}", roles.join(", "));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn permissions_and_their_roles() {
        insta::assert_snapshot!(matrix());
    }

    #[test]
    fn a_staff_grant_without_a_second_factor_counts_for_nothing() {
        let grant = Grant { role: Role::RegionLead, region: None, organisation: None, on_behalf_of: None };
        let mut actor = Actor { account: AccountId(uuid::Uuid::nil()), grants: vec![grant], has_second_factor: false };
        assert!(!actor.holds(Permission::PublishPublicity));
        actor.has_second_factor = true;
        assert!(actor.holds(Permission::PublishPublicity));
    }
}
