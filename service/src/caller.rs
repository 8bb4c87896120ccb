//! Who calls, and what the request brought along.

use chrono::{DateTime, Utc};
use domain::access::{Actor, Grant, Permission, Role, Scope};
use domain::ids::{AccountId, ApiClientId, OrganisationId, SessionId};
use domain::process::Acting;

use crate::error::{Error, Result};

/// An idempotency key as sent, scoped to actor and path, with the fingerprint of the request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Idempotency {
    /// Actor and path: the same key elsewhere is another key.
    pub scope: String,
    pub key: String,
    /// SHA-256 over method, path and body, in hex.
    pub fingerprint: String,
}

/// What every request carries.
#[derive(Debug, Clone, Default)]
pub struct RequestMeta {
    pub request_id: String,
    /// Source address as the trusted edge saw it.
    pub address: Option<String>,
    /// The operation's name, such as `submit_certification`.
    pub operation: String,
    pub idempotency: Option<Idempotency>,
}

/// The authenticated caller of a use case, or the program itself.
#[derive(Debug, Clone)]
pub struct Caller {
    pub actor: Actor,
    pub meta: RequestMeta,
    /// The role under which this request acts, once it is known; for the audit trail.
    pub role: Option<Role>,
    /// Set when the caller is a client of another system.
    pub client: Option<ApiClientId>,
    /// All that a client may do; none for people.
    pub scopes: Option<Vec<Permission>>,
    /// The login session of a person.
    pub session: Option<SessionId>,
    /// When the password (and second factor) was last proven.
    pub authenticated_at: Option<DateTime<Utc>>,
    is_system: bool,
}

/// The answer of a write: the value, and whether it is the stored answer of an earlier request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome<T> {
    pub value: T,
    pub replayed: bool,
}

impl Caller {
    pub fn new(actor: Actor, meta: RequestMeta) -> Self {
        Self {
            actor,
            meta,
            role: None,
            client: None,
            scopes: None,
            session: None,
            authenticated_at: None,
            is_system: false,
        }
    }

    /// Somebody who is not logged in.
    pub fn anonymous(meta: RequestMeta) -> Self {
        let account = AccountId(uuid::Uuid::nil());
        Self::new(Actor { account, grants: Vec::new(), has_second_factor: false }, meta)
    }

    /// The program acting by itself.
    pub fn system(operation: &str) -> Self {
        let actor = Actor { account: AccountId(uuid::Uuid::nil()), grants: Vec::new(), has_second_factor: true };
        let meta = RequestMeta { operation: operation.to_owned(), ..RequestMeta::default() };
        Self {
            actor,
            meta,
            role: Some(Role::System),
            client: None,
            scopes: None,
            session: None,
            authenticated_at: None,
            is_system: true,
        }
    }

    pub fn is_system(&self) -> bool {
        self.is_system
    }

    /// The account in the audit trail; none for the program and for strangers.
    pub fn account(&self) -> Option<AccountId> {
        Some(self.actor.account).filter(|account| !self.is_system && !account.0.is_nil())
    }

    /// Whether a usable grant holds the permission and, for a client, its scopes name it.
    pub fn holds(&self, permission: Permission) -> bool {
        let is_in_scope = self.scopes.as_ref().is_none_or(|scopes| scopes.contains(&permission));
        is_in_scope && self.actor.holds(permission)
    }

    /// Refuses unless a usable grant holds the permission; yields the scope of the roles that hold it.
    pub fn require(&self, permission: Permission) -> Result<Scope> {
        if self.is_system {
            return Ok(Scope { all: true, ..Scope::default() });
        }
        if self.holds(permission) { Ok(Scope::of(&self.actor, permission.roles())) } else { Err(Error::Forbidden) }
    }

    /// Every way in which the caller may act on a case of this region and organisation, by role. Scopes name no verbs
    /// of a process, so a client acts on no case.
    pub fn actings(&self, ties: &[OrganisationId]) -> Vec<(Grant, Acting)> {
        self.actor
            .usable_grants()
            .filter(|_| self.scopes.is_none())
            .map(|grant| {
                let acting = Acting {
                    account: Some(self.actor.account),
                    role: grant.role,
                    on_behalf_of: grant.on_behalf_of,
                    ties: ties.to_vec(),
                };
                (grant.clone(), acting)
            })
            .collect()
    }

    /// The acting role for the audit trail, where it is certain.
    pub fn role_now(&self) -> Option<Role> {
        self.role.or(match self.actor.grants.as_slice() {
            [only] => Some(only.role),
            _ => None,
        })
    }
}
