//! Rule sets: the figures of each process with their basis, open to everybody.

use actix_web::{HttpRequest, HttpResponse, get, web};
use domain::ids::RuleSetId;
use service::Context;
use service::rule::{self, RuleSetSummary, RuleSetView};
use utoipa_actix_web::service_config::ServiceConfig;

use crate::extract::{Paging, PathId, Public, Query};
use crate::problem::{Problem, ProblemBody};
use crate::respond::{self, Cache, ListBody, Versioned};

pub fn routes(config: &mut ServiceConfig<'_>) {
    config.service(list_rule_sets).service(get_rule_set);
}

impl Versioned for RuleSetView {
    /// A stored rule set never changes.
    fn version(&self) -> i32 {
        1
    }
}

/// Rule sets, newest first. `proposal` says that a figure rests on less than a rule in force.
#[utoipa::path(tag = "rule", summary = "List the rule sets", params(Paging), responses(
    (status = 200, description = "A page of rule sets", body = ListBody<RuleSetSummary>),
    (status = "4XX", description = "Refused", body = ProblemBody, content_type = "application/problem+json")))]
#[get("/rule-sets")]
pub async fn list_rule_sets(
    _: Public,
    context: web::Data<Context>,
    paging: Query<Paging>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let page = rule::list(&context, &paging.0.request()?).await?;
    respond::list(&request, page, Cache::Public)
}

/// One rule set with every clause, its wording and its basis.
#[utoipa::path(tag = "rule", summary = "Read a rule set", params(("id" = RuleSetId, Path)), responses(
    (status = 200, description = "The rule set", body = RuleSetView),
    (status = 304, description = "Not changed"),
    (status = "4XX", description = "Refused", body = ProblemBody, content_type = "application/problem+json")))]
#[get("/rule-sets/{id}")]
pub async fn get_rule_set(
    _: Public,
    context: web::Data<Context>,
    id: PathId<RuleSetId>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    respond::single(&request, &rule::get(&context, id.0).await?, Cache::Public)
}
