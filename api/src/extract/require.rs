//! The coarse check: a permission in the signature, first of all parameters and ready at once.

use std::future::{Ready, ready};
use std::marker::PhantomData;

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpMessage, HttpRequest};
use domain::access::Permission;
use service::account::Authenticated;
use service::{Caller, Code, RequestMeta};

use crate::edge::RequestId;
use crate::problem::Problem;

/// What the authentication middleware found.
#[derive(Debug, Clone)]
pub enum Authentication {
    Anonymous,
    Known(Box<Authenticated>),
    /// A token was sent and is no good.
    Failed(Problem),
}

/// What an operation demands. Implemented by one unit struct per permission.
pub trait Access: 'static {
    /// The permission; `None` for every person with an account, never for a client.
    const PERMISSION: Option<Permission>;
}

/// A caller who holds the permission of `A`.
#[derive(Debug)]
pub struct Require<A: Access> {
    pub caller: Caller,
    access: PhantomData<fn() -> A>,
}

/// Anybody, known or not: the mark of a public operation.
#[derive(Debug)]
pub struct Public {
    pub meta: RequestMeta,
}

/// What the request carries, without idempotency.
fn meta(request: &HttpRequest) -> RequestMeta {
    let extensions = request.extensions();
    let id = extensions.get::<RequestId>();
    RequestMeta {
        request_id: id.map(|id| id.id.clone()).unwrap_or_default(),
        address: id.and_then(|id| id.address.clone()),
        operation: format!(
            "{} {}",
            request.method(),
            request.match_pattern().unwrap_or_else(|| request.path().to_owned())
        ),
        idempotency: None,
    }
}

/// The caller behind a request, if the token is good.
fn caller_of(request: &HttpRequest) -> Result<Caller, Problem> {
    match request.extensions().get::<Authentication>() {
        Some(Authentication::Known(known)) => {
            let mut caller = Caller::new(known.actor.clone(), meta(request));
            caller.session = known.session;
            caller.client = known.client;
            caller.scopes.clone_from(&known.scopes);
            caller.authenticated_at = Some(known.authenticated_at);
            Ok(caller)
        }
        Some(Authentication::Failed(problem)) => Err(problem.clone()),
        Some(Authentication::Anonymous) | None => Err(Problem::new(Code::Unauthenticated)),
    }
}

impl<A: Access> FromRequest for Require<A> {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _payload: &mut Payload) -> Self::Future {
        ready(caller_of(request).and_then(|caller| match A::PERMISSION {
            permission if !permission.map_or(caller.scopes.is_none(), |permission| caller.holds(permission)) => {
                Err(Problem::new(Code::Forbidden))
            }
            _ => Ok(Self { caller, access: PhantomData }),
        }))
    }
}

/// Who is behind a refused request, for the audit trail: a known caller, or nobody with a token that is no good. Who
/// sent no token asked for nothing.
pub fn asker(request: &HttpRequest) -> Option<Caller> {
    let is_failed = match request.extensions().get::<Authentication>()? {
        Authentication::Anonymous => return None,
        Authentication::Known(_) => false,
        Authentication::Failed(_) => true,
    };
    if is_failed { Some(Caller::anonymous(meta(request))) } else { caller_of(request).ok() }
}

impl FromRequest for Public {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _payload: &mut Payload) -> Self::Future {
        ready(Ok(Self { meta: meta(request) }))
    }
}

/// Declares the unit structs that handlers name.
macro_rules! accesses {
    ($($name:ident),+ $(,)?) => {
        /// One unit struct per permission, for `Require<…>`.
        pub mod may {
            use domain::access::Permission;
            $(
                #[derive(Debug)]
                pub struct $name;
                impl super::Access for $name {
                    const PERMISSION: Option<Permission> = Some(Permission::$name);
                }
            )+
            /// Any account.
            #[derive(Debug)]
            pub struct Anyone;
            impl super::Access for Anyone {
                const PERMISSION: Option<Permission> = None;
            }
        }
    };
}

accesses![
    OwnAccount,
    ReadAccounts,
    GrantRoles,
    ResetSecondFactor,
    DelegateOwn,
    ManageApiClients,
    RegisterOrganisation,
    ReadOrganisations,
    VerifyOrganisation,
    ChangeOrganisation,
    ManageMembers,
    ReadRounds,
    ManageRounds,
    OwnBroker,
    ReadBrokers,
    UnmaskIdentity,
    DraftCertification,
    ReadCertifications,
    ReadCertificates,
    ManagePublicities,
    PublishPublicity,
    UseWorklist,
    ReadDeliveries,
    ManageFiles,
    ReadFiles,
    ManageCalendar,
    ManageQueue,
    ReadAudit,
];
