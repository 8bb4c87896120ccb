//! `/accounts`: looking after other people's accounts.

use actix_web::{HttpRequest, HttpResponse, delete, get, post, web};
use domain::access::Role;
use domain::account::AccountState;
use domain::ids::{AccountId, OrganisationId};
use domain::region::RegionCode;
use serde::Deserialize;
use service::Context;
use service::account::{self, AccountFilter, AccountView, RoleGrant};
use utoipa::{IntoParams, ToSchema};

use super::segment;
use crate::extract::{IfMatch, Paging, PathId, Post, Query, Require, may};
use crate::problem::{Problem, ProblemBody};
use crate::respond::{self, Cache, ListBody, Versioned};

impl Versioned for AccountView {
    fn version(&self) -> i32 {
        self.version
    }
}

/// Filters of the list of accounts.
#[derive(Debug, Clone, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct AccountsQuery {
    #[param(required = false)]
    pub role: Option<Role>,
    #[param(required = false, value_type = String, example = "450100")]
    pub region: Option<RegionCode>,
    #[param(required = false)]
    pub state: Option<AccountState>,
    /// The whole address.
    #[param(required = false, max_length = 254, example = "li.ming@example.cn")]
    pub email: Option<String>,
    #[param(minimum = 1, maximum = 100, default = 50, required = false)]
    pub limit: Option<u64>,
    #[param(max_length = 500, required = false)]
    pub cursor: Option<String>,
}

/// Accounts by role, region, state or address.
#[utoipa::path(tag = "account", summary = "List accounts", params(AccountsQuery),
    security(("bearer" = ["account.read"])),
    responses(
        (status = 200, description = "A page", body = ListBody<AccountView>),
        (status = "4XX", description = "Refused", body = ProblemBody, content_type = "application/problem+json")))]
#[get("/accounts")]
pub async fn list_accounts(
    require: Require<may::ReadAccounts>,
    context: web::Data<Context>,
    query: Query<AccountsQuery>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let AccountsQuery { role, region, state, email, limit, cursor } = query.0;
    let filter = AccountFilter { role, region, state, email };
    let page = Paging { limit, cursor }.request()?;
    respond::list(&request, account::list(&context, &require.caller, &filter, &page).await?, Cache::Private)
}

/// One account.
#[utoipa::path(tag = "account", summary = "Read an account", params(("id" = AccountId, Path)),
    security(("bearer" = ["account.read"])),
    responses(
        (status = 200, description = "The account", body = AccountView),
        (status = "4XX", description = "Refused", body = ProblemBody, content_type = "application/problem+json")))]
#[get("/accounts/{id}")]
pub async fn get_account(
    require: Require<may::ReadAccounts>,
    context: web::Data<Context>,
    id: PathId<AccountId>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    respond::single(&request, &account::get(&context, &require.caller, id.0).await?, Cache::Private)
}

/// A role, with the region or organisation that it needs.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct GrantRole {
    pub role: Role,
    #[schema(value_type = Option<String>, example = "450100")]
    pub region: Option<RegionCode>,
    pub organisation_id: Option<OrganisationId>,
}

/// Grants a role to somebody else, after a fresh login. The account's sessions end.
#[utoipa::path(tag = "account", summary = "Grant a role", params(("id" = AccountId, Path)), request_body = GrantRole,
    security(("bearer" = ["account.grant_roles"])),
    responses(
        (status = 201, description = "The account with the role", body = AccountView),
        (status = "4XX", description = "Refused", body = ProblemBody, content_type = "application/problem+json")))]
#[post("/accounts/{id}/roles")]
pub async fn grant_role(
    require: Require<may::GrantRoles>,
    context: web::Data<Context>,
    id: PathId<AccountId>,
    post: Post<GrantRole>,
) -> Result<HttpResponse, Problem> {
    let caller = post.caller(require.caller);
    let GrantRole { role, region, organisation_id } = post.body;
    let grant = RoleGrant { role, region, organisation_id };
    let outcome = account::grant_role(&context, &caller, id.0, &grant).await?;
    respond::created(&outcome, &format!("/api/v1/accounts/{}", id.0))
}

/// Revokes a role, after a fresh login; If-Match names the account's version. The account's sessions end.
#[utoipa::path(tag = "account", summary = "Revoke a role",
    params(("id" = AccountId, Path), ("role_id" = Uuid, Path)),
    security(("bearer" = ["account.grant_roles"])),
    responses(
        (status = 200, description = "The account without the role", body = AccountView),
        (status = "4XX", description = "Refused", body = ProblemBody, content_type = "application/problem+json")))]
#[delete("/accounts/{id}/roles/{role_id}")]
pub async fn revoke_role(
    require: Require<may::GrantRoles>,
    context: web::Data<Context>,
    id: PathId<AccountId>,
    version: IfMatch,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let role = segment(&request, "role_id")?;
    respond::changed(&account::revoke_role(&context, &require.caller, id.0, role, version.0).await?)
}

/// Why an account is disabled or enabled.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChangeAccountState {
    #[schema(min_length = 2, max_length = 500, example = "调离岗位")]
    pub reason: String,
}

/// Disables an account; its sessions end.
#[utoipa::path(tag = "account", summary = "Disable an account", params(("id" = AccountId, Path)),
    request_body = ChangeAccountState, security(("bearer" = ["account.grant_roles"])),
    responses(
        (status = 200, description = "The account", body = AccountView),
        (status = "4XX", description = "Refused", body = ProblemBody, content_type = "application/problem+json")))]
#[post("/accounts/{id}/actions/disable")]
pub async fn disable_account(
    require: Require<may::GrantRoles>,
    context: web::Data<Context>,
    id: PathId<AccountId>,
    version: IfMatch,
    post: Post<ChangeAccountState>,
) -> Result<HttpResponse, Problem> {
    let caller = post.caller(require.caller);
    respond::changed(&account::set_enabled(&context, &caller, id.0, version.0, false, &post.body.reason).await?)
}

/// Enables a disabled account.
#[utoipa::path(tag = "account", summary = "Enable an account", params(("id" = AccountId, Path)),
    request_body = ChangeAccountState, security(("bearer" = ["account.grant_roles"])),
    responses(
        (status = 200, description = "The account", body = AccountView),
        (status = "4XX", description = "Refused", body = ProblemBody, content_type = "application/problem+json")))]
#[post("/accounts/{id}/actions/enable")]
pub async fn enable_account(
    require: Require<may::GrantRoles>,
    context: web::Data<Context>,
    id: PathId<AccountId>,
    version: IfMatch,
    post: Post<ChangeAccountState>,
) -> Result<HttpResponse, Problem> {
    let caller = post.caller(require.caller);
    respond::changed(&account::set_enabled(&context, &caller, id.0, version.0, true, &post.body.reason).await?)
}
