//! `/cases`: the worklist over all processes, with export, and the assignment of a case.

use actix_web::http::header::ACCEPT;
use actix_web::{HttpRequest, HttpResponse, get, post, web};
use chrono::{DateTime, Utc};
use domain::ids::{AccountId, CaseId, RoundId};
use domain::region::RegionCode;
use serde::Deserialize;
use service::Context;
use service::process::{self, WorkItem, WorkSort, WorklistFilter};
use utoipa::{IntoParams, ToSchema};

use super::export;
use crate::extract::{Empty, IfMatch, Paging, PathId, Post, Query, Require, may};
use crate::problem::{Problem, ProblemBody};
use crate::respond::{self, Cache, ListBody, Versioned};

impl Versioned for WorkItem {
    fn version(&self) -> i32 {
        self.version
    }
}

/// Filters of the worklist.
#[derive(Debug, Clone, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct WorklistQuery {
    #[param(required = false, example = "certification")]
    pub process: Option<String>,
    #[param(required = false, example = "city_review")]
    pub state: Option<String>,
    #[param(required = false, value_type = String, example = "450100")]
    pub region: Option<RegionCode>,
    #[param(required = false)]
    pub round_id: Option<RoundId>,
    /// Only cases past their nearest deadline.
    #[param(required = false)]
    pub overdue: Option<bool>,
    /// Only cases that the caller has claimed.
    #[param(required = false)]
    pub mine: Option<bool>,
    /// Only cases that wait at a desk of the caller.
    #[param(required = false)]
    pub at_my_desk: Option<bool>,
    #[param(required = false)]
    pub updated_since: Option<DateTime<Utc>>,
    /// `newest` (default) or `due`.
    #[param(required = false, inline)]
    pub sort: Option<WorkSort>,
    /// Adds a total, at most 10,000.
    #[param(required = false)]
    pub count: Option<bool>,
    #[param(minimum = 1, maximum = 100, default = 50, required = false)]
    pub limit: Option<u64>,
    #[param(max_length = 500, required = false)]
    pub cursor: Option<String>,
}

impl WorklistQuery {
    fn filter(&self) -> WorklistFilter {
        WorklistFilter {
            process: self.process.clone(),
            state: self.state.clone(),
            region: self.region.clone(),
            round: self.round_id,
            overdue: self.overdue.unwrap_or(false),
            mine: self.mine.unwrap_or(false),
            at_my_desk: self.at_my_desk.unwrap_or(false),
            updated_since: self.updated_since,
            sort: self.sort.unwrap_or_default(),
        }
    }
}

/// The cases that the caller may work on; `Accept: text/csv` or xlsx exports the same filter.
#[utoipa::path(tag = "process", summary = "List the cases of one's worklist", params(WorklistQuery),
    security(("bearer" = ["process.worklist"])),
    responses(
        (status = 200, description = "A page, or the whole filter as CSV or XLSX", content(
            (ListBody<WorkItem> = "application/json"),
            (String = "text/csv"),
            (String = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"))),
        (status = "4XX", description = "Refused", body = ProblemBody, content_type = "application/problem+json")))]
#[get("/cases")]
pub async fn list_cases(
    require: Require<may::UseWorklist>,
    context: web::Data<Context>,
    query: Query<WorklistQuery>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let query = query.0;
    let filter = query.filter();
    if let Some(format) = export::Format::wanted(request.headers().get(ACCEPT))? {
        return export::cases(&context, &require.caller, filter, format).await;
    }
    let paging = Paging { limit: query.limit, cursor: query.cursor }.request()?;
    let page = process::worklist(&context, &require.caller, &filter, &paging).await?;
    let count = match query.count {
        Some(true) => Some(process::worklist_count(&context, &require.caller, &filter).await?),
        Some(false) | None => None,
    };
    respond::counted(&request, page, count, Cache::Private)
}

/// Claims a case of one's own desk, so that nobody else works on it meanwhile.
#[utoipa::path(tag = "process", summary = "Claim a case", params(("id" = CaseId, Path)),
    request_body = Empty, security(("bearer" = ["process.worklist"])),
    responses(
        (status = 200, description = "The case", body = WorkItem),
        (status = "4XX", description = "Refused", body = ProblemBody, content_type = "application/problem+json")))]
#[post("/cases/{id}/actions/claim")]
pub async fn claim_case(
    require: Require<may::UseWorklist>,
    context: web::Data<Context>,
    id: PathId<CaseId>,
    version: IfMatch,
    post: Post<Empty>,
) -> Result<HttpResponse, Problem> {
    let caller = post.caller(require.caller);
    respond::changed(&process::claim_case(&context, &caller, id.0, version.0).await?)
}

/// Gives a claimed case back to its desk.
#[utoipa::path(tag = "process", summary = "Release a case", params(("id" = CaseId, Path)),
    request_body = Empty, security(("bearer" = ["process.worklist"])),
    responses(
        (status = 200, description = "The case", body = WorkItem),
        (status = "4XX", description = "Refused", body = ProblemBody, content_type = "application/problem+json")))]
#[post("/cases/{id}/actions/release")]
pub async fn release_case(
    require: Require<may::UseWorklist>,
    context: web::Data<Context>,
    id: PathId<CaseId>,
    version: IfMatch,
    post: Post<Empty>,
) -> Result<HttpResponse, Problem> {
    let caller = post.caller(require.caller);
    respond::changed(&process::release(&context, &caller, id.0, version.0).await?)
}

/// To whom a case is handed over, and why.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct HandOverCase {
    pub to: AccountId,
    #[schema(min_length = 2, max_length = 500, example = "休假交接")]
    pub reason: String,
}

/// Hands a case over to a colleague of the same desk.
#[utoipa::path(tag = "process", summary = "Hand a case over", params(("id" = CaseId, Path)),
    request_body = HandOverCase, security(("bearer" = ["process.worklist"])),
    responses(
        (status = 200, description = "The case", body = WorkItem),
        (status = "4XX", description = "Refused", body = ProblemBody, content_type = "application/problem+json")))]
#[post("/cases/{id}/actions/hand_over")]
pub async fn hand_over_case(
    require: Require<may::UseWorklist>,
    context: web::Data<Context>,
    id: PathId<CaseId>,
    version: IfMatch,
    post: Post<HandOverCase>,
) -> Result<HttpResponse, Problem> {
    let caller = post.caller(require.caller);
    let HandOverCase { to, reason } = post.body;
    respond::changed(&process::hand_over(&context, &caller, id.0, version.0, to, reason).await?)
}
