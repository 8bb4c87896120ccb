//! People, their logins and the clients of other systems; which roles may be granted together and for what.

use serde_json::json;

use crate::access::Role;
use crate::fault::Fault;
use crate::region::{REGIONS, RegionCode};

crate::word! {
    pub enum AccountState {
        /// Registered, e-mail address not confirmed.
        Pending = "pending" / "待确认",
        Active = "active" / "正常",
        Disabled = "disabled" / "停用",
    }
}

crate::word! {
    /// What a one-time token in a mail is for.
    pub enum TokenPurpose {
        ConfirmEmail = "confirm_email" / "确认邮箱",
        ResetPassword = "reset_password" / "重设密码",
        ChangeEmail = "change_email" / "更换邮箱",
        Invitation = "invitation" / "邀请",
    }
}

crate::word! {
    /// Where a second-factor reset stands; it takes two people.
    pub enum FactorResetState {
        Requested = "requested" / "已申请",
        Approved = "approved" / "已批准",
        Refused = "refused" / "已拒绝",
    }
}

crate::word! {
    /// What a person consents to; each with version and time.
    pub enum ConsentKind {
        /// Handling of personal data (个人信息处理).
        PersonalData = "personal_data" / "个人信息处理",
        /// Handling of sensitive data: identity documents (敏感个人信息, PIPL article 29).
        SensitiveData = "sensitive_data" / "敏感个人信息处理",
        /// Name and employer in public lists (公示).
        Publicity = "publicity" / "公示",
        /// The platform's mailbox is the designated system for service (电子签名法 article 11).
        ElectronicService = "electronic_service" / "电子送达",
    }
}

crate::word! {
    /// Whether a client of another system may ask for tokens.
    pub enum ClientState {
        Active = "active" / "启用",
        Revoked = "revoked" / "已吊销",
    }
}

/// What a role is granted for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// The whole autonomous region.
    Everywhere,
    Region,
    Organisation,
}

/// What this role is granted for.
pub fn reach(role: Role) -> Reach {
    match role {
        Role::CityClerk | Role::CityLead | Role::BaseAdministrator | Role::Instructor => Reach::Region,
        Role::EmployerConfirmer | Role::AgencyClerk | Role::AgencyHead => Reach::Organisation,
        Role::Broker
        | Role::RegionClerk
        | Role::RegionLead
        | Role::Expert
        | Role::IntegrityOfficer
        | Role::FinanceReviewer
        | Role::Auditor
        | Role::SystemAdministrator
        | Role::SecurityAdministrator
        | Role::System => Reach::Everywhere,
    }
}

/// The three administrators (三员): each holds that one role and no other.
pub fn is_administrator(role: Role) -> bool {
    matches!(role, Role::SystemAdministrator | Role::SecurityAdministrator | Role::Auditor)
}

/// What forbids granting `role` for this region and organisation to somebody who holds `held`.
pub fn grant_faults(role: Role, region: Option<&RegionCode>, has_organisation: bool, held: &[Role]) -> Vec<Fault> {
    let mut faults = Vec::new();
    if role == Role::System {
        faults.push(Fault::new("/role", "role_not_grantable"));
    }
    let opposed = held.iter().find(|other| **other != role && (is_administrator(role) || is_administrator(**other)));
    if let Some(other) = opposed {
        faults.push(Fault::with("/role", "role_incompatible", json!({ "held": other })));
    }
    let reach = reach(role);
    match region {
        None if reach == Reach::Region => faults.push(Fault::new("/region", "region_required")),
        Some(region) if !REGIONS.iter().any(|(code, _, _)| *code == region.as_str()) => {
            faults.push(Fault::new("/region", "region_unknown"));
        }
        Some(_) if reach != Reach::Region => faults.push(Fault::new("/region", "region_not_applicable")),
        None | Some(_) => {}
    }
    if has_organisation != (reach == Reach::Organisation) {
        let rule = if has_organisation { "organisation_not_applicable" } else { "organisation_required" };
        faults.push(Fault::new("/organisation_id", rule));
    }
    faults
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules(role: Role, region: Option<&str>, has_organisation: bool, held: &[Role]) -> Vec<String> {
        let region = region.map(|code| code.parse().unwrap());
        grant_faults(role, region.as_ref(), has_organisation, held).into_iter().map(|fault| fault.rule).collect()
    }

    #[test]
    fn the_three_administrators_hold_nothing_else() {
        let three = [Role::SystemAdministrator, Role::SecurityAdministrator, Role::Auditor];
        for role in three {
            assert_eq!(rules(role, None, false, &[]), [""; 0]);
            assert_eq!(rules(role, None, false, &[Role::Broker]), ["role_incompatible"]);
            assert_eq!(rules(Role::RegionClerk, None, false, &[role]), ["role_incompatible"]);
            for other in three.into_iter().filter(|other| *other != role) {
                assert_eq!(rules(role, None, false, &[other]), ["role_incompatible"]);
            }
        }
    }

    #[test]
    fn a_role_is_granted_for_its_reach_only() {
        assert_eq!(rules(Role::CityClerk, Some("450100"), false, &[]), [""; 0]);
        assert_eq!(rules(Role::CityClerk, None, false, &[]), ["region_required"]);
        assert_eq!(rules(Role::CityClerk, Some("110000"), false, &[]), ["region_unknown"]);
        assert_eq!(rules(Role::RegionLead, Some("450100"), false, &[]), ["region_not_applicable"]);
        assert_eq!(rules(Role::EmployerConfirmer, None, true, &[Role::Broker]), [""; 0]);
        assert_eq!(rules(Role::EmployerConfirmer, None, false, &[]), ["organisation_required"]);
        assert_eq!(rules(Role::Broker, None, true, &[]), ["organisation_not_applicable"]);
        assert_eq!(rules(Role::System, None, false, &[]), ["role_not_grantable"]);
    }
}
