//! The caller's delegations and absences. Neither is ever edited, so ending one needs no If-Match.

use actix_web::{HttpRequest, HttpResponse, delete, get, post, web};
use chrono::NaiveDate;
use domain::access::Role;
use domain::ids::AccountId;
use domain::region::RegionCode;
use serde::Deserialize;
use service::Context;
use service::account::{self, AbsenceView, DelegationView, NewDelegation};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::extract::{Paging, PathId, Post, Query, Require, may};
use crate::problem::{Problem, ProblemBody};
use crate::respond::{self, Cache, ListBody, Versioned};

impl Versioned for DelegationView {
    fn version(&self) -> i32 {
        if self.revoked_at.is_none() { 1 } else { 2 }
    }
}

impl Versioned for AbsenceView {
    fn version(&self) -> i32 {
        1
    }
}

/// Delegations given and received.
#[utoipa::path(tag = "account", summary = "List one's delegations", params(Paging),
    security(("bearer" = ["account.own"])),
    responses(
        (status = 200, description = "A page", body = ListBody<DelegationView>),
        (status = "4XX", description = "Refused", body = ProblemBody, content_type = "application/problem+json")))]
#[get("/me/delegations")]
pub async fn list_delegations(
    require: Require<may::OwnAccount>,
    context: web::Data<Context>,
    paging: Query<Paging>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let page = account::list_delegations(&context, &require.caller, &paging.0.request()?).await?;
    respond::list(&request, page, Cache::Private)
}

/// A role to be lent, and for how long.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateDelegation {
    pub to_account_id: AccountId,
    pub role: Role,
    #[schema(value_type = Option<String>, example = "450100")]
    pub region: Option<RegionCode>,
    #[schema(example = "2026-12-01")]
    pub from_on: NaiveDate,
    /// The last day.
    #[schema(example = "2026-12-05")]
    pub to_on: NaiveDate,
    #[schema(min_length = 2, max_length = 500, example = "出差")]
    pub reason: String,
}

/// Lends a role of one's own to a colleague.
#[utoipa::path(tag = "account", summary = "Delegate a role", request_body = CreateDelegation,
    security(("bearer" = ["account.delegate"])),
    responses(
        (status = 201, description = "The delegation", body = DelegationView),
        (status = "4XX", description = "Refused", body = ProblemBody, content_type = "application/problem+json")))]
#[post("/me/delegations")]
pub async fn create_delegation(
    require: Require<may::DelegateOwn>,
    context: web::Data<Context>,
    post: Post<CreateDelegation>,
) -> Result<HttpResponse, Problem> {
    let caller = post.caller(require.caller);
    let CreateDelegation { to_account_id, role, region, from_on, to_on, reason } = post.body;
    let new = NewDelegation { to_account_id, role, region, from_on, to_on, reason };
    let outcome = account::delegate(&context, &caller, &new).await?;
    respond::created(&outcome, &format!("/api/v1/me/delegations/{}", outcome.value.id))
}

/// One delegation, given or received.
#[utoipa::path(tag = "account", summary = "Read a delegation", params(("id" = Uuid, Path)),
    security(("bearer" = ["account.own"])),
    responses(
        (status = 200, description = "The delegation", body = DelegationView),
        (status = "4XX", description = "Refused", body = ProblemBody, content_type = "application/problem+json")))]
#[get("/me/delegations/{id}")]
pub async fn get_delegation(
    require: Require<may::OwnAccount>,
    context: web::Data<Context>,
    id: PathId<Uuid>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    respond::single(&request, &account::get_delegation(&context, &require.caller, id.0).await?, Cache::Private)
}

/// Takes a lent role back, from the next request on.
#[utoipa::path(tag = "account", summary = "Revoke a delegation", params(("id" = Uuid, Path)),
    security(("bearer" = ["account.own"])),
    responses(
        (status = 204, description = "Revoked"),
        (status = "4XX", description = "Refused", body = ProblemBody, content_type = "application/problem+json")))]
#[delete("/me/delegations/{id}")]
pub async fn delete_delegation(
    require: Require<may::OwnAccount>,
    context: web::Data<Context>,
    id: PathId<Uuid>,
) -> Result<HttpResponse, Problem> {
    account::revoke_delegation(&context, &require.caller, id.0).await?;
    Ok(respond::nothing())
}

/// The caller's absences.
#[utoipa::path(tag = "account", summary = "List one's absences", params(Paging),
    security(("bearer" = ["account.own"])),
    responses(
        (status = 200, description = "A page", body = ListBody<AbsenceView>),
        (status = "4XX", description = "Refused", body = ProblemBody, content_type = "application/problem+json")))]
#[get("/me/absences")]
pub async fn list_absences(
    require: Require<may::OwnAccount>,
    context: web::Data<Context>,
    paging: Query<Paging>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let page = account::list_absences(&context, &require.caller, &paging.0.request()?).await?;
    respond::list(&request, page, Cache::Private)
}

/// Days on which one is away.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateAbsence {
    #[schema(example = "2026-12-01")]
    pub from_on: NaiveDate,
    /// The last day.
    #[schema(example = "2026-12-05")]
    pub to_on: NaiveDate,
    #[schema(max_length = 500, example = "年休假")]
    pub reason: Option<String>,
}

/// Enters an absence; delegates are told instead while it lasts.
#[utoipa::path(tag = "account", summary = "Enter an absence", request_body = CreateAbsence,
    security(("bearer" = ["account.own"])),
    responses(
        (status = 201, description = "The absence", body = AbsenceView),
        (status = "4XX", description = "Refused", body = ProblemBody, content_type = "application/problem+json")))]
#[post("/me/absences")]
pub async fn create_absence(
    require: Require<may::OwnAccount>,
    context: web::Data<Context>,
    post: Post<CreateAbsence>,
) -> Result<HttpResponse, Problem> {
    let caller = post.caller(require.caller);
    let CreateAbsence { from_on, to_on, reason } = post.body;
    let outcome = account::add_absence(&context, &caller, from_on, to_on, reason).await?;
    respond::created(&outcome, &format!("/api/v1/me/absences/{}", outcome.value.id))
}

/// One of the caller's absences.
#[utoipa::path(tag = "account", summary = "Read an absence", params(("id" = Uuid, Path)),
    security(("bearer" = ["account.own"])),
    responses(
        (status = 200, description = "The absence", body = AbsenceView),
        (status = "4XX", description = "Refused", body = ProblemBody, content_type = "application/problem+json")))]
#[get("/me/absences/{id}")]
pub async fn get_absence(
    require: Require<may::OwnAccount>,
    context: web::Data<Context>,
    id: PathId<Uuid>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    respond::single(&request, &account::get_absence(&context, &require.caller, id.0).await?, Cache::Private)
}

/// Removes an absence.
#[utoipa::path(tag = "account", summary = "Remove an absence", params(("id" = Uuid, Path)),
    security(("bearer" = ["account.own"])),
    responses(
        (status = 204, description = "Removed"),
        (status = "4XX", description = "Refused", body = ProblemBody, content_type = "application/problem+json")))]
#[delete("/me/absences/{id}")]
pub async fn delete_absence(
    require: Require<may::OwnAccount>,
    context: web::Data<Context>,
    id: PathId<Uuid>,
) -> Result<HttpResponse, Problem> {
    account::remove_absence(&context, &require.caller, id.0).await?;
    Ok(respond::nothing())
}
