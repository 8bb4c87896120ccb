//! People and things that tests arrange: accounts with their callers, organisations, cases.

use domain::access::{Actor, Grant, Role};
use domain::account::AccountState;
use domain::ids::{AccountId, CaseId, OrganisationId, RoundId, RuleSetId};
use domain::region::RegionCode;
use entity::{account, case_file};
use sea_orm::{ActiveModelTrait, IntoActiveModel};
use service::{Caller, Idempotency, RequestMeta};

use super::context::TestContext;

/// A region by its code.
pub fn region(code: &str) -> RegionCode {
    code.parse().expect("a region code")
}

/// A grant everywhere.
pub fn grant(role: Role) -> Grant {
    Grant { role, region: None, organisation: None, on_behalf_of: None }
}

/// A grant in a region.
pub fn grant_in(role: Role, code: &str) -> Grant {
    Grant { region: Some(region(code)), ..grant(role) }
}

/// A grant in an organisation.
pub fn grant_of(role: Role, organisation: OrganisationId) -> Grant {
    Grant { organisation: Some(organisation), ..grant(role) }
}

/// The caller behind an account with these grants, second factor proven.
pub fn caller_as(account: AccountId, grants: Vec<Grant>) -> Caller {
    let actor = Actor { account, grants, has_second_factor: true };
    Caller::new(actor, RequestMeta { operation: "test".to_owned(), ..RequestMeta::default() })
}

/// The same caller with an idempotency key and the fingerprint of a request.
pub fn keyed(caller: &Caller, key: &str, fingerprint: &str) -> Caller {
    let mut caller = caller.clone();
    caller.meta.idempotency = Some(Idempotency {
        scope: format!("{}:POST /test", caller.actor.account),
        key: key.to_owned(),
        fingerprint: fingerprint.to_owned(),
    });
    caller
}

impl TestContext {
    /// A stored account and its caller.
    pub async fn person(&self, email: &str, grants: Vec<Grant>) -> Caller {
        let id: AccountId = self.ctx.new_id();
        let row = account::Model {
            id,
            email: email.to_owned(),
            email_confirmed_at: Some(self.ctx.now()),
            password_hash: None,
            name: "王小明".to_owned(),
            locale: "zh-CN".to_owned(),
            state: AccountState::Active,
            rights_version: 1,
            failed_logins: 0,
            locked_until: None,
            totp_secret: None,
            totp_confirmed_at: None,
            totp_last_step: None,
            created_at: self.ctx.now(),
            updated_at: self.ctx.now(),
            version: 1,
        };
        row.into_active_model().reset_all().insert(self.connection()).await.expect("an account can be stored");
        caller_as(id, grants)
    }

    /// The seeded rule set of certification.
    pub async fn rules(&self) -> RuleSetId {
        service::rule::seed(&self.ctx).await.expect("the rule sets of the build can be stored");
        let page = service::rule::list(&self.ctx, &service::page::PageRequest::default()).await.unwrap();
        page.items.first().expect("a rule set").id
    }

    /// A case as the kernel would leave it: a draft of this applicant, changed by `arrange`.
    pub async fn case(
        &self,
        applicant: &Caller,
        round: Option<RoundId>,
        arrange: impl FnOnce(&mut case_file::Model),
    ) -> CaseId {
        let mut row = case_file::Model {
            id: self.ctx.new_id(),
            process: "certification".to_owned(),
            process_version: 1,
            number: format!("CE-2026-{}", self.ctx.new_id::<uuid::Uuid>()),
            state: "draft".to_owned(),
            resume_state: None,
            version: 1,
            region: region("450100"),
            organisation_id: None,
            round_id: round,
            applicant_id: applicant.actor.account,
            applicant_name: "王小明".to_owned(),
            title: "初级".to_owned(),
            desk_role: Some(Role::Broker),
            assignee_id: None,
            next_due_at: None,
            rule_set_id: self.rules().await,
            acts: "[]".to_owned(),
            submitted_at: None,
            closed_at: None,
            created_at: self.ctx.now(),
            updated_at: self.ctx.now(),
        };
        arrange(&mut row);
        let id = row.id;
        row.into_active_model().reset_all().insert(self.connection()).await.expect("a case can be stored");
        id
    }
}

/// Puts a case at another desk.
pub fn at(state: &'static str, desk: Role) -> impl Fn(&mut case_file::Model) {
    move |row| {
        state.clone_into(&mut row.state);
        row.desk_role = Some(desk);
        row.submitted_at = Some(row.created_at);
    }
}
