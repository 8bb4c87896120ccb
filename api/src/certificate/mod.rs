//! Certificates.

use actix_web::{HttpRequest, HttpResponse, get, web};
use domain::certification::Level;
use domain::ids::CertificateId;
use domain::region::RegionCode;
use serde::Deserialize;
use service::Context;
use service::certificate::{self, CertificateView};
use utoipa::IntoParams;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::extract::{Paging, PathId, Query, Require, may};
use crate::problem::{Problem, ProblemBody};
use crate::respond::{self, Cache, ListBody, Versioned};

pub fn routes(config: &mut ServiceConfig<'_>) {
    config.service(list_certificates).service(get_certificate);
}

impl Versioned for CertificateView {
    fn version(&self) -> i32 {
        self.version
    }
}

/// Filters of the list.
#[derive(Debug, Clone, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct CertificateQuery {
    #[param(required = false)]
    pub level: Option<Level>,
    #[param(required = false, value_type = String, example = "450100")]
    pub region: Option<RegionCode>,
    #[param(minimum = 1, maximum = 100, default = 50, required = false)]
    pub limit: Option<u64>,
    #[param(max_length = 500, required = false)]
    pub cursor: Option<String>,
}

/// Certificates in the caller's scope, each with its state of today.
#[utoipa::path(tag = "certificate", summary = "List certificates", params(CertificateQuery),
    security(("bearer" = ["certificate.read"])),
    responses(
        (status = 200, description = "A page", body = ListBody<CertificateView>),
        (status = "4XX", description = "Refused", body = ProblemBody, content_type = "application/problem+json")))]
#[get("/certificates")]
pub async fn list_certificates(
    require: Require<may::ReadCertificates>,
    context: web::Data<Context>,
    query: Query<CertificateQuery>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let CertificateQuery { level, region, limit, cursor } = query.0;
    let paging = Paging { limit, cursor }.request()?;
    let page = certificate::list(&context, &require.caller, level, region, &paging).await?;
    respond::list(&request, page, Cache::Private)
}

/// One certificate with its state of today.
#[utoipa::path(tag = "certificate", summary = "Read a certificate", params(("id" = CertificateId, Path)),
    security(("bearer" = ["certificate.read"])),
    responses(
        (status = 200, description = "The certificate", body = CertificateView),
        (status = 304, description = "Not changed"),
        (status = "4XX", description = "Refused", body = ProblemBody, content_type = "application/problem+json")))]
#[get("/certificates/{id}")]
pub async fn get_certificate(
    require: Require<may::ReadCertificates>,
    context: web::Data<Context>,
    id: PathId<CertificateId>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    respond::single(&request, &certificate::read(&context, &require.caller, id.0).await?, Cache::Private)
}
