//! What organisations are asked for and made of.

use chrono::NaiveDate;
use domain::access::Role;
use domain::ids::OrganisationId;
use domain::organisation::{OrganisationKind, OrganisationState};
use domain::region::RegionCode;
use serde::Deserialize;
use service::organisation::{Membership, NewOrganisation, OrganisationFilter};
use utoipa::{IntoParams, ToSchema};

/// Filters of the organisations.
#[derive(Debug, Clone, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct OrganisationQuery {
    #[param(required = false)]
    pub state: Option<OrganisationState>,
    #[param(required = false, value_type = String, example = "450100")]
    pub region: Option<RegionCode>,
    #[param(required = false)]
    pub kind: Option<OrganisationKind>,
    /// Exact credit code; finds verified organisations outside the caller's own too.
    #[param(required = false, example = "91350100M000100Y43")]
    pub uscc: Option<String>,
    /// The beginning of the present name.
    #[param(required = false, max_length = 200, example = "南宁")]
    pub name: Option<String>,
    #[param(minimum = 1, maximum = 100, default = 50, required = false)]
    pub limit: Option<u64>,
    #[param(max_length = 500, required = false)]
    pub cursor: Option<String>,
}

impl OrganisationQuery {
    pub fn parts(self) -> (OrganisationFilter, Option<u64>, Option<String>) {
        let filter = OrganisationFilter {
            state: self.state,
            region: self.region,
            kind: self.kind,
            uscc: self.uscc,
            name_prefix: self.name,
        };
        (filter, self.limit, self.cursor)
    }
}

/// An organisation to be registered.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RegisterOrganisation {
    /// Unified social credit code (统一社会信用代码), GB 32100.
    #[schema(min_length = 18, max_length = 18, example = "91350100M000100Y43")]
    pub uscc: String,
    #[schema(min_length = 2, max_length = 200, example = "南宁示例技术转移有限公司")]
    pub name: String,
    pub kind: OrganisationKind,
    /// The city that verifies it.
    #[schema(example = "450100")]
    pub region: RegionCode,
    #[schema(min_length = 2, max_length = 50, example = "王小明")]
    pub legal_representative: Option<String>,
    #[schema(min_length = 2, max_length = 300, example = "南宁市示例路1号")]
    pub address: Option<String>,
    #[schema(max_length = 254, example = "office@example.org")]
    pub contact_email: Option<String>,
}

impl From<RegisterOrganisation> for NewOrganisation {
    fn from(request: RegisterOrganisation) -> Self {
        Self {
            uscc: request.uscc,
            name: request.name,
            kind: request.kind,
            region: request.region,
            legal_representative: request.legal_representative,
            address: request.address,
            contact_email: request.contact_email,
        }
    }
}

/// Why a registration is refused.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RefuseOrganisation {
    #[schema(min_length = 2, max_length = 500, example = "统一社会信用代码与名称不一致")]
    pub reason: String,
}

/// A new name.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RenameOrganisation {
    #[schema(min_length = 2, max_length = 200, example = "广西示例技术转移有限公司")]
    pub name: String,
    /// First day of the new name.
    pub from_on: NaiveDate,
    /// What proves it.
    #[schema(min_length = 2, max_length = 500, example = "名称变更核准通知书〔2026〕1号")]
    pub evidence: String,
}

/// The end of an organisation.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DissolveOrganisation {
    /// Who goes on for it.
    pub successor_id: Option<OrganisationId>,
    #[schema(min_length = 2, max_length = 500, example = "已被吸收合并")]
    pub reason: String,
}

/// Whom to invite, as what.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct InviteOrganisationMember {
    #[schema(max_length = 254, example = "confirmer@example.org")]
    pub email: String,
    /// `employer_confirmer`, `agency_clerk` or `agency_head`.
    pub role: Role,
}

impl From<InviteOrganisationMember> for Membership {
    fn from(request: InviteOrganisationMember) -> Self {
        Self { email: request.email, role: request.role }
    }
}
