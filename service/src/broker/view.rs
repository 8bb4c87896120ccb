//! What is shown of a broker.

use chrono::{DateTime, Utc};
use domain::broker::{Profile, mask};
use domain::fault::Fault;
use domain::ids::{BrokerId, OrganisationId};
use domain::region::RegionCode;
use domain::time::civil_day;
use entity::broker;

use super::seal::full_profile;
use crate::context::Context;
use crate::error::Result;

/// A profile with its sensitive fields masked, and what is still missing or wrong.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize, utoipa::ToSchema)]
pub struct BrokerView {
    pub id: BrokerId,
    pub version: i32,
    /// Identity and telephone number masked.
    pub profile: Profile,
    /// The organisation behind the employer's credit code, when it is registered.
    pub employer_id: Option<OrganisationId>,
    /// The completeness meter: what would stop a submission today.
    #[schema(value_type = Vec<Object>)]
    pub faults: Vec<Fault>,
    pub updated_at: DateTime<Utc>,
}

/// A broker in a list: no personal data beyond name and place.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize, utoipa::ToSchema)]
pub struct BrokerSummary {
    pub id: BrokerId,
    pub name: String,
    pub residence_city: Option<RegionCode>,
    pub employer_id: Option<OrganisationId>,
    pub updated_at: DateTime<Utc>,
}

impl From<broker::Model> for BrokerSummary {
    fn from(row: broker::Model) -> Self {
        Self {
            id: row.id,
            name: row.name,
            residence_city: row.residence_city,
            employer_id: row.employer_id,
            updated_at: row.updated_at,
        }
    }
}

pub(super) fn view(context: &Context, row: &broker::Model) -> Result<BrokerView> {
    let full = full_profile(context, row)?;
    let faults = full.check(civil_day(context.now()));
    Ok(BrokerView {
        id: row.id,
        version: row.version,
        profile: masked(full),
        employer_id: row.employer_id,
        faults,
        updated_at: row.updated_at,
    })
}

/// A profile that may be shown to those who may see the case.
pub(crate) fn masked(mut profile: Profile) -> Profile {
    profile.id_number = profile.id_number.as_deref().map(mask::id_number);
    profile.mobile = profile.mobile.as_deref().map(mask::mobile);
    profile
}
