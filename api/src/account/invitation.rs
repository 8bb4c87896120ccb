//! `/invitations`: offering a role to an address, and taking it.

use actix_web::{HttpRequest, HttpResponse, delete, get, post, web};
use domain::access::Role;
use domain::ids::OrganisationId;
use domain::region::RegionCode;
use serde::Deserialize;
use service::Context;
use service::account::{self, Acceptance, Accepted, Consent, Invitation, InvitationView};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::extract::{IfMatch, Paging, PathId, Post, Public, Query, Require, may};
use crate::problem::{Problem, ProblemBody};
use crate::respond::{self, Cache, ListBody, Versioned};

impl Versioned for InvitationView {
    fn version(&self) -> i32 {
        self.revision()
    }
}

/// Invitations, newest first.
#[utoipa::path(tag = "account", summary = "List invitations", params(Paging),
    security(("bearer" = ["account.grant_roles"])),
    responses(
        (status = 200, description = "A page", body = ListBody<InvitationView>),
        (status = "4XX", description = "Refused", body = ProblemBody, content_type = "application/problem+json")))]
#[get("/invitations")]
pub async fn list_invitations(
    require: Require<may::GrantRoles>,
    context: web::Data<Context>,
    paging: Query<Paging>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let page = account::list_invitations(&context, &require.caller, &paging.0.request()?).await?;
    respond::list(&request, page, Cache::Private)
}

/// A role for an address, with the region or organisation that it needs.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateInvitation {
    #[schema(max_length = 254, example = "wei.fang@example.cn")]
    pub email: String,
    /// How the person is addressed.
    #[schema(min_length = 1, max_length = 50, example = "韦芳")]
    pub name: Option<String>,
    pub role: Role,
    #[schema(value_type = Option<String>, example = "450100")]
    pub region: Option<RegionCode>,
    pub organisation_id: Option<OrganisationId>,
}

/// Invites somebody to a role, after a fresh login.
#[utoipa::path(tag = "account", summary = "Invite to a role", request_body = CreateInvitation,
    security(("bearer" = ["account.grant_roles"])),
    responses(
        (status = 201, description = "The invitation; its token goes by mail only", body = InvitationView),
        (status = "4XX", description = "Refused", body = ProblemBody, content_type = "application/problem+json")))]
#[post("/invitations")]
pub async fn create_invitation(
    require: Require<may::GrantRoles>,
    context: web::Data<Context>,
    post: Post<CreateInvitation>,
) -> Result<HttpResponse, Problem> {
    let caller = post.caller(require.caller);
    let CreateInvitation { email, name, role, region, organisation_id } = post.body;
    let invited_by = caller.account();
    let invitation = Invitation { email, name, role, region, organisation_id, invited_by };
    let outcome = account::send_invitation(&context, &caller, &invitation).await?;
    respond::created(&outcome, &format!("/api/v1/invitations/{}", outcome.value.id))
}

/// The token of the mail, and what a new account needs.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AcceptInvitation {
    #[schema(max_length = 100, example = "kJ2b0m4cQ1mY8m1fV0q3Zs7x5a9c2e4g6i8k0m2o4q6")]
    pub token: String,
    /// For a new account.
    #[schema(min_length = 1, max_length = 50, example = "韦芳")]
    pub name: Option<String>,
    /// For a new account.
    #[schema(min_length = 8, max_length = 128, format = "password", example = "plum-tile-98-harbour")]
    pub password: Option<String>,
    /// `zh-CN` or `en`.
    #[schema(example = "zh-CN")]
    pub locale: Option<String>,
    /// For a new account: `personal_data` at least.
    #[serde(default)]
    #[schema(max_items = 10)]
    pub consents: Vec<Consent>,
}

/// Takes an invitation: with a new account, or by the role added to the account of that address.
#[utoipa::path(tag = "account", summary = "Accept an invitation", request_body = AcceptInvitation,
    responses(
        (status = 200, description = "Who holds the role now", body = Accepted),
        (status = "4XX", description = "Refused", body = ProblemBody, content_type = "application/problem+json")))]
#[post("/invitations/actions/accept")]
pub async fn accept_invitation(
    public: Public,
    context: web::Data<Context>,
    post: Post<AcceptInvitation>,
) -> Result<HttpResponse, Problem> {
    let meta = post.meta(public.meta);
    let AcceptInvitation { token, name, password, locale, consents } = post.body;
    let acceptance = Acceptance { token, name, password, locale, consents };
    respond::done(HttpResponse::Ok(), &account::accept_invitation(&context, meta, &acceptance).await?)
}

/// One invitation.
#[utoipa::path(tag = "account", summary = "Read an invitation", params(("id" = Uuid, Path)),
    security(("bearer" = ["account.grant_roles"])),
    responses(
        (status = 200, description = "The invitation", body = InvitationView),
        (status = "4XX", description = "Refused", body = ProblemBody, content_type = "application/problem+json")))]
#[get("/invitations/{id}")]
pub async fn get_invitation(
    require: Require<may::GrantRoles>,
    context: web::Data<Context>,
    id: PathId<Uuid>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    respond::single(&request, &account::get_invitation(&context, &require.caller, id.0).await?, Cache::Private)
}

/// Withdraws an invitation that nobody has taken yet.
#[utoipa::path(tag = "account", summary = "Withdraw an invitation", params(("id" = Uuid, Path)),
    security(("bearer" = ["account.grant_roles"])),
    responses(
        (status = 200, description = "The invitation, closed", body = InvitationView),
        (status = "4XX", description = "Refused", body = ProblemBody, content_type = "application/problem+json")))]
#[delete("/invitations/{id}")]
pub async fn delete_invitation(
    require: Require<may::GrantRoles>,
    context: web::Data<Context>,
    id: PathId<Uuid>,
    version: IfMatch,
) -> Result<HttpResponse, Problem> {
    respond::changed(&account::withdraw_invitation(&context, &require.caller, id.0, version.0).await?)
}
