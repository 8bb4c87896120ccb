//! `/organisations/{id}/members`.

use actix_web::http::header::LOCATION;
use actix_web::{HttpRequest, HttpResponse, delete, get, post, web};
use domain::ids::OrganisationId;
use service::Context;
use service::organisation::{self, MemberView};
use uuid::Uuid;

use super::request::InviteOrganisationMember;
use crate::extract::{IfMatch, Paging, PathId, Post, Query, Require, may};
use crate::problem::{Problem, ProblemBody};
use crate::respond::{self, Cache, ListBody};

/// Who acts for an organisation, and who is invited to.
#[utoipa::path(tag = "organisation", summary = "List the members of an organisation",
    params(("id" = OrganisationId, Path), Paging), security(("bearer" = ["organisation.manage_members"])),
    responses(
        (status = 200, description = "A page of members", body = ListBody<MemberView>),
        (status = "4XX", description = "Refused", body = ProblemBody, content_type = "application/problem+json")))]
#[get("/organisations/{id}/members")]
pub async fn list_organisation_members(
    require: Require<may::ManageMembers>,
    context: web::Data<Context>,
    id: PathId<OrganisationId>,
    paging: Query<Paging>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let page = organisation::members(&context, &require.caller, id.0, &paging.0.request()?).await?;
    respond::list(&request, page, Cache::Private)
}

/// Invites somebody by mail to act for a verified organisation. Inviting again sends a new link.
#[utoipa::path(tag = "organisation", summary = "Invite a member", params(("id" = OrganisationId, Path)),
    request_body = InviteOrganisationMember, security(("bearer" = ["organisation.manage_members"])),
    responses(
        (status = 201, description = "The member, invited", body = MemberView),
        (status = "4XX", description = "Refused", body = ProblemBody, content_type = "application/problem+json")))]
#[post("/organisations/{id}/members")]
pub async fn invite_organisation_member(
    require: Require<may::ManageMembers>,
    context: web::Data<Context>,
    id: PathId<OrganisationId>,
    post: Post<InviteOrganisationMember>,
) -> Result<HttpResponse, Problem> {
    let caller = post.caller(require.caller);
    let outcome = organisation::invite(&context, &caller, id.0, post.body.into()).await?;
    let mut created = HttpResponse::Created();
    created.insert_header((LOCATION, format!("/api/v1/organisations/{}/members", id.0)));
    respond::done(created, &outcome)
}

/// Ends a membership and the role that came with it. `If-Match` names the organisation's version.
#[utoipa::path(tag = "organisation", summary = "Remove a member",
    params(("id" = OrganisationId, Path), ("member_id" = Uuid, Path)),
    security(("bearer" = ["organisation.manage_members"])),
    responses(
        (status = 204, description = "The membership has ended"),
        (status = "4XX", description = "Refused", body = ProblemBody, content_type = "application/problem+json")))]
#[delete("/organisations/{id}/members/{member_id}")]
pub async fn remove_organisation_member(
    require: Require<may::ManageMembers>,
    context: web::Data<Context>,
    path: web::Path<(OrganisationId, Uuid)>,
    version: IfMatch,
) -> Result<HttpResponse, Problem> {
    let (id, member_id) = path.into_inner();
    organisation::remove(&context, &require.caller, id, member_id, version.0).await?;
    Ok(respond::nothing())
}
