//! What mails about cases share: dates with the days left, and the desk that acts next.

use chrono::{DateTime, Datelike, NaiveDate, Timelike, Utc};
use chrono_tz::Asia::Shanghai;
use domain::access::Role;
use domain::ids::CaseId;
use domain::word::Word;
use service::notification::Locale;

use super::Given;

/// The case's page.
pub fn link(given: &Given<'_>, case: CaseId) -> String {
    format!("{}/cases/{case}", given.public_url)
}

/// `2026年12月8日`, `8 December 2026`.
pub fn date(day: NaiveDate, locale: Locale) -> String {
    match locale {
        Locale::Zh => format!("{}年{}月{}日", day.year(), day.month(), day.day()),
        Locale::En => day.format("%-d %B %Y").to_string(),
    }
}

/// The same with its time of day.
pub fn moment(at: DateTime<Utc>, locale: Locale) -> String {
    let local = at.with_timezone(&Shanghai);
    format!("{} {:02}:{:02}", date(local.date_naive(), locale), local.hour(), local.minute())
}

/// An end with how far it is: the time of day where it is not the end of the day, and the days from `today`.
pub fn due(at: DateTime<Utc>, given: &Given<'_>) -> String {
    let local = at.with_timezone(&Shanghai);
    let is_end_of_day = (local.hour(), local.minute()) == (23, 59);
    let day = local.date_naive();
    let when = if is_end_of_day { date(day, given.locale) } else { moment(at, given.locale) };
    let left = day.signed_duration_since(given.today).num_days();
    match (given.locale, left) {
        (Locale::Zh, 0) => format!("{when}（今天）"),
        (Locale::Zh, 1..) => format!("{when}（还有{left}天）"),
        (Locale::Zh, _) => format!("{when}（已过{}天）", -left),
        (Locale::En, 0) => format!("{when} (today)"),
        (Locale::En, 1) => format!("{when} (1 day left)"),
        (Locale::En, 2..) => format!("{when} ({left} days left)"),
        (Locale::En, -1) => format!("{when} (1 day ago)"),
        (Locale::En, _) => format!("{when} ({} days ago)", -left),
    }
}

/// A desk's name.
pub fn desk(role: Role, locale: Locale) -> String {
    match locale {
        Locale::Zh if role == Role::Broker => "申请人".to_owned(),
        Locale::Zh => role.zh().to_owned(),
        Locale::En if role == Role::Broker => "the applicant".to_owned(),
        Locale::En => role.as_str().replace('_', " "),
    }
}
