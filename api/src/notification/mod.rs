//! The in-app list of notifications, and the mails of a case.

use actix_web::{HttpRequest, HttpResponse, get, post, web};
use domain::ids::{CaseId, NotificationId};
use serde::Deserialize;
use service::Context;
use service::notification::{self, DeliveryView, Locale, NotificationView, ReadUpTo};
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;

use crate::extract::{Empty, Language, Paging, PathId, Post, Query, Require, may};
use crate::problem::{Problem, ProblemBody};
use crate::respond::{self, Cache, ListBody};

pub fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(list_notifications)
        .service(read_notifications_up_to)
        .service(read_notification)
        .service(list_deliveries);
}

fn locale(request: &HttpRequest) -> Locale {
    Locale::of(Language::of_request(request).tag())
}

/// Filters of the list.
#[derive(Debug, Clone, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct NotificationQuery {
    /// Only what was not read yet.
    #[param(required = false)]
    pub unread: Option<bool>,
    /// Adds the number of unread ones, at most 10,000.
    #[param(required = false)]
    pub count: Option<bool>,
    #[param(minimum = 1, maximum = 100, default = 50, required = false)]
    pub limit: Option<u64>,
    #[param(max_length = 500, required = false)]
    pub cursor: Option<String>,
}

/// The caller's own notifications, newest first, titles by `Accept-Language`.
#[utoipa::path(tag = "notification", summary = "List one's notifications", params(NotificationQuery),
    security(("bearer" = ["account.own"])),
    responses(
        (status = 200, description = "A page", body = ListBody<NotificationView>),
        (status = "4XX", description = "Refused", body = ProblemBody, content_type = "application/problem+json")))]
#[get("/notifications")]
pub async fn list_notifications(
    require: Require<may::OwnAccount>,
    context: web::Data<Context>,
    query: Query<NotificationQuery>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let NotificationQuery { unread, count, limit, cursor } = query.0;
    let paging = Paging { limit, cursor }.request()?;
    let unread = unread.unwrap_or(false);
    let page = notification::list(&context, &require.caller, locale(&request), unread, &paging).await?;
    let count = match count {
        Some(true) => Some(notification::unread_count(&context, &require.caller).await?),
        Some(false) | None => None,
    };
    respond::counted(&request, page, count, Cache::Private)
}

/// How far the list was read.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReadNotificationsUpTo {
    /// The newest notification that was read.
    pub id: NotificationId,
}

/// Marks one's notifications read, up to and with this one; later ones stay unread.
#[utoipa::path(tag = "notification", summary = "Mark notifications read up to one",
    request_body = ReadNotificationsUpTo, security(("bearer" = ["account.own"])),
    responses(
        (status = 200, description = "How many became read", body = ReadUpTo),
        (status = "4XX", description = "Refused", body = ProblemBody, content_type = "application/problem+json")))]
#[post("/notifications/actions/read_up_to")]
pub async fn read_notifications_up_to(
    require: Require<may::OwnAccount>,
    context: web::Data<Context>,
    post: Post<ReadNotificationsUpTo>,
) -> Result<HttpResponse, Problem> {
    let caller = post.caller(require.caller);
    respond::done(HttpResponse::Ok(), &notification::mark_all_read(&context, &caller, post.body.id).await?)
}

/// Marks one notification read; it stays read.
#[utoipa::path(tag = "notification", summary = "Mark a notification read", params(("id" = NotificationId, Path)),
    request_body = Empty, security(("bearer" = ["account.own"])),
    responses(
        (status = 200, description = "The notification", body = NotificationView),
        (status = "4XX", description = "Refused", body = ProblemBody, content_type = "application/problem+json")))]
#[post("/notifications/{id}/actions/read")]
pub async fn read_notification(
    require: Require<may::OwnAccount>,
    context: web::Data<Context>,
    id: PathId<NotificationId>,
    request: HttpRequest,
    post: Post<Empty>,
) -> Result<HttpResponse, Problem> {
    let caller = post.caller(require.caller);
    let outcome = notification::mark_read(&context, &caller, locale(&request), id.0).await?;
    respond::done(HttpResponse::Ok(), &outcome)
}

/// The mails of a case and how they fared, addresses masked.
#[utoipa::path(tag = "notification", summary = "List the mails of a case",
    params(("id" = CaseId, Path), Paging), security(("bearer" = ["notification.read_deliveries"])),
    responses(
        (status = 200, description = "A page", body = ListBody<DeliveryView>),
        (status = "4XX", description = "Refused", body = ProblemBody, content_type = "application/problem+json")))]
#[get("/cases/{id}/deliveries")]
pub async fn list_deliveries(
    require: Require<may::ReadDeliveries>,
    context: web::Data<Context>,
    id: PathId<CaseId>,
    paging: Query<Paging>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let paging = paging.0.request()?;
    let page = notification::deliveries(&context, &require.caller, locale(&request), id.0, &paging).await?;
    respond::list(&request, page, Cache::Private)
}
