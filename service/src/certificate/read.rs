//! Certificates for their holders and for staff.

use chrono::NaiveDate;
use domain::access::{Permission, Scope};
use domain::broker::Industry;
use domain::certificate::{CertificateState, state_on};
use domain::certification::Level;
use domain::ids::{BrokerId, CaseId, CertificateId};
use domain::region::RegionCode;
use domain::time::civil_day;
use entity::{case_file, certificate};
use sea_orm::sea_query::{Expr, ExprTrait, Query};
use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter};

use super::register::facts;
use crate::access::visible_cases;
use crate::caller::Caller;
use crate::context::Context;
use crate::error::{Error, Result};
use crate::page::{Page, PageRequest, by_id};

/// A certificate with its state of today.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize, utoipa::ToSchema)]
pub struct CertificateView {
    pub id: CertificateId,
    pub number: String,
    /// For the QR code; whoever has it may verify the certificate.
    pub verification_code: String,
    pub verification_url: String,
    pub case_id: CaseId,
    pub broker_id: BrokerId,
    pub holder_name: String,
    pub level: Level,
    pub region: RegionCode,
    pub specialties: Vec<Industry>,
    pub issuer: String,
    /// Raised by renewals.
    pub version: i32,
    pub issued_on: NaiveDate,
    pub valid_until: NaiveDate,
    /// Computed now, stored nowhere.
    pub state: CertificateState,
    pub since: NaiveDate,
    /// 样本 SPECIMEN: made under rules that are not in force.
    pub is_specimen: bool,
}

fn certificates_in(scope: &Scope) -> Condition {
    if scope.all {
        return Condition::all();
    }
    let case = Query::select()
        .expr(Expr::val(1))
        .from(case_file::Entity)
        .and_where(
            Expr::col((case_file::Entity, case_file::Column::Id))
                .equals((certificate::Entity, certificate::Column::CaseId)),
        )
        .cond_where(visible_cases(scope))
        .to_owned();
    Condition::all().add(Expr::exists(case))
}

/// One certificate within the caller's scope.
pub async fn read(context: &Context, caller: &Caller, id: CertificateId) -> Result<CertificateView> {
    let scope = caller.require(Permission::ReadCertificates)?;
    let row = certificate::Entity::find_by_id(id)
        .filter(certificates_in(&scope))
        .one(context.database().read())
        .await?
        .ok_or(Error::NotFound)?;
    view(context, row)
}

/// Certificates within the caller's scope, newest first.
pub async fn list(
    context: &Context,
    caller: &Caller,
    level: Option<Level>,
    region: Option<RegionCode>,
    page: &PageRequest,
) -> Result<Page<CertificateView>> {
    let scope = caller.require(Permission::ReadCertificates)?;
    let mut query = certificate::Entity::find().filter(certificates_in(&scope));
    if let Some(level) = level {
        query = query.filter(certificate::Column::Level.eq(level));
    }
    if let Some(region) = region {
        query = query.filter(certificate::Column::Region.eq(region));
    }
    let rows = by_id(query, certificate::Column::Id, page)?.all(context.database().read()).await?;
    Page::cut(rows, page, |row| row.id.to_string()).try_map(|row| view(context, row))
}

fn view(context: &Context, row: certificate::Model) -> Result<CertificateView> {
    let today = civil_day(context.now());
    let (state, since) = state_on(today, &facts(&row)).unwrap_or((CertificateState::Valid, row.issued_on));
    Ok(CertificateView {
        verification_url: format!("{}/api/v1/verifications/{}", context.settings().public_url, row.code),
        specialties: serde_json::from_str(&row.specialties)
            .map_err(|_| Error::unreadable("certificate", "specialties", row.id))?,
        id: row.id,
        number: row.number,
        verification_code: row.code,
        case_id: row.case_id,
        broker_id: row.broker_id,
        holder_name: row.holder_name,
        level: row.level,
        region: row.region,
        issuer: row.issuer,
        version: row.issue_version,
        issued_on: row.issued_on,
        valid_until: row.valid_until,
        state,
        since,
        is_specimen: row.is_specimen,
    })
}
