//! Working days, for everybody; corrections, for administrators.

use actix_web::{HttpResponse, get, post, web};
use chrono::NaiveDate;
use domain::calendar::YearDocument;
use serde::Deserialize;
use service::calendar::{self, AddView, Addition, CalendarView, Correction, CorrectionView, DayView, YearView};
use service::{Code, Context};
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;

use crate::extract::{Post, Public, Query, Require, may};
use crate::problem::{Problem, ProblemBody};
use crate::respond::{self, Cache, Versioned};

pub fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(add_days)
        .service(get_day)
        .service(get_calendar)
        .service(get_calendar_year)
        .service(correct_calendar);
}

impl Versioned for CorrectionView {
    fn version(&self) -> i32 {
        self.number
    }
}

/// A sum: a day and one length.
#[derive(Debug, Clone, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct AddDays {
    /// The day of the event.
    #[param(example = "2026-09-28")]
    pub from: NaiveDate,
    /// Either this or `calendar_days`.
    #[param(minimum = 0, maximum = 5000, required = false, example = 10)]
    pub working_days: Option<u32>,
    /// An end on a rest day moves to the next working day.
    #[param(minimum = 0, maximum = 5000, required = false)]
    pub calendar_days: Option<u32>,
    /// Whether the day of the event is day one; false by default.
    #[param(required = false)]
    pub count_first_day: Option<bool>,
}

/// The last day of a period that begins with an event on `from`.
#[utoipa::path(tag = "calendar", summary = "Add working or calendar days", params(AddDays),
    responses(
        (status = 200, description = "The date, the calendar version, and whether it may still move", body = AddView),
        (status = "4XX", description = "Refused", body = ProblemBody, content_type = "application/problem+json")))]
#[get("/calendars/gx/add")]
pub async fn add_days(_: Public, context: web::Data<Context>, query: Query<AddDays>) -> Result<HttpResponse, Problem> {
    let AddDays { from, working_days, calendar_days, count_first_day } = query.0;
    let addition = Addition { from, working_days, calendar_days, counts_first_day: count_first_day.unwrap_or(false) };
    respond::plain(&calendar::add(&context, &addition).await?, Cache::Public)
}

/// Whether offices in Guangxi work on a day, and which notice says so.
#[utoipa::path(tag = "calendar", summary = "Read one day",
    params(("date" = NaiveDate, Path, description = "YYYY-MM-DD", example = "2024-04-11")),
    responses(
        (status = 200, description = "The day", body = DayView),
        (status = "4XX", description = "Refused", body = ProblemBody, content_type = "application/problem+json")))]
#[get("/calendars/gx/days/{date}")]
pub async fn get_day(_: Public, context: web::Data<Context>, date: web::Path<String>) -> Result<HttpResponse, Problem> {
    let date = date.parse().map_err(|_| Problem::new(Code::NotFound))?;
    respond::plain(&calendar::day(&context, date).await?, Cache::Public)
}

/// The version in force, the years it knows, and how well.
#[utoipa::path(tag = "calendar", summary = "Read the calendar", responses(
    (status = 200, description = "The calendar", body = CalendarView)))]
#[get("/calendars/gx")]
pub async fn get_calendar(_: Public, context: web::Data<Context>) -> Result<HttpResponse, Problem> {
    respond::plain(&calendar::show(&context).await?, Cache::Public)
}

/// The notices of one year, both layers.
#[utoipa::path(tag = "calendar", summary = "Read one year",
    params(("year" = i32, Path, example = 2024, minimum = 1949, maximum = 2199)),
    responses(
        (status = 200, description = "The year", body = YearView),
        (status = "4XX", description = "Refused", body = ProblemBody, content_type = "application/problem+json")))]
#[get("/calendars/gx/years/{year}")]
pub async fn get_calendar_year(
    _: Public,
    context: web::Data<Context>,
    year: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let year = year.parse().map_err(|_| Problem::new(Code::NotFound))?;
    respond::plain(&calendar::year(&context, year).await?, Cache::Public)
}

/// One year of one layer as it should be.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CorrectCalendar {
    pub document: YearDocument,
    #[schema(min_length = 2, max_length = 500, example = "自治区人民政府办公厅发布2026年三月三放假通知")]
    pub reason: String,
    /// Address or number of the notice.
    #[schema(min_length = 2, max_length = 500, example = "桂政办电〔2026〕15号")]
    pub source: String,
}

/// Makes a new version in which this document stands for its year and layer, and plans every open deadline again.
/// Applicants' dates never get earlier.
#[utoipa::path(tag = "calendar", summary = "Correct the calendar", request_body = CorrectCalendar,
    security(("bearer" = ["calendar.manage"])),
    responses(
        (status = 201, description = "The new version", body = CorrectionView),
        (status = "4XX", description = "Refused", body = ProblemBody, content_type = "application/problem+json")))]
#[post("/calendars/gx/corrections")]
pub async fn correct_calendar(
    require: Require<may::ManageCalendar>,
    context: web::Data<Context>,
    post: Post<CorrectCalendar>,
) -> Result<HttpResponse, Problem> {
    let caller = post.caller(require.caller);
    let CorrectCalendar { document, reason, source } = post.body;
    let outcome = calendar::correct(&context, &caller, &Correction { document, reason, source }).await?;
    let location = format!("/api/v1/calendars/gx/years/{}", outcome.value.year);
    respond::created(&outcome, &location)
}
