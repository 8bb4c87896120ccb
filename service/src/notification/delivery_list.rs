//! The mails of a case as its staff see them: whom (masked), what, and how it fared.

use chrono::{DateTime, Utc};
use domain::access::Permission;
use domain::ids::CaseId;
use domain::notification::DeliveryState;
use entity::{case_file, case_participant, notification, notification_delivery};
use sea_orm::sea_query::{Expr, ExprTrait, Query};
use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter};
use uuid::Uuid;

use super::mask::masked;
use super::titles::{Locale, heading};
use crate::access::visible_cases;
use crate::caller::Caller;
use crate::context::Context;
use crate::crypto::Place;
use crate::error::{Error, Result};
use crate::page::{Page, PageRequest, by_id};

/// A mail of a case.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize, utoipa::ToSchema)]
pub struct DeliveryView {
    #[schema(value_type = uuid::Uuid)]
    pub id: Uuid,
    #[schema(example = "certification.accepted")]
    pub event: String,
    /// In the caller's language.
    #[schema(example = "认定申请已受理")]
    pub title: String,
    /// Masked.
    #[schema(example = "w***@example.com")]
    pub address: String,
    pub state: DeliveryState,
    /// How often it was tried.
    #[schema(minimum = 0)]
    pub attempts: i32,
    /// What the mail server said last, addresses masked.
    pub last_error: Option<String>,
    pub next_attempt_at: Option<DateTime<Utc>>,
    pub expires_at: DateTime<Utc>,
    pub sent_at: Option<DateTime<Utc>>,
    pub created_at: DateTime<Utc>,
}

/// Lists the mails of a case of the caller's desk, newest first.
pub async fn deliveries(
    context: &Context,
    caller: &Caller,
    locale: Locale,
    case: CaseId,
    page: &PageRequest,
) -> Result<Page<DeliveryView>> {
    let scope = caller.require(Permission::ReadDeliveries)?;
    let connection = context.database().read();
    case_file::Entity::find_by_id(case)
        .filter(visible_cases(&scope))
        .filter(case_file::Column::SubmittedAt.is_not_null())
        .one(connection)
        .await?
        .ok_or(Error::NotFound)?;
    let mut query = notification_delivery::Entity::find().filter(notification_delivery::Column::CaseId.eq(case));
    if !caller.holds(Permission::ReadScores) {
        query = query.filter(is_not_to_an_expert(case));
    }
    let rows = by_id(query, notification_delivery::Column::Id, page)?.all(connection).await?;
    Page::cut(rows, page, |row| row.id.to_string()).try_map(|row| view(context, row, locale))
}

/// Experts are not named to the city, masked or not.
fn is_not_to_an_expert(case: CaseId) -> Condition {
    let experts = Query::select()
        .column(case_participant::Column::AccountId)
        .from(case_participant::Entity)
        .and_where(Expr::col(case_participant::Column::CaseId).eq(case))
        .to_owned();
    let theirs = Query::select()
        .column(notification::Column::Id)
        .from(notification::Entity)
        .and_where(Expr::col(notification::Column::AccountId).in_subquery(experts))
        .to_owned();
    Condition::any()
        .add(notification_delivery::Column::NotificationId.is_null())
        .add(notification_delivery::Column::NotificationId.not_in_subquery(theirs))
}

fn view(context: &Context, row: notification_delivery::Model, locale: Locale) -> Result<DeliveryView> {
    let place = Place { table: "notification_delivery", column: "address_cipher", row: row.id };
    Ok(DeliveryView {
        id: row.id,
        title: heading(&row.template, locale).to_owned(),
        address: masked(&context.keys().open(place, &row.address_cipher)?),
        event: row.template,
        state: row.state,
        attempts: row.attempts,
        last_error: row.last_error,
        next_attempt_at: row.next_attempt_at,
        expires_at: row.expires_at,
        sent_at: row.sent_at,
        created_at: row.created_at,
    })
}
